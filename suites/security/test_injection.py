"""Hostile text in every input, and what it must not bring about."""

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from httpx import AsyncClient, Response

from fixtures import clients
from fixtures.live import LiveService
from suites.contract import access
from suites.contract.feeding import FAREWELLS
from suites.contract.recipes import RECIPES
from suites.contract.world import Person, Request, World, world_of
from suites.security import payloads
from suites.security.injection import (
    HEADERS,
    Detector,
    Form,
    Place,
    forms_of,
    places,
    some_of_each_kind,
)
from suites.security.payloads import MARK
from suites.security.routes import routes_of
from sut.app import Service

pytestmark = pytest.mark.objective("sec-input")

PAGES = ("/", "/predictions", "/leaderboard", "/account")
READ = ("/login", "/register", "/leaderboard", "/", "/predictions")
TABLES = "select table_name from information_schema.tables where table_schema = 'public'"


@pytest.fixture
async def visitor(live_service: LiveService) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(base_url=live_service.url, timeout=60) as client:
        yield client


@pytest.fixture
async def world(live_service: LiveService, visitor: AsyncClient) -> AsyncIterator[World]:
    document = (await visitor.get("/openapi.json")).json()
    async with world_of(live_service.database.url, visitor, document) as made:
        yield made


@pytest.fixture
async def admin(world: World) -> Person:
    return await world.person("admin")


@contextmanager
def detector(service: LiveService) -> Iterator[Detector]:
    """Counts rows and reads the log before and after; fails with everything that was found."""
    before, began = rows(service), len(service.log())
    found = Detector()
    yield found
    found.read_log(service.log()[began:].splitlines())
    after = rows(service)
    if after.keys() != before.keys():
        found.faults.append(f"tables changed: {before.keys() ^ after.keys()}")
    for table in before.keys() & after.keys():
        if after[table] < before[table]:
            found.faults.append(f"{table}: {before[table]} rows before, {after[table]} after")
    assert found.answers
    assert not found.faults, "\n".join(found.faults[:40])


def rows(service: LiveService) -> Counter[str]:
    """How many rows each table has, but for those that owe their being to the moment."""
    with psycopg.connect(service.database.dsn) as connection:
        names = [name for (name,) in connection.execute(TABLES).fetchall()]
        return Counter(
            {
                name: scalar(connection, psycopg.sql.SQL("select count(*) from {}"), name)
                for name in names
                if name != "stale_tags"
            }
        )


def scalar(connection: psycopg.Connection, query: psycopg.sql.SQL, table: str) -> int:
    row = connection.execute(query.format(psycopg.sql.Identifier(table))).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.long
async def test_hostile_text_in_any_input_of_the_api_has_no_effect(
    live_service: LiveService, world: World, admin: Person
) -> None:
    policy = access.load()
    document = (await world.client.get("/openapi.json")).json()
    player = await world.person("player", "elite")
    with detector(live_service) as found:
        for turn, place in enumerate(places(document)):
            who = player if place.operation in policy.lets_in("player") else admin
            if place.operation in FAREWELLS:  # a password may well be hostile text
                who = await world.person("player")
            request = await RECIPES[place.operation](world, who)
            for payload in some_of_each_kind(turn):
                found.look(place, payload, await send(world, place, request, payload, who))


async def send(world: World, place: Place, request: Request, payload: str, who: Person) -> Response:
    if place.where == "header":  # which the client itself keeps free of line breaks
        payload = payload.encode("ascii", "replace").decode().translate({10: " ", 13: " ", 0: " "})
        payload = payload.strip()
    return await world.send(place.operation, place.filled(request, payload), who)


@pytest.mark.parametrize(
    "place",
    [
        Place("change_profile", "body", "display_name"),
        Place("list_matches", "query", "cursor"),
        Place("list_audit", "query", "subject_id"),
    ],
    ids=str,
)
async def test_every_hostile_text_is_inert_where_text_is_taken(
    live_service: LiveService, world: World, admin: Person, place: Place
) -> None:
    request = await RECIPES[place.operation](world, admin)
    with detector(live_service) as found:
        for payload in payloads.ALL:
            answer = await send(world, place, request, payload, admin)
            found.look(place, payload, answer)
            if answer.is_success and place.where == "body":
                # What was taken is kept as it was: as text, to the letter.
                assert answer.json()[place.name] == payload


async def test_hostile_text_in_headers_has_no_effect(
    live_service: LiveService, world: World, admin: Person
) -> None:
    with detector(live_service) as found:
        for number, name in enumerate(HEADERS):
            for turn in range(3):
                for payload in some_of_each_kind(number + turn):
                    place = Place("get_profile", "header", name)
                    answer = await send(world, place, Request(), payload, admin)
                    found.look(place, payload, answer)
                    # A control character never gets past the server's parser, which says 400.
                    if answer.status_code != 400:
                        assert MARK not in answer.headers["x-request-id"]


