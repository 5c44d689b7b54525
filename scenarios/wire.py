"""What a generator and its conductor say to each other: one JSON object a line, over pipes.

Conductor to generator: the plan, then `Start`. Generator to conductor: `Ready` or `Fault`, then
`Progress` each second, and `Result` at the end, which it also sends when it is interrupted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hdrh.histogram import HdrHistogram

from scenarios.histograms import Endpoint, Failures, Tally, new_histogram


@dataclass(frozen=True)
class Ready:
    """The generator has prepared itself and waits for the start."""


@dataclass(frozen=True)
class Fault:
    """The generator could not begin; `text` says why and what to try."""

    text: str


@dataclass(frozen=True)
class Progress:
    """How far one generator is. `second` counts from the measured part's start."""

    second: float
    started: int
    answered: int
    failed: int
    waiting: int
    lag_ms: float
    p95_ms: float
    cpu_share: float


@dataclass
class Health:
    """Whether one generator kept up. Counts are of visits in the measured part.

    `scheduled` were due, `begun` began, `on_time` within `arrivals.ON_TIME_S` of their moment;
    `lost` found the generator full or nobody free to act as, `unfinished` were cut off at the end.
    `cpu_share` is of one core. `errors` are faults of the journeys' or the generator's own.
    """

    scheduled: int = 0
    begun: int = 0
    on_time: int = 0
    lost: int = 0
    unfinished: int = 0
    connections: int = 0
    cpu_share: float = 0.0
    measured_s: float = 0.0
    interrupted: bool = False
    errors: dict[str, int] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)


@dataclass
class Result:
    """All that one generator measured."""

    tallies: dict[Endpoint, Tally] = field(default_factory=dict)
    failures: Failures = field(default_factory=Failures)
    health: Health = field(default_factory=Health)
    lag: HdrHistogram = field(default_factory=new_histogram)


Message = Ready | Fault | Progress | Result


def encode(message: Message) -> str:
    """One message as a line, without the line's end."""
    if isinstance(message, Result):
        return json.dumps({"event": "result", **_result_to_plain(message)})
    return json.dumps({"event": type(message).__name__.lower(), **vars(message)})


def decode(line: str) -> Message:
    """What `encode` wrote. Raises ValueError for anything else."""
    plain = json.loads(line)
    match plain.pop("event", None):
        case "ready":
            return Ready()
        case "fault":
            return Fault(**plain)
        case "progress":
            return Progress(**plain)
        case "result":
            return _result_from_plain(plain)
        case other:
            raise ValueError(f"expected a generator's message, found {other!r}")


def _result_to_plain(result: Result) -> dict[str, Any]:
    return {
        "tallies": [
            {"scenario": endpoint.scenario, "operation": endpoint.operation, **tally.to_plain()}
            for endpoint, tally in result.tallies.items()
        ],
        "failures": result.failures.to_plain(),
        "health": vars(result.health),
        "lag": result.lag.encode().decode(),
    }


def _result_from_plain(plain: Mapping[str, Any]) -> Result:
    result = Result(
        tallies={
            Endpoint(row["scenario"], row["operation"]): Tally.from_plain(row)
            for row in plain["tallies"]
        },
        failures=Failures.from_plain(plain["failures"]),
        health=Health(**plain["health"]),
    )
    result.lag.decode_and_add(plain["lag"])
    return result
