"""Registering, the profile, the password and the tier."""

from __future__ import annotations

from datetime import datetime

from sut.accounts import repository
from sut.accounts.principal import Principal
from sut.accounts.schemas import (
    AccountAnswer,
    PasswordChange,
    ProfileChange,
    Registration,
    TierChange,
)
from sut.leaderboard import service as leaderboard
from sut.operations import audit
from sut.passwords import is_still
from sut.platform import Platform
from sut.problems import (
    EMAIL_TAKEN,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    UNAUTHENTICATED,
    WRONG_PASSWORD,
    Problem,
)

SUBJECT = "account"
SESSION = "session"
BEGAN = "session.began"


async def register(platform: Platform, body: Registration, request_id: str) -> AccountAnswer:
    """A new player. Raises Problem (email-taken)."""
    password_hash = await platform.passwords.hash(body.password)
    async with platform.database.unit_of_work(request_id) as work:
        account = await repository.add(work.session, body.email, password_hash, body.display_name)
        if account is None:
            raise Problem(EMAIL_TAKEN)
        await leaderboard.enter(work, account)
        await audit.record(
            work, "account.registered", subject_kind=SUBJECT, subject_id=account.id,
            actor_id=account.id,
        )  # fmt: skip
        answer = await repository.answer(work.session, account.id)
    assert answer is not None, "an account made in this transaction is there"
    return answer


async def profile(platform: Platform, principal: Principal) -> AccountAnswer:
    """One's own account. Raises Problem (unauthenticated) if it was erased a moment ago."""
    async with platform.database.reading() as session:
        answer = await repository.answer(session, principal.account_id)
    if answer is None:
        raise Problem(UNAUTHENTICATED)
    return answer


async def change_profile(
    platform: Platform, principal: Principal, body: ProfileChange, request_id: str
) -> AccountAnswer:
    """Another display name; the leaderboard shows it at once."""
    async with platform.database.unit_of_work(request_id) as work:
        account = await repository.hold(work.session, principal.account_id)
        if account is None:
            raise Problem(UNAUTHENTICATED)
        if account.display_name != body.display_name:
            account.display_name = body.display_name
            await leaderboard.renamed(work, account)
            await audit.record(
                work, "account.renamed", subject_kind=SUBJECT, subject_id=account.id,
                actor_id=account.id,
            )  # fmt: skip
        answer = await repository.answer(work.session, account.id)
    assert answer is not None, "the account is held"
    return answer


async def change_password(
    platform: Platform, principal: Principal, body: PasswordChange, request_id: str
) -> None:
    """Another password; every session ends. Raises Problem (wrong-password)."""
    known = await prove(platform, principal, body.current_password)
    replaced_by = await platform.passwords.hash(body.new_password)
    async with platform.database.unit_of_work(request_id) as work:
        account = await repository.hold(work.session, principal.account_id)
        if account is None or not is_still(account.password_hash, known):
            raise Problem(WRONG_PASSWORD)
        account.password_hash = replaced_by
        ended = await repository.end_all_sessions(work.session, account.id)
        await audit.record(
            work, "account.password_changed", subject_kind=SUBJECT, subject_id=account.id,
            actor_id=account.id, details={"sessions_ended": ended},
        )  # fmt: skip


async def change_tier(
    platform: Platform, admin: Principal, account_id: int, body: TierChange, request_id: str
) -> AccountAnswer:
    """Another tier for a person. Raises Problem (not-found).

    What they have already is no change: the audit trail does not grow by it.
    """
    wanted = (body.tier, body.expires_at if body.tier != "free" else None)
    async with platform.database.unit_of_work(request_id) as work:
        account = await repository.hold(work.session, account_id)
        if account is None:
            raise Problem(NOT_FOUND)
        before = (account.tier, account.tier_expires_at)
        if before != wanted:
            account.tier, account.tier_expires_at = wanted
            await audit.record(
                work, "account.tier_changed", subject_kind=SUBJECT, subject_id=account.id,
                actor_id=admin.account_id, details=_tiers(before, wanted),
            )  # fmt: skip
        answer = await repository.answer(work.session, account.id)
    assert answer is not None, "the account is held"
    return answer


def _tiers(*each: tuple[str, datetime | None]) -> dict[str, list[str | None]]:
    """Tiers and their ends as an audit row tells them: what was, then what is."""
    return {
        "tier": [tier for tier, _ in each],
        "expires_at": [end.isoformat() if end else None for _, end in each],
    }


async def prove(platform: Platform, principal: Principal, password: str) -> bytes:
    """The hash behind a person's password, which they have just shown to know.

    Guesses are counted like log-ins. Raises Problem (wrong-password, too-many-requests).
    """
    limiter = platform.limiter
    decision = await limiter.take(limiter.login, f"account:{principal.account_id}")
    if not decision.allowed:
        platform.metrics.rate_limited.labels(limiter.login.name).inc()
        raise Problem(TOO_MANY_REQUESTS, headers=decision.headers())
    async with platform.database.reading() as session:
        known = await repository.password_hash(session, principal.account_id)
    if not await platform.passwords.matches(password, known) or known is None:
        raise Problem(WRONG_PASSWORD)
    return known
