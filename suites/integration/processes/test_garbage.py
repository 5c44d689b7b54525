"""A worker collects no garbage while it imports, and does once it stands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
# as a spawned worker begins: with the program's module under multiprocessing's name for it
WORKER = """
import gc, json, runpy
runpy.run_module("sut", run_name="__mp_main__")
before = gc.isenabled()
from sut.app import worker_app
worker_app()
print(json.dumps({"before": before, "after": gc.isenabled(), "set aside": gc.get_freeze_count()}))
"""


def test_a_worker_begins_to_collect_when_all_is_imported(tmp_path: Path) -> None:
    settings = {"SOCCERAI_ENVIRONMENT": "development", "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", WORKER], cwd=ROOT, env={**os.environ, **settings},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert (seen["before"], seen["after"]) == (False, True)
    assert seen["set aside"] > 100_000, "what was imported is gone through again and again"
