"""A service that is known by its document and a target file alone, whole and with holes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from schemathesis.schemas import BaseSchema

from scenarios.targets import load_target
from suites.contract import conformance
from suites.contract.__main__ import main
from suites.contract.access import Cell, Policy, load
from suites.contract.anywhere.people import people_of
from suites.contract.anywhere.reaching import Clock, refuse_strangers
from suites.contract.anywhere.report import Report
from suites.contract.faults import INJECTION, Fault
from suites.contract.matrix import Proof
from suites.framework.anywhere.checking import judged, named, said_of, target_file
from suites.framework.anywhere.notes import HOLES, Hole, notes_app, serving

# hole: the rule that names it, and the operation that it is in
NAMED: dict[Hole, tuple[str, str]] = {
    "read": ("object-level-authorization", "get_note"),
    "write": ("object-level-authorization", "change_note"),
    "delete": ("object-level-authorization", "delete_note"),
    "file": ("object-level-authorization", "get_text"),
    "moment": ("object-level-authorization", "get_glance"),
    "injection": ("sql-injection", "list_notes"),
    "number": ("sql-injection", "get_length"),
    "assignment": ("mass-assignment", "change_me"),
    "anonymous": ("missing-authentication", "count_notes"),
    "secret": ("secret-exposed", "colleagues"),
    "takeover": ("object-level-authorization", "change_password"),
}


def checked(folder: Path, url: str, *more: str, names: tuple[str, ...] = ("ada", "bob")) -> int:
    return judged(target_file(folder, url, *names), *more)


@pytest.fixture(scope="module")
def leaky() -> Iterator[str]:
    with serving(notes_app(HOLES)) as url:
        yield url


@pytest.fixture
def whole() -> Iterator[str]:
    with serving(notes_app()) as url:
        yield url


def test_every_hole_has_a_name() -> None:
    assert NAMED.keys() == HOLES


@pytest.mark.parametrize("seed", ["1", "2"])
def test_every_hole_is_found_and_named_whatever_the_seed(
    leaky: str, tmp_path: Path, seed: str
) -> None:
    assert checked(tmp_path, leaky, "--seed", seed, "--only-rights") == 1
    assert named(tmp_path) == set(NAMED.values())


@pytest.mark.parametrize("hole", sorted(HOLES))
def test_a_hole_alone_is_named_alone(hole: Hole, tmp_path: Path) -> None:
    with serving(notes_app(frozenset({hole}))) as url:
        assert checked(tmp_path, url, "--only-rights") == 1
    assert named(tmp_path) == {NAMED[hole]}


def test_a_password_of_another_that_was_changed_is_seen_where_a_refused_log_in_answers_200(
    tmp_path: Path,
) -> None:
    with serving(notes_app(frozenset({"takeover"}), polite=True)) as url:
        assert checked(tmp_path, url, "--only-rights") == 1
    assert named(tmp_path) == {NAMED["takeover"]}


@pytest.mark.long
def test_the_whole_service_has_no_hole(whole: str, tmp_path: Path) -> None:
    # Starlette's Allow names the methods of one route where a path has several.
    assert checked(tmp_path, whole, "--examples", "1") == 1
    assert named(tmp_path) == set()
    # That one's own password was changed instead of another's is told by who can log in.
    assert " 0 open, 0 unproven" in said_of(tmp_path)
    assert "no evidence: reset_database: it says of itself that it would reset-database" in said_of(
        tmp_path
    )
    log = json.loads((tmp_path / "contract.sarif").read_text())
    found = {result["ruleId"] for run in log["runs"] for result in run["results"]}
    assert found == {"allow_header_conformance"}


def proven() -> Report:
    report = Report("Notes", "0" * 64, seed=1, operations=1)
    report.proofs.append(Proof(Cell("ada", "me", "none", None), "proven"))
    return report


def test_all_proven_and_reached_and_nothing_found_is_clean() -> None:
    assert proven().verdict == "clean"


def test_a_finding_counts_until_somebody_answers_for_it() -> None:
    report = proven()
    report.add(Fault(INJECTION, "search", "query q", "shown"))
    (finding,) = report.findings
    verdicts = [report.verdict]
    report.waived = {finding.fingerprint: "a@example.org: until June"}
    assert [*verdicts, report.verdict] == ["findings", "clean"]
    assert "1 findings are waived" in report.lines()


@pytest.mark.parametrize("lacking", ["proof", "cell", "operation", "part", "policy"])
def test_what_was_not_looked_at_is_never_clean(lacking: str) -> None:
    report = proven()
    if lacking == "proof":
        report.proofs.clear()
    elif lacking == "cell":
        report.proofs.append(Proof(Cell("ada", "me", "none", None), "unproven", "no data"))
    elif lacking == "operation":
        report.unreached["me"] = "always 401"
    elif lacking == "policy":
        report.derived = Policy(())  # made of what the service does, which agrees with itself
    else:
        report.unasked.append("conformance")
    assert report.verdict == "no verdict"


@pytest.mark.parametrize("status", [404, 422])
def test_an_operation_that_was_refused_each_time_is_not_reached(
    tmp_path: Path, status: int
) -> None:
    app = FastAPI()
    app.get("/ready", operation_id="ready")(lambda: {"ready": True})

    @app.get("/notes", operation_id="notes", responses={status: {"description": "refused"}})
    def notes() -> Response:
        return JSONResponse({}, status)

    with serving(app) as url:
        assert checked(tmp_path, url, "--examples", "1", names=()) in (1, 2)
    assert f"no evidence: notes: no success, only {status}" in said_of(tmp_path)
    assert "no evidence: ready" not in said_of(tmp_path)


def test_one_identity_proves_nothing_about_others_and_says_so(whole: str, tmp_path: Path) -> None:
    assert checked(tmp_path, whole, "--only-rights", names=("ada",)) == 2
    assert "too few identities to tell one's own from another's" in said_of(tmp_path)


def test_a_policy_that_was_derived_acquits_nobody_and_says_so(whole: str, tmp_path: Path) -> None:
    assert checked(tmp_path, whole, "--only-rights") == 2
    assert "acquits nobody: the rights were derived from what is judged" in said_of(tmp_path)


def test_a_password_that_is_shown_is_a_finding_for_each_whose_it_is(tmp_path: Path) -> None:
    with serving(notes_app(frozenset({"secret"}))) as url:
        checked(tmp_path, url, "--only-rights")
    log = json.loads((tmp_path / "contract.sarif").read_text())
    found = [one["message"]["text"].partition(":")[0] for run in log["runs"]
             for one in run["results"]]  # fmt: skip
    readers = ("ada", "bob")
    expected = [f"colleagues {reader}/{whose}" for reader in readers for whose in readers]
    assert sorted(found) == expected


def test_a_document_alone_is_a_first_look_without_a_verdict(whole: str, tmp_path: Path) -> None:
    words = ["check", "--openapi", f"{whole}/openapi.json", "--only-rights"]
    assert main([*words, "--out", str(tmp_path)]) == 2
    assert "NO VERDICT" in said_of(tmp_path)


def test_a_time_limit_that_is_over_is_no_verdict(leaky: str, tmp_path: Path) -> None:
    assert checked(tmp_path, leaky, "--within", "1") == 2
    assert "the time of 1 s was over before the end" in said_of(tmp_path)


def test_a_time_limit_that_is_over_amid_conformance_is_no_interruption(
    whole: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = conformance.run

    def late(schema: BaseSchema, may_go_on: Callable[[], bool]) -> conformance.Run:
        monkeypatch.setattr(Clock, "left_s", 0.0)
        return run(schema, may_go_on)

    monkeypatch.setattr(conformance, "run", late)
    assert checked(tmp_path, whole, "--within", "99") == 2
    assert "not looked at: the time of 99 s was over before the end\n" in said_of(tmp_path)


def test_what_was_lost_in_the_middle_is_no_verdict_whatever_was_found(tmp_path: Path) -> None:
    with serving(notes_app(HOLES, fails_after=60)) as url:
        assert checked(tmp_path, url, "--only-rights") == 2
    assert "/ready answers 503 at the end of the run" in said_of(tmp_path)


def test_a_service_that_is_not_there_is_refused_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(tmp_path, "http://127.0.0.1:1") == 2
    assert "no OpenAPI document is answered" in capsys.readouterr().err


def test_an_identity_that_is_not_let_in_is_named(
    whole: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = target_file(tmp_path, whole, "ada")
    file.write_text(file.read_text().replace('path = "/people"', 'path = "/ready"'))
    assert main(["check", "--target", str(file), "--out", str(tmp_path)]) == 2
    assert "ada: POST /log-in answered 401, expected 200" in capsys.readouterr().err


def test_another_machine_is_left_alone_unless_it_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(tmp_path, "http://192.0.2.1") == 2
    assert "--i-may-test 192.0.2.1" in capsys.readouterr().err


def test_another_machine_than_the_one_that_was_named_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(tmp_path, "http://192.0.2.1", "--i-may-test", "192.0.2.2") == 2
    assert "--i-may-test 192.0.2.1" in capsys.readouterr().err
    refuse_strangers("http://192.0.2.1", "192.0.2.1")


def test_the_derived_policy_can_be_read_again(whole: str, tmp_path: Path) -> None:
    checked(tmp_path, whole, "--only-rights")
    roles = ("visitor", "ada", "bob")
    policy = load(tmp_path / "access.derived.toml", roles)
    rights = {(cell.role, cell.owner): cell.expected for cell in policy.cells
              if cell.operation == "get_note"}  # fmt: skip
    assert rights == {
        ("visitor", "other"): "refused",
        ("ada", "own"): "allowed", ("ada", "other"): "refused",
        ("bob", "own"): "allowed", ("bob", "other"): "refused",
    }  # fmt: skip


def test_a_derived_policy_that_somebody_corrected_stays_as_it_is(
    whole: str, tmp_path: Path
) -> None:
    first, second = (tmp_path / f"access.derived{suffix}.toml" for suffix in ("", "-2"))
    checked(tmp_path, whole, "--only-rights")
    checked(tmp_path, whole, "--only-rights")
    assert not second.exists()
    corrected = "# corrected\n" + first.read_text()
    first.write_text(corrected)
    checked(tmp_path, whole, "--only-rights")
    assert (first.read_text(), "# corrected\n" + second.read_text()) == (corrected, corrected)


@pytest.mark.parametrize(
    ("credentials", "shown"),
    [
        ('bearer = "t"', {"Authorization": "Bearer t"}),
        ("basic = true", {"Authorization": "Basic YWRhOnNlY3JldA=="}),
        ('headers = { X-Key = "k" }', {"X-Key": "k"}),
        ('cookies = { sid = "c" }', {"sid": "c"}),
        ('query = { key = "q" }', {"key": "q"}),
    ],
)
def test_credentials_are_shown_as_the_file_says(
    tmp_path: Path, credentials: str, shown: dict[str, str]
) -> None:
    file = target_file(tmp_path, "http://127.0.0.1:1")
    member = '[identities.ada]\nusername = "ada"\npassword = "secret"\n'
    file.write_text(f"{file.read_text()}{member}[identities.ada.credentials]\n{credentials}\n")
    with people_of(load_target(file)) as people:
        ada = people.of_role("ada")
    assert {**ada.headers, **ada.cookies, **ada.query} == shown
