"""A duet as evidence. Nothing here judges: limits are the gate's business."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.evidence import AnyRecord, Finding, Instrument, Measurement, encode, fingerprint
from scenarios.duet.blocks import Metric
from scenarios.duet.endpoints import Choice
from scenarios.duet.measuring import Tally
from scenarios.duet.outcome import Outcome, readings
from scenarios.duet.wording import sentence

TOOL = "duet"
RATIOS: Mapping[Metric, str] = {
    "p50": "duet_ratio_p50",
    "p95": "duet_ratio_p95",
    "cpu": "duet_ratio_cpu",
}
OWN: Mapping[Metric, str] = {
    "p50": "duet_latency_p50_ms",
    "p95": "duet_latency_p95_ms",
    "cpu": "duet_cpu_ms",
}


@dataclass(frozen=True)
class Played:
    """A duet that was measured, to its end unless it was `interrupted`.

    `other_cpu_share` is of the whole machine; `core` is the one that both builds were kept on.
    """

    choice: Choice
    tallies: tuple[Tally, ...]
    outcome: Outcome
    other_cpu_share: float
    core: int | None = None
    interrupted: bool = False


def write(played: Played, path: Path) -> None:
    """Write the records to a new file of NDJSON, unframed. Raises OSError."""
    text = "".join(encode(record) + "\n" for record in records(played))
    path.write_text(text, encoding="utf-8", newline="\n")


def records(played: Played) -> Iterator[AnyRecord]:
    """Every record of a duet."""
    yield from _ratios(played.outcome)
    yield from _sides(played.tallies, played.outcome)
    yield from _findings(played.outcome)
    yield from _instruments(played)


def _ratios(outcome: Outcome) -> Iterator[Measurement]:
    for item in outcome.comparisons:
        if item.ratio is None or item.why:
            continue  # a value without bounds would pass for certain
        yield Measurement(
            metric=RATIOS[item.metric],
            value=item.ratio.value,
            unit="ratio",
            samples=item.requests,
            low=item.ratio.low,
            high=item.ratio.high,
            confidence=outcome.rules.confidence,
            dimensions={"endpoint": item.endpoint},
        )


def _sides(tallies: Sequence[Tally], outcome: Outcome) -> Iterator[Measurement]:
    """What either side needed, for the reader: the ratios are what is compared."""
    for tally in tallies:
        for metric in outcome.rules.metrics if not tally.fault else ():
            for side, value in readings(tally, metric).items():
                yield Measurement(
                    metric=OWN[metric],
                    value=value * 1000,
                    unit="ms",
                    samples=tally.counts.kept // 2,
                    dimensions={"endpoint": tally.endpoint.name, "side": side},
                )


def _findings(outcome: Outcome) -> Iterator[Finding]:
    for item in outcome.of("slower"):
        yield Finding(
            tool=TOOL,
            rule="slower-than-base",
            severity="medium",
            message=sentence(item, outcome.rules),
            fingerprint=fingerprint(TOOL, "slower-than-base", item.endpoint, item.metric),
        )


def _instruments(played: Played) -> Iterator[Instrument]:
    tallies, choice = played.tallies, played.choice
    faulty = [f"{tally.endpoint.name}: {tally.fault}" for tally in tallies if tally.fault]
    uncompared = [f"{name}: {why}" for name, why in played.outcome.uncompared.items()]
    missing = (*choice.differing, *uncompared)
    total = len(tallies) + len(choice.differing)
    yield _share("duet_endpoints_compared", total - len(missing), total, "endpoints", missing)
    yield from _comparisons(played.outcome)
    reads = total + len(choice.left_out)
    reached = reads - len(choice.left_out)
    yield _share("duet_reads_reached", reached, reads, "reads", choice.left_out)
    failed = sum(tally.counts.failed for tally in tallies)
    sent = failed + sum(
        tally.counts.kept + tally.counts.settling + tally.counts.warm_up for tally in tallies
    )
    yield _share("duet_requests_answered", sent - failed, sent, "requests", faulty)
    yield _end(played)
    yield from _conduct(played)


def _comparisons(outcome: Outcome) -> Iterator[Instrument]:
    missing = [f"{item.endpoint} {item.metric}: {item.why}" for item in outcome.unbounded]
    total = len(outcome.comparisons)
    yield _share("duet_comparisons_bounded", total - len(missing), total, "comparisons", missing)


def _end(played: Played) -> Instrument:
    early = "somebody interrupted it: later blocks are missing" if played.interrupted else ""
    ended = int(not played.interrupted)
    return Instrument(name="duet_measured_to_its_end", value=ended, total=1, detail=early)


def _conduct(played: Played) -> Iterator[Instrument]:
    tallies = played.tallies
    slices = sum(len(block.slices) for tally in tallies for block in tally.series.blocks)
    yield Instrument(name="duet_slices", value=slices, unit="slices", detail=_lengths(tallies))
    dropped = sum(tally.counts.settling for tally in tallies)
    warm = sum(tally.counts.warm_up for tally in tallies)
    yield Instrument(
        name="duet_warm_up_requests",
        value=warm + dropped,
        unit="requests",
        detail=f"not counted: {warm} before the first slice, {dropped} at the head of slices",
    )
    yield Instrument(
        name="duet_machine_other_cpu_share",
        value=played.other_cpu_share,
        unit="ratio",
        detail="of all cores, used neither by the builds nor by this instrument; database servers"
        " are among the others",
    )
    kept = played.core is not None
    where = f"core {played.core}" if kept else "no choice of cores, or no process was named"
    yield Instrument(name="duet_builds_on_one_core", value=int(kept), total=1, detail=where)
    yield Instrument(
        name="duet_start_allowance",
        value=played.outcome.rules.allowance,
        unit="ratio",
        detail="by which every interval was widened, since two starts of one build differ",
    )


def _lengths(tallies: Sequence[Tally]) -> str:
    parts = (
        f"{tally.endpoint.name}: {len(tally.series.blocks)} blocks of 4 slices of "
        f"{tally.slice_requests} requests"
        for tally in tallies
    )
    return "; ".join(parts)


def _share(name: str, value: int, total: int, unit: str, missing: Sequence[str]) -> Instrument:
    return Instrument(name=name, value=value, total=total, unit=unit, missing=tuple(missing))
