"""Whether the measuring was sound: what the gate needs to believe a run, as instrument records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reports.evidence import Instrument
from scenarios.histograms import new_histogram
from scenarios.runs import Run


def records(run: Run) -> Iterator[Instrument]:
    """How the generators fared."""
    health = [result.health for result in run.results]
    profile = run.plan.profile
    planned_s = profile.shape.duration_s
    scheduled = sum(item.scheduled for item in health)
    begun = sum(item.begun for item in health)
    lost = sum(item.lost for item in health)
    yield Instrument(
        name="load_seconds",
        value=min((item.measured_s for item in health), default=0.0),
        total=planned_s,
        unit="s",
        detail=f"profile {profile.name}: {profile.shape.kind}, peak {profile.shape.peak_per_s:g} "
        f"visits/s, {profile.process} arrivals, open model, seed {run.plan.seed}; "
        f"{profile.warm_up_s:g} s of warm-up not recorded",
    )
    yield Instrument(
        name="generators_finished", value=len(run.results), total=run.generators, unit="processes"
    )
    if not health:
        return
    lag = new_histogram()
    for result in run.results:
        lag.add(result.lag)
    yield Instrument(
        name="schedule_lag_p99_ms", value=lag.get_value_at_percentile(99) / 1000, unit="ms"
    )
    yield Instrument(
        name="generator_cpu_share",
        value=max(item.cpu_share for item in health),
        unit="ratio",
        detail="of one core, the busiest generator",
    )
    yield _share("arrivals_on_time", sum(item.on_time for item in health), scheduled, "visits")
    yield _share(
        "arrivals_served", begun - lost if begun else 0, scheduled, "visits", f"{lost} lost"
    )
    spent_s = max(0.001, min(item.measured_s for item in health))
    yield _share("achieved_rate_per_s", begun / spent_s, scheduled / spent_s, "visits/s")
    yield Instrument(
        name="visits_unfinished", value=sum(item.unfinished for item in health), unit="visits"
    )
    yield Instrument(
        name="connections_opened",
        value=sum(item.connections for item in health),
        unit="connections",
        detail=f"at most {profile.connections} at once a generator, kept between requests",
    )
    yield _generator_errors(run)
    yield _journeys_reached(run)


def _share(name: str, value: float, total: float, unit: str, detail: str = "") -> Instrument:
    return Instrument(name=name, value=value, total=total, unit=unit, detail=detail)


def _generator_errors(run: Run) -> Instrument:
    errors: Counter[str] = Counter()
    for result in run.results:
        errors.update(result.health.errors)
    said = "; ".join(f"{count} times {text}" for text, count in errors.most_common(5))
    return Instrument(name="generator_errors", value=errors.total(), unit="errors", detail=said)


def _journeys_reached(run: Run) -> Instrument:
    """A journey is reached when a request of it was answered as expected."""
    names = [journey.name for journey in run.plan.mix()]
    log_in = run.plan.log_in()
    if log_in is not None:
        names.append(log_in.name)
    reached = {
        endpoint.scenario for endpoint, tally in run.tallies.items() if tally.failed < tally.count
    }
    return Instrument(
        name="journeys_reached",
        value=len(reached.intersection(names)),
        total=len(names),
        missing=tuple(name for name in names if name not in reached),
        unit="journeys",
    )
