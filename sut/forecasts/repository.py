"""Which forecasts a free player has been shown today."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, cast, delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from sut.accounts.access import keep_from_erasure
from sut.forecasts.models import ForecastView

_TODAY = cast(func.timezone("UTC", func.clock_timestamp()), Date)


async def take_view(session: AsyncSession, account_id: int, match_id: int, views_max: int) -> bool:
    """Count a match towards this UTC day's `views_max`, once; False when they are used up.

    An advisory lock makes one account's requests take turns until each commits. The days before
    are forgotten: nothing is decided by them.
    """
    await keep_from_erasure(session, account_id)
    await session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:account, 11))"),
        {"account": f"forecasts:{account_id}"},
    )
    # read once: a midnight in between would judge by one day and count towards the next
    today: date = (await session.execute(select(_TODAY))).scalar_one()
    await session.execute(
        delete(ForecastView)
        .where(ForecastView.account_id == account_id, ForecastView.day < today)
        .execution_options(synchronize_session=False)
    )
    seen = list(
        await session.scalars(
            select(ForecastView.match_id).where(
                ForecastView.account_id == account_id, ForecastView.day == today
            )
        )
    )
    if match_id in seen:
        return True
    if len(seen) >= views_max:
        return False
    await session.execute(
        insert(ForecastView).values(account_id=account_id, day=today, match_id=match_id)
    )
    return True
