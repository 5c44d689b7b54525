"""Logging in and out, and the rotation of refresh tokens."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sut.accounts import repository
from sut.accounts.addresses import folded
from sut.accounts.models import Session
from sut.accounts.principal import Principal
from sut.accounts.schemas import Credentials, SessionList, Tokens
from sut.accounts.service import BEGAN, SESSION, SUBJECT
from sut.database import UnitOfWork
from sut.limits import Decision
from sut.operations import audit
from sut.passwords import is_still
from sut.platform import Platform
from sut.problems import (
    INVALID_REFRESH_TOKEN,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    UNAUTHENTICATED,
    WRONG_CREDENTIALS,
    Problem,
)


@dataclass(frozen=True)
class LogIn:
    """The tokens of a new session, and what is left of the log-in limit."""

    tokens: Tokens
    limit: Decision


async def log_in(platform: Platform, body: Credentials, client: str, request_id: str) -> LogIn:
    """A new session for the API. Raises Problem (wrong-credentials, too-many-requests)."""
    decision = await _count(platform, body.email, client)
    account_id, known = await _check(platform, body)
    async with platform.database.unit_of_work(request_id) as work:
        session_id = await _begin(platform, work, account_id, known, None)
        refresh_token = await _link(platform, work, session_id)
    platform.metrics.logins.labels("success").inc()
    return LogIn(_tokens(platform, account_id, session_id, refresh_token), decision)


async def log_in_browser(
    platform: Platform, body: Credentials, client: str, request_id: str
) -> str:
    """A new session for the pages: the value of its cookie. Refuses as `log_in` does."""
    await _count(platform, body.email, client)
    account_id, known = await _check(platform, body)
    cookie = platform.tokens.new_browser_token(account_id)
    async with platform.database.unit_of_work(request_id) as work:
        await _begin(platform, work, account_id, known, platform.tokens.digest(cookie))
    platform.metrics.logins.labels("success").inc()
    return cookie


async def refresh(platform: Platform, refresh_token: str, request_id: str) -> Tokens:
    """New tokens for a refresh token that was never used; using one twice ends its session.

    Two uses at once take turns at the session's row: one wins, and the other, finding the token
    used, ends the session for both. Raises Problem (invalid-refresh-token).
    """
    spent = platform.tokens.digest(refresh_token)
    tokens: Tokens | None = None
    async with platform.database.unit_of_work(request_id) as work:
        session = await repository.hold_session_of(work.session, spent)
        if session is not None and await _is_live(work, session):
            how = await repository.spend(work.session, spent)
            if how == "spent":
                tokens = await _rotate(platform, work, session)
            elif how == "used":
                await _end_family(work, session)
    # refused only now: ending the family must be committed
    if tokens is None:
        raise Problem(INVALID_REFRESH_TOKEN)
    return tokens


async def sessions_of(platform: Platform, principal: Principal) -> SessionList:
    """One's own live sessions."""
    async with platform.database.reading() as session:
        items = await repository.live(session, principal.account_id)
    return SessionList.model_construct(
        items=[
            item.model_copy(update={"current": item.id == principal.session_id}) for item in items
        ]
    )


async def note_use(platform: Platform, session_id: uuid.UUID) -> None:
    """Have the list of sessions say that one of the pages, which has no refresh, was used now."""
    async with platform.database.unit_of_work() as work:
        await repository.note_use(work.session, session_id)


async def log_out(
    platform: Platform, principal: Principal, session_id: uuid.UUID, request_id: str
) -> None:
    """End one of one's own sessions. Raises Problem (not-found)."""
    async with platform.database.unit_of_work(request_id) as work:
        if not await repository.end_session(work.session, principal.account_id, session_id):
            raise Problem(NOT_FOUND)
        await audit.record(
            work, "session.ended", subject_kind=SESSION, subject_id=session_id,
            actor_id=principal.account_id,
        )  # fmt: skip


