"""What a check of rights takes for proven, for open and for unknown, where it may be mistaken."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from scenarios.targets import load_target
from suites.contract.access import Cell
from suites.contract.anywhere.asking import Answered, Ask, Asker
from suites.contract.anywhere.deriving import doubted
from suites.contract.anywhere.naming import Value
from suites.contract.anywhere.people import NotEnteredError, Someone, people_of
from suites.contract.compatibility.document import parse
from suites.contract.faults import AUTHENTICATION, OBJECT_LEVEL
from suites.contract.matrix import Proof
from suites.framework.anywhere.board import KEYS, POLICY, board_app
from suites.framework.anywhere.checking import (
    judged,
    keyed,
    named,
    said_of,
    target_file,
    with_policy,
)
from suites.framework.anywhere.notes import Hole, notes_app, serving

ADA, BOB = KEYS


def test_a_policy_that_leaves_an_operation_out_or_names_none_is_no_verdict(tmp_path: Path) -> None:
    policy = (
        POLICY.replace("[me]", "[nobody]") + "[make_nothing]\nvisitor = 401\nada = {}\nbob = 401"
    )
    with serving(board_app()) as url:
        assert judged(keyed(tmp_path, url, policy, ada=ADA, bob=BOB), "--examples", "1") == 2
    said = said_of(tmp_path)
    assert "not looked at: the policy says nothing of me\n" in said
    assert "not looked at: the policy speaks of nobody, which the document does not have\n" in said


def test_a_policy_that_forgets_a_role_of_an_operation_is_no_verdict(tmp_path: Path) -> None:
    policy = POLICY.replace('bob = "refused"', "bob = {}")
    with serving(board_app()) as url:
        assert judged(keyed(tmp_path, url, policy, ada=ADA, bob=BOB), "--only-rights") == 2
    assert "not looked at: the policy says nothing of figures for bob\n" in said_of(tmp_path)


def test_a_policy_that_all_keep_to_is_proven_whole(tmp_path: Path) -> None:
    with serving(board_app()) as url:
        assert judged(keyed(tmp_path, url, POLICY, ada=ADA, bob=BOB), "--only-rights") == 2
    assert "rights: 13 allowed, 7 denied, 0 open, 0 unproven" in said_of(tmp_path)
    said = "of the denied, 1 by a refusal alone: its effect was not looked up"
    assert said in said_of(tmp_path)


def test_a_refusal_of_somebody_whom_the_service_does_not_know_proves_nothing(
    tmp_path: Path,
) -> None:
    with serving(board_app()) as url:
        file = keyed(tmp_path, url, POLICY.replace("403", "401"), ada=ADA, bob="key-of-bbo")
        assert judged(file, "--only-rights") == 2
    said = "unproven: bob figures: bob's credentials are not known to work"
    assert said in said_of(tmp_path)


def test_things_of_others_are_hidden_in_a_list_that_succeeds(tmp_path: Path) -> None:
    with serving(board_app(breaks_for="bob")) as url:
        judged(keyed(tmp_path, url, POLICY, ada=ADA, bob=BOB), "--only-rights")
    assert "unproven: bob things of someone else: answered 500" in said_of(tmp_path)
    assert named(tmp_path) == set()


def test_things_of_others_that_a_list_shows_are_found(tmp_path: Path) -> None:
    with serving(board_app(everybodys=True)) as url:
        judged(keyed(tmp_path, url, POLICY, ada=ADA, bob=BOB), "--only-rights")
    assert named(tmp_path) == {("object-level-authorization", "things")}


def test_a_list_that_shows_nothing_by_which_things_are_told_hides_nothing_for_certain(
    tmp_path: Path,
) -> None:
    with serving(board_app(bare=True)) as url:
        judged(keyed(tmp_path, url, POLICY, ada=ADA, bob=BOB), "--only-rights")
    said = "the owner's own answer shows nothing that could be told"
    assert f"unproven: bob things of someone else: {said}" in said_of(tmp_path)


def test_notes_of_others_in_a_list_are_found_and_only_there(tmp_path: Path) -> None:
    policy = """
