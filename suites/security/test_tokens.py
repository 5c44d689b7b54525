"""Forged, stale and stolen access tokens. Each attack stands between two uses of a good token."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from time import time
from typing import Any

import pytest
from httpx import Client, Response

from fixtures import clients
from fixtures.live import LiveService
from suites.security.forgery import Token, taken_apart
from sut.settings import DEVELOPMENT_KEY

pytestmark = pytest.mark.objective("sec-tokens")

ME = "/api/me"
NOW = int(time())
HOUR = 3600
_NUMBERS = count(150)


@dataclass(frozen=True)
class Victim:
    """Someone who is logged in, and what an attacker could have seen or own."""

    email: str
    tokens: Mapping[str, Any]
    others_tokens: Mapping[str, Any]
    key: bytes

    @property
    def token(self) -> Token:
        return taken_apart(self.tokens["access_token"])

    @property
    def others_token(self) -> Token:
        return taken_apart(self.others_tokens["access_token"])

    def resigned(self, **claims: Any) -> str:
        """The victim's token with other claims, under the service's own key."""
        return str(self.token.with_claims(**claims).signed(self.key))


def log_in(client: Client, email: str) -> dict[str, Any]:
    answer = client.post("/api/sessions", json={"email": email, "password": clients.PASSWORD})
    assert answer.status_code == 201, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def victim_of(service: LiveService, client: Client) -> Victim:
    email, other = (clients.player_address(next(_NUMBERS)) for _ in range(2))
    key = service.environment["SOCCERAI_SIGNING_KEY"].encode()
    return Victim(email, log_in(client, email), log_in(client, other), key)


@pytest.fixture(scope="module")
def client(live_service: LiveService) -> Iterator[Client]:
    with Client(base_url=live_service.url, timeout=30) as visitor:
        yield visitor


@pytest.fixture(scope="module")
def victim(live_service: LiveService, client: Client) -> Victim:
    """Shared by the tests that only read; log-ins cost what bcrypt is meant to cost."""
    return victim_of(live_service, client)


@pytest.fixture
def own_victim(live_service: LiveService, client: Client) -> Victim:
    return victim_of(live_service, client)


def whoami(client: Client, token: str | bytes) -> Response:
    bearer = token if isinstance(token, bytes) else token.encode()
    return client.get(ME, headers={b"Authorization": b"Bearer " + bearer})


def refreshed(client: Client, tokens: Mapping[str, Any]) -> Response:
    return client.post("/api/sessions/refresh", json={"refresh_token": tokens["refresh_token"]})


@pytest.fixture
def attack(client: Client, victim: Victim) -> Callable[[str], None]:
    """Sends a token that must be refused; the victim's own must work before and after."""

    def send(token: str) -> None:
        assert whoami(client, victim.tokens["access_token"]).status_code == 200
        refused = whoami(client, token)
        assert refused.status_code == 401, refused.text
        assert refused.json()["type"].endswith("/unauthenticated")
        assert refused.headers["www-authenticate"] == "Bearer"
        assert victim.email not in refused.text
        assert whoami(client, victim.tokens["access_token"]).status_code == 200

    return send


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
@pytest.mark.parametrize("keeps_signature", [False, True])
def test_a_token_without_an_algorithm_is_refused(
    attack: Callable[[str], None], victim: Victim, algorithm: str, keeps_signature: bool
) -> None:
    token = victim.token.with_header(alg=algorithm)
    attack(str(token if keeps_signature else Token(token.header, token.claims, "")))


@pytest.mark.parametrize("key", [b"", b"secret", DEVELOPMENT_KEY.encode(), b"\x00" * 32])
def test_a_token_under_another_key_is_refused(
    attack: Callable[[str], None], victim: Victim, key: bytes
) -> None:
    attack(str(victim.token.signed(key)))


@pytest.mark.parametrize(
    ("claimed", "used"),
    [("HS512", "HS512"), ("HS384", "HS384"), ("HS256", "HS512"), ("RS256", "HS256"),
     ("ES256", "HS256"), ("EdDSA", "HS256"), ("PS256", "HS256"), ("hs256", "HS256")],
)  # fmt: skip
def test_a_token_of_another_algorithm_is_refused_even_under_our_key(
    attack: Callable[[str], None], victim: Victim, claimed: str, used: str
) -> None:
    attack(str(victim.token.with_header(alg=claimed).signed(victim.key, used)))


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "../../../../dev/null"},
        {"jku": "http://127.0.0.1:9/keys.json"},
        {"jwk": {"kty": "oct", "k": ""}},
        {"x5u": "http://127.0.0.1:9/chain.pem"},
    ],
    ids=lambda header: next(iter(header)),
)
def test_a_key_named_by_the_token_itself_is_not_used(
    attack: Callable[[str], None], victim: Victim, header: Mapping[str, Any]
) -> None:
    attack(str(victim.token.with_header(**header).signed(b"")))


