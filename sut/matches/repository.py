"""Queries of teams and matches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, insert, or_, select, tuple_, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from sut.matches.models import Match, Team
from sut.tables import AnyRow, AnySelect

_home, _away = aliased(Team, name="home"), aliased(Team, name="away")
WIN_POINTS, DRAW_POINTS = 3, 1


async def teams(session: AsyncSession) -> Sequence[AnyRow]:
    """Every team, by name."""
    statement = select(Team.id, Team.name, Team.short_name).order_by(Team.name)
    return (await session.execute(statement)).all()


async def team(session: AsyncSession, team_id: int) -> AnyRow | None:
    """One team."""
    statement = select(Team.id, Team.name, Team.short_name).where(Team.id == team_id)
    return (await session.execute(statement)).one_or_none()


async def count_teams(session: AsyncSession, *team_ids: int) -> int:
    """How many of these teams there are."""
    statement = select(func.count()).select_from(Team).where(Team.id.in_(team_ids))
    return (await session.execute(statement)).scalar_one()


def _matches() -> AnySelect:
    return (
        select(
            Match.id, Match.round, Match.kick_off, Match.status, Match.home_goals,
            Match.away_goals, Match.version,
            _home.id.label("home_id"), _home.name.label("home_name"),
            _home.short_name.label("home_short"),
            _away.id.label("away_id"), _away.name.label("away_name"),
            _away.short_name.label("away_short"),
        )
        .join(_home, _home.id == Match.home_team_id)
        .join(_away, _away.id == Match.away_team_id)
    )  # fmt: skip


async def match(session: AsyncSession, match_id: int) -> AnyRow | None:
    """One match with its teams."""
    return (await session.execute(_matches().where(Match.id == match_id))).one_or_none()


async def page(
    session: AsyncSession,
    *,
    status: str | None,
    team_id: int | None,
    since: datetime | None,
    until: datetime | None,
    after: tuple[datetime, int] | None,
    limit: int,
) -> Sequence[AnyRow]:
    """Matches by kick-off and id, from just after the place `after`; `until` is excluded."""
    statement = _matches().order_by(Match.kick_off, Match.id).limit(limit)
    if status is not None:
        statement = statement.where(Match.status == status)
    if team_id is not None:
        statement = statement.where(
            or_(Match.home_team_id == team_id, Match.away_team_id == team_id)
        )
    if since is not None:
        statement = statement.where(Match.kick_off >= since)
    if until is not None:
        statement = statement.where(Match.kick_off < until)
    if after is not None:
        statement = statement.where(tuple_(Match.kick_off, Match.id) > after)
    return (await session.execute(statement)).all()


async def lock(session: AsyncSession, match_id: int) -> AnyRow | None:
    """One match's state, locked against every other writer and every new prediction."""
    statement = (
        select(Match.id, Match.status, Match.kick_off, Match.home_goals, Match.away_goals)
        .where(Match.id == match_id)
        .with_for_update()
    )
    return (await session.execute(statement)).one_or_none()


async def clock(session: AsyncSession) -> datetime:
    """The database's time now, however long the transaction has waited for a lock."""
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return now


async def add(session: AsyncSession, values: Mapping[str, object]) -> int:
    """Insert a match; its id."""
    statement = insert(Match).values(**values).returning(Match.id)
    return (await session.execute(statement)).scalar_one()


async def change(session: AsyncSession, match_id: int, values: Mapping[str, object]) -> None:
    """Change a match and count its version up."""
    await session.execute(
        update(Match)
        .where(Match.id == match_id)
        .values(version=Match.version + 1, updated_at=func.clock_timestamp(), **values)
    )


async def standings(session: AsyncSession) -> Sequence[AnyRow]:
    """The table over finished matches; a team without one has a line of zeros."""
    home = select(
        Match.home_team_id.label("team_id"),
        Match.home_goals.label("scored"),
        Match.away_goals.label("conceded"),
    ).where(Match.status == "finished")
    away = select(Match.away_team_id, Match.away_goals, Match.home_goals).where(
        Match.status == "finished"
    )
    played = union_all(home, away).subquery("played")
    scored, conceded = played.c.scored, played.c.conceded
    won = func.count().filter(scored > conceded)
    drawn = func.count().filter(scored == conceded)
    goals_for = func.coalesce(func.sum(scored), 0)
    goals_against = func.coalesce(func.sum(conceded), 0)
    points = WIN_POINTS * won + DRAW_POINTS * drawn
    statement = (
        select(
            Team.id, Team.name, Team.short_name,
            func.count(played.c.team_id).label("played"),
            won.label("won"), drawn.label("drawn"),
            func.count().filter(scored < conceded).label("lost"),
            goals_for.label("goals_for"), goals_against.label("goals_against"),
            points.label("points"),
        )
        .join(played, played.c.team_id == Team.id, isouter=True)
        .group_by(Team.id)
        .order_by(points.desc(), (goals_for - goals_against).desc(), goals_for.desc(), Team.name)
    )  # fmt: skip
    return (await session.execute(statement)).all()


async def finished(session: AsyncSession, before: datetime | None) -> Sequence[AnyRow]:
    """Teams, goals and kick-off of finished matches, of those that began before a moment."""
    statement = select(
        Match.home_team_id, Match.away_team_id, Match.home_goals, Match.away_goals, Match.kick_off
    ).where(Match.status == "finished")
    if before is not None:
        statement = statement.where(Match.kick_off < before)
    return (await session.execute(statement.order_by(Match.kick_off, Match.id))).all()