async def log_out_everywhere(platform: Platform, principal: Principal, request_id: str) -> None:
    """End all of one's sessions, this one too."""
    async with platform.database.unit_of_work(request_id) as work:
        if await repository.hold(work.session, principal.account_id) is None:
            raise Problem(UNAUTHENTICATED)
        ended = await repository.end_all_sessions(work.session, principal.account_id)
        await audit.record(
            work, "account.sessions_ended", subject_kind=SUBJECT,
            subject_id=principal.account_id, actor_id=principal.account_id,
            details={"sessions_ended": ended},
        )  # fmt: skip


async def _count(platform: Platform, email: str, client: str) -> Decision:
    """Take a place in the account's window for this address, and in the one for all addresses."""
    limiter, account = platform.limiter, folded(email)
    decision = await limiter.take(limiter.login, f"{client}:{account}")
    if decision.allowed:
        everywhere = await limiter.take(limiter.login_anywhere, account)
        if everywhere.allowed:
            return decision
        decision = everywhere
    platform.metrics.rate_limited.labels(decision.limit.name).inc()
    platform.metrics.logins.labels("limited").inc()
    raise Problem(TOO_MANY_REQUESTS, headers=decision.headers())


async def _check(platform: Platform, body: Credentials) -> tuple[int, bytes]:
    async with platform.database.reading() as session:
        found = await repository.credentials(session, body.email)
    if await platform.passwords.matches(body.password, found[1] if found else None) and found:
        return found
    platform.metrics.logins.labels("wrong").inc()
    raise Problem(WRONG_CREDENTIALS)


async def _begin(
    platform: Platform, work: UnitOfWork, account_id: int, known: bytes, browser: bytes | None
) -> uuid.UUID:
    """Begin a session, unless the password that was checked has been changed in the meantime."""
    account = await repository.hold(work.session, account_id, write=False)
    if account is None or not is_still(account.password_hash, known):
        platform.metrics.logins.labels("wrong").inc()
        raise Problem(WRONG_CREDENTIALS)
    session_id = await repository.begin_session(
        work.session, account_id, _lifetime(platform), browser
    )
    await audit.record(
        work, BEGAN, subject_kind=SESSION, subject_id=session_id, actor_id=account_id
    )
    return session_id


async def _link(platform: Platform, work: UnitOfWork, session_id: uuid.UUID) -> str:
    token = platform.tokens.new_refresh_token()
    await repository.add_refresh_token(
        work.session, platform.tokens.digest(token), session_id, _lifetime(platform)
    )
    return token


async def _is_live(work: UnitOfWork, session: Session) -> bool:
    now = await repository.database_time(work.session)
    return session.ended_at is None and session.expires_at > now


async def _rotate(platform: Platform, work: UnitOfWork, session: Session) -> Tokens:
    token = await _link(platform, work, session.id)
    await repository.prolong(work.session, session.id, _lifetime(platform))
    await audit.record(
        work, "session.refreshed", subject_kind=SESSION, subject_id=session.id,
        actor_id=session.account_id,
    )  # fmt: skip
    return _tokens(platform, session.account_id, session.id, token)


async def _end_family(work: UnitOfWork, session: Session) -> None:
    await repository.end_session(work.session, session.account_id, session.id)
    await audit.record(
        work, "session.token_reused", subject_kind=SESSION, subject_id=session.id, actor_id=None
    )


def _tokens(
    platform: Platform, account_id: int, session_id: uuid.UUID, refresh_token: str
) -> Tokens:
    return Tokens.model_construct(
        access_token=platform.tokens.issue(account_id, session_id),
        token_type="bearer",  # noqa: S106 (the kind, RFC 6750)
        expires_in_s=platform.settings.access_token_s,
        refresh_token=refresh_token,
        refresh_expires_in_s=platform.settings.refresh_token_s,
        session_id=session_id,
    )


def _lifetime(platform: Platform) -> timedelta:
    return timedelta(seconds=platform.settings.refresh_token_s)
