"""``python -m suites.security attack``: any service, from a target file or its document alone."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

from scenarios.targets import Target, load_target
from suites.contract.accepting import digest
from suites.contract.anywhere.people import people_of
from suites.contract.anywhere.reaching import (
    NO_VERDICT,
    Clock,
    add_where,
    address,
    based,
    ended,
    fetched,
    first_look,
    folder_of,
    noting,
    refuse_strangers,
    say,
    waived,
)
from suites.contract.anywhere.staying import staying
from suites.contract.anywhere.writing import Names, write
from suites.contract.compatibility.document import parse
from suites.security.anywhere.answers import unseen
from suites.security.anywhere.kinds import GROUPS
from suites.security.anywhere.playing import ATTACKS, play_all
from suites.security.anywhere.report import EXIT_CODES, TOOL, Report
from suites.security.anywhere.scene import Scene

NAMES = Names("attacks.ndjson", "attacks.sarif", "attacks.txt")


def add_words(parser: argparse.ArgumentParser) -> None:
    """The words of the command."""
    add_where(parser)
    parser.add_argument(
        "--only",
        choices=sorted({*GROUPS, *(one.name for one in ATTACKS)}),
        action="append",
        metavar="ATTACKS",
        help=f"one attack or group ({', '.join(GROUPS)}); may be repeated",
    )
    parser.add_argument("--within", type=float, default=600.0, help="seconds that it may take")


def run(words: argparse.Namespace) -> int:
    """Attack, write, tell. Returns the exit code."""
    return ended(lambda: _attacked(words))


def _attacked(words: argparse.Namespace) -> int:
    target = load_target(words.target) if words.target else first_look(words.openapi)
    refuse_strangers(target.base_url, words.i_may_test)
    at = address(target, words.openapi)
    accepted = waived(words.waivers)
    out = folder_of(words, "attacks", NAMES)
    raw = fetched(at)
    target = target if words.target else based(target, raw, at)
    report = attacked(target, raw, tuple(words.only or GROUPS), words.within, say())
    report.waived = accepted
    if not write(out, report, NAMES, (TOOL,), {}):
        return NO_VERDICT
    return EXIT_CODES[report.verdict]


def attacked(
    target: Target, raw: dict[str, Any], groups: tuple[str, ...], within_s: float,
    tell: Callable[[str], None],
) -> Report:  # fmt: skip
    """Attack a service that runs. Raises NotEnteredError where an identity is not let in."""
    document = parse(raw, whole=True)
    report = Report(target.name, digest(raw))
    report.gaps += [f"the document: {fault}" for fault in document.faults]
    clock = Clock(within_s)
    with (
        noting(report.gaps, within_s),
        staying(target.base_url),
        people_of(target) as people,
    ):
        scene = Scene(target, document, people, int(time.time()))
        try:
            for trial in play_all(scene, groups, clock, tell):
                report.trials.append(trial)
        finally:
            report.requests = len(scene.answers.seen)
            report.unseen = unseen(scene)
            report.gaps += scene.asker.gaps
        answer = people.client.get(target.ready)
        if answer.status_code >= 500:
            report.gaps.append(f"{target.ready} answers {answer.status_code} at the end")
    return report
