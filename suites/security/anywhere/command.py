"""``python -m suites.security attack``: any service, from a target file or its document alone."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx

from reports.faults import ConfigError
from scenarios.targets import Target, TargetError, load_target
from suites.contract.accepting import digest
from suites.contract.anywhere.people import NotEnteredError, people_of
from suites.contract.anywhere.reaching import (
    Clock,
    NotCheckedError,
    OutOfTimeError,
    add_where,
    address,
    fetched,
    first_look,
    folder,
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

NO_VERDICT = 2
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
    try:
        target = load_target(words.target) if words.target else first_look(words.openapi)
        refuse_strangers(target.base_url, words.i_may_test)
        raw = fetched(address(target, words.openapi))
        accepted = waived(words.waivers)
        groups = tuple(words.only or GROUPS)
        report = attacked(target, raw, groups, words.within, say())
    except (TargetError, NotCheckedError, NotEnteredError, ConfigError) as error:
        print(f"no verdict: {error}", file=sys.stderr)
        return NO_VERDICT
    report.waived = accepted
    write(words.out or folder("attacks"), report, NAMES, (TOOL,))
    return EXIT_CODES[report.verdict]


def attacked(
    target: Target, raw: dict[str, Any], groups: tuple[str, ...], within_s: float,
    tell: Callable[[str], None],
) -> Report:  # fmt: skip
    """Attack a service that runs. Raises NotEnteredError where an identity is not let in."""
    document = parse(raw)
    report = Report(target.name, digest(raw))
    report.gaps += [f"the document: {fault}" for fault in document.faults]
    clock = Clock(within_s)
    try:
        with staying(target.base_url), people_of(target) as people:
            scene = Scene(target, document, people, int(time.time()))
            try:
                for trial in play_all(scene, groups, clock, tell):
                    report.trials.append(trial)
            finally:
                report.requests = len(scene.answers.seen)
                report.unseen = unseen(scene)
            answer = people.client.get(target.ready)
            if answer.status_code >= 500:
                report.gaps.append(f"{target.ready} answers {answer.status_code} at the end")
    except OutOfTimeError:
        report.gaps.append(f"the time of {within_s:g} s was over before the end")
    except httpx.HTTPError as error:
        report.gaps.append(f"the service stopped answering: {error!r}")
    return report
