"""Numbers as a reader meets them. Rounding never moves a value onto or across a limit.

Judge and page share these words, so what is shown compares as what was judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal

_SIGNIFICANT = 3
_FINEST = 18
_TOO_LONG = Decimal(10) ** 15
_ROUNDING = Context(prec=60, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Scale:
    """How a unit is shown: the value times `factor`, followed by `unit`."""

    factor: Decimal
    unit: str

    def show(self, value: float, *marks: float) -> str:
        """The value with its unit; see `number` for `marks`."""
        text = self.bare(value, *marks)
        return f"{text} {self.unit}" if self.unit else text

    def bare(self, value: float, *marks: float) -> str:
        """The value without its unit."""
        return _digits(self._scaled(value), [self._scaled(mark) for mark in marks])

    def _scaled(self, value: float) -> Decimal:
        return Decimal(repr(float(value))) * self.factor


def scale_of(unit: str, reference: float = 0.0) -> Scale:
    """Ratios are shown as percentages, many bytes as kB or MB (of 1000); all else as it is."""
    if unit in {"ratio", "share"}:
        return Scale(Decimal(100), "%")
    if unit == "bytes" and abs(reference) >= 1_000_000:
        return Scale(Decimal("1e-6"), "MB")
    if unit == "bytes" and abs(reference) >= 10_000:
        return Scale(Decimal("1e-3"), "kB")
    return Scale(Decimal(1), unit)


def number(value: float, *marks: float) -> str:
    """About three significant digits; more where fewer would touch or cross one of `marks`."""
    return Scale(Decimal(1), "").bare(value, *marks)


def _digits(value: Decimal, marks: Iterable[Decimal]) -> str:
    if abs(value) >= _TOO_LONG:
        return f"{value.normalize():g}"
    if value == value.to_integral_value():
        return f"{value:,.0f}"
    wanted = max(_SIGNIFICANT - 1 - value.adjusted(), 0)
    others = list(marks)
    for places in range(min(wanted, _FINEST), _FINEST + 1):
        shown = value.quantize(Decimal(1).scaleb(-places), context=_ROUNDING)
        if shown != 0 and all(_side(shown, mark) == _side(value, mark) for mark in others):
            return _trimmed(f"{shown:,f}")
    return f"{value:g}"


def _side(value: Decimal, mark: Decimal) -> int:
    return (value > mark) - (value < mark)


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def count(amount: int, noun: str) -> str:
    """`3 tests`, `1 test`."""
    if amount == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"
    return f"{amount:,} {plural}"


def listed(names: Iterable[str], most: int = 5) -> str:
    """The first few names, and how many more there are."""
    everything = list(names)
    rest = len(everything) - most
    return ", ".join(everything[:most]) + (f" and {rest} more" if rest > 0 else "")


def labelled(name: str, dimensions: Mapping[str, str]) -> str:
    """A metric with its dimensions: `name{a=1, b=2}`."""
    inside = ", ".join(f"{key}={value}" for key, value in sorted(dimensions.items()))
    return f"{name}{{{inside}}}" if inside else name


def duration(seconds: float) -> str:
    """`0.4 s`, `38 s`, `4 min 10 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
