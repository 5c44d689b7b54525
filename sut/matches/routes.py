"""Operations of teams, matches and the table."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from sut import answers, etags
from sut.dependencies import CurrentAdmin, PlatformDep, RequestId
from sut.matches import service
from sut.matches.schemas import (
    MatchChange,
    MatchFilter,
    MatchPage,
    MatchView,
    NewMatch,
    ResultEntry,
    Standings,
    TeamList,
    TeamView,
)
from sut.problems import (
    INVALID_CURSOR,
    MOVE_NOT_ALLOWED,
    NOT_FOUND,
    TEAM_AGAINST_ITSELF,
    documented,
)
from sut.wire import Id

router = APIRouter(tags=["matches"])
TeamId = Annotated[Id, Path(description="A team's number.", examples=[3])]
MatchId = Annotated[Id, Path(description="A match's number.", examples=[214])]


def _to_match(operation: str, source: str) -> dict[str, Any]:
    return {"operationId": operation, "parameters": {"match_id": source}}


@router.get(
    "/api/teams",
    operation_id="list_teams",
    summary="List the teams",
    response_model=TeamList,
    responses={
        200: {
            "links": {
                "get_team": {
                    "operationId": "get_team",
                    "parameters": {"team_id": "$response.body#/items/0/id"},
                }
            }
        },
        **etags.NOT_MODIFIED,
    },
)
async def list_teams(request: Request, platform: PlatformDep) -> Response:
    """Every club of the season, by name."""
    return await answers.public(request, platform, service.list_teams(platform))


@router.get(
    "/api/teams/{team_id}",
    operation_id="get_team",
    summary="Show a team",
    response_model=TeamView,
    responses={**etags.NOT_MODIFIED, **documented(NOT_FOUND)},
)
async def get_team(request: Request, platform: PlatformDep, team_id: TeamId) -> Response:
    """One club."""
    return await answers.public(request, platform, service.get_team(platform, team_id))


@router.get(
    "/api/matches",
    operation_id="list_matches",
    summary="List matches",
    response_model=MatchPage,
    responses={
        200: {
            "links": {
                "get_match": _to_match("get_match", "$response.body#/items/0/id"),
                "get_forecast": _to_match("get_forecast", "$response.body#/items/0/id"),
                "list_match_predictions": _to_match(
                    "list_match_predictions", "$response.body#/items/0/id"
                ),
                "next_page": {
                    "operationId": "list_matches",
                    "parameters": {"cursor": "$response.body#/next_cursor"},
                },
            }
        },
        **etags.NOT_MODIFIED,
        **documented(INVALID_CURSOR),
    },
)
async def list_matches(
    request: Request, platform: PlatformDep, wanted: Annotated[MatchFilter, Query()]
) -> Response:
    """By kick-off, then number."""
    return await answers.public(request, platform, service.list_matches(platform, wanted))


@router.get(
    "/api/matches/{match_id}",
    operation_id="get_match",
    summary="Show a match",
    response_model=MatchView,
    responses={200: {"headers": etags.HEADER}, **etags.NOT_MODIFIED, **documented(NOT_FOUND)},
)
async def get_match(request: Request, platform: PlatformDep, match_id: MatchId) -> Response:
    """One match, with its result once there is one."""
    return await answers.public(request, platform, service.get_match(platform, match_id))


@router.post(
    "/api/matches",
    operation_id="create_match",
    summary="Add a match",
    status_code=201,
    response_model=MatchView,
    responses={
        201: {
            "headers": {
                "Location": {"description": "The match.", "schema": {"type": "string"}},
                **etags.HEADER,
            },
            "links": {
                "get_match": _to_match("get_match", "$response.body#/id"),
                "change_match": _to_match("change_match", "$response.body#/id"),
                "enter_result": _to_match("enter_result", "$response.body#/id"),
                "get_forecast": _to_match("get_forecast", "$response.body#/id"),
                "create_prediction": {
                    "operationId": "create_prediction",
                    "requestBody": {
                        "match_id": "$response.body#/id",
                        "home_goals": 2,
                        "away_goals": 1,
                    },
                },
            },
        },
        **documented(NOT_FOUND, TEAM_AGAINST_ITSELF),
    },
)
async def create_match(
    platform: PlatformDep,
    admin: CurrentAdmin,
    request_id: RequestId,
    body: NewMatch,
) -> Response:
    """A match between two teams, which takes predictions until its kick-off. For admins."""
    async with platform.database.unit_of_work(request_id) as work:
        match = await service.create(work, admin.account_id, body)
    headers = {"location": f"/api/matches/{match.id}", "etag": match.etag}
    return answers.private(match, 201, headers)


@router.patch(
    "/api/matches/{match_id}",
    operation_id="change_match",
    summary="Move a match",
    response_model=MatchView,
    responses={
        200: {"headers": etags.HEADER},
        **documented(NOT_FOUND, MOVE_NOT_ALLOWED),
    },
)
async def change_match(
    platform: PlatformDep,
    admin: CurrentAdmin,
    request_id: RequestId,
    match_id: MatchId,
    body: MatchChange,
) -> Response:
    """Another kick-off, or another state. For admins.

    A scheduled match can go live from its kick-off on, be postponed or be cancelled; a postponed
    one scheduled or cancelled; a live one cancelled. The kick-off moves before it has come, or
    while the match is postponed. Finishing takes a result.
    """
    async with platform.database.unit_of_work(request_id) as work:
        match = await service.change(work, admin.account_id, match_id, body)
    return answers.private(match, headers={"etag": match.etag})


@router.put(
    "/api/matches/{match_id}/result",
    operation_id="enter_result",
    summary="Enter or correct a result",
    response_model=MatchView,
    responses={
        200: {"headers": etags.HEADER},
        **documented(NOT_FOUND, MOVE_NOT_ALLOWED),
    },
)
async def enter_result(
    platform: PlatformDep,
    admin: CurrentAdmin,
    request_id: RequestId,
    match_id: MatchId,
    body: ResultEntry,
) -> Response:
    """Finishes a match that has kicked off, and settles the points of its predictions. For admins.

    A corrected result settles them anew; sending the same one again changes nothing.
    """
    async with platform.database.unit_of_work(request_id) as work:
        match, changed = await service.enter_result(work, admin.account_id, match_id, body)
    if changed:
        platform.metrics.results.inc()
    return answers.private(match, headers={"etag": match.etag})


@router.get(
    "/api/standings",
    operation_id="get_standings",
    summary="Show the table",
    response_model=Standings,
    responses=etags.NOT_MODIFIED,
)
async def get_standings(request: Request, platform: PlatformDep) -> Response:
    """The table over all finished matches."""
    return await answers.public(request, platform, service.get_standings(platform))
