"""Security headers on every route of the service, on every status that it can answer."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NoReturn

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from structlog.testing import capture_logs

from fixtures.application import SettingsFactory
from fixtures.clients import PASSWORD
from fixtures.database import Database
from fixtures.evidence import Evidence
from suites.contract import access
from suites.contract.recipes import RECIPES
from suites.contract.world import Surface, World, world_of
from suites.security import answer_headers
from suites.security.routes import Route, routes_of
from sut.app import Service
from sut.cache import Cache
from sut.database import Database as ServiceDatabase
from sut.limits import Limit
from sut.settings import Settings
from sut.shortcuts import Shortcuts

pytestmark = pytest.mark.objective("sec-headers")

# Said in errors that must not reach the client.
INSIDE = "select secret_column from the_inside at /srv/soccerai/inside.py"
NOBODYS = {
    "match_id": "999999999", "team_id": "999999999", "prediction_id": "999999999",
    "account_id": "999999999", "session_id": "00000000-0000-4000-8000-000000000000",
    "name": "no-such-file.css",
}  # fmt: skip
STATUSES = {200, 201, 204, 303, 401, 403, 404, 405, 413, 422, 429, 500}
BREAKABLE = (
    (ServiceDatabase, "reading"),
    (ServiceDatabase, "direct"),
    (ServiceDatabase, "unit_of_work"),
    (Cache, "get"),
    (Shortcuts, "find"),
)
BODILESS = {"GET", "HEAD", "DELETE"}


@pytest.fixture
def settings(settings_with: SettingsFactory) -> Settings:
    return settings_with(
        login_limit_per_minute=1_000_000,
        visitor_limit_per_minute=1_000_000,
        player_limit_per_minute=1_000_000,
        body_max_bytes=20_000,
    )


@pytest.fixture
async def world(app: Service, client: AsyncClient, database: Database) -> AsyncIterator[World]:
    async with world_of(database.url, client, app.openapi()) as made:
        yield made


@dataclass
class Tour:
    """Every answer seen on the way through all routes, and what was wrong with any of them."""

    statuses: dict[Route, set[int]] = field(default_factory=lambda: defaultdict(set))
    faults: dict[Route, set[str]] = field(default_factory=lambda: defaultdict(set))

    def note(self, route: Route, answer: Response, *, private: bool) -> None:
        status = answer.status_code
        self.statuses[route].add(status)
        for fault in chain(
            answer_headers.faults(answer.headers, private=private or status >= 400),
            answer_headers.isolation_faults(answer.headers),
        ):
            self.faults[route].add(f"{status} {fault}")
        if INSIDE in answer.text or "Traceback" in answer.text:
            self.faults[route].add(f"{status} tells of the inside")
        if status >= 400 and answer.headers["content-type"].startswith("application/json"):
            self.faults[route].add(f"{status} is no problem+json")


@pytest.mark.long
async def test_every_route_answers_every_status_with_the_headers(
    app: Service, world: World, evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    tour, routes = Tour(), routes_of(app)
    await succeed(tour, world, app)
    await browse(tour, world, routes)
    for route in routes:
        await knock(tour, world, route)
    # The expected errors are many, and rendering each with its traceback takes seconds.
    with capture_logs():
        with monkeypatch.context() as broken:
            for owner, name in BREAKABLE:
                broken.setattr(owner, name, break_down)
            for route in routes:
                await ask(tour, world, route, {})
        with monkeypatch.context() as limited:
            limited.setattr(app.state.platform.limiter, "visitor", Limit("visitor", 0))
            for route in routes:
                await ask(tour, world, route, {})
    record(evidence, tour, routes)
    assert not tour.faults, dict(tour.faults)
    assert set(tour.statuses) >= set(routes)
    assert set().union(*tour.statuses.values()) >= STATUSES
    for route, operation in routes.items():
        assert not operation or any(status < 400 for status in tour.statuses[route]), route


@pytest.mark.parametrize("kind", ["mounted", "socket"])
def test_what_answers_no_method_is_not_passed_over(app: Service, kind: str) -> None:
    if kind == "mounted":
        app.mount("/beside", FastAPI())
    else:
        app.add_api_websocket_route("/beside", break_down)
    with pytest.raises(LookupError, match=r"/beside: answers no method"):
        routes_of(app)


def break_down(*_: object, **__: object) -> NoReturn:
    raise RuntimeError(INSIDE)


async def succeed(tour: Tour, world: World, app: Service) -> None:
    """Each operation as someone who may use it."""
    policy, surface = access.load(), Surface.of(app.openapi())
    for operation, recipe in RECIPES.items():
        role: access.Role = "player" if operation in policy.lets_in("player") else "admin"
        person = await world.person(role)
        answer = await world.send(operation, await recipe(world, person), person)
        private = operation not in policy.lets_in("visitor") or "token" in answer.text
        tour.note(surface.places[operation], answer, private=private)


async def browse(tour: Tour, world: World, routes: Mapping[Route, str]) -> None:
    """Each page as someone who has logged in through the pages."""
    account = await world.build.player()
    own = {"Origin": str(world.client.base_url), "Sec-Fetch-Site": "same-origin"}
    form = {"email": account.email, "password": PASSWORD}
    entered = await world.client.post("/login", data=form, headers=own)
    tour.note(("POST", "/login"), entered, private=True)
    assert entered.status_code == 303, entered.text
    for (method, path), operation in routes.items():
        if method == "GET" and not operation:
            answer = await world.client.get(path.format(**NOBODYS))
            public = path.startswith(("/static", "/service-worker", "/openapi.json"))
            tour.note((method, path), answer, private=not public)
    world.client.cookies.clear()


async def knock(tour: Tour, world: World, route: Route) -> None:
    """One route asked in every wrong way."""
    method, _ = route
    admin = (await world.person("admin")).headers
    player = (await world.person("player")).headers
    machine = {"Accept": "application/json"}
    for headers in ({}, {"Authorization": "Bearer x"}, player, admin, machine):
        await ask(tour, world, route, headers)
    await ask(tour, world, route, admin, method="TRACE")
    await ask(tour, world, route, admin, query="?unknown=1")
    if method not in BODILESS:
        json = {"Content-Type": "application/json", **admin}
        for body in (b"{", b"[]", b"\xff\xfe", b'{"a":' * 300, b"x" * 30_000):
            await ask(tour, world, route, json, content=body)


async def ask(
    tour: Tour, world: World, route: Route, headers: Mapping[str, str], *,
    method: str = "", query: str = "", content: bytes = b"",
) -> None:  # fmt: skip
    path = route[1].format(**NOBODYS) + query
    answer = await world.client.request(
        method or route[0], path, headers=dict(headers), content=content
    )
    tour.note(route, answer, private=False)


def record(evidence: Evidence, tour: Tour, routes: Mapping[Route, str]) -> None:
    unseen = [f"{method} {path}: never answered" for method, path in routes.keys() - tour.statuses]
    faulty = [f"{' '.join(route)}: {', '.join(sorted(f))}" for route, f in tour.faults.items()]
    evidence.instrument(
        "routes_with_headers_checked",
        len(routes) - len(unseen) - len(faulty),
        total=len(routes),
        missing=[*unseen, *faulty],
        unit="routes",
    )


GOOD: Mapping[str, str] = {
    "content-security-policy": "default-src 'none'; script-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "strict-transport-security": "max-age=63072000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def test_good_headers_have_no_fault() -> None:
    assert list(answer_headers.faults(GOOD, private=True)) == []


@pytest.mark.parametrize("name", GOOD)
def test_each_missing_header_is_a_fault(name: str) -> None:
    headers = {key: value for key, value in GOOD.items() if key != name}
    assert any(name in fault for fault in answer_headers.faults(headers, private=True))


@pytest.mark.parametrize(
    "changed",
    [
        {"content-security-policy": "default-src 'self'"},
        {"content-security-policy": GOOD["content-security-policy"].replace("'self'", "*")},
        {
            "content-security-policy": GOOD["content-security-policy"]
            + "; style-src 'unsafe-inline'"
        },
        {"strict-transport-security": "max-age=60"},
        {"x-frame-options": "ALLOWALL"},
        {"referrer-policy": "unsafe-url"},
        {"cache-control": "public, max-age=60"},
    ],
    ids=str,
)
def test_each_weak_header_is_a_fault(changed: Mapping[str, Any]) -> None:
    assert list(answer_headers.faults({**GOOD, **changed}, private=True))


APART = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "usb=(), camera=(), geolocation=(), microphone=(), payment=()",
}


def test_what_keeps_other_origins_and_devices_apart_has_no_fault() -> None:
    assert list(answer_headers.isolation_faults(APART)) == []


@pytest.mark.parametrize("name", ["cross-origin-opener-policy", "cross-origin-resource-policy"])
@pytest.mark.parametrize("value", [None, "same-site", "cross-origin", "unsafe-none"])
def test_what_lets_other_origins_take_hold_is_a_fault(name: str, value: str | None) -> None:
    headers = {key: kept for key, kept in APART.items() if key != name}
    if value is not None:
        headers[name] = value
    assert list(answer_headers.isolation_faults(headers)) == [f"{name}: not same-origin"]


@pytest.mark.parametrize("said", ["", "camera=(), geolocation=(), microphone=(self), payment=()"])
def test_a_device_that_pages_may_ask_for_is_a_fault(said: str) -> None:
    found = list(answer_headers.isolation_faults(APART | {"permissions-policy": said}))
    assert {"permissions-policy: microphone is not refused",
            "permissions-policy: usb is not refused"} <= set(found)  # fmt: skip
