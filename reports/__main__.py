"""Judge a run and render its verdict: ``python -m reports [RUN_DIR] [--policy NAME]``.

Exit 0 for GO, 1 for NO-GO, 2 for NO VERDICT, and 2 for what cannot be judged at all: a faulty
slo.toml or waivers.toml, an unknown policy, a run folder that is not there, a judge that broke.

``python -m reports check`` reads the configuration alone; ``python -m reports new-run`` names a
folder for a new run; ``python -m reports ran RUN_DIR LAYER...`` fails when a layer ran no test;
``python -m reports limits LAYER`` prints the limits by which a run of the layer can be steered;
``verify RUN_DIR`` tells whether a judged run was changed since; ``merge NEW_DIR RUN_DIR...`` joins
runs of several machines or shards; ``pin RUN_DIR`` makes a run the baseline of later comparisons.
"""

from __future__ import annotations

import gc
import io
import os
import sys
import traceback

# Pydantic would look for plugins in every installed package, to use none of them here.
if "PYDANTIC_DISABLE_PLUGINS" not in os.environ:
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "1"

from collections.abc import Mapping, Sequence

from reports.commands.shared import Refusal
from reports.saying import inert

NO_VERDICT = 2
KEPT = "nothing that was measured is lost: mend this and run the command again"
# The commands beside judging, each with its function in `reports.commands.small`.
COMMANDS: Mapping[str, str] = {
    "check": "check",
    "new-run": "new_run",
    "ran": "ran",
    "limits": "limits",
    "verify": "verify_run",
    "merge": "merge_runs",
    "pin": "pin",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. Returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # what a terminal of another time cannot show
    try:
        return _run(words)
    except Refusal as refusal:
        _say_on_stderr(str(refusal))
    except OSError as error:  # a file that nobody may read, a disk that is full
        where = f"{error.filename}: " if error.filename else ""
        _say_on_stderr(f"{inert(f'{where}{error.strerror or error}')}\n{KEPT}")
    except Exception as error:  # Python would end with 1, which says NO-GO
        _say_on_stderr(f"{traceback.format_exc()}{inert(_broke(words, error))}\n{KEPT}")
    return NO_VERDICT


def _broke(words: Sequence[str], error: Exception) -> str:
    command = " ".join(("python -m reports", *words))
    return f"{command} broke, so there is no verdict: {type(error).__name__}: {error}"


def _say_on_stderr(lines: str) -> None:
    """Lines in which a file's name or a test's words may stand, and steer nothing."""
    print("\n".join(map(inert, lines.split("\n"))), file=sys.stderr)


def _run(words: Sequence[str]) -> int:
    # Loading is a good part of what a run's judgement costs, so neither side loads the other's.
    if words and words[0] in COMMANDS:
        from reports.commands import small

        command: int = getattr(small, COMMANDS[words[0]])(words[1:])
        return command
    from reports.commands import judging

    return judging.judge_run(words)


if __name__ == "__main__":
    # One run's records live until the end: looking for garbage among them finds none.
    gc.disable()
    sys.exit(main())