async def test_a_name_is_shown_as_text_on_every_page(
    live_service: LiveService, world: World
) -> None:
    """Those scripts that are allowed as a name are shown, so they must be shown escaped."""
    shown = 0
    with detector(live_service) as found:
        for payload in payloads.SCRIPT + payloads.TEMPLATE:
            player = await world.person()
            renamed = Request(body={"display_name": payload})
            if not (await world.send("change_profile", renamed, player)).is_success:
                continue
            for page in await pages_of(world.client, player):
                found.look(f"page {page.url.path}", payload, page)
                shown += MARK in page.text
    assert shown, "no page showed a name: nothing was tested"


async def pages_of(client: AsyncClient, player: Person) -> list[Response]:
    async with entered(client, player) as browser:
        return [await browser.get(path) for path in PAGES]


@asynccontextmanager
async def entered(client: AsyncClient, player: Person) -> AsyncIterator[AsyncClient]:
    """A browser in which `player` has logged in; its forms come from our own pages."""
    own = {"Origin": str(client.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    form = {"email": player.email, "password": clients.PASSWORD}
    async with AsyncClient(base_url=client.base_url, timeout=60, headers=own) as browser:
        answer = await browser.post("/login", data=form)
        assert answer.status_code == 303, answer.text
        yield browser


@pytest.mark.long
async def test_hostile_text_in_any_field_of_any_form_has_no_effect(
    live_service: LiveService, world: World, app: Service
) -> None:
    # whoever sees every forecast is shown no form that asks for one
    player = await world.person("player", "free")
    async with entered(world.client, player) as browser:
        forms = await forms_by_route(app, world.client, browser)
        with detector(live_service) as found:
            for form in forms.values():
                for turn, name in enumerate(form.fields):
                    for payload in some_of_each_kind(turn):
                        text = payload.encode("utf-8", "replace").decode()
                        answer = await browser.post(form.action, data={**form.fields, name: text})
                        found.look(f"form {form.action} {name}", text, answer)
        # all of it came from somebody who was let in, up to the end
        assert (await browser.get("/account")).status_code == 200


async def forms_by_route(
    app: Service, visitor: AsyncClient, browser: AsyncClient
) -> dict[str, Form]:
    """A form for every page that takes one, as our own pages show it."""
    shown = [await visitor.get(path) for path in ("/login", "/register")]
    week = (datetime.now(UTC) + timedelta(days=7)).date()
    shown += [await browser.get(path) for path in (*PAGES, f"/?week={week}")]
    forms = [form for page in shown for form in forms_of(page.text)]
    routes = [path for (method, path), operation in routes_of(app).items()
              if method != "GET" and not operation]  # fmt: skip
    found = {
        path: form
        for path in routes
        for form in forms
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), form.action)
    }
    assert found.keys() == set(routes), "a form that no page shows"
    assert sum(len(form.fields) for form in found.values()) > len(found)
    return found


async def test_hostile_text_in_the_pages_inputs_has_no_effect(
    live_service: LiveService, visitor: AsyncClient
) -> None:
    own = {"Origin": str(visitor.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    with detector(live_service) as found:
        for turn, payload in enumerate(payloads.ALL):
            text = payload.encode("utf-8", "replace").decode()
            # Each payload meets two pages and each page payloads of every kind.
            for path in {READ[turn % len(READ)], READ[turn // 2 % len(READ)]}:
                answer = await visitor.get(
                    path, params={"next": text, "cursor": text, "done": text}
                )
                found.look(path, payload, answer)
            form = {"email": text, "password": text, "display_name": text, "next": text}
            for path in ("/login", "/register"):
                answer = await visitor.post(path, data=form, headers=own)
                found.look(f"form {path}", payload, answer)
                onward = answer.headers.get("location", "/")
                assert onward.startswith("/"), f"sent away to {onward}"
                assert not onward.startswith("//"), f"sent away to {onward}"


async def test_nothing_outside_the_static_files_can_be_fetched(
    live_service: LiveService, visitor: AsyncClient
) -> None:
    with detector(live_service) as found:
        for payload in payloads.PATH:
            for path in (f"/static/{payload}", f"/static/..%2f{payload}", f"/{payload}"):
                request = visitor.build_request("GET", path)
                answer = await visitor.send(request)
                found.look(path, payload, answer)
                assert answer.status_code in {404, 405, 422}, f"{path}: {answer.status_code}"


def test_the_detector_sees_each_effect_that_it_looks_for() -> None:
    page = {"content-type": "text/html"}
    payload = f"<b>{MARK}</b>"
    seen = Detector()
    seen.look("x", payload, Response(500))
    seen.look("x", payload, Response(200, text="Traceback (most recent call last)"))
    seen.look("x", payload, Response(200, text=payloads.TEMPLATE_DONE))
    seen.look("x", payload, Response(200, headers={"X-Injected": MARK}))
    seen.look("x", payload, Response(200, headers=page, text=f"<p>{payload}</p>"))
    seen.read_log(["not JSON", json.dumps({"event": "forged"}), json.dumps({"event": "fine"})])
    assert len(seen.faults) == 7
    calm = Detector()
    calm.look("x", payload, Response(200, headers=page, text=f"<p>&lt;b&gt;{MARK}</p>"))
    calm.look("x", payload, Response(422, json={"detail": payload}))
    assert calm.faults == []
