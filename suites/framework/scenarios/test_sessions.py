from __future__ import annotations

import time

import pytest

from scenarios.sessions import Accounts, NobodyFreeError, Session, Sessions, session_from
from scenarios.targets import Identity, LogIn

RECIPE = LogIn(
    path="/in",
    body={"email": "{username}", "password": "{password}"},
    token="/tokens/access",
    lifetime_s="/seconds",
)
PLAYER = Identity(username="p{number}", password="secret", accounts=5, log_in=RECIPE)


def lasting(name: str = "t", seconds: float = 600) -> Session:
    return Session(name, "r", time.monotonic() + seconds)


def test_each_log_in_takes_another_account_until_all_had_their_turn() -> None:
    accounts = Accounts(PLAYER)
    names = [accounts.credentials()["email"] for _ in range(6)]
    assert names == ["p1", "p2", "p3", "p4", "p5", "p1"]


def test_generators_that_share_a_run_take_different_accounts() -> None:
    shares = [Accounts(PLAYER, share, 2) for share in range(2)]
    names = [[one.credentials()["email"] for _ in range(2)] for one in shares]
    assert names == [["p1", "p3"], ["p2", "p4"]]


def test_tokens_are_found_where_the_recipe_says() -> None:
    answer = {"tokens": {"access": "abc"}, "seconds": 60}
    session = session_from(RECIPE, answer, now=100)
    assert (session.access_token, session.expires_at) == ("abc", 160)
    with pytest.raises(ValueError, match="the answer has no /tokens/access"):
        session_from(RECIPE, {"tokens": {}, "seconds": 60}, now=0)


@pytest.mark.parametrize("lifetime", [None, [], "soon", 10**400])
def test_a_lifetime_that_is_no_number_is_told(lifetime: object) -> None:
    answer = {"tokens": {"access": "abc"}, "seconds": lifetime}
    with pytest.raises(ValueError, match="the answer's /seconds is no number"):
        session_from(RECIPE, answer, now=0)


def test_people_take_turns_and_a_person_in_use_is_shared_last() -> None:
    sessions = Sessions()
    for token in "ab":
        sessions.add(lasting(token))
    with sessions.borrow() as first, sessions.borrow() as second:
        assert {first.access_token, second.access_token} == {"a", "b"}
        assert not first.shared
        with sessions.borrow() as third:
            assert third.shared
    assert first.users == 0


def test_nobody_acts_with_a_token_that_is_about_to_expire() -> None:
    sessions = Sessions()
    sessions.add(lasting(seconds=5))
    with pytest.raises(NobodyFreeError), sessions.borrow():
        pass


def test_a_session_that_rotates_is_out_of_reach_until_it_is_back() -> None:
    sessions = Sessions()
    sessions.add(lasting())
    with sessions.take_alone(), pytest.raises(NobodyFreeError), sessions.borrow():
        pass
    with sessions.borrow() as session:
        assert not session.shared


def test_a_session_whose_rotation_failed_is_dropped() -> None:
    sessions = Sessions()
    sessions.add(lasting())
    with pytest.raises(RuntimeError), sessions.take_alone():
        raise RuntimeError("no answer")
    assert len(sessions) == 0


def test_a_person_in_use_is_not_taken_alone() -> None:
    sessions = Sessions()
    sessions.add(lasting())
    with sessions.borrow(), pytest.raises(NobodyFreeError), sessions.take_alone():
        pass
