"""The contract gate's commands: ``python -m suites.contract accept|check``.

Exit 0 when nothing was found, 1 when something was, 2 when there is no verdict: faulty input,
or less was looked at than there is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date

from suites.contract.anywhere import command
from suites.contract.compatibility.document import DocumentError

NO_VERDICT = 2


def main(words: Sequence[str] | None = None) -> int:
    """The command line. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m suites.contract", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    accepting = commands.add_parser("accept", help="record the served document")
    accepting.add_argument(
        "what",
        nargs="?",
        choices=("release", "document"),
        default="release",
        help="release: what clients rely on from now on; document: what is served, alone",
    )
    checking = commands.add_parser("check", help="any service, by its target file or document")
    command.add_words(checking)
    options = parser.parse_args(words)
    return _accept(options) if options.command == "accept" else command.run(options)


def _accept(options: argparse.Namespace) -> int:
    from suites.contract.accepting import accept
    from suites.contract.documents import served_document

    try:
        # A sunset is a day, wherever one is.
        done = accept(served_document(), date.today(), release=options.what == "release")  # noqa: DTZ011
    except (DocumentError, OSError) as error:
        print(f"nothing is accepted: {error}", file=sys.stderr)
        return NO_VERDICT
    print("\n".join(done.lines()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
