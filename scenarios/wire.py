"""What generators and the conductor say to each other, as messages of Locust's own distribution.

A generator is a Locust worker, the conductor sits beside the Locust master. A generator that is
there says `HELLO`. The conductor asks for its clock (`CLOCK`, there and back), hands it its part
of the load (`PLAN`), lets Locust spawn its user, waits for `READY` or `FAULT`, and says when the
measured part begins (`START`, a moment on the generator's own clock). From then on the generator
hands over what it counted each second (`REPORT`), and the rest with its last report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hdrh.histogram import HdrHistogram

from scenarios.counts import Counts, pour
from scenarios.histograms import Endpoint, Failures, Tally, new_histogram

VERSION = 2  # of these messages; a worker of another release is turned away

HELLO = "touchline.hello"
CLOCK = "touchline.clock"
PLAN = "touchline.plan"
READY = "touchline.ready"
FAULT = "touchline.fault"
START = "touchline.start"
REPORT = "touchline.report"
TO_CONDUCTOR = (HELLO, CLOCK, READY, FAULT, REPORT)
TO_GENERATOR = (CLOCK, PLAN, START)


@dataclass
class Health:
    """Whether one generator kept up. Counts are of visits in the measured part.

    `scheduled` were due, `begun` began, `on_time` within `arrivals.ON_TIME_S` of their moment;
    `lost` found the generator full or nobody free to act as, `unfinished` were cut off at the end.
    `connections` were opened in all, `opened` of them in the measured part. `cpu_share` is of one
    core. `received_bytes` are those of the answers' bodies. `errors` are faults of the journeys' or
    the generator's own.
    """

    scheduled: int = 0
    begun: int = 0
    on_time: int = 0
    lost: int = 0
    unfinished: int = 0
    connections: int = 0
    opened: int = 0
    received_bytes: int = 0
    cpu_share: float = 0.0
    measured_s: float = 0.0
    interrupted: bool = False
    errors: dict[str, int] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)


@dataclass
class Report:
    """What a generator counted since its last report, and how it fares.

    `second` counts from the measured part's start; `answered` are all requests counted so far, so
    that a report that was lost on the way is missed. `health` is of the whole run until now. `lag`
    is how late visits began, `loop_lag` how late the generator's own clock woke it, in buckets.
    """

    second: float
    answered: int
    waiting: int = 0
    cpu_share: float = 0.0
    last: bool = False
    health: Health = field(default_factory=Health)
    counts: dict[Endpoint, Counts] = field(default_factory=dict)
    failures: Failures = field(default_factory=Failures)
    lag: Counter[int] = field(default_factory=Counter)
    loop_lag: Counter[int] = field(default_factory=Counter)

    def to_plain(self) -> dict[str, Any]:
        """As a message takes it."""
        return {
            **vars(self),
            "health": vars(self.health),
            "counts": [
                {"scenario": at.scenario, "operation": at.operation, **counts.to_plain()}
                for at, counts in self.counts.items()
            ],
            "failures": self.failures.to_plain(),
            "lag": dict(self.lag),
            "loop_lag": dict(self.loop_lag),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Report:
        """What `to_plain` wrote. Raises KeyError or TypeError for anything else."""
        return cls(
            **{
                **plain,
                "health": Health(**plain["health"]),
                "counts": {
                    Endpoint(row["scenario"], row["operation"]): Counts.from_plain(row)
                    for row in plain["counts"]
                },
                "failures": Failures.from_plain(plain["failures"]),
                "lag": Counter(plain["lag"]),
                "loop_lag": Counter(plain["loop_lag"]),
            }
        )


@dataclass
class Result:
    """All that one generator handed over; `finished` where that is all that it measured.

    `latencies` counts those of all endpoints together, in the histograms' buckets.
    """

    tallies: dict[Endpoint, Tally] = field(default_factory=dict)
    failures: Failures = field(default_factory=Failures)
    health: Health = field(default_factory=Health)
    lag: HdrHistogram = field(default_factory=new_histogram)
    loop_lag: HdrHistogram = field(default_factory=new_histogram)
    latencies: Counter[int] = field(default_factory=Counter)
    finished: bool = True

    @property
    def answered(self) -> int:
        """Requests that were handed over."""
        return sum(tally.count for tally in self.tallies.values())

    def take(self, report: Report) -> None:
        """Add a report. After the last one it is finished, if none before it was lost."""
        for endpoint, counts in report.counts.items():
            counts.pour_into(self.tallies.setdefault(endpoint, Tally()))
            for values in counts.by_second.values():
                self.latencies.update(values)
        self.failures.merge(report.failures)
        pour(report.lag, self.lag)
        pour(report.loop_lag, self.loop_lag)
        self.health = report.health
        self.finished = report.last and self.answered == report.answered
