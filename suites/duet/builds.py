"""One build of the service, started from its own files as its own target file says."""

from __future__ import annotations

import random
import secrets
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from fixtures import templates
from fixtures.database import Database
from fixtures.environment import service_environment
from fixtures.redis_namespaces import Source
from fixtures.services.guard import Command, Guard, GuardedProcess
from fixtures.services.interface import ServiceError
from fixtures.services.ports import LOOPBACK, free_port
from fixtures.services.postgres import with_database
from fixtures.services.waiting import NotYetError, wait_until
from scenarios.duet.asking import NoAnswerError, fetch
from scenarios.targets import Start, Target

PREPARED_WITHIN_S = 300.0
# A dictionary's order is a start's chance, and would be taken for a difference of the builds.
SAME_CHANCE = {"PYTHONHASHSEED": "0"}


@dataclass(frozen=True)
class Files:
    """A build as it lies on the disk, and the Python that has what it needs."""

    side: str
    root: Path
    python: str
    target: Target


@dataclass(frozen=True)
class Running:
    """A build that answers, at one address for each of its starts, with their processes."""

    urls: tuple[str, ...]
    pids: tuple[int, ...]


@dataclass(frozen=True)
class Prepared:
    """A build whose database is filled; `words` go into its start command."""

    files: Files
    start: Start
    words: Mapping[str, str]
    environment: Mapping[str, str]
    urls: list[str] = field(default_factory=list)
    pids: list[int] = field(default_factory=list)

    @property
    def running(self) -> Running:
        """Its starts so far."""
        return Running(tuple(self.urls), tuple(self.pids))


@dataclass(frozen=True)
class Stage:
    """The servers that both builds share; each gets a database and a Redis namespace of its own.

    A build is started several times on its database, since two starts of one build differ by more
    than the builds may. The builds take turns in being started, in an order left to chance: what
    starts first is older, and lies elsewhere in memory.
    """

    guard: Guard
    server_url: str
    prefix: str
    namespaces: Source
    workers: int
    starts: int

    @contextmanager
    def side_by_side(self, base: Files, new: Files) -> Iterator[tuple[Running, Running]]:
        """Both builds, ready, until the block is left. Raises ServiceError."""
        with ExitStack() as stack:
            both = [stack.enter_context(self._prepared(files)) for files in (base, new)]
            for _ in range(self.starts):
                for build in random.sample(both, 2):
                    stack.enter_context(self._started(build))
            yield both[0].running, both[1].running

    @contextmanager
    def _prepared(self, files: Files) -> Iterator[Prepared]:
        start = files.target.start
        if start is None:
            raise ServiceError(f"the {files.side}'s target file has no [start]: how is it started?")
        with ExitStack() as stack:
            database = stack.enter_context(self._database(files.side))
            namespace = self.namespaces.hand_out()
            stack.callback(self.namespaces.take_back, namespace)
            words = {
                "python": files.python,
                "workers": str(self.workers),
                "postgres_url": database.url,
                "redis_url": namespace.url,
            }
            environment = self._environment(files.target, database, namespace.url, words)
            _prepare(files, start, words, environment)
            yield Prepared(files, start, words, environment)

    @contextmanager
    def _started(self, build: Prepared) -> Iterator[None]:
        """One more start of the build; stopped on leaving."""
        port = free_port()
        words = {**build.words, "port": str(port), "internal_port": str(free_port())}
        folder = Path(tempfile.mkdtemp(prefix=f"{build.files.side}-", dir=self.guard.folder))
        argv = [word.format(**words) for word in build.start.command]
        log = folder / "service.log"
        process = self.guard.spawn(Command(argv, log, build.files.root, build.environment))
        try:
            url = f"http://{LOOPBACK}:{port}"
            _wait(url, build.files.target.ready, build.start, process)
            build.urls.append(url)
            build.pids.append(process.pid)
            yield
        finally:
            process.stop()

    @contextmanager
    def _database(self, side: str) -> Iterator[Database]:
        """An empty database, dropped on leaving."""
        name = f"{self.prefix}duet_{side}_{secrets.token_hex(3)}"
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            templates.clone(connection, "template0", name, durable=False)
        try:
            yield Database(name, with_database(self.server_url, name))
        finally:
            with psycopg.connect(self.server_url, autocommit=True) as connection:
                templates.drop(connection, name)

    def _environment(
        self, target: Target, database: Database, redis_url: str, words: Mapping[str, str]
    ) -> dict[str, str]:
        start = target.start.environment if target.start else {}
        filled = {name: text.format(**words) for name, text in start.items()}
        own = {**filled, **target.load.environment, **SAME_CHANCE}
        return service_environment(database.dsn, redis_url, own)


def _prepare(
    files: Files, start: Start, words: Mapping[str, str], environment: Mapping[str, str]
) -> None:
    for command in start.prepare:
        argv = [word.format(**words) for word in command]
        try:
            done = subprocess.run(
                argv, cwd=files.root, env=dict(environment), capture_output=True, text=True,
                timeout=PREPARED_WITHIN_S, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ServiceError(f"the {files.side}: `{' '.join(argv)}`: {error}") from None
        if done.returncode:
            last = "\n".join(f"  {line[:300]}" for line in done.stderr.strip().splitlines()[-3:])
            raise ServiceError(
                f"the {files.side}: `{' '.join(argv)}` ended with exit code {done.returncode}\n"
                f"{last}"
            )


def _wait(url: str, ready: str, start: Start, process: GuardedProcess) -> None:
    def probe() -> None:
        try:
            status = fetch(url, ready).status
        except NoAnswerError as error:
            raise NotYetError(str(error)) from None
        if status != 200:
            raise NotYetError(f"answers {status}")

    wait_until(
        probe,
        what=f"{url}{ready} does not say that it is ready",
        within_s=start.within_s,
        log=process.command.log,
        ended=process.ended,
        advice="Start that commit by itself to see why.",
    )