[list_notes]
visitor = 401
ada = { own = "allowed", other = "hidden" }
bob = { own = "allowed", other = "hidden" }
"""
    for everybodys, found in (
        (False, set()),
        (True, {("object-level-authorization", "list_notes")}),
    ):
        with serving(notes_app(everybodys=everybodys)) as url:
            judged(with_policy(target_file(tmp_path, url, "ada", "bob"), policy), "--only-rights")
        assert named(tmp_path) == found


@pytest.mark.parametrize("hole", [None, "write", "delete"])
def test_what_moves_by_itself_is_no_effect_and_hides_none(
    tmp_path: Path, hole: Hole | None
) -> None:
    with serving(notes_app(frozenset({hole} if hole else ()), counts=True)) as url:
        judged(target_file(tmp_path, url, "ada", "bob"), "--only-rights")
    operations = {"write": "change_note", "delete": "delete_note"}
    expected = {("object-level-authorization", operations[hole])} if hole else set()
    assert named(tmp_path) == expected
    assert (" 0 open, 0 unproven" in said_of(tmp_path)) is (hole is None)


def test_a_log_out_ends_no_look_at_what_comes_after_it(tmp_path: Path) -> None:
    with serving(notes_app(leaves=True)) as url:
        judged(target_file(tmp_path, url, "ada", "bob"), "--only-rights")
    assert " 0 open, 0 unproven" in said_of(tmp_path)


@pytest.mark.parametrize(("about", "doubts"), [("7", True), ("8", False)])
def test_only_who_is_refused_their_own_casts_doubt_and_never_on_a_visitor(
    about: str, *, doubts: bool
) -> None:
    paths = {"/things/{id}": {"get": {"operationId": "one", "responses": {}}}}
    (operation,) = parse({"paths": paths}).operations.values()
    bob = Someone("bob", "bob", headers={"X-Key": BOB})
    refused = Answered(bob, Ask(operation, path={"id": about}, about=about), 403, "")
    asker = SimpleNamespace(
        answers=[refused],
        pools={"bob": [Value("id", 7, "/things", made=True)]},
        people=SimpleNamespace(known=[bob]),
    )
    proofs = [
        Proof(Cell("visitor", "one", "other", 0), "open", "shown", AUTHENTICATION),
        Proof(Cell("ada", "one", "other", 0), "open", "shown", OBJECT_LEVEL),
        Proof(Cell("bob", "one", "own", None), "unproven", "answered 403"),
    ]
    outcomes = [one.outcome for one in doubted(proofs, cast("Asker", asker))]
    assert outcomes == ["open", "unproven" if doubts else "open", "unproven"]


ACCOUNT = """
[identities.{name}]
username = "{username}"
password = "ada-horse-battery"
accounts = {accounts}
[identities.{name}.{how}]
"""
WAYS = {
    "log_in": 'path = "/log-in"\nbody = { name = "{username}" }\ntoken = "/token"',
    "credentials": 'bearer = "t"',
}


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize(
    ("accounts", "said"),
    [
        ([("ada", "ada", 2)], "two accounts of ada show the same"),
        ([("ada", "ada", 1), ("bob", "ada", 1)], "ada and bob show the same"),
        ([("visitor", "ada", 1)], "visitor: expected neither log_in nor credentials"),
    ],
)
def test_two_identities_that_are_one_are_refused_and_so_is_a_visitor_who_is_somebody(
    tmp_path: Path, how: str, accounts: list[tuple[str, str, int]], said: str
) -> None:
    file = target_file(tmp_path, "http://127.0.0.1:1")
    text = file.read_text().replace("[identities.visitor]\n", "")
    for name, username, count in accounts:
        named_so = {"name": name, "username": username, "accounts": count, "how": how}
        text += ACCOUNT.format(**named_so) + WAYS[how] + "\n"
    file.write_text(text if said.startswith("visitor") else text + "[identities.visitor]\n")
    with (
        pytest.raises(NotEnteredError, match="^" + said),
        people_of(load_target(file)),
    ):
        pass


def test_a_verdict_of_an_earlier_run_does_not_stay_where_a_later_one_ends_early(
    tmp_path: Path,
) -> None:
    names = ("contract.txt", "contract.ndjson", "contract.sarif")
    for name in names:
        (tmp_path / name).write_text("clean")
    (tmp_path / "access.derived.toml").write_text("corrected")
    assert judged(target_file(tmp_path, "http://127.0.0.1:1")) == 2
    assert sorted(one.name for one in tmp_path.iterdir()) == ["access.derived.toml", "notes.toml"]
