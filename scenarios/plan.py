"""What one generator shall do, as a value that travels to its process, and its schedule."""

from __future__ import annotations

import heapq
import importlib
import math
import random
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from scenarios import shapes
from scenarios.journeys.interface import Journey
from scenarios.journeys.paths import journey as path_journey
from scenarios.shapes import Profile
from scenarios.targets import Identity

DECK = 100  # visits after which the mix has its exact shares


class JourneysError(ValueError):
    """The module of journeys cannot be used; the message says why."""


class Plan(BaseModel):
    """One run's load. `share` of `of` says which part of the schedule this generator plays.

    `paths` takes the place of the journeys where it is not empty. `sessions_first` people log in
    before the schedule begins, so that those who need to be somebody can be. `closed_users` many
    make one visit after another instead of the schedule; the profile's rate says nothing then.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    profile: Profile
    player: Identity | None = None
    journeys: str = "scenarios.journeys"
    paths: tuple[str, ...] = ()
    sessions_first: int = 20
    seed: int = 1
    share: int = 0
    of: int = 1
    closed_users: int | None = None

    @property
    def model(self) -> str:
        """How load comes about, in words for the evidence."""
        return f"closed model, {self.closed_users} users" if self.closed_users else "open model"

    def mix(self) -> tuple[Journey, ...]:
        """The journeys of the mix. Raises JourneysError."""
        if self.paths:
            return tuple(path_journey(path) for path in dict.fromkeys(self.paths))
        module = self._module()
        mix, log_in = getattr(module, "MIX", ()), getattr(module, "LOG_IN", None)
        if not isinstance(mix, tuple | list) or not mix or not _are_journeys(mix):
            raise JourneysError(f"{self.journeys}: expected MIX, a tuple of Journey values")
        if log_in is not None and not isinstance(log_in, Journey):
            raise JourneysError(f"{self.journeys}: expected LOG_IN, a Journey, found {log_in!r}")
        beside = () if log_in is None or log_in in mix else (log_in,)
        for fault in _faults((*mix, *beside)):
            raise JourneysError(f"{self.journeys}: {fault}")
        if not any(journey.share > 0 for journey in mix):
            raise JourneysError(f"{self.journeys}: expected a journey in MIX with a share above 0")
        return tuple(mix)

    def log_in(self) -> Journey | None:
        """The journey that logs in, where there is one and there are accounts.

        In the closed model it is for the people who are there beforehand; nobody arrives by it.
        """
        if self.paths or self.player is None or self.player.log_in is None:
            return None
        journey = getattr(self._module(), "LOG_IN", None)
        return journey if isinstance(journey, Journey) else None

    def _module(self) -> object:
        try:
            return importlib.import_module(self.journeys)
        except ImportError as error:
            raise JourneysError(f"journeys: cannot import {self.journeys}: {error}") from None
        except (Exception, SystemExit) as error:  # whatever a module does when it is imported
            said = f"{type(error).__name__}: {error}"
            raise JourneysError(f"journeys: {self.journeys} cannot be used: {said}") from None


def _are_journeys(mix: Iterable[object]) -> bool:
    return all(isinstance(journey, Journey) for journey in mix)


def _faults(journeys: Iterable[Journey]) -> Iterator[str]:
    """What is wrong with journeys. A journey is told from another by its name alone."""
    names: set[object] = set()
    for journey in journeys:
        name: object = journey.name
        share: object = journey.share
        if not isinstance(name, str) or not name:
            yield f"expected a name for each journey, a text, found {name!r}"
        elif name in names:
            yield f"two journeys are named {name!r}: the first would never be played; rename one"
        elif not isinstance(share, int | float) or not 0 <= share < math.inf:
            yield f"journey {name}: expected a share, a number of 0 or more, found {share!r}"
        elif not callable(journey.play):
            yield f"journey {name}: expected play, a function of a Visit, found {journey.play!r}"
        names.add(name)


class Arrival(NamedTuple):
    """A visit to come: when, counted from the measured part's start, by whom, with which seed."""

    at_s: float
    number: int
    journey_name: str
    seed: int


def schedule(plan: Plan) -> Iterator[Arrival]:
    """This generator's part of the arrivals, in order; those below 0 s are the warm-up.

    All generators of a run draw the same whole schedule and each plays every `of`-th arrival of
    it, so that together they play what one alone would.
    """
    for arrival in _whole(plan):
        if arrival.number % plan.of == plan.share:
            yield arrival


def _whole(plan: Plan) -> Iterator[Arrival]:
    profile, seed = plan.profile, plan.seed
    chance = random.Random(seed)  # noqa: S311 - a schedule, not a secret
    dealt = cards(plan.mix(), chance)
    streams: list[Iterable[tuple[float, str]]] = [
        ((at_s, next(dealt)) for at_s in _with_warm_up(profile, profile.shape, seed))
    ]
    log_in = plan.log_in()
    if log_in is not None and profile.log_ins_per_s > 0:
        entering = shapes.constant(profile.log_ins_per_s, profile.shape.duration_s)
        name = log_in.name
        streams.append((at_s, name) for at_s in entering.arrivals("even"))
    for number, (at_s, name) in enumerate(heapq.merge(*streams)):
        yield Arrival(at_s, number, name, chance.getrandbits(48))


def _with_warm_up(profile: Profile, shape: shapes.Shape, seed: int) -> Iterator[float]:
    first_rate = shape.rate_at(0)
    if profile.warm_up_s > 0 and first_rate > 0:
        warm_up = shapes.constant(first_rate, profile.warm_up_s)
        for at_s in warm_up.arrivals(profile.process, seed + 1):
            yield at_s - profile.warm_up_s
    yield from shape.arrivals(profile.process, seed)


def cards(mix: tuple[Journey, ...], chance: random.Random) -> Iterator[str]:
    """Journey names without end, in random order, with the exact shares in every deck."""
    deck = _deck(mix)
    while True:
        chance.shuffle(deck)
        yield from deck


def _deck(mix: tuple[Journey, ...]) -> list[str]:
    whole = sum(journey.share for journey in mix)
    exact = {journey.name: DECK * journey.share / whole for journey in mix}
    deck = [name for name, count in exact.items() for _ in range(int(count))]
    by_remainder = sorted(exact, key=lambda name: exact[name] % 1, reverse=True)
    return deck + by_remainder[: DECK - len(deck)]
