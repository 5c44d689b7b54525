"""One build of the service, started from its own files as its own target file says."""

from __future__ import annotations

import secrets
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
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
class Stage:
    """The servers that both builds share; each gets a database and a Redis namespace of its own.

    A build is started several times on its database, since two starts of one build differ by more
    than the builds may.
    """

    guard: Guard
    server_url: str
    prefix: str
    namespaces: Source
    workers: int
    starts: int

    @contextmanager
    def running(self, files: Files) -> Iterator[Running]:
        """The build, ready, until the block is left. Raises ServiceError."""
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
            urls, pids = [], []
            for _ in range(self.starts):
                port = str(free_port())
                ports = {"port": port, "internal_port": str(free_port())}
                process = self._start(files, start, {**words, **ports}, environment)
                stack.callback(process.stop)
                urls.append(f"http://{LOOPBACK}:{port}")
                pids.append(process.pid)
                _wait(urls[-1] + files.target.ready, start, process)
            yield Running(tuple(urls), tuple(pids))

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

    def _start(
        self, files: Files, start: Start, words: Mapping[str, str], environment: Mapping[str, str]
    ) -> GuardedProcess:
        folder = Path(tempfile.mkdtemp(prefix=f"{files.side}-", dir=self.guard.folder))
        argv = [word.format(**words) for word in start.command]
        return self.guard.spawn(Command(argv, folder / "service.log", files.root, environment))


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


def _wait(url: str, start: Start, process: GuardedProcess) -> None:
    def probe() -> None:
        parts = url.split("/", 3)
        try:
            status = fetch("/".join(parts[:3]), f"/{parts[3]}").status
        except NoAnswerError as error:
            raise NotYetError(str(error)) from None
        if status != 200:
            raise NotYetError(f"answers {status}")

    wait_until(
        probe,
        what=f"{url} does not say that it is ready",
        within_s=start.within_s,
        log=process.command.log,
        ended=process.ended,
        advice="Start that commit by itself to see why.",
    )
