"""Statements about accounts, sessions and refresh tokens."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from sut.accounts.access import effective_tier
from sut.accounts.models import Account, RefreshToken, Session
from sut.accounts.schemas import AccountAnswer, SessionAnswer


async def add(session: AsyncSession, email: str, password_hash: bytes, name: str) -> Account | None:
    """A new account; None when the address has one already, whatever its case."""
    statement = (
        insert(Account)
        .values(email=email, password_hash=password_hash, display_name=name)
        .on_conflict_do_nothing(index_elements=[text("lower(email)")])
        .returning(Account)
    )
    return (await session.scalars(statement)).one_or_none()


_ANSWER = select(
    Account.id,
    Account.email,
    Account.display_name,
    Account.role,
    effective_tier().label("tier"),
    Account.tier_expires_at,
    Account.created_at,
).where(Account.id == bindparam("account_id"), Account.erased_at.is_(None))


async def answer(session: AsyncSession, account_id: int) -> AccountAnswer | None:
    """An account as its owner sees it; None when there is none, or it was erased."""
    row = (await session.execute(_ANSWER, {"account_id": account_id})).one_or_none()
    return AccountAnswer.model_construct(**row._asdict()) if row else None


async def credentials(session: AsyncSession, email: str) -> tuple[int, bytes] | None:
    """The account of an address, and its password's hash."""
    statement = select(Account.id, Account.password_hash).where(
        func.lower(Account.email) == func.lower(email)
    )
    row = (await session.execute(statement)).one_or_none()
    return (row.id, row.password_hash) if row and row.password_hash else None


async def password_hash(session: AsyncSession, account_id: int) -> bytes | None:
    """The hash of an account's password."""
    statement = select(Account.password_hash).where(Account.id == account_id)
    return (await session.execute(statement)).scalar_one_or_none()


async def hold(session: AsyncSession, account_id: int, *, write: bool = True) -> Account | None:
    """Lock a living account's row until the transaction ends, and read it as it then stands.

    A change takes it alone (`write`); a log-in shares it with other log-ins.
    """
    statement = (
        select(Account)
        .where(Account.id == account_id, Account.erased_at.is_(None))
        .with_for_update(read=not write)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(statement)).one_or_none()


async def begin_session(
    session: AsyncSession, account_id: int, lifetime: timedelta, browser_token_hash: bytes | None
) -> uuid.UUID:
    """A new session."""
    session_id = uuid.uuid4()
    await session.execute(
        insert(Session).values(
            id=session_id,
            account_id=account_id,
            browser_token_hash=browser_token_hash,
            expires_at=func.clock_timestamp() + lifetime,
        )
    )
    return session_id


async def live(session: AsyncSession, account_id: int) -> list[SessionAnswer]:
    """An account's live sessions, newest first; `current` is still to be set."""
    statement = (
        select(Session.id, Session.created_at, Session.last_used_at)
        .where(
            Session.account_id == account_id,
            Session.ended_at.is_(None),
            Session.expires_at > func.clock_timestamp(),
        )
        .order_by(Session.created_at.desc(), Session.id)
    )
    return [
        SessionAnswer.model_construct(**row._asdict(), current=False)
        for row in await session.execute(statement)
    ]


async def end_session(session: AsyncSession, account_id: int, session_id: uuid.UUID) -> bool:
    """End one live session of an account; False when it has no such session."""
    statement = (
        update(Session)
        .where(
            Session.id == session_id,
            Session.account_id == account_id,
            Session.ended_at.is_(None),
            Session.expires_at > func.clock_timestamp(),
        )
        .values(ended_at=func.clock_timestamp())
        .returning(Session.id)
    )
    return (await session.execute(statement)).one_or_none() is not None


async def end_all_sessions(session: AsyncSession, account_id: int) -> int:
    """End every session of an account; how many were live. The account must be held.

    One that has expired ends, too: it may be about to be prolonged by a refresh that was in time,
    for which this waits.
    """
    statement = (
        update(Session)
        .where(Session.account_id == account_id, Session.ended_at.is_(None))
        .values(ended_at=func.clock_timestamp())
        .returning((Session.expires_at > func.clock_timestamp()).label("live"))
    )
    return sum((await session.scalars(statement)).all())


async def remove_sessions(session: AsyncSession, account_id: int) -> None:
    """Remove every session of an account with its refresh tokens."""
    await session.execute(delete(Session).where(Session.account_id == account_id))


async def add_refresh_token(
    session: AsyncSession, token_hash: bytes, session_id: uuid.UUID, lifetime: timedelta
) -> None:
    """The next link of a session's chain."""
    await session.execute(
        insert(RefreshToken).values(
            token_hash=token_hash,
            session_id=session_id,
            expires_at=func.clock_timestamp() + lifetime,
        )
    )


async def hold_session_of(session: AsyncSession, token_hash: bytes) -> Session | None:
    """Lock the session that a refresh token belongs to, and read it as it then stands."""
    statement = (
        select(Session)
        .join(RefreshToken, RefreshToken.session_id == Session.id)
        .where(RefreshToken.token_hash == token_hash)
        .with_for_update(of=Session)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(statement)).one_or_none()


async def spend(session: AsyncSession, token_hash: bytes) -> str:
    """Use a refresh token whose session is held: `spent`, or why not (`used`, `expired`)."""
    statement = (
        update(RefreshToken)
        .where(
            RefreshToken.token_hash == token_hash,
            RefreshToken.used_at.is_(None),
            RefreshToken.expires_at > func.clock_timestamp(),
        )
        .values(used_at=func.clock_timestamp())
        .returning(RefreshToken.token_hash)
    )
    if (await session.execute(statement)).one_or_none() is not None:
        return "spent"
    used = select(RefreshToken.used_at).where(RefreshToken.token_hash == token_hash)
    return "used" if (await session.execute(used)).scalar_one_or_none() else "expired"


async def prolong(session: AsyncSession, session_id: uuid.UUID, lifetime: timedelta) -> None:
    """A session was used: it lives on."""
    await session.execute(
        update(Session)
        .where(Session.id == session_id)
        .values(last_used_at=func.clock_timestamp(), expires_at=func.clock_timestamp() + lifetime)
    )


USE_NOTED_EVERY = timedelta(minutes=1)
"""How far behind the last use a session of the pages may be noted: not every page writes a row."""


def use_unnoted() -> ColumnElement[bool]:
    """Whether a session is in use now and was last noted to be so long enough ago."""
    return Session.last_used_at <= func.clock_timestamp() - USE_NOTED_EVERY


async def note_use(session: AsyncSession, session_id: uuid.UUID) -> None:
    """A session of the pages was used; its end stays where the log-in has put it."""
    await session.execute(
        update(Session)
        .where(Session.id == session_id, use_unnoted())
        .values(last_used_at=func.clock_timestamp())
    )


async def database_time(session: AsyncSession) -> datetime:
    """The clock that decides."""
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return now


async def rows(session: AsyncSession, statement: Any) -> list[dict[str, Any]]:
    """Rows as plain mappings, for an export."""
    found: Sequence[Any] = (await session.execute(statement)).mappings().all()
    return [dict(row) for row in found]
