from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fixtures.evidence import Evidence, new_folder
from fixtures.options import Options
from fixtures.services.guard import Command, Guard
from suites.duet.conftest import TABLE, Pair

SECONDS = 10.0
SAME_WITHIN_PERCENT = 5.0
ENDPOINTS_MAX = 60
BEGINNING_AND_END_S = 120.0


def test_both_builds_answer_alike_and_every_endpoint_is_compared(
    pair: Pair,
    guard: Guard,
    options: Options,
    evidence: Evidence,
    pytestconfig: pytest.Config,
    tmp_path: Path,
) -> None:
    """Whether the new one is fast enough is for the gate to say."""
    folder = new_folder(options.run_dir or tmp_path, "duet")
    evidence.instrument("duet_builds", 2, total=2, unit="builds", detail=_described(pair))
    output, log = folder / "duet.ndjson", folder / "duet.log"
    seconds = options.duration_s or SECONDS
    same_within = options.same_within_percent or SAME_WITHIN_PERCENT
    argv = [sys.executable, "-m", "scenarios.duet"]
    for side, running in (("a", pair.base), ("b", pair.new)):
        argv += [word for url in running.urls for word in (f"--{side}", url)]
        argv += [word for pid in running.pids for word in (f"--{side}-pid", str(pid))]
    argv += ["--target", str(pair.target), "--seconds", str(seconds)]
    argv += ["--same-within", str(same_within), "--output", str(output)]

    process = guard.spawn(Command(argv, log, pytestconfig.rootpath))
    code = process.wait(ENDPOINTS_MAX * seconds + BEGINNING_AND_END_S)

    said = log.read_text(errors="replace")
    assert output.exists(), f"nothing was measured:\n{said}"
    evidence.adopt(output)
    evidence.attach(log)
    pytestconfig.stash[TABLE] = said.rstrip()
    assert code == 0, said


def _described(pair: Pair) -> str:
    commit = pair.commit
    starts = f"{len(pair.base.urls)} starts of each; "
    base = f"{starts}base: {commit.ref}, commit {commit.sha[:12]}, tree {commit.tree[:12]}"
    if commit.is_unchanged():
        return f"{base}; new: the same files, so whatever differs is chance"
    return f"{base}; new: the working files"
