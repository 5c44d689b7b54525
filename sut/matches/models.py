"""Teams and matches."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sut.tables import Base


class Team(Base):
    """A club of the season."""

    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    short_name: Mapped[str] = mapped_column(Text, unique=True)


class Match(Base):
    """A match. `version` grows with every change and is its ETag; a result needs both goals."""

    __tablename__ = "matches"
    __table_args__ = (
        CheckConstraint(
            "status in ('scheduled', 'live', 'finished', 'postponed', 'cancelled')", name="status"
        ),
        CheckConstraint("home_team_id <> away_team_id", name="two_teams"),
        CheckConstraint("(home_goals is null) = (away_goals is null)", name="both_goals"),
        CheckConstraint("status <> 'finished' or home_goals is not null", name="finished_result"),
        Index("ix_matches_kick_off_id", "kick_off", "id"),
        Index("ix_matches_home_team_id", "home_team_id"),
        Index("ix_matches_away_team_id", "away_team_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    round: Mapped[int] = mapped_column(SmallInteger)
    home_team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    away_team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    kick_off: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    status: Mapped[str] = mapped_column(Text, server_default="scheduled")
    home_goals: Mapped[int | None] = mapped_column(SmallInteger)
    away_goals: Mapped[int | None] = mapped_column(SmallInteger)
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    home_team: Mapped[Team] = relationship(foreign_keys=[home_team_id], lazy="raise")
    away_team: Mapped[Team] = relationship(foreign_keys=[away_team_id], lazy="raise")
