"""What accounts and sessions look like on the wire."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from sut.accounts.addresses import Email
from sut.accounts.principal import Role, Tier
from sut.wire import Answer, Body, Instant, PlainText

# No control characters, no marks that turn the direction of writing, no blanks at the ends.
_NAME_CHARACTER = r"[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
_NAME_END = r"[^\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"


Password = Annotated[
    str, Field(min_length=1, max_length=128, json_schema_extra={"format": "password"})
]
NewPassword = Annotated[
    str,
    Field(
        min_length=12, max_length=128, examples=["correct horse battery"],
        json_schema_extra={"format": "password"},
    ),
]  # fmt: skip
DisplayName = Annotated[
    str,
    Field(
        min_length=1, max_length=40, examples=["Ada"],
        pattern=f"^{_NAME_END}({_NAME_CHARACTER}*{_NAME_END})?$",
    ),
]  # fmt: skip


class Registration(Body):
    """A new account."""

    email: Email
    password: NewPassword
    display_name: DisplayName


class Credentials(Body):
    """A log-in."""

    email: Email
    password: Password


class Refresh(Body):
    """The newest refresh token of a session."""

    refresh_token: Annotated[
        PlainText, Field(min_length=1, max_length=200, json_schema_extra={"writeOnly": True})
    ]


class ProfileChange(Body):
    """What one may change of one's own profile."""

    display_name: DisplayName


class PasswordChange(Body):
    """A new password, and the one that holds."""

    current_password: Password
    new_password: NewPassword


class Erasure(Body):
    """The password, since erasing cannot be taken back."""

    password: Password


class TierChange(Body):
    """A tier, and the moment from which it is `free` again."""

    tier: Tier
    expires_at: Instant | None = None


class AccountAnswer(Answer):
    """An account; `tier` is what holds at this moment."""

    id: int
    email: str
    display_name: str
    role: Role
    tier: Tier
    tier_expires_at: datetime | None
    created_at: datetime


class Tokens(Answer):
    """The tokens of a session."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 (the kind, RFC 6750)
    expires_in_s: int
    refresh_token: str
    refresh_expires_in_s: int
    session_id: uuid.UUID


class SessionAnswer(Answer):
    """A log-in that is live; `current` is the one that asks."""

    id: uuid.UUID
    created_at: datetime
    last_used_at: datetime
    current: bool


class SessionList(Answer):
    """Every live log-in of an account."""

    items: list[SessionAnswer]


class Export(Answer):
    """Everything that is held of a person, secrets (hashes) left out."""

    exported_at: datetime
    account: AccountAnswer
    sessions: list[dict[str, Any]]
    refresh_tokens: list[dict[str, Any]]
    predictions: list[dict[str, Any]]
    idempotency_keys: list[dict[str, Any]]
    scores: list[dict[str, Any]]
    forecast_views: list[dict[str, Any]]
    audit: list[dict[str, Any]]