@pytest.mark.parametrize(
    "claims",
    [
        # named, since xdist's workers must agree on the ids, which may hold no time
        pytest.param({"iat": NOW - 2 * HOUR, "exp": NOW - HOUR}, id="expired"),
        pytest.param({"iat": NOW + HOUR, "exp": NOW + 2 * HOUR}, id="issued-in-the-future"),
        pytest.param({"nbf": NOW + HOUR}, id="not-valid-yet"),
        {"exp": 0},
        {"exp": "never"},
        {"aud": "another-api"},
        {"aud": []},
        {"iss": "another-issuer"},
        {"sub": "-1"},
        {"sub": "1 or 1=1"},
        {"sid": "00000000-0000-0000-0000-000000000000"},
        {"sid": "' or true --"},
        *({name: None} for name in ("exp", "iat", "aud", "iss", "sub", "sid", "jti")),
    ],
    ids=str,
)
def test_a_token_with_a_claim_that_does_not_hold_is_refused(
    attack: Callable[[str], None], victim: Victim, claims: Mapping[str, Any]
) -> None:
    attack(victim.resigned(**claims))


def test_our_own_way_of_signing_makes_a_good_token(client: Client, victim: Victim) -> None:
    """The control of every forged claim above: resigned unchanged, the token is let in."""
    assert (whoami(client, victim.resigned())).status_code == 200


def test_a_session_of_someone_else_opens_nothing(
    attack: Callable[[str], None], victim: Victim
) -> None:
    attack(victim.resigned(sid=victim.others_token.claims["sid"]))
    attack(victim.resigned(sub=victim.others_token.claims["sub"]))


def test_claims_swapped_under_a_good_signature_are_refused(
    attack: Callable[[str], None], victim: Victim
) -> None:
    mine, theirs = victim.token, victim.others_token
    attack(str(Token(mine.header, theirs.claims, mine.signature)))
    attack(str(mine.with_claims(sub=theirs.claims["sub"])))
    attack(str(mine.with_claims(exp=NOW + 10 * HOUR)))


def test_a_mutilated_token_is_refused(attack: Callable[[str], None], victim: Victim) -> None:
    whole = victim.tokens["access_token"]
    header, claims, signature = whole.split(".")
    for token in (
        whole[:-6], whole + "x" * 8, whole[6:], f"{header}.{claims}", f"{header}.{claims}.",
        f"{header}..{signature}", f".{claims}.{signature}", f"{whole}.{signature}", "...", "x",
        f"{header}.{claims}.{signature[:-1]}", "null", "{}", "A" * 6000, whole.swapcase(),
    ):  # fmt: skip
        attack(token)


def test_what_is_no_access_token_is_refused_as_one(
    attack: Callable[[str], None], victim: Victim
) -> None:
    attack(victim.tokens["refresh_token"])
    attack(victim.tokens["session_id"])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic {token}"},
        {"Authorization": "{token}"},
        {"Cookie": "access_token={token}"},
        {"X-Access-Token": "{token}"},
    ],
    ids=str,
)
def test_a_token_counts_in_its_own_header_alone(
    client: Client, victim: Victim, headers: Mapping[str, str]
) -> None:
    token = victim.tokens["access_token"]
    sent = {name: value.format(token=token) for name, value in headers.items()}
    assert (client.get(ME, headers=sent)).status_code == 401
    assert (whoami(client, token)).status_code == 200


def test_a_token_in_the_address_opens_nothing(client: Client, victim: Victim) -> None:
    token = victim.tokens["access_token"]
    for name in ("access_token", "token", "Authorization"):
        assert (client.get(ME, params={name: token})).status_code in {401, 422}


def test_a_token_lives_as_long_as_it_says_and_ten_minutes_at_the_most(
    victim: Victim,
) -> None:
    claims = victim.token.claims
    assert claims["exp"] - claims["iat"] == victim.tokens["expires_in_s"] <= 600


def test_a_token_says_nothing_of_the_person_but_a_number(victim: Victim) -> None:
    assert set(victim.token.claims) == {"iss", "aud", "sub", "sid", "jti", "iat", "exp"}
    assert victim.email not in str(victim.token.claims)


def test_after_log_out_the_token_is_dead_and_another_session_lives(
    client: Client, own_victim: Victim
) -> None:
    first, second = own_victim.tokens, log_in(client, own_victim.email)
    bearer = {"Authorization": f"Bearer {second['access_token']}"}
    ended = client.delete(f"/api/sessions/{first['session_id']}", headers=bearer)
    assert ended.status_code == 204
    assert whoami(client, first["access_token"]).status_code == 401
    assert whoami(client, second["access_token"]).status_code == 200
    assert refreshed(client, first).status_code == 401
    assert refreshed(client, second).status_code == 200


def test_after_erasure_no_token_of_the_person_lives(client: Client, own_victim: Victim) -> None:
    bearer = {"Authorization": f"Bearer {own_victim.tokens['access_token']}"}
    erased = client.post("/api/me/erase", json={"password": clients.PASSWORD}, headers=bearer)
    assert erased.status_code == 204
    assert whoami(client, own_victim.tokens["access_token"]).status_code == 401
    assert refreshed(client, own_victim.tokens).status_code == 401
