"""How passwords are held, what they may be, and what a refused log-in gives away."""

import random
import re
from itertools import count
from time import perf_counter

import psycopg
import pytest
from httpx import AsyncClient, Response
from pydantic import ValidationError

from fixtures import clients
from fixtures.application import SettingsFactory
from fixtures.evidence import Evidence
from fixtures.live import LiveService
from suites.security.paired import Ratio, ratio
from sut.app import Service
from sut.settings import DEVELOPMENT_KEY, Settings

pytestmark = pytest.mark.objective("sec-passwords")

_NUMBERS = count(1)
Turn = tuple[str, list[float]]
LONG = "0123456789" * 7
ENOUGH_ROUNDS = 12
# Times count as the same when they differ by less than a quarter, with 99 % confidence.
SAME = 1.25
PAIRS = 24
PAIRS_MAX = 192


@pytest.fixture
def settings(settings_with: SettingsFactory) -> Settings:
    return settings_with(
        # Work enough to stand out from the rest of a log-in, so that its absence would show.
        bcrypt_rounds=8,
        login_limit_per_minute=1_000_000,
        visitor_limit_per_minute=1_000_000,
        player_limit_per_minute=1_000_000,
    )


async def register(client: AsyncClient, password: str) -> tuple[str, Response]:
    email = f"holder-{next(_NUMBERS)}@example.org"
    body = {"email": email, "password": password, "display_name": "Holder"}
    return email, await client.post("/api/accounts", json=body)


async def log_in(client: AsyncClient, email: str, password: str) -> Response:
    return await client.post("/api/sessions", json={"email": email, "password": password})


@pytest.mark.parametrize(
    ("password", "other"),
    [
        (LONG + "ab-the-tail", LONG + "ab-the-fail"),
        (LONG + "ab", LONG + "abc"),
        ("ä" * 60 + "tail", "ä" * 60 + "fail"),
        ("🏟" * 30 + "tail", "🏟" * 30 + "fail"),
        ("x" * 128, "x" * 127),
        ("Case matters here", "case matters here"),
        (" blanks around it ", "blanks around it"),
    ],
    ids=["past byte 72", "one more", "two-byte", "four-byte", "full length", "case", "blanks"],
)
async def test_every_byte_of_a_password_counts(
    client: AsyncClient, password: str, other: str
) -> None:
    email, made = await register(client, password)
    assert made.status_code == 201, made.text
    assert (await log_in(client, email, other)).status_code == 401
    assert (await log_in(client, email, password)).status_code == 201


async def test_a_nul_does_not_end_a_password(client: AsyncClient) -> None:
    email, made = await register(client, "before\x00after the nul")
    assert made.status_code in {201, 422}
    if made.status_code == 201:
        assert (await log_in(client, email, "before\x00something else")).status_code == 401
        assert (await log_in(client, email, "before\x00after the nul")).status_code == 201


@pytest.mark.parametrize(
    ("length", "status"), [(0, 422), (11, 422), (12, 201), (128, 201), (129, 422), (5000, 422)]
)
async def test_a_password_has_12_to_128_characters(
    client: AsyncClient, length: int, status: int
) -> None:
    _, made = await register(client, "p" * length)
    assert made.status_code == status
    assert "pppp" not in made.text


def test_production_refuses_a_cheap_hash(settings_with: SettingsFactory) -> None:
    with pytest.raises(ValidationError, match="bcrypt_rounds"):
        settings_with(environment="production", bcrypt_rounds=ENOUGH_ROUNDS - 1)
    strict = settings_with(environment="production", bcrypt_rounds=ENOUGH_ROUNDS)
    assert strict.bcrypt_rounds == ENOUGH_ROUNDS
    assert Settings.model_fields["bcrypt_rounds"].default >= ENOUGH_ROUNDS


@pytest.mark.parametrize("key", [DEVELOPMENT_KEY, "", "short", "x" * 31])
def test_production_refuses_a_known_or_short_signing_key(
    settings_with: SettingsFactory, key: str
) -> None:
    with pytest.raises(ValidationError, match="signing_key"):
        settings_with(environment="production", bcrypt_rounds=ENOUGH_ROUNDS, signing_key=key)


