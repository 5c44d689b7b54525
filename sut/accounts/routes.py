"""Accounts, sessions and one's own data over HTTP."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from sut import answers
from sut.accounts import privacy, service, sessions
from sut.accounts.schemas import (
    AccountAnswer,
    Credentials,
    Erasure,
    Export,
    PasswordChange,
    ProfileChange,
    Refresh,
    Registration,
    SessionList,
    TierChange,
    Tokens,
)
from sut.dependencies import Client, CurrentAdmin, CurrentPrincipal, PlatformDep, RequestId
from sut.problems import (
    EMAIL_TAKEN,
    INVALID_REFRESH_TOKEN,
    NOT_FOUND,
    WRONG_CREDENTIALS,
    WRONG_PASSWORD,
    documented,
)
from sut.wire import Id

router = APIRouter()
_SessionId = Annotated[uuid.UUID, Path(description="A session's id")]
_AccountId = Annotated[Id, Path(description="An account's number")]
_ACCOUNT_LEADS_TO: dict[int | str, dict[str, Any]] = {
    201: {
        "links": {
            "log_in": {
                "operationId": "log_in",
                "requestBody": {
                    "email": "$request.body#/email",
                    "password": "$request.body#/password",
                },
            }
        }
    }
}
_TOKENS_LEAD_TO: dict[int | str, dict[str, Any]] = {
    201: {
        "links": {
            "refresh": {
                "operationId": "refresh",
                "requestBody": {"refresh_token": "$response.body#/refresh_token"},
            },
            "log_out": {
                "operationId": "log_out",
                "parameters": {"session_id": "$response.body#/session_id"},
            },
        }
    }
}


@router.post(
    "/api/accounts", status_code=201, response_model=AccountAnswer, operation_id="register",
    summary="Register", tags=["accounts"],
    responses={**documented(EMAIL_TAKEN), **_ACCOUNT_LEADS_TO},
)  # fmt: skip
async def register(platform: PlatformDep, request_id: RequestId, body: Registration) -> Response:
    """Make an account for a player of the free tier."""
    account = await service.register(platform, body, request_id)
    return answers.private(account, 201, {"location": "/api/me"})


@router.post(
    "/api/sessions", status_code=201, response_model=Tokens, operation_id="log_in",
    summary="Log in", tags=["sessions"],
    responses={**documented(WRONG_CREDENTIALS), **_TOKENS_LEAD_TO},
)  # fmt: skip
async def log_in(
    platform: PlatformDep, request_id: RequestId, client: Client, body: Credentials
) -> Response:
    """Begin a session. An unknown address and a wrong password are answered alike."""
    done = await sessions.log_in(platform, body, client, request_id)
    return answers.private(done.tokens, 201, done.limit.headers())


@router.post(
    "/api/sessions/refresh", response_model=Tokens, operation_id="refresh",
    summary="Get new tokens", tags=["sessions"], responses=documented(INVALID_REFRESH_TOKEN),
)  # fmt: skip
async def refresh(platform: PlatformDep, request_id: RequestId, body: Refresh) -> Response:
    """Trade a refresh token for new tokens. Using one twice ends its session."""
    return answers.private(await sessions.refresh(platform, body.refresh_token, request_id))


@router.get(
    "/api/sessions", response_model=SessionList, operation_id="list_sessions",
    summary="List own sessions", tags=["sessions"],
)  # fmt: skip
async def list_sessions(platform: PlatformDep, principal: CurrentPrincipal) -> Response:
    """Where one is logged in."""
    return answers.private(await sessions.sessions_of(platform, principal))


@router.delete(
    "/api/sessions", status_code=204, operation_id="log_out_everywhere",
    summary="Log out everywhere", tags=["sessions"],
)  # fmt: skip
async def log_out_everywhere(
    platform: PlatformDep, request_id: RequestId, principal: CurrentPrincipal
) -> None:
    """End all of one's sessions, this one too."""
    await sessions.log_out_everywhere(platform, principal, request_id)


@router.delete(
    "/api/sessions/{session_id:uuid}", status_code=204, operation_id="log_out",
    summary="Log out", tags=["sessions"], responses=documented(NOT_FOUND),
)  # fmt: skip
async def log_out(
    platform: PlatformDep, request_id: RequestId, principal: CurrentPrincipal,
    session_id: _SessionId,
) -> None:  # fmt: skip
    """End one of one's own sessions."""
    await sessions.log_out(platform, principal, session_id, request_id)


@router.get(
    "/api/me", response_model=AccountAnswer, operation_id="get_profile",
    summary="Show own account", tags=["accounts"],
)  # fmt: skip
async def get_profile(platform: PlatformDep, principal: CurrentPrincipal) -> Response:
    """One's own account; `tier` is what holds at this moment."""
    return answers.private(await service.profile(platform, principal))


@router.patch(
    "/api/me", response_model=AccountAnswer, operation_id="change_profile",
    summary="Change own display name", tags=["accounts"],
)  # fmt: skip
async def change_profile(
    platform: PlatformDep, request_id: RequestId, principal: CurrentPrincipal, body: ProfileChange
) -> Response:
    """Another name on the leaderboard."""
    return answers.private(await service.change_profile(platform, principal, body, request_id))


@router.put(
    "/api/me/password", status_code=204, operation_id="change_password",
    summary="Change own password", tags=["accounts"], responses=documented(WRONG_PASSWORD),
)  # fmt: skip
async def change_password(
    platform: PlatformDep, request_id: RequestId, principal: CurrentPrincipal,
    body: PasswordChange,
) -> None:  # fmt: skip
    """Another password. Every session ends at once, this one too."""
    await service.change_password(platform, principal, body, request_id)


@router.get(
    "/api/me/export", response_model=Export, operation_id="export_me",
    summary="Export own data", tags=["accounts"],
)  # fmt: skip
async def export_me(platform: PlatformDep, principal: CurrentPrincipal) -> Response:
    """Everything that is held of the person who asks."""
    return answers.private(await privacy.export(platform, principal))


@router.post(
    "/api/me/erase", status_code=204, operation_id="erase_me", summary="Erase own account",
    tags=["accounts"], responses=documented(WRONG_PASSWORD),
)  # fmt: skip
async def erase_me(
    platform: PlatformDep, request_id: RequestId, principal: CurrentPrincipal, body: Erasure
) -> None:
    """Erase the person who asks. It cannot be taken back."""
    await privacy.erase(platform, principal, body, request_id)


@router.put(
    "/api/accounts/{account_id}/tier", response_model=AccountAnswer, operation_id="change_tier",
    summary="Change a player's tier", tags=["accounts"], responses=documented(NOT_FOUND),
)  # fmt: skip
async def change_tier(
    platform: PlatformDep, request_id: RequestId, admin: CurrentAdmin, account_id: _AccountId,
    body: TierChange,
) -> Response:  # fmt: skip
    """Give a player another tier, for good or until a moment."""
    account = await service.change_tier(platform, admin, account_id, body, request_id)
    return answers.private(account)
