"""One line on the terminal, written over each second while a run lasts."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TextIO

from scenarios.moments import Moment

CLEAR = "\r\x1b[K"


def line(moment: Moment) -> str:
    """How the run stands: rate, latency, errors, the generator's own health, time left."""
    left = max(0.0, moment.duration_s - moment.second)
    p50, p95, p99 = (moment.percentile_ms(percent) for percent in (50, 95, 99))
    return (
        f"{moment.second:5.0f} s  {moment.answers_per_s:.0f} answers/s  "
        f"p50 {p50:.1f}  p95 {p95:.1f}  p99 {p99:.1f} ms  "
        f"{moment.failed} of {moment.answered} failed  lag {moment.lag_ms:.1f} ms  "
        f"generator {moment.cpu_share:.0%}  {left:.0f} s left"
    )


class Line:
    """Writes over its own line where somebody watches, and nothing where nobody does."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream, self._shown = stream or sys.stderr, False  # None where it was closed

    def show(self, moment: Moment) -> None:
        """Take the place of what was shown before."""
        if self._stream is not None and self._stream.isatty():
            self._write(f"{CLEAR}{line(moment)}")
            self._shown = True

    def say(self, text: str) -> None:
        """A line that stays."""
        self.end()
        self._write(f"{text}\n")

    def end(self) -> None:
        """What comes next begins on a line of its own."""
        if self._shown:
            self._write("\n")
            self._shown = False

    def _write(self, text: str) -> None:
        """A terminal that is gone is no reason to lose what is being measured."""
        if self._stream is not None:
            with suppress(OSError, ValueError):
                self._stream.write(text)
                self._stream.flush()
