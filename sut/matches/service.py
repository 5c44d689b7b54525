"""The rules of matches: what is read through the cache, and what an admin may change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from sut import answers, cursors, paging
from sut.cache import Area, Entry
from sut.database import UnitOfWork
from sut.leaderboard import service as leaderboard
from sut.matches import repository, states
from sut.matches.schemas import (
    CURSOR,
    MatchChange,
    MatchFilter,
    MatchPage,
    MatchView,
    NewMatch,
    ResultEntry,
    Standing,
    Standings,
    TeamList,
    TeamView,
)
from sut.operations import audit
from sut.platform import Platform
from sut.predictions import repository as predictions
from sut.problems import MOVE_NOT_ALLOWED, NOT_FOUND, TEAM_AGAINST_ITSELF, Problem
from sut.tables import AnyRow

AREA, STANDINGS, TEAMS = Area("matches"), Area("standings"), Area("teams")
ANY_MATCH, TABLE, RESULTS, CLUBS = "matches", "standings", "results", "teams"
"""Cache tags: of all lists of matches, of the table, of the set of results, of the clubs."""


def tag_of(match_id: int) -> str:
    """The cache tag of what depends on one match."""
    return f"match:{match_id}"


def list_matches(platform: Platform, wanted: MatchFilter) -> Entry:
    """A page of matches by kick-off and id, as JSON."""
    after = wanted.after

    async def load() -> bytes:
        async with platform.database.reading() as session:
            rows = await repository.page(
                session,
                status=wanted.status,
                team_id=wanted.team_id,
                since=wanted.since,
                until=wanted.until,
                after=after,
                limit=wanted.limit + 1,
            )
        return answers.encode(_page(rows, wanted.limit))

    return Entry(AREA, f"list|{wanted.key}", (ANY_MATCH,), load)


def _page(rows: Sequence[AnyRow], limit: int) -> MatchPage:
    page, following = paging.cut(rows, limit, _cursor)
    return MatchPage(items=[MatchView.of(row) for row in page], next_cursor=following)


def _cursor(last: AnyRow) -> str:
    return cursors.encode(CURSOR, cursors.moment_to_us(last.kick_off), last.id)


def get_match(platform: Platform, match_id: int) -> Entry:
    """A match as JSON under its entity tag; loading raises Problem (not-found)."""

    async def load() -> bytes:
        async with platform.database.reading() as session:
            found = await _view(session, match_id)
        return found.etag.encode() + b"\n" + answers.encode(found)

    return Entry(AREA, f"one|{match_id}", (tag_of(match_id),), load, tagged=True)


def list_teams(platform: Platform) -> Entry:
    """Every team by name, as JSON."""

    async def load() -> bytes:
        async with platform.database.reading() as session:
            rows = await repository.teams(session)
        items = [TeamView(id=row.id, name=row.name, short_name=row.short_name) for row in rows]
        return answers.encode(TeamList(items=items))

    return Entry(TEAMS, "all", (CLUBS,), load)


def get_team(platform: Platform, team_id: int) -> Entry:
    """A team as JSON; loading raises Problem (not-found)."""

    async def load() -> bytes:
        async with platform.database.reading() as session:
            row = await repository.team(session, team_id)
        if row is None:
            raise Problem(NOT_FOUND)
        return answers.encode(TeamView(id=row.id, name=row.name, short_name=row.short_name))

    return Entry(TEAMS, f"one|{team_id}", (CLUBS,), load)


def get_standings(platform: Platform) -> Entry:
    """The table as JSON."""

    async def load() -> bytes:
        async with platform.database.reading() as session:
            rows = await repository.standings(session)
        items = [_standing(position, row) for position, row in enumerate(rows, start=1)]
        return answers.encode(Standings(items=items))

    return Entry(STANDINGS, "all", (TABLE,), load)


def _standing(position: int, row: AnyRow) -> Standing:
    return Standing(
        position=position,
        team=TeamView(id=row.id, name=row.name, short_name=row.short_name),
        played=row.played,
        won=row.won,
        drawn=row.drawn,
        lost=row.lost,
        goals_for=row.goals_for,
        goals_against=row.goals_against,
        points=row.points,
    )


async def _view(session: AsyncSession, match_id: int) -> MatchView:
    row = await repository.match(session, match_id)
    if row is None:
        raise Problem(NOT_FOUND)
    return MatchView.of(row)


async def create(work: UnitOfWork, actor_id: int, new: NewMatch) -> MatchView:
    """Add a match; raises Problem (not-found) for a team that is none, (team-against-itself)."""
    if new.home_team_id == new.away_team_id:
        raise Problem(TEAM_AGAINST_ITSELF)
    if await repository.count_teams(work.session, new.home_team_id, new.away_team_id) != 2:
        raise Problem(NOT_FOUND, "One of the teams is not of this season.")
    match_id = await repository.add(work.session, new.model_dump())
    await _record(work, "match.created", actor_id, match_id, new.model_dump(mode="json"))
    work.stale(ANY_MATCH, tag_of(match_id))
    return await _view(work.session, match_id)


async def change(work: UnitOfWork, actor_id: int, match_id: int, wanted: MatchChange) -> MatchView:
    """Move the kick-off or the state of a match; raises Problem (not-found), (move-not-allowed).

    What is the case already is no change: neither the version nor the audit trail grows by it.
    """
    row = await _locked(work.session, match_id)
    now = await repository.clock(work.session)
    status, kick_off = wanted.status or row.status, wanted.kick_off or row.kick_off
    if (status, kick_off) == (row.status, row.kick_off):
        return await _view(work.session, match_id)
    if status != row.status and not states.may_move(row.status, status, kick_off=kick_off, now=now):
        raise Problem(MOVE_NOT_ALLOWED, f"It is {row.status} and cannot become {status} now.")
    if kick_off != row.kick_off and not (
        status == "postponed"
        or states.may_move_kick_off(row.status, kick_off=row.kick_off, now=now)
    ):
        raise Problem(MOVE_NOT_ALLOWED, "It has begun or is over, so its kick-off stays.")
    await repository.change(work.session, match_id, {"status": status, "kick_off": kick_off})
    await _record(
        work, "match.changed", actor_id, match_id,
        {
            "status": [row.status, status],
            "kick_off": [row.kick_off.isoformat(), kick_off.isoformat()],
        },
    )  # fmt: skip
    work.stale(ANY_MATCH, tag_of(match_id))
    return await _view(work.session, match_id)


async def enter_result(
    work: UnitOfWork, actor_id: int, match_id: int, entry: ResultEntry
) -> tuple[MatchView, bool]:
    """Finish a match or correct its result, and settle every prediction of it anew.

    Answers the match, and whether that was a change: the same result again is none.

    Locks the match, then the leaderboard's generation: always in this order. Raises Problem
    (not-found), (move-not-allowed) before kick-off and for a match that is not to be played.
    """
    row = await _locked(work.session, match_id)
    now = await repository.clock(work.session)
    if not states.may_take_result(row.status, kick_off=row.kick_off, now=now):
        raise Problem(MOVE_NOT_ALLOWED, "Only a match that has kicked off can have a result.")
    before = (row.home_goals, row.away_goals) if row.status == "finished" else None
    result = (entry.home_goals, entry.away_goals)
    if before != result:
        await repository.change(
            work.session,
            match_id,
            {"status": "finished", "home_goals": result[0], "away_goals": result[1]},
        )
        gains = await predictions.judge(work.session, match_id, result)
        await leaderboard.settle(work, gains)
        action = "match.result_corrected" if before else "match.result_entered"
        await _record(work, action, actor_id, match_id, {"result": result, "before": before})
        work.stale(ANY_MATCH, tag_of(match_id), TABLE, RESULTS)
    return await _view(work.session, match_id), before != result


async def _locked(session: AsyncSession, match_id: int) -> AnyRow:
    row = await repository.lock(session, match_id)
    if row is None:
        raise Problem(NOT_FOUND)
    return row


async def _record(
    work: UnitOfWork, action: str, actor_id: int, match_id: int, details: Mapping[str, Any]
) -> None:
    await audit.record(
        work,
        action,
        subject_kind="match",
        subject_id=match_id,
        actor_id=actor_id,
        details=details,
    )
