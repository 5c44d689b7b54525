"""Words for a terminal: what matters less than what lies on the disk, and what others chose."""

from __future__ import annotations

import io
import os
import re
import sys

# Control characters (C0, DEL, C1) and the marks that turn writing around.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# What a GitHub runner obeys: a line that begins with two colons, and `##[` anywhere in one.
_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\[)")
_INSTEAD = "\N{REPLACEMENT CHARACTER}"


def inert(text: str) -> str:
    """One line of which nothing steers a terminal or the runner of a job.

    For words that a test, a tool or a file's name may have chosen; ends of lines are left out, too.
    """
    return _COMMAND.sub(rf"\1{_INSTEAD}", _STEERING.sub(_INSTEAD, text))


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
