"""Who may see which forecast."""

from __future__ import annotations

from dataclasses import dataclass

from sut.accounts.principal import Tier

FREE_A_DAY = 3


@dataclass(frozen=True)
class Rights:
    """What a person sees of forecasts: how many matches a day (None: all), and the grid or not."""

    a_day: int | None
    grid: bool
    label: str


def rights_of(role: str, tier: Tier) -> Rights:
    """The rights of a role and the tier that holds at this moment."""
    if role == "admin":
        return Rights(a_day=None, grid=True, label="admin")
    return Rights(a_day=FREE_A_DAY if tier == "free" else None, grid=tier == "elite", label=tier)
