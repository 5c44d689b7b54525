"""``python -m scenarios.duet``: two running builds compared, evidence in a file.

Exit codes: 0 every endpoint was compared in every metric; 2 it could not begin, or some comparison
could not be made (answers that differ, too few blocks), or the evidence could not be written; 130
interrupted, with what was measured until then in the table and in the file all the same. Which of
them is slower is a verdict, not a failure: it stands in the table and in the evidence.
"""

from __future__ import annotations

import argparse
import io
import ipaddress
import os
import random
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TextIO
from urllib.parse import SplitResult, urlsplit

from scenarios.duet import endpoints, records
from scenarios.duet.asking import NoAnswerError
from scenarios.duet.blocks import METRICS
from scenarios.duet.endpoints import Choice
from scenarios.duet.measuring import Duet, NotComparableError
from scenarios.duet.outcome import Outcome, Rules, judge
from scenarios.duet.records import Played
from scenarios.duet.sides import Build, Start
from scenarios.duet.spending import Spending
from scenarios.duet.wording import NAMES, table
from scenarios.targets import (
    BAD_INPUT,
    Identity,
    Target,
    TargetError,
    load_target,
    sendable_path,
)

INTERRUPTED = 130
SECONDS = 10.0
ALLOWANCE_PERCENT = 1.5
PID_MAX = 2**22  # the most that Linux gives out, see proc(5)
DEFAULT_TARGET = "sut/target.toml"


class RefusedError(Exception):
    """What was asked for cannot be done; the message is for whoever asked."""


