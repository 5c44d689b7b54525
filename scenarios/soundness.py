"""Whether the measuring was sound: what the gate needs to believe a run, as instrument records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from hdrh.histogram import HdrHistogram

from reports.evidence import Instrument
from scenarios.histograms import new_histogram
from scenarios.runs import Run
from scenarios.wire import Health

LAGS = {"p50": 50.0, "p95": 95.0, "p99": 99.0}
CALM = "give it a calmer machine, --processes or a lower --rate"


def records(run: Run) -> Iterator[Instrument]:
    """How the generators fared."""
    yield _length(run)
    yield Instrument(
        name="generators_finished",
        value=len(run.finished),
        total=run.generators,
        unit="processes",
        detail=f"{run.lost} lost, with what they had not handed over; see what they said last, "
        "and try a lower --rate"
        if run.lost
        else "",
    )
    if not run.results:
        return
    health = [result.health for result in run.results]
    if not run.plan.closed_users:
        yield from _arrivals(run, health)
    loop_lags = [result.loop_lag for result in run.results]
    yield from _lags("event_loop_lag", loop_lags, f"a generator woke too late: {CALM}")
    yield Instrument(
        name="generator_cpu_share",
        value=max(item.cpu_share for item in health),
        unit="ratio",
        detail="of one core, the busiest generator: share the load with --processes, or with "
        "--worker on other machines",
    )
    yield Instrument(
        name="clock_uncertainty_ms",
        value=run.clock_uncertainty_s * 1000,
        unit="ms",
        detail="how far apart the generators' starts may have been: bring workers nearer to the "
        "master",
    )
    yield Instrument(
        name="visits_unfinished", value=sum(item.unfinished for item in health), unit="visits"
    )
    yield from _connections(run, health)
    yield _generator_errors(health)
    yield _journeys_reached(run)


def _length(run: Run) -> Instrument:
    profile = run.plan.profile
    if run.plan.closed_users:
        how = f"{run.plan.model}, mean thinking time {profile.think_s:g} s"
    else:
        peak = f"peak {profile.shape.peak_per_s:g} visits/s"
        how = f"{profile.shape.kind}, {peak}, {profile.process} arrivals, {run.plan.model}"
    ended = f"; ended early: {run.ended_early}" if run.ended_early else ""
    return Instrument(
        name="load_seconds",
        value=run.measured_s,
        total=profile.shape.duration_s,
        unit="s",
        detail=f"profile {profile.name}: {how}, seed {run.plan.seed}; "
        f"{profile.warm_up_s:g} s of warm-up not recorded{ended}",
    )


def _arrivals(run: Run, health: list[Health]) -> Iterator[Instrument]:
    """Offered against achieved, and how late visits began: of the open model alone."""
    scheduled = sum(item.scheduled for item in health)
    begun = sum(item.begun for item in health)
    lost = sum(item.lost for item in health)
    lags = [result.lag for result in run.results]
    yield from _lags("schedule_lag", lags, f"visits began after their moment: {CALM}")
    late = f"the others began more than 0.1 s after their moment: {CALM}"
    yield _share(
        "arrivals_on_time", sum(item.on_time for item in health), scheduled, "visits", late
    )
    full = f"{lost} lost: more under way than --visits-max, or nobody free to act as (--sessions)"
    yield _share("arrivals_served", scheduled - lost, scheduled, "visits", full)
    spent_s = max(0.001, run.measured_s)
    rates = begun / spent_s, scheduled / spent_s
    yield _share("achieved_rate_per_s", *rates, "visits/s", "offered and not begun: see the lost")


def _lags(name: str, parts: list[HdrHistogram], detail: str) -> Iterator[Instrument]:
    """How late something was, over all generators; nothing where it was never looked at."""
    lag = new_histogram()
    for part in parts:
        lag.add(part)
    if not lag.get_total_count():
        return
    for percentile, percent in LAGS.items():
        value = lag.get_value_at_percentile(percent) / 1000
        yield Instrument(name=f"{name}_{percentile}_ms", value=value, unit="ms", detail=detail)
    most = lag.get_max_value() / 1000
    yield Instrument(name=f"{name}_max_ms", value=most, unit="ms", detail=detail)


def _connections(run: Run, health: list[Health]) -> Iterator[Instrument]:
    requests = sum(tally.count for tally in run.tallies.values())
    opened = sum(item.opened for item in health)
    yield Instrument(
        name="connections_opened",
        value=sum(item.connections for item in health),
        unit="connections",
        detail=f"at most {run.plan.profile.connections} at once a generator, kept between requests",
    )
    yield Instrument(
        name="connections_reused",
        value=max(0, requests - opened),
        total=requests,
        unit="requests",
        detail=f"{opened} connections were opened for {requests} requests of the measured part: "
        "does the service, or what stands before it, close them?",
    )


def _share(name: str, value: float, total: float, unit: str, detail: str = "") -> Instrument:
    return Instrument(name=name, value=value, total=total, unit=unit, detail=detail)


def _generator_errors(health: list[Health]) -> Instrument:
    errors: Counter[str] = Counter()
    for item in health:
        errors.update(item.errors)
    said = "; ".join(f"{count} times {text}" for text, count in errors.most_common(5))
    return Instrument(name="generator_errors", value=errors.total(), unit="errors", detail=said)


def _journeys_reached(run: Run) -> Instrument:
    """A journey is reached when a request of it was answered as expected."""
    names = [journey.name for journey in run.plan.mix()]
    log_in = run.plan.log_in()
    if log_in is not None and not run.plan.closed_users:
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
