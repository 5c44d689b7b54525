"""What a page of another origin can do with a visitor's browser: nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response

from fixtures import clients
from fixtures.application import SettingsFactory
from fixtures.clients import PASSWORD
from fixtures.database import Database
from suites.contract.world import Surface, World, world_of
from suites.security.routes import routes_of
from sut.app import Service
from sut.settings import Settings

pytestmark = pytest.mark.objective("sec-headers")

STRANGERS = ("https://evil.example", "null", "http://testserver.evil.example", "file://")
NUMBERS = {"match_id": 1, "team_id": 1, "prediction_id": 1, "account_id": 1, "session_id": 1}
REFUSED = "For your safety nothing was done."
FORGED: tuple[Mapping[str, str], ...] = (
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
    {"Referer": "https://evil.example/"},
    {},
)


@pytest.fixture
def settings(settings_with: SettingsFactory) -> Settings:
    return settings_with(login_limit_per_minute=1_000_000, visitor_limit_per_minute=1_000_000)


@pytest.fixture
async def world(app: Service, client: AsyncClient, database: Database) -> AsyncIterator[World]:
    async with world_of(database.url, client, app.openapi()) as made:
        yield made


async def test_no_operation_lets_a_page_of_another_origin_read_or_ask_first(
    app: Service, world: World
) -> None:
    opened = []
    for operation, (method, path) in Surface.of(app.openapi()).places.items():
        for origin in STRANGERS:
            asked = {
                "Origin": origin,
                "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": "authorization, content-type",
            }
            address = path.format(**NUMBERS)
            for answer in (
                await world.client.request("OPTIONS", address, headers=asked),
                await world.client.request(method, address, headers={"Origin": origin}),
            ):
                opened += [f"{operation} of {origin}: {name}" for name in permissions(answer)]
    assert not opened, "\n".join(opened)


def permissions(answer: Response) -> list[str]:
    return [name for name in answer.headers if name.startswith("access-control-allow")]


def test_a_permission_would_be_seen() -> None:
    assert permissions(Response(200, headers={"Access-Control-Allow-Origin": "*"}))


@pytest.fixture
async def browser(world: World) -> AsyncClient:
    """Somebody who has logged in through the pages."""
    account = await world.build.player(email="visited@example.org")
    answer = await world.client.post(
        "/login", data={"email": account.email, "password": PASSWORD}, headers=own(world.client)
    )
    assert answer.status_code == 303, answer.text
    assert world.client.cookies
    return world.client


def own(client: AsyncClient) -> dict[str, str]:
    return {"Origin": str(client.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}


@pytest.mark.parametrize("headers", FORGED, ids=str)
async def test_a_form_on_another_page_changes_nothing_and_on_our_own_it_does(
    world: World, browser: AsyncClient, headers: Mapping[str, str]
) -> None:
    form = {"display_name": "Changed by a stranger"}
    forged = await browser.post("/account/name", data=form, headers=headers)
    assert forged.status_code == 403, forged.text
    assert await display_name(world) != form["display_name"]
    control = await browser.post("/account/name", data=form, headers=own(browser))
    assert control.status_code == 303, control.text
    assert await display_name(world) == form["display_name"]


async def display_name(world: World) -> str:
    query = "select display_name from accounts where email = :email"
    return str(await world.value(query, email="visited@example.org"))


async def test_no_form_of_any_page_is_taken_from_another(
    app: Service, browser: AsyncClient
) -> None:
    forms = [path for (method, path), operation in routes_of(app).items()
             if method != "GET" and not operation]  # fmt: skip
    assert {"/login", "/account/erase", "/predictions/{match_id}"} <= set(forms)
    for path in forms:
        address = path.format(**NUMBERS | {"session_id": uuid4()})
        for headers in FORGED:
            forged = await browser.post(address, data={}, headers=headers)
            assert forged.status_code == 403, f"{path} with {headers}: {forged.status_code}"
            assert REFUSED in forged.text
        control = await browser.post(address, data={}, headers=own(browser))
        assert REFUSED not in control.text, path


@pytest.mark.parametrize("headers", FORGED, ids=str)
async def test_nobody_is_logged_in_by_another_page(
    world: World, headers: Mapping[str, str]
) -> None:
    account = await world.build.player()
    form = {"email": account.email, "password": PASSWORD}
    forged = await world.client.post("/login", data=form, headers=headers)
    assert forged.status_code == 403, forged.text
    assert not world.client.cookies
    control = await world.client.post("/login", data=form, headers=own(world.client))
    assert control.status_code == 303, control.text


async def test_the_pages_cookie_opens_nothing_of_the_api(browser: AsyncClient) -> None:
    """A browser sends cookies along with whatever a page asks for; the API takes none."""
    assert browser.cookies
    assert (await browser.get("/api/me")).status_code == 401
    person = await clients.logged_in(browser, "visited@example.org")
    assert (await person.get("/api/me")).status_code == 200


async def test_the_pages_cookie_stays_with_our_pages(world: World) -> None:
    account = await world.build.player()
    form = {"email": account.email, "password": PASSWORD}
    answer = await world.client.post("/login", data=form, headers=own(world.client))
    (cookie,) = answer.headers.get_list("set-cookie")
    attributes = {part.strip().lower() for part in cookie.split(";")}
    assert "httponly" in attributes
    assert attributes & {"samesite=lax", "samesite=strict"}
    assert not any(part.startswith("domain=") for part in attributes)
