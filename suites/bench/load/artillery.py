"""Artillery 2 as a peer, where it is installed: `artillery` on the path, or npm to fetch it."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
from pathlib import Path
from typing import Any

from suites.bench.load.processes import ENDS_WITHIN_S, ROOT, cores, serving

VERSION = "2"
INSTALL_WITHIN_S = 900.0
FOLDER = ROOT / "out" / ".artillery"
HOW = "Artillery 2 is fetched by npm, where Node.js and npm are installed"
RATE_PER_S, SECONDS, WITHOUT_S = 200, 10, 1


def cpu_s_a_request(folder: Path) -> float | None:
    """What a request costs it, in CPU seconds of all its processes; None where it is not there.

    A run that hardly asks anything is taken away, so that its start does not count.
    """
    program = _program()
    if program is None:
        return None
    with serving() as url:
        idle_s, few = _run(program, url, 1, WITHOUT_S, folder)
        spent_s, many = _run(program, url, RATE_PER_S, SECONDS, folder)
    return (spent_s - idle_s) / (many - few)


def _program() -> Path | None:
    found = shutil.which("artillery")
    if found:
        return Path(found)
    installed = FOLDER / "node_modules" / ".bin" / "artillery"
    npm = shutil.which("npm")
    if not installed.exists() and npm:
        FOLDER.mkdir(parents=True, exist_ok=True)
        words = ("--no-audit", "--no-fund", "--silent", "--ignore-scripts", "--omit=optional")
        subprocess.run(
            [npm, "install", *words, f"artillery@{VERSION}"], cwd=FOLDER, check=False,
            timeout=INSTALL_WITHIN_S,
        )  # fmt: skip
    return installed if installed.exists() else None


def _run(program: Path, url: str, rate_per_s: int, seconds: int, folder: Path) -> tuple[float, int]:
    """CPU seconds of a run, and how many requests were answered."""
    script, report = folder / "artillery.json", folder / f"artillery-{rate_per_s}.json"
    phases = [{"duration": seconds, "arrivalRate": rate_per_s}]
    flow = [{"flow": [{"get": {"url": "/ok"}}]}]
    config: dict[str, Any] = {"target": url, "phases": phases, "http": {"pool": 128}}
    script.write_text(json.dumps({"config": config, "scenarios": flow}))
    where, _ = cores()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [str(program), "run", "--quiet", "--output", str(report), str(script)], check=True,
        timeout=ENDS_WITHIN_S, capture_output=True,
        env={**os.environ, "ARTILLERY_DISABLE_TELEMETRY": "true"},
        preexec_fn=lambda: os.sched_setaffinity(0, where),
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    answered = int(json.loads(report.read_text())["aggregate"]["counters"]["http.codes.200"])
    spent_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent_s, answered
