"""The words of the command line of a run, apart from what they mean."""

from __future__ import annotations

import argparse
from pathlib import Path

from scenarios import shapes

DEFAULT_TARGET = "sut/target.toml"
DEFAULT_PORT = 5557  # Locust's own
EVIDENCE, SUMMARY = "load.ndjson", "summary.txt"
ABORTED, ENDED_EARLY = 1, 130  # exit codes


def parser() -> argparse.ArgumentParser:
    """The words of the command line."""
    whole = argparse.ArgumentParser(
        prog="python -m scenarios", description="Load on a service, evidence in a folder."
    )
    run = whole.add_subparsers(dest="command", required=True).add_parser(
        "run", help="play a load profile and record what was measured"
    )
    _add_service(run.add_argument_group("what is loaded"))
    _add_load(run.add_argument_group("the load"))
    _add_generators(run.add_argument_group("generators"))
    run.add_argument("--out", type=Path, metavar="DIR", help=f"for {EVIDENCE} and {SUMMARY}")
    run.add_argument("--ui", action="store_true", help="open Locust's web UI on loopback")
    run.add_argument("--ui-port", type=int, default=8089, metavar="PORT", help="0: any free one")
    return whole


def _add_service(what: argparse._ArgumentGroup) -> None:
    what.add_argument("--target", metavar="FILE", help=f"target file (default {DEFAULT_TARGET})")
    what.add_argument(
        "--url",
        "--target-url",
        metavar="URL",
        help="instead of the file's base_url; alone, a first look at any service",
    )
    what.add_argument("--internal-url", metavar="URL", help="instead of the file's internal_url")
    what.add_argument(
        "--path", action="append", default=[], help="read this path instead of the journeys"
    )
    what.add_argument("--service-pid", type=int, action="append", default=[], metavar="PID")
    what.add_argument("--postgres-url", metavar="URL", help="the service's database, to watch")
    what.add_argument("--redis-url", metavar="URL", help="the service's Redis, to watch")
    what.add_argument(
        "--i-may-load",
        action="append",
        default=[],
        metavar="HOST",
        help="needed for each host that is not this one, also for one that is only watched",
    )


def _add_load(load: argparse._ArgumentGroup) -> None:
    names = ", ".join(shapes.BY_NAME)
    load.add_argument(
        "--profile", metavar="NAME", help=f"one of {names} (default commit; smoke for --url alone)"
    )
    load.add_argument("--rate", type=float, metavar="PER_S", help="peak visits per second")
    load.add_argument("--duration", metavar="TIME", help="length of the load: 90, 60s, 2m, 1h")
    load.add_argument(
        "--knots",
        metavar="S@PER_S,...",
        help="another course of the rate, as in 0@10,30@200,60@200",
    )
    load.add_argument("--arrivals", choices=("poisson", "even"), help="by chance, or evenly spaced")
    load.add_argument("--log-ins", type=float, metavar="PER_S", help="log-ins beside the visits")
    load.add_argument("--think", metavar="TIME", help="mean pause between the steps of a visit")
    load.add_argument("--warm-up", metavar="TIME", help="played first, at the first rate")
    load.add_argument("--timeout", metavar="TIME", help="how long an answer is waited for")
    load.add_argument("--connections", type=int, metavar="COUNT", help="of a generator, at most")
    load.add_argument("--visits-max", type=int, metavar="COUNT", help="visits at once, at most")
    load.add_argument("--sessions", type=int, default=20, help="people logged in beforehand")
    load.add_argument("--seed", type=int, default=1, help="the schedule's chance")
    load.add_argument(
        "--closed",
        type=int,
        metavar="USERS",
        help="closed model: so many users, each waiting for its answers; shows no objective",
    )
    load.add_argument(
        "--hold",
        action="append",
        default=[],
        metavar="LIMIT,...",
        help="for --abort and --profile breakpoint: p95<200ms,errors<0.1%%",
    )
    load.add_argument(
        "--abort", action="store_true", help="end as soon as a --hold cannot be kept any more"
    )


def _add_generators(where: argparse._ArgumentGroup) -> None:
    where.add_argument("--processes", type=int, metavar="N", help="on this machine (default 1)")
    where.add_argument("--master", action="store_true", help="wait for workers from elsewhere")
    where.add_argument("--expect-workers", type=int, metavar="N", help="with --master (default 1)")
    where.add_argument("--bind-host", metavar="ADDRESS", help="with --master (default 127.0.0.1)")
    where.add_argument("--bind-port", type=int, metavar="PORT", help=f"default {DEFAULT_PORT}")
    where.add_argument("--worker", metavar="HOST[:PORT]", help="work for the master there")
    where.add_argument("--wait", metavar="TIME", default="60s", help="for workers, or the master")
