"""Words on stdout that matter less than what lies on the disk by then."""

from __future__ import annotations

import io
import os
import sys


def say(text: str, kept: str) -> None:
    """Print it. An output that takes no more words changes neither the files nor the exit code.

    `kept` tells on stderr, instead, where what was to be said can be found.
    """
    out = sys.stdout
    if out is None:  # closed before this began
        return
    if isinstance(out, io.TextIOWrapper):  # also for commands that begin elsewhere
        out.reconfigure(errors="replace")
    try:
        out.write(text)
        out.flush()
    except OSError as error:
        if sys.stderr is not None:
            sys.stderr.write(f"{error.strerror}; {kept}\n")
        # what is left in the buffer would fail once more as Python ends, and change the exit code
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
