"""Who accepted what, until when: the model of waivers.toml.

A waiver accepts a shortfall that was measured: an objective that is missed, or a finding. It does
not stand in for evidence, so it never touches `invalid` or `no evidence`. It counts from the day it
was granted to the day it expires, both included; one that has expired counts as none, and one that
matches nothing is reported, so that the file does not fill with dead permissions.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from reports.objectives import Model, Word

LONGEST = timedelta(days=180)
SOON = timedelta(days=14)


class Waiver(Model):
    """`scope` is ``objective:<id>`` or ``finding:<fingerprint>``."""

    scope: Annotated[str, Field(pattern=r"^(objective|finding):[^\s:]+$")]
    owner: Word
    reason: Word
    granted: date
    expires: date

    @field_validator("expires")
    @classmethod
    def _not_for_ever(cls, expires: date, info: ValidationInfo) -> date:
        granted = info.data.get("granted")
        if granted is None:
            return expires
        last = granted + min(LONGEST, date.max - granted)
        if granted <= expires <= last:
            return expires
        raise ValueError(
            f"expected a day from {granted} (granted) to {last} ({LONGEST.days} days later), "
            f"found {expires}"
        )

    @property
    def kind(self) -> Literal["objective", "finding"]:
        """What it accepts."""
        return "objective" if self.scope.startswith("objective:") else "finding"

    @property
    def target(self) -> str:
        """The objective's id, or the finding's fingerprint."""
        return self.scope.partition(":")[2]

    def standing(self, today: date) -> Literal["valid", "expired", "not yet granted"]:
        """Whether it counts on that day."""
        if today < self.granted:
            return "not yet granted"
        return "expired" if today > self.expires else "valid"

    def ends_soon(self, today: date) -> bool:
        """Whether it counts on that day and not much longer: time to mend, or to decide anew."""
        return self.standing(today) == "valid" and self.expires - today <= SOON
