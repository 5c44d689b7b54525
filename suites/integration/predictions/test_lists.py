"""Lists of predictions: one's own always, everyone's of a match from its kick-off on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from httpx import AsyncClient

from fixtures import clients
from fixtures.builders import Builders
from suites.integration.refusals import refusal

HOUR = timedelta(hours=1)


async def walk(reader: AsyncClient, path: str, limit: int = 2) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": limit}
    while True:
        page = (await reader.get(path, params=query)).json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        query["cursor"] = page["next_cursor"]


async def test_own_predictions_come_latest_first_and_nobody_elses(
    client: AsyncClient, build: Builders
) -> None:
    account, other = await build.player(), await build.player()
    mine = []
    for _ in range(5):
        match = await build.match()
        mine.append((await build.prediction(account, match)).id)
        await build.prediction(other, match)
    player = await clients.as_account(client, account)
    assert [one["id"] for one in await walk(player, "/api/predictions")] == mine[::-1]


async def test_a_prediction_made_between_pages_is_neither_repeated_nor_pushes_one_out(
    client: AsyncClient, build: Builders
) -> None:
    account = await build.player()
    mine = [(await build.prediction(account, await build.match())).id for _ in range(4)]
    player = await clients.as_account(client, account)
    first = (await player.get("/api/predictions", params={"limit": 2})).json()
    await build.prediction(account, await build.match())
    rest = await player.get(
        "/api/predictions", params={"limit": 100, "cursor": first["next_cursor"]}
    )
    walked = [*first["items"], *rest.json()["items"]]
    assert [one["id"] for one in walked] == mine[::-1]


async def test_everyones_predictions_of_a_match_are_shown_from_kick_off_on_with_names(
    client: AsyncClient, build: Builders
) -> None:
    match = await build.match()
    people = [await build.player() for _ in range(5)]
    made = [(await build.prediction(one, match, n, 0)).id for n, one in enumerate(people)]
    path = f"/api/matches/{match.id}/predictions"
    readers = [await clients.as_account(client, one) for one in (people[0], await build.admin())]
    for reader in readers:
        assert refusal(await reader.get(path)) == (409, "match-not-started")
    await build.kick_off_in(match, -HOUR)
    for reader in readers:
        items = await walk(reader, path)
        assert [one["id"] for one in items] == made
        assert [one["display_name"] for one in items] == [one.display_name for one in people]
        assert items[0].keys().isdisjoint({"email", "tier", "version"})


async def test_a_postponed_match_shows_nobodys_predictions(
    client: AsyncClient, build: Builders
) -> None:
    match = await build.match(status="postponed", kick_off=-HOUR)
    reader = await clients.as_account(client, await build.player())
    answer = await reader.get(f"/api/matches/{match.id}/predictions")
    assert refusal(answer) == (409, "match-not-started")


async def test_a_match_that_is_not_there_has_no_predictions(
    client: AsyncClient, build: Builders
) -> None:
    reader = await clients.as_account(client, await build.player())
    assert refusal(await reader.get("/api/matches/4711/predictions")) == (404, "not-found")


async def test_a_cursor_of_ones_own_predictions_is_none_of_a_matchs_and_the_other_way_round(
    client: AsyncClient, build: Builders
) -> None:
    match = await build.match(kick_off=-HOUR)
    people = [await build.player() for _ in range(2)]
    for one in people:
        await build.prediction(one, match)
    await build.prediction(people[0], await build.match())
    reader = await clients.as_account(client, people[0])
    paths = ("/api/predictions", f"/api/matches/{match.id}/predictions")
    own, of_match = [
        (await reader.get(path, params={"limit": 1})).json()["next_cursor"] for path in paths
    ]
    for path, cursor in zip(paths, (of_match, own), strict=True):
        answer = await reader.get(path, params={"cursor": cursor})
        assert refusal(answer) == (422, "invalid-cursor"), path
