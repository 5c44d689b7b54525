"""Access tokens: one key, one algorithm, every claim demanded; opaque ones are kept as digests."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sut.settings import Settings
from sut.tokens import ALGORITHM, AUDIENCE, ENDED_S, ISSUER, Claims, Tokens

pytestmark = pytest.mark.objective("sec-tokens")

KEY = "a key of the unit tests, as long as the longest hash that is tried below"
SESSION = uuid.UUID(int=7)
TOKENS = Tokens(Settings.model_validate({"environment": "development", "signing_key": KEY}))


def claims(**changes: object) -> dict[str, Any]:
    now = int(time.time())
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "1",
        "sid": str(SESSION),
        "jti": "x",
        "iat": now,
        "exp": now + 600,
    }
    changed = {**good, **changes}
    return {name: value for name, value in changed.items() if value is not None}


def signed(content: dict[str, Any], key: str = KEY, algorithm: str = ALGORITHM) -> str:
    return jwt.encode(content, key, algorithm=algorithm)


def test_a_token_that_we_issued_is_read_back() -> None:
    assert TOKENS.read(TOKENS.issue(1, SESSION)) == Claims(1, SESSION)


def test_the_forgeries_below_would_be_accepted_without_their_flaw() -> None:
    assert TOKENS.read(signed(claims())) == Claims(1, SESSION)


def test_a_token_lives_as_long_as_configured() -> None:
    issued = jwt.decode(TOKENS.issue(1, SESSION), KEY, [ALGORITHM], audience=AUDIENCE)
    assert issued["exp"] - issued["iat"] == 600


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "sid", "jti", "iat", "exp"])
def test_a_token_without_one_of_its_claims_is_refused(name: str) -> None:
    assert TOKENS.read(signed(claims(**{name: None}))) is None


@pytest.mark.parametrize(
    "change",
    [
        {"exp": 1},
        {"iss": "another"},
        {"aud": "another"},
        {"sub": "one"},
        {"sid": "not a uuid"},
        {"sid": 7},
        {"nbf": int(time.time()) + 3600},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_token_with_a_wrong_claim_is_refused(change: dict[str, object]) -> None:
    assert TOKENS.read(signed(claims(**change))) is None


def test_a_token_at_its_expiry_is_refused() -> None:
    now = int(time.time())
    assert TOKENS.read(signed(claims(iat=now - 600, exp=now))) is None


def test_a_token_that_was_read_before_is_refused_from_its_expiry_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = TOKENS.issue(1, SESSION)
    read = TOKENS.read(token)
    assert read == Claims(1, SESSION)
    for moment, expected in ((read.expires_at - 0.001, read), (read.expires_at, None)):
        monkeypatch.setattr("sut.tokens.time", partial(float, moment))
        assert TOKENS.read(token) == expected


def test_a_token_of_another_key_is_refused() -> None:
    assert TOKENS.read(signed(claims(), key=KEY + "!")) is None


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_a_token_of_another_algorithm_is_refused_even_under_our_key(algorithm: str) -> None:
    assert TOKENS.read(signed(claims(), algorithm=algorithm)) is None


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
def test_a_token_without_a_signature_is_refused(algorithm: str) -> None:
    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    assert TOKENS.read(f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims())}.") is None


def test_a_token_with_its_signature_cut_off_is_refused() -> None:
    assert TOKENS.read(TOKENS.issue(1, SESSION).rpartition(".")[0] + ".") is None


@given(place=st.integers(0, 10_000), letter=st.sampled_from("AQgw_-09"))
def test_a_token_with_any_letter_changed_is_refused_or_says_the_same(
    place: int, letter: str
) -> None:
    token = TOKENS.issue(1, SESSION)
    at = place % len(token)
    changed = token[:at] + letter + token[at + 1 :]
    # the last letter of Base64 carries bits that decode to nothing
    assert TOKENS.read(changed) in (None, Claims(1, SESSION))
    if letter != token[at] and at < len(token) - 1:
        assert TOKENS.read(changed) is None


@given(st.text(max_size=200))
def test_any_other_text_is_no_token(text: str) -> None:
    assert TOKENS.read(text) is None


def test_two_tokens_of_one_session_differ() -> None:
    assert TOKENS.issue(1, SESSION) != TOKENS.issue(1, SESSION)


@pytest.mark.parametrize(
    "make", [TOKENS.new_refresh_token, lambda: TOKENS.new_browser_token(1)], ids=["api", "page"]
)
def test_opaque_tokens_never_repeat_and_hold_256_bits(make: Callable[[], str]) -> None:
    made = {make() for _ in range(100)}
    assert len(made) == 100
    assert all(len(token) >= 43 for token in made)


def test_what_is_kept_of_an_opaque_token_is_its_digest() -> None:
    token = TOKENS.new_refresh_token()
    assert TOKENS.digest(token) == hashlib.sha256(token.encode()).digest()


@given(account=st.integers(1, 10**18 - 1))
def test_a_page_cookie_says_whose_it_is(account: int) -> None:
    assert TOKENS.browser_account(TOKENS.new_browser_token(account)) == account


def test_a_page_cookie_cannot_be_made_out_to_somebody_else() -> None:
    cookie = TOKENS.new_browser_token(1)
    assert TOKENS.browser_account(cookie.replace("sbs_1.", "sbs_2.", 1)) is None


def test_a_page_cookie_of_another_key_is_refused() -> None:
    other = Tokens(Settings.model_validate({"environment": "development"}))
    assert TOKENS.browser_account(other.new_browser_token(1)) is None


@given(st.text(max_size=120))
def test_any_other_text_is_no_page_cookie(text: str) -> None:
    assert TOKENS.browser_account(text) is None


def test_what_is_remembered_of_tokens_is_bounded_and_forgotten_ones_still_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sut.tokens.KNOWN_MAX", 2)
    tokens = Tokens(Settings.model_validate({"environment": "development", "signing_key": KEY}))
    issued = [tokens.issue(number, SESSION) for number in range(1, 6)]

    for _ in range(2):
        assert [tokens.read(one) for one in issued] == [Claims(n, SESSION) for n in range(1, 6)]
        assert len(tokens._known) <= 2


def test_what_has_ended_stands_for_nobody_until_the_database_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokens = Tokens(Settings.model_validate({"environment": "development", "signing_key": KEY}))
    token, cookie = tokens.issue(1, SESSION), tokens.new_browser_token(1)
    for sent in (token, cookie):
        tokens.end(sent)
    assert (tokens.read(token), tokens.browser_account(cookie)) == (None, None)
    assert tokens.browser_account(tokens.new_browser_token(1)) == 1
    later = time.monotonic() + ENDED_S
    monkeypatch.setattr("sut.tokens.monotonic", lambda: later)
    assert (tokens.read(token), tokens.browser_account(cookie)) == (Claims(1, SESSION), 1)


def test_only_so_many_ended_tokens_are_kept_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sut.tokens.KNOWN_MAX", 2)
    tokens = Tokens(Settings.model_validate({"environment": "development", "signing_key": KEY}))
    cookies = [tokens.new_browser_token(number) for number in range(3)]
    for cookie in cookies:
        tokens.end(cookie)
    assert [tokens.browser_account(cookie) for cookie in cookies] == [0, None, None]
