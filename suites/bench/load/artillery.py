"""Artillery 2 as a peer, where it is installed: `artillery` on the path, or npm to fetch it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Literal

from suites.bench.load.processes import ENDS_WITHIN_S, ROOT, cores, highest, serving, settle

VERSION = "2"
INSTALL_WITHIN_S = 900.0
FOLDER = ROOT / "out" / ".artillery"
HOW = "Artillery 2 is fetched by npm, where Node.js and npm are installed"
TOO_MANY_PER_S, SECONDS = 8_000, 5
ON_TIME_S = 0.1  # the last visit may end so much after the phase
STEPS = [share / 20 for share in range(12, 21)]
Way = Literal["a connection for each visit", "connections kept"]
BY_ITSELF: Way = "a connection for each visit"  # unless it is told otherwise
WAYS: dict[Way, dict[str, Any]] = {
    BY_ITSELF: {},
    "connections kept": {"http": {"pool": 128}},
}


def in_time_per_s(folder: Path) -> dict[Way, float] | None:
    """The highest rate at which its visits do not fall behind; None where it is not there.

    Its CPU time tells nothing of a request: while a phase lasts it takes all of a core, whatever
    the rate. How late its visits begin it does not say: only that all had ended in time is seen.
    """
    program = _program()
    if program is None:
        return None
    with serving() as url:
        return {way: _highest(program, url, config, folder) for way, config in WAYS.items()}


def _highest(program: Path, url: str, config: dict[str, Any], folder: Path) -> float:
    """Of what it gets through when more is due, the most that is done in time."""

    def run(rate_per_s: float) -> tuple[int, float]:
        return _run(program, url, config, rate_per_s, folder)

    answered, took_s = run(TOO_MANY_PER_S)
    assert took_s > SECONDS + ON_TIME_S, "it kept up, so what it can do was not seen"
    most = answered / took_s
    return most * highest(STEPS, lambda part: run(part * most)[1] <= SECONDS + ON_TIME_S)


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


def _run(
    program: Path, url: str, config: dict[str, Any], rate_per_s: float, folder: Path
) -> tuple[int, float]:
    """Requests answered, and the seconds from the first to the last, on the generator's core."""
    script, report = folder / "artillery.json", folder / "artillery-report.json"
    report.unlink(missing_ok=True)
    phases = [{"duration": SECONDS, "arrivalRate": round(rate_per_s)}]
    flow = [{"flow": [{"get": {"url": "/ok"}}]}]
    whole = {"target": url, "phases": phases, **config}
    script.write_text(json.dumps({"config": whole, "scenarios": flow}))
    where, _ = cores()
    subprocess.run(
        [str(program), "run", "--quiet", "--output", str(report), str(script)], check=True,
        timeout=ENDS_WITHIN_S, capture_output=True,
        env={**os.environ, "ARTILLERY_DISABLE_TELEMETRY": "true"},
        preexec_fn=lambda: settle(where),
    )  # fmt: skip
    found = json.loads(report.read_text())["aggregate"]
    took_s = (found["lastCounterAt"] - found["firstCounterAt"]) / 1000
    return int(found["counters"]["http.codes.200"]), float(took_s)
