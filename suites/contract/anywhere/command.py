"""``python -m suites.contract check``: any service, from a target file or its document alone."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from reports.evidence import encode
from reports.faults import ConfigError
from reports.render import sarif
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
from suites.contract.anywhere.report import EXIT_CODES, TOOLS, Report
from suites.contract.compatibility.document import parse
from suites.contract.conformance import Budget

NO_VERDICT = 2
EVIDENCE, FINDINGS, SUMMARY, POLICY = (
    "contract.ndjson", "contract.sarif", "contract.txt", "access.derived.toml",
)  # fmt: skip


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
    if policy is None:
        roles = tuple(target.identities)
        _write(
            words.out or folder("contract-check"),
            report,
            as_toml(derived(parse(raw), roles), roles),
        )
    else:
        _write(words.out or folder("contract-check"), report, None)
    return EXIT_CODES[report.verdict]


def _policy(file: Path | None, target: Target) -> Policy | None:
    if file is None or target.contract.access is None:
        return None
    return load(file.parent / target.contract.access, tuple(target.identities))


def _write(out: Path, report: Report, policy: str | None) -> None:
    out.mkdir(parents=True, exist_ok=True)
    lines = "".join(encode(record) + "\n" for record in report.records())
    (out / EVIDENCE).write_text(lines, "utf-8")
    looked = dict.fromkeys(TOOLS, "")
    text = sarif.document(report.findings, tools=looked, waived=report.waived)
    (out / FINDINGS).write_text(text, "utf-8")
    said = "\n".join(report.lines()) + "\n"
    (out / SUMMARY).write_text(said, "utf-8")
    if policy is not None:
        (out / POLICY).write_text(policy, "utf-8")
        said += f"the rights were derived; correct {out / POLICY} and name it in the target file\n"
    print(("\r\x1b[K" if sys.stderr.isatty() else "") + said, end="")
    print(f"written: {out}")