def main(arguments: list[str]) -> int:
    """Carry out one command line; the exit code."""
    words = _parser().parse_args(arguments)
    try:
        _check(words)
        return _hand_over(_play(words), words)
    except (RefusedError, TargetError, NoAnswerError, NotComparableError) as error:
        _say([str(error)], sys.stderr)
        return BAD_INPUT
    except OSError as error:
        _say([f"{error.filename or words.output}: {error.strerror or error}"], sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        _say(["interrupted before anything was measured"], sys.stderr)
        return INTERRUPTED


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
        try:
            sendable_path(path)
        except ValueError as error:
            raise RefusedError(f"--path: {error}, found {path!r}") from None
    _must_be_writable(words.output)


def _must_be_writable(output: Path) -> None:
    """Before anything is measured, since then it would be too late to name another place."""
    try:
        if not output.parent.is_dir():
            raise RefusedError(f"--output: there is no folder {output.parent}")
        new = not output.exists()
        if new or output.is_file():
            output.open("ab").close()
        elif output.is_dir():
            raise RefusedError(f"--output: {output} is a folder; name a file")
        if new:
            output.unlink()  # a run that is refused leaves nothing behind
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise RefusedError(f"--output: {output} cannot be written: {reason}") from None


def _check_numbers(words: argparse.Namespace) -> None:
    for option, pids in (("--a-pid", words.a_pid), ("--b-pid", words.b_pid)):
        for pid in pids:
            if not 0 < pid <= PID_MAX:
                raise RefusedError(f"{option}: expected the number of a process, found {pid}")
    for option, value in (("--seconds", words.seconds), ("--same-within", words.same_within)):
        if value is not None and not 0 < value < float("inf"):
            raise RefusedError(f"{option}: expected a number above 0, found {value:g}")
    if not 0 <= words.start_allowance < 100:
        raise RefusedError(
            f"--start-allowance: expected 0 to 100 percent, found {words.start_allowance:g}"
        )


def _must_be_here(option: str, url: str) -> None:
    parts = _address(option, url)
    try:
        here = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        here = parts.hostname == "localhost"
    if not here:
        raise RefusedError(
            f"{option}: {parts.hostname} is not this machine. A network between them would be"
            " measured along; start both builds here."
        )


def _address(option: str, url: str) -> SplitResult:
    """The address in its parts. Raises RefusedError where there is more to it, or less."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        raise RefusedError(f"{option}: expected http://host:port, found {url!r}") from None
    if parts.username is not None:  # and a password, which is nobody's business
        raise RefusedError(f"{option}: expected http://host:port, without a name before it")
    bare = f"{parts.scheme}://{parts.netloc}"
    if not sound or not url.isascii() or url.lower() not in {bare.lower(), f"{bare.lower()}/"}:
        raise RefusedError(f"{option}: expected http://host:port, found {url!r}")
    return parts


def _play(words: argparse.Namespace) -> Played:
    target = None if words.path else load_target(Path(words.target or DEFAULT_TARGET))
    base = Build("base", _starts(words.a, words.a_pid), _people(target))
    new = Build("new", _starts(words.b, words.b_pid), _people(target))
    choice = _choice(words, target, base, new)
    if not choice.endpoints:
        reasons = "\n".join((*choice.differing, *choice.left_out)[:3])
        raise RefusedError(f"there is nothing to compare:\n{reasons}")
    duet = Duet({"base": base, "new": new}, words.seconds, random.Random(words.seed))  # noqa: S311
    interrupted = not _measured(duet, choice)
    band = None if words.same_within is None else words.same_within / 100
    metrics = METRICS if words.a_pid else METRICS[:2]
    outcome = judge(duet.tallies, Rules(metrics, band, words.start_allowance / 100))
    return Played(
        choice, duet.tallies, outcome, duet.other_cpu_share, duet.core, interrupted=interrupted
    )


def _measured(duet: Duet, choice: Choice) -> bool:
    """Whether it came to its end. Raises KeyboardInterrupt where nothing is there to be shown."""
    terminal = sys.stderr is not None and sys.stderr.isatty()
    try:
        duet.measure(choice.endpoints, _show if terminal else lambda line: None)
    except KeyboardInterrupt:
        if not any(tally.series.blocks for tally in duet.tallies):
            raise
        return False
    return True


def _people(target: Target | None) -> Mapping[str, Identity]:
    return dict(target.identities) if target else {}


def _starts(urls: Sequence[str], pids: Sequence[int]) -> tuple[Start, ...]:
    spendings: Sequence[Spending | None] = [Spending(pid) for pid in pids] or [None] * len(urls)
    return tuple(
        Start(url.rstrip("/"), spending) for url, spending in zip(urls, spendings, strict=True)
    )


def _choice(words: argparse.Namespace, target: Target | None, base: Build, new: Build) -> Choice:
    if target is None:
        return endpoints.of_paths(list(dict.fromkeys(words.path)), base, new)
    if target.openapi is None:
        raise RefusedError(
            f"{words.target or DEFAULT_TARGET}: openapi: missing; name what to compare with --path"
        )
    return endpoints.of_document(target.openapi, base, new)


def _hand_over(played: Played, words: argparse.Namespace) -> int:
    """Tell first, then write: a file that takes nothing must not cost the table."""
    code = _tell(played, words)
    try:
        records.write(played, words.output)
    except OSError as error:
        reason = error.strerror or str(error)
        _say([f"--output: {words.output} cannot be written: {reason}"], sys.stderr)
        return INTERRUPTED if played.interrupted else BAD_INPUT
    return code


def _tell(played: Played, words: argparse.Namespace) -> int:
    refused = _say(table(played.tallies, played.outcome), sys.stdout)
    missing = [*played.choice.differing, *_unmade(played.outcome)]
    said = [f"no comparison: {line}" for line in missing]
    if any(item.why.endswith("measure longer") for item in played.outcome.unbounded):
        more = max(SECONDS, 2 * words.seconds)
        said.append(f"Give each endpoint more time: --seconds {more:g}")
    if refused:
        said.append(f"the table could not be shown: {refused}; the values are in {words.output}")
    if played.interrupted:
        said.append(f"interrupted: what was measured until then is in {words.output}")
    _say(said, sys.stderr)
    return INTERRUPTED if played.interrupted else BAD_INPUT if missing else 0


def _unmade(outcome: Outcome) -> Iterator[str]:
    """A line for each endpoint of which something could not be compared."""
    for name, items in groupby(outcome.unbounded, lambda item: item.endpoint):
        found = list(items)
        whole = len(found) == len(outcome.rules.metrics)
        metrics = "" if whole else " " + ", ".join(NAMES[item.metric] for item in found)
        yield f"{name}{metrics}: {found[0].why}"


def _say(lines: Iterable[str], stream: TextIO | None) -> str:
    """Print them; the reason where the stream takes no more, which changes no exit code."""
    if stream is None:  # closed before this began
        return ""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")  # a name that this terminal cannot show
    try:
        for line in lines:
            print(line, file=stream)
        stream.flush()
    except OSError as error:
        # what is left in the buffer would fail once more as Python ends, and change the exit code
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return error.strerror or str(error)
    return ""


def _show(line: str) -> None:
    print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
