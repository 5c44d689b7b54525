"""The gate: objectives, evidence and waivers in, verdicts out. Pure; nothing is read or written.

An objective is the worst of its readings: missed, then invalid, then no evidence, then met. A valid
waiver turns what is `missed` into `waived`, and takes findings out of the count; it never stands in
for evidence. Each layer that the policy requires has an objective of its own, ``<layer>-suite``:
every check of it passed. A failed test that speaks for no objective counts there.

The release is NO-GO when any required objective is missed, else NO VERDICT when any is invalid or
without evidence, else GO. A policy that requires nothing is no verdict either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from reports.advice import next_step
from reports.clauses.checks import read_failures, read_outcomes
from reports.clauses.dispatch import read_clause
from reports.evidence import Check, Finding, LayerEvidence, Series
from reports.movements import broke
from reports.objectives import (
    SUITE_SUFFIX,
    AnyClause,
    ChecksClause,
    FindingsClause,
    InstrumentClause,
    MeasurementClause,
    Objective,
    Objectives,
)
from reports.soundness import Setting, Weighed, run_of, weigh
from reports.verdicts import (
    Broke,
    Reading,
    Release,
    Verdict,
    Verdicts,
    WaiverVerdict,
    worst,
)
from reports.waivers import Waiver
from reports.wording import count, listed


def judge(
    objectives: Objectives,
    evidence: Sequence[LayerEvidence],
    waivers: Sequence[Waiver],
    policy: str,
    today: date,
    tree: str,
    run: str = "",
) -> Verdicts:
    """Judge a run under a policy. `tree` is the present tree's id, `run` the run folder's name.

    Raises KeyError for a policy that does not exist.
    """
    required = {item.id for item in objectives.required_by(policy)}
    setting = Setting(tree, run_of(evidence, run))
    layers = _weigh_all(objectives, evidence, setting, objectives.layers_of(policy))
    valid = [waiver for waiver in waivers if waiver.standing(today) == "valid"]
    judged = [
        _judge_one(item, layers, valid, required=item.id in required)
        for item in objectives.objectives
    ]
    suites = [
        _judge_suite(layer, judged, valid)
        for layer in layers.values()
        if layer.verdict.required or layer.evidence is not None
    ]
    failed = _not_passed(layers)
    everything = tuple(_with_next_step(item, failed) for item in (*judged, *suites))
    release, why = _release([item for item in everything if item.required], policy)
    weighed = tuple(_weigh_waiver(waiver, everything, today) for waiver in waivers)
    return Verdicts(
        policy=policy,
        policy_description=objectives.policy(policy).description,
        release=release,
        why="; ".join((why, *_said_of_waivers(weighed, today))),
        tree=tree,
        run=setting.run,
        objectives=everything,
        layers=tuple(layer.verdict for layer in layers.values()),
        waivers=weighed,
        unclaimed=_unclaimed(objectives, evidence, layers),
    )


def _weigh_all(
    objectives: Objectives,
    evidence: Sequence[LayerEvidence],
    setting: Setting,
    required: Sequence[str],
) -> Mapping[str, Weighed]:
    """Every layer that exists, in the order in which they run, with evidence or without."""
    return {
        name: weigh(
            name,
            [file for file in evidence if file.layer == name],
            setting,
            required=name in required,
        )
        for name in objectives.layers
    }


# --- one objective -----------------------------------------------------------------------------


def _judge_one(
    objective: Objective,
    layers: Mapping[str, Weighed],
    waivers: Sequence[Waiver],
    *,
    required: bool,
) -> Verdict:
    by_fingerprint = {item.target: item for item in waivers if item.kind == "finding"}
    counted = {
        layer
        for item in objective.requires
        if isinstance(item, ChecksClause)
        for layer in item.reads
    }
    by_clause = [
        (clause, read_clause(clause, objective.id, layers, by_fingerprint))
        for clause in objective.requires
    ]
    readings = (
        *_without_distorted(by_clause),
        *read_failures(objective.id, layers, counted),
    )
    verdict = Verdict(
        id=objective.id,
        promise=objective.promise,
        target=objective.target,
        reason=objective.reason,
        state=worst(tuple(reading.state for reading in readings)),
        why=_why(readings) or _not_shown_yet(objective),
        required=required,
        readings=readings,
        waivers=tuple(by_fingerprint[mark] for item in readings for mark in item.waived),
        broke=tuple(_broken(by_clause, layers)),
    )
    return _with_waiver(verdict, waivers)


def _broken(
    by_clause: Sequence[tuple[AnyClause, tuple[Reading, ...]]], layers: Mapping[str, Weighed]
) -> Iterator[Broke]:
    for clause, readings in by_clause:
        if isinstance(clause, MeasurementClause):
            missed = [item for item in readings if item.state == "missed"]
            series = layers[clause.layer].of(Series) if missed else ()
            for reading in missed[:1]:
                if (found := broke(reading, clause.metric, series)) is not None:
                    yield found


def _without_distorted(
    by_clause: Sequence[tuple[AnyClause, tuple[Reading, ...]]],
) -> Iterator[Reading]:
    """All readings; measurements beside an instrument that failed and distorts are void."""
    void: set[str] = set()
    for clause, readings in by_clause:
        if isinstance(clause, InstrumentClause) and clause.distorts:
            void |= {item.layer for item in readings if item.state == "invalid"}
    for _, readings in by_clause:
        for item in readings:
            if item.kind == "measurement" and item.state == "missed" and item.layer in void:
                yield item.because("invalid", f"{item.why}, but not to be believed")
            else:
                yield item


def _not_shown_yet(objective: Objective) -> str:
    return f"Nothing shows this yet; it is for the {listed(objective.shown_by)} layer to show"


def _why(readings: Sequence[Reading]) -> str:
    """The reasons of the worst readings, each once, sentence by sentence."""
    state = worst(tuple(reading.state for reading in readings))
    reasons = dict.fromkeys(reading.why for reading in readings if reading.state == state)
    return ". ".join(_capital(reason) for reason in reasons)


def _capital(sentence: str) -> str:
    """The sentence with a capital, unless it begins with a name such as `files_parsed`."""
    first = sentence.partition(" ")[0]
    return f"{sentence[0].upper()}{sentence[1:]}" if first.isalpha() else sentence


def _with_waiver(verdict: Verdict, waivers: Iterable[Waiver]) -> Verdict:
    """Turn `missed` into `waived` where a valid waiver names the objective; doubt stays doubt."""
    if verdict.state != "missed":
        return verdict
    for waiver in waivers:
        if waiver.kind == "objective" and waiver.target == verdict.id:
            return _waived(verdict, waiver)
    return verdict


def _waived(verdict: Verdict, waiver: Waiver) -> Verdict:
    readings = tuple(
        reading.because("waived", reading.why) if reading.state == "missed" else reading
        for reading in verdict.readings
    )
    by = f"waived by {waiver.owner} until {waiver.expires} ({waiver.reason})"
    return replace(
        verdict,
        state=worst(tuple(reading.state for reading in readings)),
        why=f"{_why(readings)}. {by[0].upper()}{by[1:]}",
        readings=readings,
        waivers=(*verdict.waivers, waiver),
    )


# --- one layer ---------------------------------------------------------------------------------


def _judge_suite(layer: Weighed, judged: Sequence[Verdict], waivers: Sequence[Waiver]) -> Verdict:
    """Every check of a layer passed, apart from failures of objectives that are waived."""
    name = layer.verdict.layer
    accepted = {item.id for item in judged if item.state == "waived"}
    checks = layer.of(Check)
    excused = [check for check in checks if _is_excused(check, accepted)]
    counted = [check for check in checks if not _is_excused(check, accepted)]
    reading = read_outcomes(counted, layer, f"tests of layer {name}")
    if excused and reading.state == "met":
        why = f"{reading.why}, beside {count(len(excused), 'failure')} of waived objectives"
        reading = reading.because("waived", why)
    spoken_for = {identity for check in excused for identity in check.objectives}
    excusing = [item for item in judged if item.id in spoken_for]
    verdict = Verdict(
        id=f"{name}{SUITE_SUFFIX}",
        promise=f"every check of layer {name} passed",
        target="all passed",
        reason="a failed test counts, whether or not an objective speaks of it",
        state=reading.state,
        why=_why([reading]),
        required=layer.verdict.required,
        implicit=True,
        readings=(reading,),
        waivers=tuple(waiver for item in excusing for waiver in item.waivers),
    )
    return _with_waiver(verdict, waivers)


def _is_excused(check: Check, accepted: set[str]) -> bool:
    return (
        check.outcome == "failed"
        and bool(check.objectives)
        and accepted.issuperset(check.objectives)
    )


def _not_passed(layers: Mapping[str, Weighed]) -> Mapping[str, Sequence[Check]]:
    """The checks that did not pass by the objective, and by the suite, that they speak for."""
    found: dict[str, list[Check]] = {}
    for layer in layers.values():
        for check in layer.of(Check):
            if check.outcome != "passed":
                for identity in (f"{check.layer}{SUITE_SUFFIX}", *check.objectives):
                    found.setdefault(identity, []).append(check)
    return found


def _with_next_step(verdict: Verdict, not_passed: Mapping[str, Sequence[Check]]) -> Verdict:
    failed = sorted(not_passed.get(verdict.id, ()), key=lambda check: check.outcome != "failed")
    return replace(verdict, todo=next_step(verdict, failed))


# --- the release -------------------------------------------------------------------------------


def _release(required: Sequence[Verdict], policy: str) -> tuple[Release, str]:
    missed = [_named(item) for item in required if item.state == "missed"]
    unseen = [item.id for item in required if item.state in ("invalid", "no evidence")]
    waived = sum(item.state == "waived" for item in required)
    total = count(len(required), "required objective")
    if missed:
        also = f"; {len(unseen)} more without a verdict" if unseen else ""
        return "NO-GO", f"{len(missed)} of {total} missed: {listed(missed, 3)}{also}"
    if not required:
        return "NO VERDICT", f"policy {policy} requires nothing, so nothing was shown"
    if unseen:
        return "NO VERDICT", f"{len(unseen)} of {total} without a verdict: {listed(unseen)}"
    beside = f", {waived} of them by a waiver" if waived else ""
    return "GO", f"all {total} met{beside}"


def _named(verdict: Verdict) -> str:
    """The objective and where it was missed: `api-latency-p95 on GET /leaderboard`."""
    place = verdict.headline.place if verdict.headline else ""
    return f"{verdict.id} {place}".rstrip()


def _weigh_waiver(waiver: Waiver, judged: Sequence[Verdict], today: date) -> WaiverVerdict:
    used = tuple(item.id for item in judged if waiver in item.waivers)
    unsettled = tuple(
        item.id
        for item in judged
        if item.state in ("invalid", "no evidence") and _might_need(item, waiver)
    )
    return WaiverVerdict(
        waiver=waiver, standing=waiver.standing(today), used_for=used, unsettled=unsettled
    )


def _might_need(verdict: Verdict, waiver: Waiver) -> bool:
    """Whether a verdict, had there been one, could have rested on the waiver."""
    if waiver.kind == "objective":
        return verdict.id == waiver.target
    return any(reading.kind == "findings" for reading in verdict.readings)


def _said_of_waivers(waivers: Sequence[WaiverVerdict], today: date) -> Iterator[str]:
    """For the headline: how many waivers were needed, which end soon, which have ended."""
    used = [item.waiver for item in waivers if item.used_for]
    if used:
        yield f"{count(len(used), 'waiver')} in use"
    for item in sorted((item for item in used if item.ends_soon(today)), key=lambda w: w.expires):
        yield f"the one of {item.scope} ends soon, on {item.expires}"
    ended = [item.waiver.scope for item in waivers if item.standing == "expired"]
    if ended:
        yield f"{count(len(ended), 'waiver')} expired and counting as none: {listed(ended)}"


def _unclaimed(
    objectives: Objectives, evidence: Sequence[LayerEvidence], layers: Mapping[str, Weighed]
) -> tuple[str, ...]:
    """What the folder holds that no objective judges: a reader should know that it was not."""
    ids = {objective.id for objective in objectives.objectives}
    clauses = [clause for item in objectives.objectives for clause in item.requires]
    judged = {
        (clause.layer, tool)
        for clause in clauses
        if isinstance(clause, FindingsClause)
        for tool in clause.tools
    }
    notes = [
        f"{file.path}: no layer of that name is known"
        for file in evidence
        if file.layer not in objectives.layers
    ]
    for name, layer in layers.items():
        tools = sorted(
            {
                f.tool
                for f in layer.of(Finding)
                if (name, f.tool) not in judged and not ids & set(f.objectives)
            }
        )
        notes += [f"findings of {tool} in layer {name}: no objective judges them" for tool in tools]
        strangers = sorted({o for c in layer.of(Check) for o in c.objectives if o not in ids})
        notes += [
            f"tests of layer {name} speak for {o}, which slo.toml does not hold" for o in strangers
        ]
    return tuple(notes)
