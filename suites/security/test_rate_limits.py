"""The limits that people meet, on two worker processes that share them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager

import pytest
from httpx import AsyncClient, Limits, Response
from redis import Redis

from fixtures import clients
from fixtures.live import Launcher, LiveService, LiveServiceFactory
from suites.security.conftest import cheap

pytestmark = pytest.mark.objective("sec-rate-limit")

VISITORS = 20
PLAYERS = 30
LOG_INS = 5
BEYOND = 12
ENVIRONMENT = {
    # Limits are exact while Redis answers; a busy machine must not make it look away.
    "SOCCERAI_REDIS_TIMEOUT_S": "20",
    # The service's defaults are 100 and 600: smaller here, so that the test takes seconds.
    "SOCCERAI_VISITOR_LIMIT_PER_MINUTE": str(VISITORS),
    "SOCCERAI_PLAYER_LIMIT_PER_MINUTE": str(PLAYERS),
    "SOCCERAI_LOGIN_LIMIT_PER_MINUTE": str(LOG_INS),
}
PAGE = "/api/teams"
# What a client may send to look like someone else.
DISGUISES = (
    "X-Forwarded-For", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "True-Client-IP",
    "CF-Connecting-IP", "X-Originating-IP", "X-Remote-IP", "X-Remote-Addr", "Fastly-Client-IP",
)  # fmt: skip


@pytest.fixture(scope="module")
def limited(launcher: Launcher) -> Iterator[LiveService]:
    """One service for the tests of this file; starting one takes seconds."""
    with launcher.running(workers=2, seeded=True, environment=ENVIRONMENT) as service:
        cheap(service)
        yield service


@pytest.fixture
def service(limited: LiveService) -> LiveService:
    """Nobody has asked for anything in the last minute."""
    with Redis.from_url(limited.redis.url) as redis:
        redis.flushdb()
    return limited


@asynccontextmanager
async def visitor(service: LiveService) -> AsyncIterator[AsyncClient]:
    """Each request comes over a connection of its own, so that any worker may answer."""
    alone = Limits(max_keepalive_connections=0)
    async with AsyncClient(base_url=service.url, limits=alone, timeout=30) as client:
        yield client


async def burst(
    client: AsyncClient, headers: Iterable[Mapping[str, str]], path: str = PAGE
) -> list[Response]:
    """One request for each of `headers`, all at once."""
    return await asyncio.gather(*(client.get(path, headers=one) for one in headers))


def statuses(answers: Iterable[Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


async def test_the_visitors_limit_is_exact_across_workers(
    service: LiveService,
) -> None:
    async with visitor(service) as client:
        answers = await burst(client, [{}] * (VISITORS + BEYOND))
        assert statuses(answers) == {200: VISITORS, 429: BEYOND}
        for answer in answers:
            assert answer.headers["RateLimit-Policy"] == f'"visitor";q={VISITORS};w=60'
        left = sorted(remaining(answer) for answer in answers if answer.status_code == 200)
        assert left == list(range(VISITORS))
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert refused.headers["Content-Type"] == "application/problem+json"
        # The limit is the visitor's: health stays reachable for whoever watches the service.
        assert (await client.get("/health/live")).status_code == 200


def remaining(answer: Response) -> int:
    fields = dict(part.split("=") for part in answer.headers["RateLimit"].split(";")[1:])
    return int(fields["r"])


async def test_the_visitors_limit_is_not_dodged_by_a_header_or_a_made_up_token(
    service: LiveService,
) -> None:
    disguises = [{name: f"203.0.113.{number}"} for number, name in enumerate(DISGUISES, start=1)]
    disguises += [{"X-Forwarded-For": f"198.51.100.{n}, 127.0.0.1"} for n in range(8)]
    disguises += [{"Forwarded": f"for=192.0.2.{n}"} for n in range(4)]
    disguises += [{"Authorization": f"Bearer made.up.{n}"} for n in range(5)]
    disguises += [{"X-Request-ID": f"made-up-{n:08}"} for n in range(5)]
    async with visitor(service) as client:
        answers = await burst(client, disguises)
    assert statuses(answers) == {200: VISITORS, 429: len(disguises) - VISITORS}


async def test_a_trusted_proxys_header_tells_its_clients_apart(
    live_service_factory: LiveServiceFactory,
) -> None:
    """The control of the test above: where the proxy is trusted, the header does count."""
    service = live_service_factory(
        environment={**ENVIRONMENT, "SOCCERAI_TRUSTED_PROXIES": "127.0.0.1"}
    )
    own = [{"X-Forwarded-For": f"203.0.113.{number}"} for number in range(VISITORS + BEYOND)]
    # The client writes what it likes; only what the trusted proxy appended is believed.
    spoofed = [{"X-Forwarded-For": f"192.0.2.{n}, 198.51.100.7"} for n in range(VISITORS + BEYOND)]
    async with visitor(service) as client:
        assert statuses(await burst(client, own)) == {200: VISITORS + BEYOND}
        assert statuses(await burst(client, spoofed)) == {200: VISITORS, 429: BEYOND}


async def test_a_players_limit_is_their_own_and_exact_across_workers(
    service: LiveService,
) -> None:
    async with visitor(service) as client:
        mine = bearer(await clients.log_in(client, clients.player_address(1)))
        again = bearer(await clients.log_in(client, clients.player_address(1)))
        theirs = bearer(await clients.log_in(client, clients.player_address(2)))
        # Two sessions of one player share the window: logging in again buys nothing.
        half = (PLAYERS + BEYOND) // 2
        answers = await burst(client, [mine] * half + [again] * half)
        assert statuses(answers) == {200: PLAYERS, 429: 2 * half - PLAYERS}
        assert statuses(await burst(client, [theirs] * 3)) == {200: 3}


def bearer(tokens: Mapping[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def test_log_ins_to_an_account_are_counted_even_when_the_password_is_right(
    service: LiveService,
) -> None:
    email, other = clients.player_address(3), clients.player_address(4)
    async with visitor(service) as client:

        async def log_in(who: str, password: str, **headers: str) -> int:
            body = {"email": who, "password": password}
            answer = await client.post("/api/sessions", json=body, headers=headers)
            return answer.status_code

        guesses = [log_in(email, f"guess number {n}") for n in range(LOG_INS + 3)]
        assert Counter(await asyncio.gather(*guesses)) == {401: LOG_INS, 429: 3}
        assert await log_in(email, clients.PASSWORD) == 429
        assert await log_in(email.upper(), clients.PASSWORD) == 429
        disguised = {"X-Forwarded-For": "203.0.113.9"}
        assert await log_in(email, clients.PASSWORD, **disguised) == 429
        assert await log_in(other, clients.PASSWORD) == 201
