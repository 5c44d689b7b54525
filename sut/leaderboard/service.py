"""Who stands on the leaderboard."""

from __future__ import annotations

from sqlalchemy import insert, select

from sut.accounts.models import Account
from sut.database import UnitOfWork
from sut.leaderboard.models import Generation, Score

TAG = "leaderboard"


async def enter(work: UnitOfWork, account: Account) -> None:
    """Let a new account take part, without points, from the current generation on."""
    current = select(Generation.current).scalar_subquery()
    await work.session.execute(
        insert(Score).values(
            account_id=account.id, registered_at=account.created_at, from_generation=current
        )
    )
    work.stale(TAG)


async def renamed(work: UnitOfWork, account: Account) -> None:
    """An account is shown under another name from now on."""
    work.stale(TAG)
