"""One load run of this layer: the service with its limits raised, and the generator's process."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from fixtures.live import LiveService, LiveServiceFactory
from fixtures.options import Options
from fixtures.services.guard import Command, Guard
from reports.evidence import AnyRecord, Instrument, Measurement, decode
from scenarios import shapes
from scenarios.orders import BREAKPOINT
from scenarios.search import MOST_TRIALS
from scenarios.targets import Target
from scenarios.words import EVIDENCE

PREPARATION_AND_END_S = 150.0
BETWEEN_TRIALS_S = 30.0
WORKERS = 2


@dataclass(frozen=True)
class LoadRun:
    """What came of a run: exit code, what was said, and the records in `output`."""

    exit_code: int
    said: str
    output: Path

    @property
    def records(self) -> tuple[AnyRecord, ...]:
        """Everything that was measured, also by a run that was cut short."""
        return tuple(decode(line) for line in self.output.read_text().splitlines())

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """How sound the measuring was, by name."""
        return {item.name: item for item in self.records if isinstance(item, Instrument)}

    def measurements(self, metric: str, **dimensions: str) -> Sequence[Measurement]:
        """The measurements of a metric that carry all these dimensions."""
        return [
            item
            for item in self.records
            if isinstance(item, Measurement)
            and item.metric == metric
            and dimensions.items() <= dict(item.dimensions).items()
        ]


def start_service(
    target: Target, options: Options, factory: LiveServiceFactory
) -> LiveService | None:
    """The service with its settings for load; None where the target stands already."""
    if target.start is None:
        return None
    workers = options.workers or WORKERS
    return factory(workers=workers, seeded=True, environment=target.load.environment)


def run_load(
    guard: Guard, service: LiveService | None, options: Options, root: Path, folder: Path
) -> LoadRun:
    """Play the profile that the options ask for, and wait for its end."""
    name = options.profile or "commit"
    log = folder / f"{name}.log"
    argv = [sys.executable, "-m", "scenarios", "run", "--profile", name, "--out", str(folder)]
    argv += ["--target", str(service.target if service else options.target)]
    for option, value in (
        ("--rate", options.rate_per_s),
        ("--duration", options.duration_s),
        ("--visits-max", options.users),
    ):
        if value is not None:
            argv += [option, str(value)]
    argv += options.load_words
    environment = dict(os.environ)
    if service is not None:
        argv += ["--service-pid", str(service.pid), "--redis-url", service.redis.url]
        argv += ["--postgres-url", without_password(service.database.dsn, environment)]
    process = guard.spawn(Command(argv, log, root, environment))
    code = process.wait(_length_s(name, options) + PREPARATION_AND_END_S)
    return LoadRun(code, log.read_text(errors="replace"), folder / EVIDENCE)


def without_password(dsn: str, environment: dict[str, str]) -> str:
    """The address alone; its password goes where libpq looks and no list of processes shows it."""
    parts = urlsplit(dsn)
    if parts.password:
        environment["PGPASSWORD"] = unquote(parts.password)
    user = f"{parts.username}@" if parts.username else ""
    return parts._replace(netloc=f"{user}{parts.netloc.rpartition('@')[2]}").geturl()


def _length_s(name: str, options: Options) -> float:
    profile_s = 0.0
    with suppress(ValueError):  # a name that does not exist is refused by the generator
        profile_s = shapes.profile(name).shape.duration_s
    length_s = options.duration_s or profile_s
    return (2 * length_s + BETWEEN_TRIALS_S) * MOST_TRIALS if name == BREAKPOINT else length_s
