"""Which forecasts a free player has seen, a day at a time."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from sut.tables import Base


class ForecastView(Base):
    """A match whose forecast a player was shown on a day (UTC); looking again costs nothing."""

    __tablename__ = "forecast_views"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    match_id: Mapped[int] = mapped_column(
        ForeignKey("matches.id", ondelete="CASCADE"), primary_key=True
    )
