"""One run or one search of runs, played, judged for what was measured at all, and written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from reports.evidence import AnyRecord
from scenarios import breakpoint as breakpoint_
from scenarios import recorder, summary
from scenarios.conductor import Conductor, LoadError
from scenarios.holds import Abort
from scenarios.keeping import keep, say, tell
from scenarios.live import Line
from scenarios.observer import Observer
from scenarios.orders import Order
from scenarios.plan import Plan
from scenarios.preflight import NotReadyError, must_answer
from scenarios.runs import Run
from scenarios.targets import BAD_INPUT
from scenarios.webui import WebUiError
from scenarios.words import ABORTED, ENDED_EARLY, EVIDENCE, SUMMARY


def carry_out(wanted: Order) -> int:
    """Do what was ordered and write down what was measured; the exit code of the command."""
    line = Line()
    try:
        if wanted.searches:
            return _search(wanted, line)
        return _hand_over(wanted, _play(wanted, wanted.plan, line))
    except (LoadError, WebUiError) as error:
        tell(str(error))
        return BAD_INPUT


def _play(wanted: Order, plan: Plan, line: Line) -> Run:
    """One run. Raises LoadError when it cannot begin."""
    observer = Observer(wanted.pids, wanted.metrics_url, stores=wanted.stores)
    watchers = (Abort(wanted.holds),) if wanted.holds else ()
    conductor = Conductor(
        plan, wanted.generators, observer, line.show, wanted.post, watchers, line.say
    )
    try:
        return conductor.conduct()
    finally:
        line.end()


def _search(wanted: Order, line: Line) -> int:
    """Run after run, until the rate is known up to which the limits hold."""

    def play(plan: Plan) -> Run | None:
        try:  # what the last trial did to the service has to be over
            must_answer(wanted.ready_url)
        except NotReadyError as error:
            line.say(str(error))
            return None
        return _play(wanted, plan, line)

    found = breakpoint_.find(wanted.plan, wanted.holds, play, line.say)
    records = tuple(breakpoint_.records(found))
    kept = _keep(wanted, records, summary.of_a_search(found, records, wanted.evidence))
    if not kept:
        return BAD_INPUT
    if found.interrupted:
        return ENDED_EARLY
    if found.bracket.held_per_s is None:
        tell(f"no rate is known to hold: {breakpoint_.said_of(found)}")
        return BAD_INPUT
    return 0


def _hand_over(wanted: Order, run: Run) -> int:
    """Write down what was measured, and say what was wrong with the measuring."""
    records = tuple(recorder.records(run))
    kept = _keep(wanted, records, summary.text(run, records, wanted.evidence))
    faults = list(faults_of(run))
    for fault in faults:
        tell(fault)
    if faults or not kept:
        return BAD_INPUT
    if breakpoint_.by_a_limit(run, wanted.holds):
        tell(f"ended early: {run.ended_early}")
        return ABORTED
    return ENDED_EARLY if run.ended_early or _was_interrupted(run) else 0


def _keep(wanted: Order, records: Iterable[AnyRecord], said: str) -> bool:
    """Say and write down what was found; whether it is where it was wanted."""

    def write(folder: Path) -> None:
        recorder.write_all(records, folder / EVIDENCE)
        (folder / SUMMARY).write_text(said, encoding="utf-8")

    say(said)
    return keep(wanted.out, write)


def _was_interrupted(run: Run) -> bool:
    return any(result.health.interrupted for result in run.results)


def faults_of(run: Run) -> Iterator[str]:
    """Why a run did not measure what was asked for, a line each; the evidence says so as well."""
    if run.lost:
        yield (
            f"{run.lost} of {run.generators} generators did not hand over all that they measured; "
            "what they did is in the evidence, which says so. Try a lower --rate."
        )
    errors: Counter[str] = Counter()
    for result in run.results:
        errors.update(result.health.errors)
    for said, count in errors.most_common(3):
        yield f"{said}, {count} times: the journey is at fault, not the service. Mend it."
    if not run.ended_early:
        yield from _unanswered(run)
    if not (run.lost or errors or run.ended_early or _was_interrupted(run)):
        yield from _unmeasured(run)


def _unmeasured(run: Run) -> Iterator[str]:
    """Nothing was asked, so nothing is known: that must not look like a pass."""
    if run.seconds and any(tally.count for tally in run.tallies.values()):
        return
    begun = sum(result.health.begun for result in run.results)
    yield (
        f"no request was answered in the {run.measured_s:.1f} s that were measured, and {begun:,} "
        "visits begun: nothing was measured.\nMeasure longer (--duration) or at a higher --rate; "
        "a journey that asks for nothing measures nothing either."
    )


def _unanswered(run: Run) -> Iterator[str]:
    """The journeys that were begun and of which no request was answered as expected."""
    begun: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = {}
    for result in run.results:
        begun.update(result.health.visits)
        for (at, reason), count in result.failures.counts.items():
            reasons.setdefault(at.scenario, Counter())[f"{at.operation}: {reason}"] += count
    reached = {at.scenario for at, tally in run.tallies.items() if tally.failed < tally.count}
    for name in begun:
        if name not in reached and name in reasons:
            ((reason, count),) = reasons[name].most_common(1)
            yield (
                f"journey {name}: nothing of it was answered as it expects ({reason}, {count} "
                "times). Is this the service that it was written for?"
            )
