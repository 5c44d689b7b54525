"""``python -m suites.contract check``: any service, from a target file or its document alone."""

from __future__ import annotations

import argparse
import ipaddress
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import schemathesis
from schemathesis.errors import LoaderError

from reports.configuration import load_waivers
from reports.evidence import encode
from reports.faults import ConfigError
from reports.render import sarif
from scenarios.targets import Identity, Target, TargetError, load_target
from suites.contract.access import Policy, PolicyError, load
from suites.contract.anywhere.check import NotCheckedError, Plan, check
from suites.contract.anywhere.crossing import as_toml, derived
from suites.contract.anywhere.people import VISITOR, NotEnteredError
from suites.contract.anywhere.report import EXIT_CODES, TOOLS, Report
from suites.contract.compatibility.document import parse
from suites.contract.conformance import Budget

NO_VERDICT = 2
EVIDENCE, FINDINGS, SUMMARY, POLICY = (
    "contract.ndjson", "contract.sarif", "contract.txt", "access.derived.toml",
)  # fmt: skip


def add_words(parser: argparse.ArgumentParser) -> None:
    """The words of the command."""
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--target", type=Path, help="target file of the service")
    where.add_argument("--openapi", help="address of its OpenAPI document, for a first look")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=int, default=12, help="fuzzed cases an operation")
    parser.add_argument(
        "--only-rights", action="store_true", help="no fuzzing: quick, and never a clean verdict"
    )
    parser.add_argument("--within", type=float, default=600.0, help="seconds that it may take")
    parser.add_argument("--out", type=Path, help="folder for what is written (out/contract-...)")
    parser.add_argument("--waivers", type=Path, help="a file like scenarios/waivers.toml")
    parser.add_argument("--i-may-test", metavar="HOST", help="a host that is not this machine")


def run(words: argparse.Namespace) -> int:
    """Check, write, tell. Returns the exit code."""
    try:
        target = load_target(words.target) if words.target else _first_look(words.openapi)
        _refuse_strangers(target.base_url, words.i_may_test)
        raw = _document(_address(target, words.openapi))
        policy = _policy(words.target, target)
        waived = _waived(words.waivers)
        budget = None if words.only_rights else Budget(words.examples, scenarios=words.examples)
        plan = Plan(words.seed, words.within, budget, int(time.time()))
        report = check(target, raw, policy, plan, _say())
    except (TargetError, NotCheckedError, NotEnteredError, PolicyError, ConfigError) as error:
        print(f"no verdict: {error}", file=sys.stderr)
        return NO_VERDICT
    report.waived = waived
    if policy is None:
        roles = tuple(target.identities)
        _write(words.out or _folder(), report, as_toml(derived(parse(raw), roles), roles))
    else:
        _write(words.out or _folder(), report, None)
    return EXIT_CODES[report.verdict]


def _first_look(address: str) -> Target:
    """A target of nothing but a document's address: a visitor alone."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise NotCheckedError(
            f"--openapi: expected an address like http://127.0.0.1:8000/openapi.json, "
            f"found {address!r}"
        )
    base = f"{parts.scheme}://{parts.netloc}"
    return Target(
        name=parts.netloc, base_url=base, ready="/", openapi=parts.path or "/",
        identities={VISITOR: Identity()},
    )  # fmt: skip


def _address(target: Target, asked: str | None) -> str:
    if asked:
        return asked
    if target.openapi is None:
        raise NotCheckedError("the target file has no `openapi`, the path of the document")
    return urljoin(target.base_url + "/", target.openapi.lstrip("/"))


def _refuse_strangers(base_url: str, allowed: str | None) -> None:
    """Attacks go to this machine, or to a host that was named on purpose."""
    host = urlsplit(base_url).hostname or ""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if not local and host != allowed:
        raise NotCheckedError(
            f"{host} is not this machine. The check attacks rights and writes data.\n"
            f"If you may do that there, say so: --i-may-test {host}"
        )


def _document(address: str) -> dict[str, Any]:
    try:
        config = schemathesis.Config.from_dict({})
        raw = schemathesis.openapi.from_url(address, config=config, timeout=20).raw_schema
    except (LoaderError, requests.RequestException, OSError) as error:
        first = str(error).strip().partition("\n")[0]
        raise NotCheckedError(f"{address}: no OpenAPI document is answered: {first}") from None
    if "openapi" not in raw:
        found = f"Swagger {raw.get('swagger', 'of an unknown version')}"
        raise NotCheckedError(
            f"{address}: expected OpenAPI 3, found {found}\n"
            "Convert the document (swagger2openapi does) and name it in the target file."
        )
    return dict(raw)


def _policy(file: Path | None, target: Target) -> Policy | None:
    if file is None or target.contract.access is None:
        return None
    return load(file.parent / target.contract.access, tuple(target.identities))


def _waived(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    today = date.today()  # noqa: DTZ011  a waiver ends with a day, wherever one is
    return {
        waiver.target: f"{waiver.owner}: {waiver.reason.strip()}"
        for waiver in load_waivers(path)
        if waiver.kind == "finding" and waiver.standing(today) == "valid"
    }


def _say() -> Callable[[str], None]:
    if not sys.stderr.isatty():
        return lambda text: None
    return lambda text: print(f"\r\x1b[K{text[:100]}", end="", file=sys.stderr, flush=True)


def _folder() -> Path:
    return Path("out", f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-contract-check")


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
