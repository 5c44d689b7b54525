"""Who is asking: the principal of a request, and the dependencies that demand one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Literal

Role = Literal["player", "admin"]
Tier = Literal["free", "pro", "elite"]


@dataclass(frozen=True)
class Principal:
    """A person whose session was live when the request came; `tier` is what holds at that moment."""

    account_id: int
    session_id: uuid.UUID
    role: Role
    tier: Tier
