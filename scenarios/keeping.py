"""Keeps what was measured, and says so, whatever becomes of the folder or of the terminal."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


class UnwritableError(Exception):
    """The folder cannot take the evidence; the message says why and what to try."""


def make_writable(folder: Path) -> None:
    """Make the folder and write to it. Raises UnwritableError.

    Asked before the load, since what was measured cannot be measured again.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".touchline-") as probe:
            probe.write(b"\n")
            probe.flush()
    except OSError as error:
        raise UnwritableError(
            f"--out: {folder} cannot be written to: {error.strerror or error}.\n"
            "Name a folder that you may write to, on a disk that is not full."
        ) from None


def keep(folder: Path, write: Callable[[Path], None]) -> bool:
    """Let `write` fill the folder, or another where it cannot; whether it was the one named."""
    try:
        write(folder)
    except OSError as error:
        tell(f"--out: {folder} could not be written to: {error.strerror or error}.")
    else:
        return True
    try:
        instead = Path(tempfile.mkdtemp(prefix="touchline-"))
        write(instead)
    except OSError as error:
        tell(f"Nor could another folder: {error.strerror or error}. The summary is all there is.")
    else:
        tell(f"What was measured is in {instead} instead: move it to where you want it.")
    return False


def say(text: str) -> None:
    """Print to stdout. One that is full, or that nobody reads any more, changes nothing."""
    _write(sys.stdout, text)


def tell(text: str) -> None:
    """A line on stderr, likewise."""
    _write(sys.stderr, f"{text}\n")


def open_what_is_closed() -> None:
    """Give a stream that was closed before the start somewhere to go.

    Without it the next file or connection would take its number, and with it what others print.
    """
    for name, mode in _STREAMS:
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode)  # noqa: SIM115 - for as long as the process lives
            if stream.fileno() <= 2:
                os.set_inheritable(stream.fileno(), True)
            setattr(sys, name, stream)


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:
        return
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")  # what this terminal cannot show
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):  # what is left of it would fail again at the exit
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
