"""Who is asking: the principal of a request, as the database knows it at this moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, bindparam, case, func, or_, select

from sut.accounts.models import Account, Session
from sut.accounts.principal import Principal
from sut.direct import Runs
from sut.problems import UNAUTHENTICATED, Problem

if TYPE_CHECKING:
    from sut.platform import Platform


def effective_tier() -> ColumnElement[str]:
    """An account's tier by the database's clock: `free` from the moment that it expires."""
    lasting = or_(
        Account.tier_expires_at.is_(None), Account.tier_expires_at > func.clock_timestamp()
    )
    return case((lasting, Account.tier), else_="free")


def live_sessions() -> Select[*tuple[Any, ...]]:
    """Every session that has neither ended nor expired, with the account behind it."""
    return (
        select(Session.id, Account.id.label("account_id"), Account.role,
               effective_tier().label("tier"))
        .join(Account, Account.id == Session.account_id)
        .where(Session.ended_at.is_(None), Session.expires_at > func.clock_timestamp(),
               Account.erased_at.is_(None))
    )  # fmt: skip


_STANDING = (
    select(Account.id)
    .where(Account.id == bindparam("account_id"), Account.erased_at.is_(None))
    .with_for_update(read=True, key_share=True)
)


async def keep_from_erasure(session: Runs, account_id: int) -> None:
    """Hold an account until the transaction ends, so that erasing it waits and then finds all.

    Raises Problem (unauthenticated) when it was erased since the request was let in: what is
    written after an erasure would stay.
    """
    if (await session.execute(_STANDING, {"account_id": account_id})).one_or_none() is None:
        raise Problem(UNAUTHENTICATED)


async def principal_of(platform: Platform, access_token: str) -> Principal | None:
    """Whom an access token stands for; None if it is not ours, is out of date or was ended."""
    claims = platform.tokens.read(access_token)
    if claims is None:
        return None
    wanted = {"session_id": claims.session_id, "account_id": claims.account_id}
    async with platform.database.direct() as connection:
        row = (await connection.execute(_BY_CLAIMS, wanted)).one_or_none()
    if row is None:
        platform.tokens.end(access_token)
        return None
    return Principal(row.account_id, row.id, row.role, row.tier)


# Every request of a player runs this: built once, since building costs more than running.
_BY_CLAIMS = live_sessions().where(
    Session.id == bindparam("session_id"), Session.account_id == bindparam("account_id")
)
