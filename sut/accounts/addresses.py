"""E-mail addresses: which are taken, and what stands for one where it must not be read."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field

EMAIL_CHARACTERS_MAX = 254
_EMAIL = (
    r"^[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24}$"
)


def _deliverable(email: str) -> str:
    """The address in the form that is kept. Only its syntax is judged: DNS is not asked."""
    try:
        checked = validate_email(
            email, check_deliverability=False, allow_smtputf8=False, strict=True
        )
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    return checked.ascii_email or checked.normalized


Email = Annotated[
    str,
    Field(
        max_length=EMAIL_CHARACTERS_MAX, pattern=_EMAIL, examples=["ada@example.org"],
        json_schema_extra={"format": "email"},
    ),
    AfterValidator(_deliverable),
]  # fmt: skip


def folded(email: str) -> str:
    """What stands for an address in Redis, where no personal data belongs."""
    return sha256(email.lower().encode()).hexdigest()[:32]
