"""``python -m scenarios.duet``: two running builds compared, evidence in a file.

Exit codes: 0 every endpoint was compared; 2 it could not begin, or some endpoint was no comparison;
130 interrupted. Which of them is slower is a verdict, not a failure: it stands in the table and in
the evidence.
"""

from __future__ import annotations

import argparse
import ipaddress
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from scenarios.duet import endpoints, records
from scenarios.duet.asking import NoAnswerError
from scenarios.duet.blocks import METRICS
from scenarios.duet.endpoints import Choice
from scenarios.duet.measuring import Duet, NotComparableError
from scenarios.duet.outcome import Rules, judge
from scenarios.duet.records import Played
from scenarios.duet.sides import Build, Start
from scenarios.duet.spending import Spending
from scenarios.duet.wording import table
from scenarios.targets import BAD_INPUT, Identity, Target, TargetError, load_target

INTERRUPTED = 130
SECONDS = 10.0
ALLOWANCE_PERCENT = 1.5
DEFAULT_TARGET = "sut/target.toml"


class RefusedError(Exception):
    """What was asked for cannot be done; the message is for whoever asked."""


def main(arguments: list[str]) -> int:
    """Carry out one command line; the exit code."""
    words = _parser().parse_args(arguments)
    try:
        _check(words)
        played = _play(words)
        records.write(played, words.output)
    except (RefusedError, TargetError, NoAnswerError, NotComparableError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except OSError as error:
        print(f"{error.filename or words.output}: {error.strerror or error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    return _tell(played)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scenarios.duet", description=__doc__)
    for side, what in (("a", "the base"), ("b", "the build to compare with it")):
        parser.add_argument(
            f"--{side}", action="append", required=True, metavar="URL",
            help=f"{what}, http://127.0.0.1:1234; once for each start of it on the same data",
        )  # fmt: skip
        parser.add_argument(
            f"--{side}-pid", action="append", type=int, default=[], metavar="PID",
            help="the process of each, for its CPU time",
        )  # fmt: skip
    parser.add_argument("--path", action="append", default=[], help="read this; may be repeated")
    parser.add_argument(
        "--target", metavar="FILE", help=f"without --path: whose OpenAPI (default {DEFAULT_TARGET})"
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for each endpoint")
    parser.add_argument(
        "--same-within", type=float, metavar="PERCENT", help="a difference that does not matter"
    )
    parser.add_argument(
        "--start-allowance", type=float, default=ALLOWANCE_PERCENT, metavar="PERCENT",
        help="by which two starts of one build may differ",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, help="the order's chance")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="NDJSON")
    return parser


def _check(words: argparse.Namespace) -> None:
    for option in ("a", "b"):
        for url in getattr(words, option):
            _must_be_here(f"--{option}", url)
    pids, addresses = (len(words.a_pid), len(words.b_pid)), (len(words.a), len(words.b))
    if pids not in {(0, 0), addresses}:
        raise RefusedError("--a-pid and --b-pid: expected one for each address, or none at all")
    if words.path and words.target:
        raise RefusedError("--path and --target: expected one of them, found both")
    _check_numbers(words)
    for path in words.path:
        if not path.startswith("/"):
            raise RefusedError(f"--path: expected a path that starts with /, found {path!r}")
    if not words.output.parent.is_dir():
        raise RefusedError(f"--output: there is no folder {words.output.parent}")


def _check_numbers(words: argparse.Namespace) -> None:
    for option, value in (("--seconds", words.seconds), ("--same-within", words.same_within)):
        if value is not None and not 0 < value < float("inf"):
            raise RefusedError(f"{option}: expected a number above 0, found {value:g}")
    if not 0 <= words.start_allowance < 100:
        raise RefusedError(
            f"--start-allowance: expected 0 to 100 percent, found {words.start_allowance:g}"
        )


def _must_be_here(option: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise RefusedError(f"{option}: expected http://host:port, found {url!r}")
    try:
        here = ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        here = parts.hostname == "localhost"
    if not here:
        raise RefusedError(
            f"{option}: {parts.hostname} is not this machine. A network between them would be"
            " measured along; start both builds here."
        )


def _play(words: argparse.Namespace) -> Played:
    target = None if words.path else load_target(Path(words.target or DEFAULT_TARGET))
    base = Build("base", _starts(words.a, words.a_pid), _people(target))
    new = Build("new", _starts(words.b, words.b_pid), _people(target))
    choice = _choice(words, target, base, new)
    if not choice.endpoints:
        reasons = "\n".join((*choice.differing, *choice.left_out)[:3])
        raise RefusedError(f"there is nothing to compare:\n{reasons}")
    duet = Duet({"base": base, "new": new}, words.seconds, random.Random(words.seed))  # noqa: S311
    tallies = duet.measure(choice.endpoints, _show if sys.stderr.isatty() else lambda line: None)
    band = None if words.same_within is None else words.same_within / 100
    metrics = METRICS if words.a_pid else METRICS[:2]
    outcome = judge(tallies, Rules(metrics, band, words.start_allowance / 100))
    return Played(choice, tallies, outcome, duet.other_cpu_share, duet.core)


def _people(target: Target | None) -> Mapping[str, Identity]:
    return dict(target.identities) if target else {}


def _starts(urls: Sequence[str], pids: Sequence[int]) -> tuple[Start, ...]:
    spendings: Sequence[Spending | None] = [Spending(pid) for pid in pids] or [None] * len(urls)
    return tuple(
        Start(url.rstrip("/"), spending) for url, spending in zip(urls, spendings, strict=True)
    )


def _choice(words: argparse.Namespace, target: Target | None, base: Build, new: Build) -> Choice:
    if target is None:
        return endpoints.of_paths(words.path, base, new)
    if target.openapi is None:
        raise RefusedError(f"{words.target}: openapi: missing; name what to compare with --path")
    return endpoints.of_document(target.openapi, base, new)


def _tell(played: Played) -> int:
    for line in table(played.tallies, played.outcome):
        print(line)
    faulty = [f"{tally.endpoint.name}: {tally.fault}" for tally in played.tallies if tally.fault]
    for line in (*played.choice.differing, *faulty):
        print(f"no comparison: {line}", file=sys.stderr)
    return BAD_INPUT if played.choice.differing or faulty else 0


def _show(line: str) -> None:
    print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
