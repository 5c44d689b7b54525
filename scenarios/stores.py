"""How the service's Postgres and Redis fare while the load lasts, read from their own statistics.

One connection each, one look a second. What they count is theirs as a whole in Redis, and of the
service's database in Postgres, which reports what a backend counted at most once a second
(PostgreSQL, "The Cumulative Statistics System").
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import redis
import redis.connection
from psycopg.conninfo import conninfo_to_dict

from scenarios.tracks import Rates, Reading, StoreError

WITHIN_S = 2.0
STATEMENTS_KEPT = 10
TEXT_KEPT = 160
_WORK = """
SELECT xact_commit AS commits, xact_rollback AS rollbacks, tup_returned + tup_fetched AS rows_read,
       tup_inserted + tup_updated + tup_deleted AS rows_written, blks_read AS blocks_read,
       blks_hit AS blocks_hit, temp_bytes, deadlocks
FROM pg_stat_database WHERE datname = current_database()
"""
_ACTIVITY = """
SELECT CASE WHEN state = 'active' AND wait_event_type IS NOT NULL THEN 'waiting' ELSE state END,
       coalesce(wait_event_type, ''), count(*)
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state IS NOT NULL
GROUP BY 1, 2
"""
_STATEMENTS = """
SELECT queryid, min(query) AS text, sum(calls), sum(total_exec_time)
FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
GROUP BY queryid
"""
_NOT_LOADED = (
    "the server does not keep them: add pg_stat_statements to shared_preload_libraries and say "
    "CREATE EXTENSION pg_stat_statements"
)


@dataclass(frozen=True)
class Statement:
    """What one kind of statement cost while the load lasted; times are milliseconds."""

    text: str
    calls: int
    time_ms: float


@dataclass
class Postgres:
    """The database that a service works on; `url` is what libpq reads.

    `statements` are the costliest ones after `finish`; `without_statements` says why there are
    none.
    """

    url: str
    name: str = "postgres"
    statements: tuple[Statement, ...] = ()
    without_statements: str = ""
    _rates: Rates = field(default_factory=Rates)
    _counted: dict[int, tuple[str, int, float]] = field(default_factory=dict)
    _waits: dict[str, float] = field(default_factory=dict)
    _connection: psycopg.Connection[Any] | None = None

    def hosts(self) -> tuple[str, ...]:
        """The hosts that libpq would reach; none for a socket of this machine. Raises StoreError.

        What its environment says counts as if it stood in the address.
        """
        try:
            named = conninfo_to_dict(self.url)
        except (psycopg.Error, UnicodeError) as error:
            raise _unreadable(self.name, error) from None
        if named.get("service") or os.environ.get("PGSERVICE"):
            raise StoreError(f"{self.name}: a service's file may name any host; name it here")
        asked = (
            named.get("hostaddr") or os.environ.get("PGHOSTADDR"),
            named.get("host") or os.environ.get("PGHOST"),
        )
        hosts = (host for text in asked for host in str(text or "").split(","))
        return tuple(host for host in hosts if host and not host.startswith(("/", "@")))

    def begin(self) -> None:
        """Connect and begin to count. Raises StoreError."""
        try:
            self._connection = psycopg.connect(
                self.url,
                autocommit=True,
                connect_timeout=int(WITHIN_S),
                options=f"-c statement_timeout={WITHIN_S:g}s",
                application_name="touchline load",
            )
        except (psycopg.Error, UnicodeError) as error:
            raise _unreadable(self.name, error) from None
        self._rates.since(self._work())
        self._counted = self._read_statements()

    def look(self, passed_s: float) -> Iterator[Reading]:
        """Work a second, and what its sessions are doing. Raises StoreError."""
        done = self._rates.since(self._work())
        for counted in ("commits", "rollbacks", "rows_read", "rows_written", "blocks_read"):
            yield Reading(f"postgres_{counted}_per_s", "1/s", done.get(counted, 0.0) / passed_s)
        yield Reading(
            "postgres_temporary_files_per_s", "bytes/s", done.get("temp_bytes", 0.0) / passed_s
        )
        yield Reading("postgres_deadlocks", "deadlocks", done.get("deadlocks", 0.0))
        blocks = done.get("blocks_read", 0.0) + done.get("blocks_hit", 0.0)
        if blocks > 0:
            yield Reading("postgres_block_hits", "ratio", done.get("blocks_hit", 0.0) / blocks)
        yield from self._sessions()

    def finish(self) -> None:
        """Count the statements of the time between. Raises StoreError."""
        if self.without_statements:
            return
        costs = []
        for identity, (text, calls, time_ms) in self._read_statements().items():
            _, calls_before, time_before = self._counted.get(identity, ("", 0, 0.0))
            if calls > calls_before:
                one_line = " ".join(text.split())[:TEXT_KEPT]
                costs.append(Statement(one_line, calls - calls_before, time_ms - time_before))
        self.statements = tuple(sorted(costs, key=lambda one: -one.time_ms))[:STATEMENTS_KEPT]

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()

    def _sessions(self) -> Iterator[Reading]:
        states = dict.fromkeys(("active", "waiting", "idle", "idle in transaction"), 0.0)
        waits = dict.fromkeys(self._waits, 0.0)
        for state, on, count in self._ask(_ACTIVITY):
            if state == "idle in transaction (aborted)":
                state = "idle in transaction"
            states[state] = states.get(state, 0.0) + count
            if state == "waiting":
                waits[on] = waits.get(on, 0.0) + count
        self._waits = waits  # one that was seen once is 0 where it is not seen
        for state, sessions in states.items():
            yield Reading("postgres_sessions", "sessions", sessions, state)
        for on, sessions in waits.items():
            yield Reading("postgres_waits", "sessions", sessions, on)

    def _work(self) -> dict[str, float]:
        names = ("commits", "rollbacks", "rows_read", "rows_written", "blocks_read", "blocks_hit",
                 "temp_bytes", "deadlocks")  # fmt: skip
        (row,) = self._ask(_WORK)
        return {name: float(value) for name, value in zip(names, row, strict=True)}

    def _read_statements(self) -> dict[int, tuple[str, int, float]]:
        ((there,),) = self._ask("SELECT to_regclass('pg_stat_statements') IS NOT NULL")
        if not there:
            self.without_statements = _NOT_LOADED
            return {}
        try:
            rows = self._ask(_STATEMENTS)
        except StoreError as error:
            self.without_statements = str(error)
            return {}
        return {row[0]: (row[1], int(row[2]), float(row[3])) for row in rows}

    def _ask(self, query: str) -> list[tuple[Any, ...]]:
        assert self._connection is not None
        try:
            return self._connection.execute(query).fetchall()
        except psycopg.Error as error:
            raise _unreadable(self.name, error) from None


@dataclass
class Redis:
    """The Redis, or whatever speaks its protocol, that a service keeps things in."""

    url: str
    name: str = "redis"
    _rates: Rates = field(default_factory=Rates)
    _client: redis.Redis | None = None

    def hosts(self) -> tuple[str, ...]:
        """The host that would be reached; none for a socket of this machine. Raises StoreError."""
        try:
            named = redis.connection.parse_url(self.url)  # type: ignore[no-untyped-call]
        except ValueError as error:
            raise _unreadable(self.name, error) from None
        return () if "path" in named else (str(named.get("host", "localhost")),)

    def begin(self) -> None:
        """Connect and begin to count. Raises StoreError."""
        try:
            self._client = redis.Redis.from_url(
                self.url, socket_timeout=WITHIN_S, socket_connect_timeout=WITHIN_S
            )
        except ValueError as error:
            raise _unreadable(self.name, error) from None
        self._rates.since(self._info())

    def look(self, passed_s: float) -> Iterator[Reading]:
        """Commands a second, hits of its keys, memory and clients. Raises StoreError."""
        now = self._info()
        done = self._rates.since(now)
        yield Reading("redis_memory_mb", "MB", now.get("used_memory", 0.0) / 1e6)
        yield Reading("redis_clients", "clients", now.get("connected_clients", 0.0))
        yield Reading("redis_clients_blocked", "clients", now.get("blocked_clients", 0.0))
        for counter, named in (
            ("total_commands_processed", "commands"),
            ("evicted_keys", "evictions"),
            ("expired_keys", "expiries"),
        ):
            yield Reading(f"redis_{named}_per_s", "1/s", done.get(counter, 0.0) / passed_s)
        hits, misses = done.get("keyspace_hits", 0.0), done.get("keyspace_misses", 0.0)
        if hits + misses > 0:
            yield Reading("redis_key_hits", "ratio", hits / (hits + misses))
        cpu_s = done.get("used_cpu_user", 0.0) + done.get("used_cpu_sys", 0.0)
        yield Reading("redis_cpu_share", "ratio", cpu_s / passed_s)

    def close(self) -> None:
        """Let go of the connection."""
        if self._client is not None:
            self._client.close()

    def _info(self) -> dict[str, float]:
        assert self._client is not None
        try:
            read = self._client.info()
        except (redis.RedisError, OSError) as error:
            raise _unreadable(self.name, error) from None
        return {name: float(value) for name, value in dict(read).items()
                if isinstance(value, int | float)}  # fmt: skip


def _unreadable(name: str, error: Exception) -> StoreError:
    words = str(error).strip().splitlines() or [type(error).__name__]
    return StoreError(f"{name}: {words[0]}")
