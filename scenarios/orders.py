"""The command line of a run, read and checked: nothing is started until all of it is right."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from scenarios import shapes
from scenarios.addresses import AddressError, host_of, masked, must_be_allowed, path_of
from scenarios.holds import Hold, HoldError, parse
from scenarios.plan import Plan
from scenarios.posts import Post
from scenarios.targets import Target, load_target
from scenarios.tracks import Store, StoreError
from scenarios.words import DEFAULT_PORT, DEFAULT_TARGET, EVIDENCE, SUMMARY, parser

BREAKPOINT = "breakpoint"
PID_MAX = 2**22  # of Linux
SHORTEST_S = 1.0  # what is measured is told by whole seconds
_SCHEMES = {"postgres": {"postgres", "postgresql"}, "redis": {"redis", "rediss", "unix"}}
_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>s|m|h|)")
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
# What a worker may be told beside where its master is.
_OF_A_WORKER = frozenset({"command", "worker", "wait"})


class RefusedError(Exception):
    """What was asked for cannot be done; the message is for whoever asked."""


@dataclass(frozen=True)
class Order:
    """The command line, checked."""

    plan: Plan
    ready_url: str
    metrics_url: str | None
    pids: tuple[int, ...]
    stores: tuple[Store, ...]
    generators: int
    post: Post
    out: Path
    holds: tuple[Hold, ...] = ()
    searches: bool = False

    @property
    def evidence(self) -> Path:
        """The file that the records go to."""
        return self.out / EVIDENCE


@dataclass(frozen=True)
class Enlistment:
    """To work for a master elsewhere."""

    host: str
    port: int
    wait_s: float


def enlistment(words: argparse.Namespace) -> Enlistment | None:
    """What `--worker` asks for; None without it. Raises RefusedError."""
    if words.worker is None:
        return None
    plain = parser().parse_args(["run"])
    extra = [
        name.replace("_", "-")
        for name, value in vars(words).items()
        if name not in _OF_A_WORKER and value != getattr(plain, name)
    ]
    if extra:
        raise RefusedError(f"--{extra[0]}: not with --worker, whose master says what is played")
    try:
        parts = urlsplit(f"//{words.worker}")
        host, port = parts.hostname, parts.port or DEFAULT_PORT
    except ValueError:  # brackets that are not closed, a port that is no number
        parts, host, port = urlsplit(""), None, 0
    if not host or parts.path or parts.query:
        raise RefusedError(f"--worker: expected HOST or HOST:PORT, found {words.worker!r}")
    return Enlistment(host, port, _seconds("--wait", words.wait))


def order(words: argparse.Namespace) -> Order:
    """What shall be done. Raises RefusedError, TargetError or JourneysError."""
    target = _target(words)
    base, internal = _addresses(words, target)
    _must_be_positive(words)
    plan = Plan(
        url=base,
        profile=_profile(words, alone=target is None),
        player=target.identities.get("player") if target else None,
        journeys=target.load.journeys if target else "",
        paths=_paths(words) or (() if target else ("/",)),
        sessions_first=words.sessions,
        seed=words.seed,
        closed_users=words.closed,
    )
    plan.mix()
    metrics = f"{internal}{target.metrics if target else '/metrics'}" if internal else None
    ready = plan.url + (target.ready if target and not plan.paths else plan.paths[0])
    post, generators = _post(words)
    out = _out(words.out)
    return Order(
        plan=plan,
        ready_url=ready,
        metrics_url=metrics,
        pids=tuple(words.service_pid),
        stores=_stores(words),
        generators=generators,
        post=post,
        out=out,
        holds=_holds(words),
        searches=words.profile == BREAKPOINT,
    )


def _addresses(words: argparse.Namespace, target: Target | None) -> tuple[str, str | None]:
    """What is loaded, and where its metrics are. Raises RefusedError."""
    base, where = words.url, "--url"
    if base is None:
        base, where = target.base_url if target else "", "the target's base_url"
    _held(where, base, words.i_may_load)
    internal, where = words.internal_url, "--internal-url"
    if internal is None:
        internal, where = target.internal_url if target else None, "the target's internal_url"
    if internal is not None:
        _held(where, internal, words.i_may_load)
    return base.rstrip("/"), internal and internal.rstrip("/")


def _paths(words: argparse.Namespace) -> tuple[str, ...]:
    """The paths that are read instead of journeys. Raises RefusedError."""
    try:
        return tuple(path_of(path) for path in words.path)
    except AddressError as error:
        raise RefusedError(f"--path: {error}") from None


def _stores(words: argparse.Namespace) -> tuple[Store, ...]:
    """What is watched beside the service. A password may come from PGPASSWORD."""
    if words.postgres_url is None and words.redis_url is None:
        return ()
    from scenarios.stores import Postgres, Redis  # loads their drivers, which take their time

    watched: list[Store] = []
    for kind, store_of in (("postgres", Postgres), ("redis", Redis)):
        url, option = getattr(words, f"{kind}_url"), f"--{kind}-url"
        if url is None:
            continue
        scheme, separator, rest = url.partition("://")
        scheme = scheme.partition("+")[0]  # a driver's name says nothing of where it is
        if scheme not in _SCHEMES[kind] or not separator:
            raise RefusedError(f"{option}: expected {kind}://host:port/..., found {masked(url)}")
        store = store_of(f"{scheme}://{rest}")
        try:
            hosts = store.hosts()
        except StoreError as error:
            raise RefusedError(f"{option}: expected {kind}://host:port/...; {error}") from None
        for host in hosts:
            _allowed(option, host, words.i_may_load)
        watched.append(store)
    return tuple(watched)


def _target(words: argparse.Namespace) -> Target | None:
    """The target file; none is needed for a first look at a given address."""
    if words.target is None and words.url is not None:
        return None
    return load_target(Path(DEFAULT_TARGET if words.target is None else words.target))


def _must_be_positive(words: argparse.Namespace) -> None:
    positive = ("rate", "visits_max", "connections", "processes", "expect_workers", "closed")
    for option in positive:
        value = getattr(words, option)
        if value is not None and not 0 < value < math.inf:
            name = option.replace("_", "-")
            raise RefusedError(f"--{name}: expected a number above 0, found {value:g}")
    for option in ("sessions", "log_ins"):
        value = getattr(words, option)
        if value is not None and not 0 <= value < math.inf:
            name = option.replace("_", "-")
            raise RefusedError(f"--{name}: expected 0 or more, found {value:g}")
    for option in ("ui_port", "bind_port"):
        value = getattr(words, option)
        if value is not None and not 0 <= value <= 65535:
            name = option.replace("_", "-")
            raise RefusedError(f"--{name}: expected a port from 0 to 65535, found {value}")
    for pid in words.service_pid:
        if not 0 < pid <= PID_MAX:
            raise RefusedError(f"--service-pid: expected the number of a process, found {pid}")


def _profile(words: argparse.Namespace, *, alone: bool) -> shapes.Profile:
    if words.closed is not None and words.rate is not None:
        raise RefusedError("--rate: not with --closed, whose users set their own pace")

    def length(option: str, least: float | None = None) -> float | None:
        said = getattr(words, option.removeprefix("--").replace("-", "_"))
        return None if said is None else _seconds(option, said, least)

    try:
        name = ("smoke" if alone else "commit") if words.profile is None else words.profile
        found = shapes.profile(name).overridden(
            rate_per_s=words.rate,
            duration_s=length("--duration", least=SHORTEST_S),
            knots=_knots(words.knots),
            process=words.arrivals,
            log_ins_per_s=words.log_ins,
            think_s=length("--think", least=0.0),
            warm_up_s=length("--warm-up", least=0.0),
            timeout_s=length("--timeout"),
            connections=words.connections,
            visits_at_once_max=words.visits_max,
        )
    except ValueError as error:
        option = "--knots" if words.knots else "--profile"
        raise RefusedError(f"{option}: {error}") from None
    if found.shape.duration_s < SHORTEST_S:
        raise RefusedError(f"--knots: expected {SHORTEST_S:g} s or more, in all")
    return found


def _knots(said: str | None) -> tuple[shapes.Knot, ...]:
    """A course of the rate like 0@10,30@200. Raises ValueError."""
    if said is None:
        return ()
    try:
        pairs = [part.split("@") for part in said.split(",")]
        return tuple(shapes.Knot(float(at), float(rate)) for at, rate in pairs)
    except ValueError:
        wanted = "expected SECONDS@RATE with commas between, as in 0@10,30@200,60@200"
        raise ValueError(f"{wanted}, found {said!r}") from None


def _holds(words: argparse.Namespace) -> tuple[Hold, ...]:
    """The limits that a run is held to. Raises RefusedError."""
    searches = words.profile == BREAKPOINT
    try:
        holds = tuple(hold for said in words.hold for hold in parse(said))
    except HoldError as error:
        raise RefusedError(f"--hold: {error}") from None
    if holds and not (words.abort or searches):
        raise RefusedError(f"--hold: only with --abort or --profile {BREAKPOINT}")
    if not holds and (words.abort or searches):
        option = "--abort" if words.abort else f"--profile {BREAKPOINT}"
        raise RefusedError(
            f"{option}: needs at least one limit, as in --hold p95<200ms,errors<0.1%; "
            "python -m reports limits load prints those that were promised"
        )
    for option, given in (("--closed", words.closed), ("--master", words.master),
                          ("--ui", words.ui)):  # fmt: skip
        if searches and given:
            raise RefusedError(f"{option}: not with --profile {BREAKPOINT}")
    if words.abort and words.closed:
        raise RefusedError("--abort: not with --closed, of which nobody knows what is to come")
    return holds


def _seconds(option: str, said: str, least: float | None = None) -> float:
    """A length of time like 90, 60s, 2m or 1h. Raises RefusedError."""
    match = _DURATION.fullmatch(said.strip())
    value = float(match["number"]) * _SECONDS[match["unit"]] if match else -1.0
    if not match or (value <= 0 if least is None else value < least):
        wanted = "a length of time above 0" if least is None else "a length of time"
        if least:
            wanted = f"a length of time of {least:g} s or more"
        raise RefusedError(f"{option}: expected {wanted} like 90, 60s, 2m or 1h, found {said!r}")
    return value


def _post(words: argparse.Namespace) -> tuple[Post, int]:
    """Where generators come from, and how many. Raises RefusedError."""
    ui_port = words.ui_port if words.ui else None
    if not words.master:
        of_a_master: Mapping[str, object] = {
            "--expect-workers": words.expect_workers,
            "--bind-host": words.bind_host,
            "--bind-port": words.bind_port,
        }
        for option, value in of_a_master.items():
            if value is not None:
                raise RefusedError(f"{option}: only with --master")
        return Post(ui_port=ui_port), words.processes or 1
    if words.processes is not None:
        raise RefusedError("--processes: not with --master, whose workers come from elsewhere")
    port = DEFAULT_PORT if words.bind_port is None else words.bind_port
    host = words.bind_host or Post.bind_host
    wait_s = _seconds("--wait", words.wait)
    return Post(False, host, port, wait_s, ui_port), words.expect_workers or 1


def _out(folder: Path | None) -> Path:
    """The folder, which must not hold a run already. Raises RefusedError."""
    if folder is None:
        raise RefusedError("--out: missing; name the folder that the evidence goes to")
    for name in (EVIDENCE, SUMMARY):
        if (folder / name).exists():
            raise RefusedError(f"--out: {folder / name} is there already; name another folder")
    if folder.exists() and not folder.is_dir():
        raise RefusedError(f"--out: {folder} is not a folder")
    return folder


def _held(option: str, url: str, allowed: Collection[str]) -> None:
    """Whatever is loaded or watched is on this machine, or spelled out. Raises RefusedError."""
    try:
        host = host_of(url)
    except AddressError as error:
        raise RefusedError(f"{option}: {error}") from None
    _allowed(option, host, allowed)


def _allowed(option: str, host: str, allowed: Collection[str]) -> None:
    try:
        must_be_allowed(host, allowed)
    except AddressError as error:
        raise RefusedError(f"{option}: {error}") from None
