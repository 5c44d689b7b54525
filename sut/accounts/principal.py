"""A person, as far as rules ask: the role, the tier and the log-in that speaks for them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Literal

Role = Literal["player", "admin"]
Tier = Literal["free", "pro", "elite"]


@dataclass(frozen=True)
class Principal:
    """A person whose session was live when the request came; `tier` holds at that moment."""

    account_id: int
    session_id: uuid.UUID
    role: Role
    tier: Tier
