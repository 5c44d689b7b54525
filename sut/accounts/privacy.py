"""What is held of a person, and how it is erased.

Erasing keeps the account's number, which then stands for nobody: its predictions and scores stay
under a placeholder name, so that no one else's rank moves and a corrected result still recomputes
every row. All that names the person or lets them in is removed: address, password, sessions,
tokens, answers kept under idempotency keys, forecasts seen, cached pages. The audit trail stays; it
never held more than numbers.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CompoundSelect, Select, Table, delete, func, select, union
from sqlalchemy.orm import aliased

from sut.accounts import repository
from sut.accounts.models import RefreshToken, Session
from sut.accounts.principal import Principal
from sut.accounts.schemas import Erasure, Export
from sut.accounts.service import BEGAN, SESSION, SUBJECT, prove
from sut.forecasts.models import ForecastView
from sut.leaderboard import service as leaderboard
from sut.leaderboard.models import Score
from sut.operations import audit
from sut.operations.models import AuditRow
from sut.passwords import is_still
from sut.platform import Platform
from sut.predictions.models import IdempotencyKey, Prediction
from sut.problems import UNAUTHENTICATED, WRONG_PASSWORD, Problem

PLACEHOLDER_NAME = "Erased player"


async def export(platform: Platform, principal: Principal) -> Export:
    """Everything held of a person, as it stood at one moment."""
    statements = _held(principal.account_id)
    async with platform.database.snapshot() as session:
        account = await repository.answer(session, principal.account_id)
        if account is None:
            raise Problem(UNAUTHENTICATED)
        held: dict[str, Any] = {
            name: await repository.rows(session, one) for name, one in statements.items()
        }
        now = await repository.database_time(session)
    return Export.model_construct(exported_at=now, account=account, **held)


async def erase(platform: Platform, principal: Principal, body: Erasure, request_id: str) -> None:
    """Erase a person. Raises Problem (wrong-password, too-many-requests)."""
    known = await prove(platform, principal, body.password)
    async with platform.database.unit_of_work(request_id) as work:
        account = await repository.hold(work.session, principal.account_id)
        if account is None or not is_still(account.password_hash, known):
            raise Problem(WRONG_PASSWORD)
        account.email, account.password_hash = None, None
        account.display_name = PLACEHOLDER_NAME
        account.tier, account.tier_expires_at = "free", None
        account.erased_at = func.clock_timestamp()
        await repository.remove_sessions(work.session, account.id)
        for table in (IdempotencyKey, ForecastView):
            await work.session.execute(delete(table).where(table.account_id == account.id))
        await leaderboard.erased(work, account)
        await audit.record(
            work, "account.erased", subject_kind=SUBJECT, subject_id=account.id,
            actor_id=account.id,
        )  # fmt: skip


def _held(account_id: int) -> dict[str, Select[*tuple[Any, ...]]]:
    """A statement for each kind of thing held. Hashes are left out: they are secrets, not data."""
    mine = select(Session.id).where(Session.account_id == account_id)
    return {
        "sessions": _rows(Session, "browser_token_hash").where(
            Session.account_id == account_id
        ).order_by(Session.created_at),
        "refresh_tokens": _rows(RefreshToken, "token_hash").where(
            RefreshToken.session_id.in_(mine)
        ).order_by(RefreshToken.issued_at),
        "predictions": _rows(Prediction).where(
            Prediction.account_id == account_id
        ).order_by(Prediction.id),
        "idempotency_keys": _rows(IdempotencyKey, "request_hash", "answer").where(
            IdempotencyKey.account_id == account_id
        ).order_by(IdempotencyKey.created_at),
        "scores": _rows(Score).where(Score.account_id == account_id).order_by(Score.id),
        "forecast_views": _rows(ForecastView).where(
            ForecastView.account_id == account_id
        ).order_by(ForecastView.day, ForecastView.match_id),
        "audit": _rows(AuditRow, "hash", "previous_hash").where(
            AuditRow.id.in_(_audited(account_id))
        ).order_by(AuditRow.id),
    }  # fmt: skip


def _audited(account_id: int) -> CompoundSelect[*tuple[Any, ...]]:
    """The numbers of the audit rows by a person, about them, and about log-ins of theirs.

    A stolen token that is used again has no actor: that row is about the session alone, and whose
    that was, its beginning tells even when it has long been cleared up. Each part is found by an
    index, which it would not be within an `or`.
    """
    begun = aliased(AuditRow)
    number = select(AuditRow.id)
    return union(
        number.where(AuditRow.actor_id == account_id),
        number.where(AuditRow.subject_kind == SUBJECT, AuditRow.subject_id == str(account_id)),
        number.join(begun, begun.subject_id == AuditRow.subject_id).where(
            AuditRow.subject_kind == SESSION,
            begun.subject_kind == SESSION,
            begun.action == BEGAN,
            begun.actor_id == account_id,
        ),
    )


def _rows(model: Any, *without: str) -> Select[*tuple[Any, ...]]:
    table: Table = model.__table__
    return select(*(column for column in table.columns if column.name not in without))
