"""Attacks on any service that runs: ``python -m suites.security attack``.

Exit 0 when nothing was found, 1 when something was, 2 when it cannot be said: faulty input, an
attack that was tried and whose control failed, or a run that was cut short.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from suites.security.anywhere import command


def main(words: Sequence[str] | None = None) -> int:
    """The command line. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m suites.security", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command.add_words(commands.add_parser("attack", help="any service, by target file or document"))
    return command.run(parser.parse_args(words))


if __name__ == "__main__":
    sys.exit(main())
