"""Scores as they stood in each generation, so that a page read later still fits the first."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from sut.tables import Base


class Score(Base):
    """A player's points from one generation up to, not including, another; open-ended if null.

    Each result entered begins a new generation. A leaderboard cursor names its generation, so pages
    neither repeat nor skip anyone while points change.
    """

    __tablename__ = "scores"
    __table_args__ = (
        Index(
            "uq_scores_account_id_current",
            "account_id",
            unique=True,
            postgresql_where=text("until_generation is null"),
        ),
        Index(
            "ix_scores_ranking",
            text("points desc"),
            text("exact_hits desc"),
            "registered_at",
            "account_id",
        ),
        Index("ix_scores_until_generation", "until_generation"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    points: Mapped[int] = mapped_column(Integer, server_default="0")
    exact_hits: Mapped[int] = mapped_column(Integer, server_default="0")
    registered_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    from_generation: Mapped[int] = mapped_column(BigInteger)
    until_generation: Mapped[int | None] = mapped_column(BigInteger)


class Generation(Base):
    """The one row that counts generations; locking it makes entering results take turns."""

    __tablename__ = "generations"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    current: Mapped[int] = mapped_column(BigInteger)
    advanced_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
