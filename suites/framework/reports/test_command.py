from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from reports.__main__ import main
from reports.commands import judging
from reports.commands.judging import MOST_FAULTS
from reports.evidence import AnyRecord
from reports.history import store_of
from reports.provenance import tree_id
from reports.render.markdown import MarkdownRenderer
from reports.sbom import read_sboms
from suites.framework.reports.runs import (
    OTHER_TREE,
    RUN,
    check,
    instrument,
    layer,
    measured,
    write,
)

ROOT = Path(__file__).parents[3]
SLO = """\
layers = ["unit", "security", "load"]
[policies.commit]
description = "every push"
layers = ["unit", "security", "load"]
[[objective]]
id = "fast"
promise = "answers are fast"
target = "< 200 ms"
reason = "promised"
policies = ["commit"]
[[objective.requires]]
kind = "measurement"
layer = "load"
metric = "latency_ms"
op = "<"
limit = 200
unit = "ms"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree outside Git with its own objectives, and a good run of it."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "slo.toml").write_text(SLO)
    (tmp_path / "scenarios" / "waivers.toml").write_text("")
    (tmp_path / "app.py").write_text("a = 1\n")
    monkeypatch.chdir(tmp_path)
    tree, run = tree_id(tmp_path), tmp_path / "out" / RUN
    write(run, "unit", check("a"), tree=tree)
    write(run, "security", instrument(61, 61), check("c"), tree=tree)
    write(run, "load", measured(150, low=145, high=155), check("d"), tree=tree)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    return tmp_path


def evidence(project: Path, name: str) -> Path:
    return project / "out" / RUN / "evidence" / f"{name}.ndjson"


def test_a_good_run_is_go_and_leaves_its_files(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"out/{RUN}", "--latest"]) == 0
    run = project / "out" / RUN
    assert {path.name for path in run.iterdir()} == {
        "evidence", "verdict.json", "report.html", "junit.xml", "summary.md",
        "ctrf.json", "findings.sarif",
        "statement.intoto.jsonl"
    }  # fmt: skip
    assert (project / "out" / "latest").resolve() == run
    out = capsys.readouterr().out
    assert "GO" in out.splitlines()[0]
    assert f"out/{RUN}/report.html" in out
    assert main([]) == 0


def test_a_limit_set_below_what_was_measured_is_no_go(project: Path) -> None:
    (project / "scenarios" / "slo.toml").write_text(SLO.replace("limit = 200", "limit = 140"))
    assert main([f"out/{RUN}"]) == 1


def test_a_waiver_given_after_the_run_counts(project: Path) -> None:
    (project / "scenarios" / "slo.toml").write_text(SLO.replace("limit = 200", "limit = 140"))
    today = datetime.now().astimezone().date()
    (project / "scenarios" / "waivers.toml").write_text(
        f'[[waiver]]\nscope = "objective:fast"\nowner = "eve"\nreason = "known"\n'
        f"granted = {today}\nexpires = {today}\n"
    )
    assert main([f"out/{RUN}"]) == 0


@pytest.mark.parametrize("damage", ["deleted", "cut"])
def test_a_layer_deleted_or_cut_is_no_verdict_and_named(
    damage: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = evidence(project, "load")
    if damage == "deleted":
        path.unlink()
    else:
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    assert main([f"out/{RUN}"]) == 2
    assert "load" in capsys.readouterr().out
    assert (project / "out" / RUN / "report.html").is_file()


def test_a_source_file_changed_after_the_run_makes_the_evidence_foreign(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "app.py").write_text("a = 2\n")
    assert main([f"out/{RUN}"]) == 2
    assert "evidence is of another tree: unit, security, load" in capsys.readouterr().out
    assert "of another tree" in (project / "out" / RUN / "report.html").read_text()


def test_faulty_lines_are_told_and_the_page_is_still_made(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("unit", "load"):
        path = evidence(project, name)
        path.write_text(path.read_text().replace('"kind":"check"', '"kind":"rumour"'))
    assert main([f"out/{RUN}"]) == 2
    told = capsys.readouterr().err
    assert f"out/{RUN}/evidence/load.ndjson:4: field kind: expected one of" in told
    assert f"out/{RUN}/evidence/unit.ndjson:3: field kind: expected one of" in told
    assert "150 ms" not in told
    assert (project / "out" / RUN / "verdict.json").is_file()


def test_faults_of_both_files_are_told_together(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "scenarios" / "slo.toml").write_text(SLO.replace('"<"', '"~"'))
    (project / "scenarios" / "waivers.toml").write_text('[[waiver]]\nscope = "all"\n')
    assert main([f"out/{RUN}"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("scenarios/slo.toml:15: objective fast, clause 1, field op: ")
    assert sum(line.startswith("scenarios/waivers.toml:") for line in told) == 5


def test_a_run_folder_that_is_not_there_is_three_lines(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["out/nothing"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 3
    assert told[0] == "out/nothing: no run folder is there"


def test_an_empty_run_folder_is_no_verdict(project: Path) -> None:
    (project / "out" / "empty").mkdir()
    assert main(["out/empty"]) == 2


def test_an_unknown_policy_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"out/{RUN}", "--policy", "nightly"]) == 2
    assert "unknown policy 'nightly': expected one of commit" in capsys.readouterr().err


def test_a_page_that_cannot_be_written_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = project / "out" / RUN / "report.html"
    page.mkdir()
    before = sorted((project / "out" / RUN).rglob("*"))
    assert main([f"out/{RUN}"]) == 2
    assert f"out/{RUN}/report.html: cannot be written: Is a dir" in capsys.readouterr().err
    assert sorted((project / "out" / RUN).rglob("*")) == before


def test_a_disk_that_is_full_leaves_the_last_verdict_beside_its_page(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main([f"out/{RUN}"])
    run = project / "out" / RUN
    before = {path: path.read_bytes() for path in run.iterdir() if path.is_file()}
    write_bytes = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if "report.html" in path.name:
            write_bytes(path, data[:9])
            raise OSError(28, "No space left on device", str(path))
        return write_bytes(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    (project / "scenarios" / "slo.toml").write_text(SLO.replace("limit = 200", "limit = 140"))
    assert main([f"out/{RUN}"]) == 2
    assert "cannot be written: No space left" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in run.iterdir() if path.is_file()} == before


def test_of_very_many_faults_the_first_are_told_and_the_rest_are_counted(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = evidence(project, "unit")
    path.write_text("nonsense\n" * (MOST_FAULTS + 7) + path.read_text())
    assert main([f"out/{RUN}"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == MOST_FAULTS + 1
    assert re.fullmatch(r"and \d+ more faults", told[-1])


def test_a_folder_in_the_place_of_latest_is_left_alone_and_the_verdict_stands(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = project / "out" / "latest" / "kept.txt"
    kept.parent.mkdir()
    kept.write_text("mine")
    assert main([f"out/{RUN}", "--latest"]) == 0
    assert "out/latest: not updated" in capsys.readouterr().err
    assert kept.read_text() == "mine"


def test_a_history_that_cannot_be_written_does_not_change_the_verdict(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = store_of(project / "out" / RUN)
    store.mkdir(parents=True)
    assert main([f"out/{RUN}"]) == 0
    assert f"{store}: not added to: Is a directory" in capsys.readouterr().err


@pytest.mark.parametrize("with_page", [True, False])
def test_in_a_job_on_github_the_summary_is_added_and_what_failed_is_annotated(
    with_page: bool,
    project: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    page = tmp_path_factory.mktemp("job") / "summary.md"
    page.write_text("of an earlier step\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page) if with_page else "")
    (project / "scenarios" / "slo.toml").write_text(SLO.replace("limit = 200", "limit = 140"))
    assert main([f"out/{RUN}"]) == 1
    assert "::error title=fast%3A missed::" in capsys.readouterr().out
    assert page.read_text().startswith("of an earlier step\n")
    assert ("## ✕ NO-GO" in page.read_text()) == with_page


COMMAND = "::error::x ##[error]y"


def test_on_github_nothing_in_the_summary_is_a_command(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    broken = check("a", "failed", message=COMMAND, repeat=f"nox {'x' * 90}\n{COMMAND}")
    write_again(project, "unit", broken)
    tokens = []
    for _ in range(2):
        assert main([f"out/{RUN}"]) == 1
        lines = capsys.readouterr().out.splitlines()
        begin = next(n for n, line in enumerate(lines) if line.startswith("::stop-commands::"))
        tokens.append(lines[begin].removeprefix("::stop-commands::"))
        assert all(line.startswith("::error ") for line in lines[:begin])
        assert [line for line in lines[begin + 1 :] if line.lstrip().startswith("::")] == [
            f"::{tokens[-1]}::"
        ]
        assert lines[-1] == f"::{tokens[-1]}::"
    assert len(set(tokens)) == 2


def write_again(project: Path, name: str, *records: AnyRecord) -> None:
    evidence(project, name).unlink()
    write(project / "out" / RUN, name, *records, tree=tree_id(project), exit_status=1)


@pytest.mark.parametrize("words", [[f"out/{RUN}"], ["ran", f"out/{RUN}", "unit"]])
def test_a_faulty_line_cannot_steer_the_terminal(
    words: list[str], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = evidence(project, "unit")
    odd = json.dumps({"kind": "check", "id": "a", "outcome": "passed", f"\x1b[2J\n{COMMAND}": 1})
    path.write_text(f"{odd}\n{path.read_text()}")
    assert main(words) == 2
    told = capsys.readouterr().err
    (line,) = (line for line in told.splitlines() if "unknown in a check" in line)
    assert "field" in line
    assert "\x1b" not in told
    assert "##[" not in told
    assert not [line for line in told.splitlines() if line.lstrip().startswith("::")]


def test_a_file_of_evidence_cannot_steer_the_terminal_by_its_name(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([f"out/{RUN}"])
    named = project / "out" / RUN / "evidence" / f"{COMMAND}\x1b[2J\n::x.ndjson"
    named.write_text("")
    for words in ([f"out/{RUN}"], ["verify", f"out/{RUN}"], ["merge", "out/m", f"out/{RUN}"]):
        main(words)
        told = capsys.readouterr()
        for line in (*told.out.splitlines(), *told.err.splitlines()):
            assert not line.lstrip().startswith("::")
            assert "\x1b" not in line
            assert "##[" not in line


def test_a_run_that_was_never_judged_cannot_be_pinned(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pin", f"out/{RUN}"]) == 2
    assert f"judge it first: python -m reports out/{RUN}" in capsys.readouterr().err
    main([f"out/{RUN}"])
    assert main(["pin", f"out/{RUN}"]) == 0
    assert f"later runs are compared with {RUN}" in capsys.readouterr().out


def test_earlier_runs_are_on_the_page_unless_unwanted(project: Path) -> None:
    earlier = project / "out" / "20250101-000000-gate"
    write(earlier, "unit", check("a"), run=earlier.name)
    main([str(earlier)])
    page = project / "out" / RUN / "report.html"
    main([f"out/{RUN}"])
    assert earlier.name in page.read_text()
    main([f"out/{RUN}", "--history", "no"])
    assert earlier.name not in page.read_text()
    assert json.loads((earlier / "verdict.json").read_text())["release"] == "NO VERDICT"


# --- check and new-run -------------------------------------------------------------------------


def test_check_refuses_a_metric_that_nobody_records(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check"]) == 2
    assert 'objective fast: no producer names "latency_ms"' in capsys.readouterr().err
    (project / "suites").mkdir()
    (project / "suites" / "test_load.py").write_text('measure("latency_ms", 1, "ms")\n')
    assert main(["check"]) == 0
    assert "requires 1 objectives of layers unit, security, load" in capsys.readouterr().out


def test_a_new_run_is_named_by_time_and_label(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new-run", "--label", "gate"]) == 0
    name = Path(capsys.readouterr().out.strip())
    assert (name.parent.name, name.name[8], name.name[-5:]) == ("out", "-", "-gate")


def test_the_command_runs_as_a_module(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reports", f"out/{RUN}"],
        cwd=project, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) <= 10
    assert "\x1b" not in done.stdout


def test_evidence_of_a_made_up_layer_is_pointed_out(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = layer("soak", check("s"))
    write(project / "out" / RUN, "soak", *made.records[2:-1])
    main([f"out/{RUN}"])
    assert "no layer of that name is known" in (project / "out" / RUN / "report.html").read_text()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [('kind = "measurement"\n', "", "clause 1, field kind: missing"),
     ('id = "fast"', "id = 3", "field id")],
)  # fmt: skip
def test_an_objective_without_a_name_or_a_kind_is_refused_with_its_line(
    before: str, after: str, said: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "scenarios" / "slo.toml").write_text(SLO.replace(before, after))
    assert main(["check"]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.startswith("scenarios/slo.toml:")


def test_a_table_that_no_waiver_is_written_in_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "scenarios" / "waivers.toml").write_text('[[waver]]\nscope = "objective:fast"\n')
    assert main([f"out/{RUN}"]) == 2
    assert "waver: unknown: expected [[waiver]] tables" in capsys.readouterr().err


# --- what must not change the verdict ------------------------------------------------------------


def judge_in_a_process(
    project: Path, *command: str, **how: Any
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **how.pop("environment", {})}
    return subprocess.run(
        [sys.executable, "-m", "reports", *command, f"out/{RUN}"], cwd=project, env=environment,
        text=True, timeout=60, check=False, **how,
    )  # fmt: skip


@pytest.mark.parametrize("device", ["/dev/full", "a closed pipe"])
def test_an_output_that_takes_no_words_changes_no_verdict(project: Path, device: str) -> None:
    if device == "/dev/full":
        out: Any = open(device, "w")  # noqa: SIM115, PTH123 - closed below
    else:
        reading, writing = os.pipe()
        os.close(reading)
        out = os.fdopen(writing, "w")
    with out:
        done = judge_in_a_process(project, stdout=out, stderr=subprocess.PIPE)
    assert (done.returncode, f"the verdict is in out/{RUN}" in done.stderr) == (0, True)
    assert "Traceback" not in done.stderr


def test_a_terminal_that_knows_few_characters_shows_the_others_as_it_can(project: Path) -> None:
    few = {"PYTHONIOENCODING": "ascii"}
    done = judge_in_a_process(project, environment=few, capture_output=True)
    assert (done.returncode, "GO" in done.stdout) == (0, True), done.stderr
    done = judge_in_a_process(project, "verify", environment=few, capture_output=True)
    assert (done.returncode, "verdict: GO" in done.stdout) == (0, True), done.stderr


def test_an_output_that_is_closed_changes_no_verdict(project: Path) -> None:
    command = f'exec "{sys.executable}" -m reports out/{RUN} >&-'
    done = subprocess.run(
        ["sh", "-c", command], cwd=project, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_an_empty_signing_key_is_none(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOUCHLINE_SIGNING_KEY", "")
    assert main([f"out/{RUN}"]) == 0


def test_a_summary_that_github_does_not_take_changes_no_verdict(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project))
    assert main([f"out/{RUN}"]) == 0
    assert "the summary was not added: Is a directory" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[""], ["."], ["ran", "", "unit"], ["merge", "m", "."]])
def test_a_folder_that_no_run_wrote_into_is_not_judged_and_stays_as_it_was(
    project: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    before = tree_id(project)
    assert main(words) == 2
    assert "no run folder is there" in capsys.readouterr().err
    assert (tree_id(project), (project / "report.html").exists()) == (before, False)


def test_links_in_a_circle_are_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "round").symlink_to("round")
    assert main([f"out/{RUN}", "--root", "round"]) == 2
    assert "symbolic links lead in a circle" in capsys.readouterr().err


def test_a_statement_that_cannot_be_written_is_told_after_the_verdict(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "out" / RUN / "statement.intoto.jsonl").mkdir()
    assert main([f"out/{RUN}"]) == 2
    told = capsys.readouterr()
    assert "GO" in told.out.splitlines()[0]
    assert "the run is judged, but no statement of it was written" in told.err


@pytest.mark.parametrize("name", ["licence", "format"])
def test_a_bill_with_half_a_character_changes_no_verdict(name: str, project: Path) -> None:
    half = '"\\ud800"'
    licence, made = (half, '"CycloneDX"') if name == "licence" else ('"MIT"', half)
    (project / "out" / RUN / "bom.json").write_text(
        f'{{"bomFormat": {made}, "specVersion": "1.6",'
        f' "components": [{{"licenses": [{{"license": {{"name": {licence}}}}}]}}]}}'
    )
    (found,) = read_sboms(project / "out" / RUN)
    assert "\ufffd" in f"{found.format} {found.licences}"
    assert main([f"out/{RUN}"]) == 0
    assert "1 component" in (project / "out" / RUN / "report.html").read_text()


def test_a_judge_that_breaks_gives_no_verdict_and_says_where(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"\x1b[2J\n{COMMAND}")

    monkeypatch.setattr(judging, "judge", broken)
    assert main([f"out/{RUN}"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("Traceback")
    assert "in broken" in told
    assert f"python -m reports out/{RUN} broke, so there is no verdict: RuntimeError: " in told
    assert ("\x1b" in told, "\n::" in told) == (False, False)


# --- what is not fixed ---------------------------------------------------------------------------


def test_what_evidence_of_another_tree_saw_pass_is_not_fixed(project: Path) -> None:
    earlier = project / "out" / "20250101-000000-gate"
    write(earlier, "unit", check("a", "failed"), run=earlier.name, exit_status=1)
    main([str(earlier)])
    page = project / "out" / RUN / "report.html"
    main([f"out/{RUN}"])
    assert "1 fixed" in page.read_text()
    evidence(project, "unit").unlink()
    write(project / "out" / RUN, "unit", check("a"), tree=OTHER_TREE)
    main([f"out/{RUN}"])
    assert "1 fixed" not in page.read_text()
    assert "1 not run any more" in page.read_text()


def test_half_a_character_in_a_format_is_written_as_what_stands_for_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = project / "job.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    monkeypatch.setattr(MarkdownRenderer, "render", lambda *_: "half \ud800")
    assert main([f"out/{RUN}"]) == 0
    for path in (page, project / "out" / RUN / "summary.md"):
        assert path.read_text() == "half \ufffd"
