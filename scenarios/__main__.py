"""``python -m scenarios run``: load on a service, evidence in a file.

Exit codes: 0 measured to the end; 2 could not begin, or a generator was lost; 130 interrupted, with
what was measured until then in the file.
"""

from __future__ import annotations

import argparse
import http.client
import ipaddress
import socket
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from scenarios import recorder, shapes
from scenarios.conductor import Conductor, LoadError, Moment
from scenarios.observer import Observer
from scenarios.plan import JourneysError, Plan
from scenarios.runs import Run
from scenarios.targets import BAD_INPUT, Target, TargetError, load_target

DEFAULT_TARGET = "sut/target.toml"
INTERRUPTED = 130
READY_WITHIN_S = 5.0


class RefusedError(Exception):
    """What was asked for cannot be done; the message is for whoever asked."""


@dataclass(frozen=True)
class Order:
    """The command line, checked."""

    plan: Plan
    ready_url: str
    metrics_url: str | None
    pids: tuple[int, ...]
    generators: int
    output: Path


def main(arguments: list[str]) -> int:
    """Carry out one command line; the exit code."""
    words = _parser().parse_args(arguments)
    try:
        order = _order(words)
        _must_answer(order.ready_url)
        observer = Observer(order.pids, order.metrics_url)
        show = _show if sys.stderr.isatty() else lambda moment: None
        run = Conductor(order.plan, order.generators, observer, show).conduct()
        recorder.write(run, order.output)
    except (RefusedError, TargetError, JourneysError, LoadError) as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except OSError as error:
        print(f"{error.filename or order.output}: {error.strerror or error}", file=sys.stderr)
        return BAD_INPUT
    return _exit_code(run)


def _exit_code(run: Run) -> int:
    if len(run.results) < run.generators:
        lost = run.generators - len(run.results)
        print(
            f"{lost} of {run.generators} generators did not hand over what they measured; "
            "the evidence says so. Try a lower --rate.",
            file=sys.stderr,
        )
        return BAD_INPUT
    return INTERRUPTED if any(result.health.interrupted for result in run.results) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scenarios", description=__doc__)
    run = parser.add_subparsers(dest="command", required=True).add_parser(
        "run", help="play a load profile and record what was measured"
    )
    run.add_argument("--target", metavar="FILE", help=f"target file (default {DEFAULT_TARGET})")
    run.add_argument("--target-url", "--url", metavar="URL", help="instead of the file's base_url")
    run.add_argument("--internal-url", metavar="URL", help="instead of the file's internal_url")
    run.add_argument(
        "--path", action="append", default=[], help="read this path instead of the journeys"
    )
    names = ", ".join(shapes.BY_NAME)
    run.add_argument("--profile", default="commit", metavar="NAME", help=f"one of {names}")
    run.add_argument("--rate", type=float, metavar="PER_S", help="peak visits per second")
    run.add_argument("--duration-s", type=float, metavar="SECONDS", help="length of the load")
    run.add_argument("--visits-max", type=int, metavar="COUNT", help="visits at once, at most")
    run.add_argument("--sessions", type=int, default=20, help="people logged in beforehand")
    run.add_argument("--seed", type=int, default=1, help="the schedule's chance")
    run.add_argument("--processes", type=int, default=1, help="generators on this machine")
    run.add_argument("--service-pid", type=int, action="append", default=[], metavar="PID")
    run.add_argument("--output", type=Path, required=True, metavar="FILE", help="NDJSON")
    run.add_argument("--i-may-load", metavar="HOST", help="needed for a host that is not this one")
    return parser


def _order(words: argparse.Namespace) -> Order:
    target = _target(words)
    base = words.target_url or (target.base_url if target else "")
    internal = words.internal_url or (target.internal_url if target else None)
    _must_be_allowed(base, words.i_may_load)
    if internal is not None:
        _host("--internal-url", internal)
    for option in ("rate", "duration_s", "visits_max", "processes"):
        value = getattr(words, option)
        if value is not None and not 0 < value < float("inf"):
            name = option.replace("_", "-")
            raise RefusedError(f"--{name}: expected a number above 0, found {value:g}")
    if not words.output.parent.is_dir():
        raise RefusedError(f"--output: there is no folder {words.output.parent}")
    try:
        profile = shapes.profile(words.profile).overridden(
            rate_per_s=words.rate,
            duration_s=words.duration_s,
            visits_at_once_max=words.visits_max,
        )
    except ValueError as error:
        raise RefusedError(f"--profile: {error}") from None
    plan = Plan(
        url=base.rstrip("/"),
        profile=profile,
        player=target.identities.get("player") if target else None,
        journeys=target.load.journeys if target else "",
        paths=tuple(words.path),
        sessions_first=words.sessions,
        seed=words.seed,
    )
    plan.mix()
    metrics = f"{internal}{target.metrics if target else '/metrics'}" if internal else None
    ready = plan.url + (target.ready if target and not plan.paths else (plan.paths or ("/",))[0])
    pids = tuple(words.service_pid)
    return Order(plan, ready, metrics, pids, words.processes, words.output)


def _target(words: argparse.Namespace) -> Target | None:
    """The target file; none is needed for plain paths of a given address."""
    if words.target is None and words.target_url and words.path:
        return None
    return load_target(Path(words.target or DEFAULT_TARGET))


def _must_be_allowed(url: str, allowed: str | None) -> None:
    """Only this machine may be loaded without being spelled out."""
    host = _host("--target-url", url)
    if host != allowed and not _is_loopback(host):
        raise RefusedError(
            f"{host} is not this machine. Load may harm it; if it is yours to load, "
            f"say so with --i-may-load {host}"
        )


def _host(option: str, url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise RefusedError(f"{option}: expected http://host:port, found {url!r}")
    return parts.hostname


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _must_answer(url: str) -> None:
    """Raises RefusedError unless the service answers and is ready."""
    advice = "Start the service, or name its address with --target-url."
    try:
        with urllib.request.build_opener(_NoRedirect).open(url, timeout=READY_WITHIN_S) as answer:
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        said = "no answer in time" if isinstance(reason, socket.timeout) else reason
        raise RefusedError(f"{url} cannot be reached: {said}\n{advice}") from None
    if not 200 <= status < 300:
        raise RefusedError(f"{url} answers {status}, expected 200: it is not ready.\n{advice}")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Reports a redirect as it is; load goes to the address that was named, or nowhere."""

    def redirect_request(self, *_: object) -> None:
        return None


def _show(moment: Moment) -> None:
    """One line on the terminal, written over each second."""
    left = max(0.0, moment.duration_s - moment.second)
    line = (
        f"{moment.second:5.0f} s  {moment.started} visits  {moment.answered} answers  "
        f"{moment.failed} failed  p95 {moment.p95_ms:.1f} ms  lag {moment.lag_ms:.1f} ms  "
        f"generator {moment.cpu_share:.0%}  {left:.0f} s left"
    )
    end = "\n" if left == 0 else ""
    print(f"\r\x1b[K{line}", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