async def test_the_service_as_it_runs_holds_bcrypt_hashes_of_12_rounds_and_no_password(
    live_service: LiveService,
) -> None:
    password = f"a marked password {next(_NUMBERS)}"
    async with AsyncClient(base_url=live_service.url, timeout=30) as client:
        email, made = await register(client, password)
        again, _ = await register(client, password)
        assert made.status_code == 201
        refused = await log_in(client, email, password + "!")
    with psycopg.connect(live_service.database.dsn) as connection:
        rows = connection.execute(
            "select password_hash from accounts where email in (%s, %s)", (email, again)
        ).fetchall()
    hashes = [bytes(row[0]) for row in rows]
    for held in hashes:
        rounds = re.fullmatch(rb"\$2b\$(\d\d)\$[./A-Za-z0-9]{53}", held)
        assert rounds, "not a bcrypt hash"
        assert int(rounds[1]) >= ENOUGH_ROUNDS
    assert len(set(hashes)) == 2, "two people with one password share a hash: there is no salt"
    for text in (made.text, refused.text, live_service.log()):
        assert "a marked password" not in text


@pytest.fixture
async def known(client: AsyncClient) -> str:
    email, _ = await register(client, clients.PASSWORD)
    return email


def stranger() -> str:
    return f"nobody-{next(_NUMBERS)}@example.org"


async def test_a_refused_log_in_says_the_same_of_everyone(client: AsyncClient, known: str) -> None:
    wrong = await log_in(client, known, "not the horse battery")
    unknown = await log_in(client, stranger(), "not the horse battery")
    erased = await erased_person(client)
    gone = await log_in(client, erased, clients.PASSWORD)
    assert wrong.status_code == unknown.status_code == gone.status_code == 401
    assert said(wrong) == said(unknown) == said(gone)


async def erased_person(client: AsyncClient) -> str:
    email, _ = await register(client, clients.PASSWORD)
    them = await clients.logged_in(client, email)
    assert (await them.post("/api/me/erase", json={"password": clients.PASSWORD})).is_success
    return email


def said(answer: Response) -> tuple[object, set[str]]:
    """Everything that an answer says but for the request's own number."""
    body = answer.json() | {"request_id": ""}
    return body, set(answer.headers)


async def test_a_refused_log_in_takes_as_long_whoever_is_asked_for(
    client: AsyncClient, known: str, evidence: Evidence
) -> None:
    found = await compare_until_sure(client, known)
    evidence.measure(
        "login_time_ratio",
        found.value,
        "ratio",
        samples=found.pairs,
        low=found.low,
        high=found.high,
        confidence=found.confidence,
    )
    assert found.lies_within(SAME), f"{found}: unknown addresses can be told from known ones"


async def test_the_comparison_would_notice_a_log_in_that_does_no_work(
    app: Service, client: AsyncClient, known: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords = app.state.platform.passwords
    check = passwords.matches

    async def hasty(password: str, kept: bytes | None) -> bool:
        return kept is not None and await check(password, kept)

    monkeypatch.setattr(passwords, "matches", hasty)
    found = await compare_until_sure(client, known)
    assert found.lies_outside(SAME), f"{found}: the fault did not show"


async def compare_until_sure(client: AsyncClient, known: str) -> Ratio:
    """Measure until the interval is clear of both limits, or for as long as makes sense."""
    unknown_s: list[float] = []
    known_s: list[float] = []
    await timed(client, known)
    while True:
        for _ in range(PAIRS):
            for email, times in in_turns((stranger(), unknown_s), (known, known_s)):
                times.append(await timed(client, email))
        found = ratio(unknown_s, known_s)
        if found.lies_within(SAME) or found.lies_outside(SAME) or found.pairs >= PAIRS_MAX:
            return found


def in_turns(first: Turn, second: Turn) -> tuple[Turn, Turn]:
    return random.choice(((first, second), (second, first)))  # noqa: S311  no secret


async def timed(client: AsyncClient, email: str) -> float:
    began = perf_counter()
    answer = await log_in(client, email, "not the horse battery")
    assert answer.status_code == 401
    return perf_counter() - began


def test_an_interval_holds_the_median_and_narrows_with_more_pairs() -> None:
    few = ratio([2.0, 2.2, 1.8, 2.1, 1.9, 2.0, 2.3, 1.7], [1.0] * 8)
    many = ratio([2.0, 2.2, 1.8, 2.1, 1.9, 2.0, 2.3, 1.7] * 8, [1.0] * 64)
    assert few.low <= 2.0 <= few.high
    assert many.high - many.low < few.high - few.low
    assert few.lies_outside(SAME)
    assert not few.lies_within(SAME)
    with pytest.raises(ValueError, match="too few"):
        ratio([1.0] * 4, [1.0] * 4)
