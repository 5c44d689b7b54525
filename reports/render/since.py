"""The past in words: what changed since another run, and what values did over the runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from reports.compare import Change, Comparison
from reports.history import Value
from reports.past import Past
from reports.render.rows import DASH
from reports.render.view import EarlierRun, SinceRow, TrendRow
from reports.trends import Creep, Jump, Trend
from reports.wording import count, scale_of

MOST_EARLIER = 12
MOST_POINTS = 40
WIDTH, HEIGHT = 100, 20
_EDGE = 2.0


def since_rows(past: Past) -> tuple[SinceRow, ...]:
    """Each comparison, then each that cannot be made."""
    return (
        *(_since(item) for item in past.comparisons),
        *(SinceRow(label=item.label, run="", summary=item.why) for item in past.absent),
    )


def _since(item: Comparison) -> SinceRow:
    return SinceRow(
        label=item.label,
        run=item.base.run,
        summary=summary_of(item),
        worse=tuple(map(_said, item.worse)),
        better=tuple(map(_said, item.better)),
        new=item.new,
        still=item.still,
        fixed=item.fixed,
        gone=item.gone,
        values=tuple(row for row in _values(item) if row[-1] != DASH),
    )


def summary_of(item: Comparison) -> str:
    """`2 worse, 1 better; 3 new failures, 1 still failing, 5 fixed`, or that nothing changed."""
    states = [f"{len(group)} {word}" for word, group in
              (("worse", item.worse), ("better", item.better)) if group]  # fmt: skip
    tests = [
        *([count(len(item.new), "new failure")] if item.new else []),
        *(f"{len(group)} {word}" for word, group in
          (("still failing", item.still), ("fixed", item.fixed), ("not run any more", item.gone))
          if group),
    ]  # fmt: skip
    said = "; ".join(", ".join(part) for part in (states, tests) if part)
    return said or "no objective and no failure changed"


def _said(change: Change) -> str:
    return f"{change.objective}: {change.then} → {change.now}"


def _values(item: Comparison) -> Iterator[tuple[str, str, str, str]]:
    for name, (then, now) in sorted((item.values or {}).items()):
        scale = scale_of(now.unit, now.limit or 0.0)
        marks = [limit for limit in (then.limit, now.limit) if limit is not None]
        before, after = (scale.show(item.value, *marks) for item in (then, now))
        yield name, before, after, _change(then, now)


def _change(then: Value, now: Value) -> str:
    if then.unit != now.unit or then.value == now.value:
        return DASH
    if not then.value:
        return "from 0"
    change = (now.value - then.value) / abs(then.value)
    return _percent(change, 1) + ("" if _apart(then, now) else " (intervals overlap)")


def _apart(then: Value, now: Value) -> bool:
    """Whether two intervals have nothing in common; values without one always count as apart.

    An end that is not known is open: whatever lies on its side may be within.
    """
    ends = [
        (-math.inf if item.low is None else item.low, math.inf if item.high is None else item.high)
        for item in (then, now)
        if item.low is not None or item.high is not None
    ]
    if len(ends) < 2:
        return True
    lows, highs = zip(*ends, strict=True)
    return bool(lows[1] > highs[0] or highs[1] < lows[0])


# --- trends ------------------------------------------------------------------------------------


def trend_row(trend: Trend | None) -> TrendRow | None:
    """A value over the last runs; nothing where there is one run alone."""
    if trend is None or len(trend.values) < 2:
        return None
    values = trend.values[-MOST_POINTS:]
    marks = [*values]
    if trend.limit is not None and max(values) * 0.5 <= trend.limit <= max(values) * 2:
        marks.append(trend.limit)
    low, high = min(marks), max(marks)
    room = high - low

    def height(value: float) -> float:
        share = (value - low) / room if room else 0.5
        return round(HEIGHT - _EDGE - share * (HEIGHT - 2 * _EDGE), 1)

    step = WIDTH / (len(values) - 1)
    points = " ".join(f"{index * step:.1f},{height(value)}" for index, value in enumerate(values))
    scale = scale_of(trend.unit, trend.limit or 0.0)
    first, last = (scale.show(value, *_limit(trend)) for value in (values[0], values[-1]))
    notes = [*(jump_said(trend, jump) for jump in trend.jumps[-1:]), *_creeps(trend)]
    return TrendRow(
        points=points,
        limit=height(trend.limit) if trend.limit in marks and trend.limit is not None else None,
        text=f"{len(values)} runs, from {first} to {last}",
        note="; ".join(notes),
        worse=bool(trend.creep and trend.creep.worse) or any(j.worse for j in trend.jumps[-1:]),
    )


def drifts_of(past: Past) -> tuple[str, ...]:
    """Every creep and every jump of the runs looked at, in sentences, what is worse first."""
    told: list[tuple[bool, str]] = []
    for name, trend in past.trends.items():
        objective = name.partition(" ")[0]
        told += [(trend.creep.worse, f"{objective}: {_creep_said(trend.creep)}")
                 for _ in [0] if trend.creep]  # fmt: skip
        told += [(jump.worse, f"{objective}: {jump_said(trend, jump)}") for jump in trend.jumps]
    told.sort(key=lambda item: not item[0])
    return tuple(text for _, text in told)


def _creeps(trend: Trend) -> Iterator[str]:
    if trend.creep:
        yield _creep_said(trend.creep)


def _creep_said(creep: Creep) -> str:
    said = f"drifts, {_percent(creep.change)} over {creep.runs} runs"
    if creep.runs_left is None:
        return said
    if creep.runs_left == 0:
        return f"{said}, and is at its limit"
    return f"{said}; at this pace {creep.runs_left} more to its limit"


def jump_said(trend: Trend, jump: Jump) -> str:
    """`jumped by +18 % at run R (commit)`."""
    scale = scale_of(trend.unit, trend.limit or 0.0)
    commit, limit = f" ({jump.commit[:10]})" if jump.commit else "", _limit(trend)
    return (
        f"jumped by {_percent(jump.change)} at run {jump.run}{commit}, "
        f"from {scale.show(jump.before, *limit)} to {scale.show(jump.after, *limit)}"
    )


def _limit(trend: Trend) -> tuple[float, ...]:
    """The limit as a mark that no value is rounded onto; none where there is no limit."""
    return () if trend.limit is None else (trend.limit,)


def _percent(share: float, places: int = 0) -> str:
    return f"{share:+.{places}%}".replace("%", " %").replace("inf", "∞")


def earlier_rows(past: Past, folders: Sequence[str]) -> tuple[EarlierRun, ...]:
    """The last runs, newest first; `folders` are those that are still there."""
    return tuple(
        EarlierRun(
            run=entry.run,
            at=entry.judged_at,
            policy=entry.policy,
            release=entry.release,
            commit=entry.commit[:12],
            folder=entry.run if entry.run in folders else "",
        )
        for entry in reversed(past.entries[-MOST_EARLIER:])
    )
