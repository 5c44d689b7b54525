"""Rights that no document tells, functions of a few, and accounts that must outlive the check."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi import FastAPI

from suites.contract.anywhere import people
from suites.framework.anywhere.checking import TARGET, judged, said_of, with_policy
from suites.framework.anywhere.notes import serving
from suites.framework.anywhere.staff import HOLES, PEOPLE, Hole, staff_app

MEMBER = """
[identities.{name}]
username = "{name}"
password = "{password}"
[identities.{name}.log_in]
path = "/log-in"
body = {{ name = "{{username}}", password = "{{password}}" }}
token = "/token"
"""
EVERYBODY = 'visitor = "allowed"\nada = "allowed"\nbob = "allowed"\nchief = "allowed"\n'
OWN = 'own = "allowed", other = "refused"'
POLICY = (
    "".join(
        f"[{name}]\n{EVERYBODY}"
        for name in ("<lambda>", "log_in", "sign_up", "list_people", "get_person")
    ).replace("[<lambda>]", '["<lambda>"]')
    + f"""
[add_book]
visitor = "refused"
ada = "allowed"
bob = "allowed"
chief = "allowed"
[get_book]
visitor = {{ other = "refused" }}
ada = {{ {OWN} }}
bob = {{ {OWN} }}
chief = {{ {OWN} }}
[remove_person]
visitor = "refused"
ada = "refused"
bob = "refused"
chief = {{ other = "allowed" }}
"""
)


def target_file(folder: Path, url: str, policy: str = "") -> Path:
    file = folder / "staff.toml"
    members = (MEMBER.format(name=name, password=word) for name, word in PEOPLE.items())
    file.write_text(TARGET.format(service="Staff", url=url) + "".join(members))
    return with_policy(file, policy) if policy else file


def checked(folder: Path, app: FastAPI, *more: str, policy: str = "") -> int:
    with serving(app) as url:
        return judged(target_file(folder, url, policy), *more)


def named(folder: Path) -> set[tuple[str, str]]:
    log = json.loads((folder / "contract.sarif").read_text())
    return {
        (result["ruleId"], result["message"]["text"].partition(":")[0])
        for run in log["runs"]
        for result in run["results"]
    }


def has(*holes: Hole) -> FastAPI:
    return staff_app(frozenset(holes))


def test_what_a_visitor_is_refused_is_closed_where_the_document_names_no_credentials(
    tmp_path: Path,
) -> None:
    assert checked(tmp_path, has("read"), "--only-rights") == 1
    found = {("object-level-authorization", f"get_book {name}/other") for name in PEOPLE}
    assert named(tmp_path) == found
    rights = (tmp_path / "access.derived.toml").read_text()
    assert '["get_book"]\nvisitor = { other = "refused" }\nada = { own = "allowed"' in rights
    assert '["get_person"]\nvisitor = "allowed"' in rights


def test_whoever_reaches_what_others_may_not_even_reach_of_their_own_is_not_blamed_unasked(
    tmp_path: Path,
) -> None:
    assert checked(tmp_path, has(), "--only-rights") == 2
    assert named(tmp_path) == set()
    assert "ada, bob may not even on their own: say in the policy who may" in said_of(tmp_path)


def test_a_function_of_a_few_is_proven_to_be_refused_to_others(tmp_path: Path) -> None:
    assert checked(tmp_path, has(), "--only-rights", policy=POLICY) == 2
    assert named(tmp_path) == set()
    assert " 0 open, 0 unproven" in said_of(tmp_path)


def test_a_function_of_a_few_that_others_may_call_is_found(tmp_path: Path) -> None:
    assert checked(tmp_path, has("function"), "--only-rights", policy=POLICY) == 1
    assert named(tmp_path) == {
        ("function-level-authorization", f"remove_person {name}/none") for name in ("ada", "bob")
    }


def test_a_short_password_is_found_where_it_is_a_value_of_its_own(tmp_path: Path) -> None:
    assert checked(tmp_path, has("secret"), "--only-rights", policy=POLICY) == 1
    pairs = [f"{role}/{name}" for role in ("visitor", *PEOPLE) for name in PEOPLE]
    assert named(tmp_path) == {("secret-exposed", f"list_people {pair}") for pair in pairs}


@pytest.mark.parametrize("words", [("--only-rights",), ("--examples", "1")])
def test_no_account_is_taken_away_that_nothing_makes_again(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    app = has()
    checked(tmp_path, app, *words, policy=POLICY)
    assert app.state.staff.people.items() >= PEOPLE.items()
    assert "let in no more" not in said_of(tmp_path)


def test_somebody_who_was_lost_in_the_middle_is_named_and_is_no_verdict(tmp_path: Path) -> None:
    assert checked(tmp_path, has("vanish", "read"), "--only-rights", policy=POLICY) == 2
    assert "not looked at: bob is let in no more, so what follows is not asked as bob; a" in (
        said_of(tmp_path)
    )
    assert "left behind: bob is let in no more: make the account anew" in said_of(tmp_path)


def test_whose_session_ends_logs_in_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "FRESH_S", 0.0)
    app = staff_app(frozenset(HOLES - {"vanish"}), answers_of_a_session=5)
    assert checked(tmp_path, app, "--only-rights", policy=POLICY) == 1
    assert {rule for rule, _ in named(tmp_path)} == {
        "object-level-authorization", "function-level-authorization", "secret-exposed",
    }  # fmt: skip
    assert next(app.state.staff.log_ins) > len(PEOPLE) * 3


def test_a_refused_log_in_that_answers_200_says_what_it_holds_instead(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = has()
    app.state.staff.people["bob"] = "another"
    assert checked(tmp_path, app, "--only-rights") == 2
    assert "bob: POST /log-in answered 200 without /token, only refused" in capsys.readouterr().err
