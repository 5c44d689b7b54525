"""``python -m suites.contract check``: any service, from a target file or its document alone."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from reports.faults import ConfigError
from scenarios.targets import Target, TargetError, load_target
from suites.contract.access import Policy, PolicyError, load
from suites.contract.anywhere.check import Plan, check
from suites.contract.anywhere.crossing import as_toml, derived
from suites.contract.anywhere.people import NotEnteredError
from suites.contract.anywhere.reaching import (
    NotCheckedError,
    add_where,
    address,
    fetched,
    first_look,
    folder,
    refuse_strangers,
    say,
    waived,
)
from suites.contract.anywhere.report import EXIT_CODES, TOOLS
from suites.contract.anywhere.writing import Names, write
from suites.contract.compatibility.document import parse
from suites.contract.conformance import Budget

NO_VERDICT = 2
NAMES = Names("contract.ndjson", "contract.sarif", "contract.txt")
POLICY = "access.derived.toml"


def add_words(parser: argparse.ArgumentParser) -> None:
    """The words of the command."""
    add_where(parser)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=int, default=12, help="fuzzed cases an operation")
    parser.add_argument(
        "--only-rights", action="store_true", help="no fuzzing: quick, and never a clean verdict"
    )
    parser.add_argument("--within", type=float, default=600.0, help="seconds that it may take")


def run(words: argparse.Namespace) -> int:
    """Check, write, tell. Returns the exit code."""
    try:
        target = load_target(words.target) if words.target else first_look(words.openapi)
        refuse_strangers(target.base_url, words.i_may_test)
        raw = fetched(address(target, words.openapi))
        policy = _policy(words.target, target)
        accepted = waived(words.waivers)
        budget = None if words.only_rights else Budget(words.examples, scenarios=words.examples)
        plan = Plan(words.seed, words.within, budget, int(time.time()))
        report = check(target, raw, policy, plan, say())
    except (TargetError, NotCheckedError, NotEnteredError, PolicyError, ConfigError) as error:
        print(f"no verdict: {error}", file=sys.stderr)
        return NO_VERDICT
    report.waived = accepted
    out, more = words.out or folder("contract-check"), ""
    if policy is None:
        more = f"the rights were derived; correct {out / POLICY} and name it in the target file\n"
        out.mkdir(parents=True, exist_ok=True)
        roles = tuple(target.identities)
        (out / POLICY).write_text(as_toml(derived(parse(raw), roles), roles), "utf-8")
    write(out, report, NAMES, TOOLS, more)
    return EXIT_CODES[report.verdict]


def _policy(file: Path | None, target: Target) -> Policy | None:
    if file is None or target.contract.access is None:
        return None
    return load(file.parent / target.contract.access, tuple(target.identities))
