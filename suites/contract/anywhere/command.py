"""``python -m suites.contract check``: any service, from a target file or its document alone."""

from __future__ import annotations

import argparse
import time
from itertools import chain, count
from pathlib import Path

from scenarios.targets import Target, load_target
from suites.contract.access import Policy, load
from suites.contract.anywhere.check import Plan, check
from suites.contract.anywhere.deriving import as_toml
from suites.contract.anywhere.reaching import (
    NO_VERDICT,
    add_where,
    address,
    based,
    ended,
    fetched,
    first_look,
    folder_of,
    refuse_strangers,
    say,
    waived,
)
from suites.contract.anywhere.report import EXIT_CODES, TOOLS
from suites.contract.anywhere.writing import Names, tell, write
from suites.contract.conformance import Budget

NAMES = Names("contract.ndjson", "contract.sarif", "contract.txt")
POLICY = "access.derived{}.toml"


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
    return ended(lambda: _checked(words))


def _checked(words: argparse.Namespace) -> int:
    target = load_target(words.target) if words.target else first_look(words.openapi)
    refuse_strangers(target.base_url, words.i_may_test)
    at = address(target, words.openapi)
    policy = _policy(words.target, target)
    accepted = waived(words.waivers)
    out = folder_of(words, "contract-check", NAMES)
    raw = fetched(at)
    target = target if words.target else based(target, raw, at)
    budget = None if words.only_rights else Budget(words.examples, scenarios=words.examples)
    plan = Plan(words.seed, words.within, budget, int(time.time()))
    report = check(target, raw, policy, plan, say())
    report.waived = accepted
    beside = {}
    if report.derived is not None:
        rights = as_toml(report.derived, tuple(target.identities))
        beside[_unused(out, rights)] = rights
    if not write(out, report, NAMES, TOOLS, beside):
        return NO_VERDICT
    for name in beside:
        tell(f"the rights were derived; correct {out / name} and name it in the target file", out)
    return EXIT_CODES[report.verdict]


def _unused(out: Path, rights: str) -> str:
    """A name of a file that holds these rights or is not there: others may be corrected ones."""
    names = map(POLICY.format, chain(("",), (f"-{n}" for n in count(2))))
    return next(
        name for name in names
        if not (out / name).exists() or (out / name).read_bytes() == rights.encode()
    )  # fmt: skip


def _policy(file: Path | None, target: Target) -> Policy | None:
    if file is None or target.contract.access is None:
        return None
    return load(file.parent / target.contract.access, tuple(target.identities))
