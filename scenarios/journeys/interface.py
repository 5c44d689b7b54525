"""What a journey is given and what it is: a frozen value with a name, a share and its steps."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.sessions import Accounts, Session, Sessions
from scenarios.targets import LogIn


@dataclass(frozen=True)
class Answer:
    """An answer that the journey expected. `body` is its JSON, None where it has none."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Visit(ABC):
    """One arrival of somebody who takes a journey."""

    sessions: Sessions
    accounts: Accounts

    @property
    @abstractmethod
    def chance(self) -> random.Random:
        """Where everything comes from that is left to chance, so that a seed repeats a run."""

    @property
    @abstractmethod
    def log_in(self) -> LogIn:
        """How the target's players log in. Raises LookupError where the target does not say."""

    @abstractmethod
    def ask(
        self,
        method: str,
        path: str,
        *,
        route: str | None = None,
        expect: Collection[int] = (200,),
        json: Mapping[str, object] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        session: Session | None = None,
        reads_json: bool = True,
    ) -> Answer:
        """Send a request and wait for its answer.

        The body is `json`, or the fields of a `form`. `route` is the name under which it is
        measured, where the path holds ids. A status outside `expect`, no answer, or a body that is
        not JSON (unless the journey does not read it) counts as a failure and ends the visit.
        """

    @abstractmethod
    def think(self) -> None:
        """Pause as a person does between two steps, for the profile's mean time."""


@dataclass(frozen=True)
class Journey:
    """One kind of visit. `share` is its part of the mix, in visits.

    A journey with a share of 0 takes no part in the mix.
    """

    name: str
    share: float
    play: Callable[[Visit], None]
