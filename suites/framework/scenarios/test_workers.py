"""The files that bring generators to other machines say what the generators understand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "scenarios" / "workers"
PARSES = "import sys, scenarios.worker as w; print(vars(w.parser().parse_args(sys.argv[1:])))"
GARBAGE = """
import gc, json, runpy, sys
sys.argv[1:] = ["--no-such-word"]
try:
    runpy.run_module("scenarios.worker", run_name="__main__")
except SystemExit:
    print(json.dumps({"collects": gc.isenabled(), "set aside": gc.get_freeze_count()}))
"""
LOADED = "import json, sys, scenarios.worker; print(json.dumps(sorted(sys.modules)))"


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    return found


def kubernetes() -> dict[str, dict[str, Any]]:
    return {item["kind"]: item for item in yaml.safe_load_all(
        (FOLDER / "kubernetes.yaml").read_text())}  # fmt: skip


def python(code: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def filled_in(words: list[str]) -> list[str]:
    values = {"MASTER_HOST": "10.0.0.5", "MASTER_PORT": "5557"}
    return [next((value for name, value in values.items() if name in word), word) for word in words]


@pytest.mark.parametrize("which", ["compose", "kubernetes"])
def test_their_commands_are_ones_that_a_worker_understands(which: str) -> None:
    if which == "compose":
        words = compose()["services"]["worker"]["command"]
    else:
        words = container()["args"]
    said = python(PARSES, *filled_in(words))
    assert "'host': '10.0.0.5', 'port': 5557, 'wait_s': 600.0" in said


def container() -> dict[str, Any]:
    (only,) = kubernetes()["Job"]["spec"]["template"]["spec"]["containers"]
    found: dict[str, Any] = only
    return found


def test_workers_run_as_nobody_on_a_file_system_that_they_cannot_write() -> None:
    worker = compose()["services"]["worker"]
    assert worker["user"].split(":")[0] == "65534"
    assert worker["read_only"] is True
    assert worker["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in worker["security_opt"]
    pod = kubernetes()["Job"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    inside = container()["securityContext"]
    assert inside["readOnlyRootFilesystem"] is True
    assert inside["allowPrivilegeEscalation"] is False
    assert inside["capabilities"] == {"drop": ["ALL"]}
    assert "USER 65534:65534" in (FOLDER / "Dockerfile").read_text()


def test_a_lost_worker_is_not_started_again_into_a_run_that_has_begun() -> None:
    assert compose()["services"]["worker"]["restart"] == "no"
    job = kubernetes()["Job"]["spec"]
    assert job["backoffLimit"] == 0
    assert job["parallelism"] == job["completions"]
    assert job["template"]["spec"]["restartPolicy"] == "Never"


def test_every_worker_has_a_core_of_its_own() -> None:
    resources = container()["resources"]
    assert resources["requests"]["cpu"] == resources["limits"]["cpu"] == "1"
    assert compose()["services"]["worker"]["deploy"]["resources"]["limits"]["cpus"] == "1"


def test_the_image_holds_all_of_ours_that_a_worker_imports() -> None:
    modules = {name.partition(".")[0] for name in json.loads(python(LOADED))}
    ours = modules & {"fixtures", "reports", "scenarios", "suites", "sut"}
    copied = {
        line.split()[1]
        for line in (FOLDER / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and not line.startswith("COPY --from")
    }
    assert ours == {"scenarios"}
    assert copied == {"pyproject.toml", "scenarios"}
    # its packages come from the service's own dependencies and the group `load`
    assert not modules & {"scipy", "numpy", "pytest", "httpx", "hypothesis"}


def test_the_manifest_finds_its_own_configuration() -> None:
    found = kubernetes()
    master = found["ConfigMap"]
    for variable in container()["env"]:
        reference = variable["valueFrom"]["configMapKeyRef"]
        assert reference["name"] == master["metadata"]["name"]
        assert reference["key"] in master["data"]


def test_a_generator_does_not_stop_to_go_through_its_modules_for_garbage() -> None:
    seen = json.loads(python(GARBAGE))
    assert seen["collects"]
    assert seen["set aside"] > 50_000
