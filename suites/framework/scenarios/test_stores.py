from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest
import redis

from fixtures.database import Database
from fixtures.redis_namespaces import RedisNamespace
from scenarios.observer import Observer
from scenarios.stores import Postgres, Redis
from scenarios.tracks import Rates, StoreError
from suites.load.running import without_password

KEPT = """
CREATE TABLE pg_stat_statements (dbid oid, queryid bigint, query text, calls bigint,
                                 total_exec_time float);
INSERT INTO pg_stat_statements
SELECT oid, id, text, calls, ms
FROM pg_database, (VALUES (1, 'SELECT  1', 10, 5.0), (2, 'SELECT 2', 3, 9.0),
                          (3, 'SELECT 3', 8, 1.0)) v(id, text, calls, ms)
WHERE datname = current_database();
"""
ASKED_AGAIN = """
UPDATE pg_stat_statements SET calls = calls + 4, total_exec_time = total_exec_time + queryid
WHERE queryid < 3
"""


@contextmanager
def watching(database: Database) -> Iterator[Postgres]:
    with closing(Postgres(database.dsn)) as store:
        store.begin()
        yield store


def read(store: Postgres | Redis) -> dict[tuple[str, str], float]:
    return {(item.metric, item.label): item.value for item in store.look(0.5)}


def test_what_postgres_did_since_the_last_look_is_read_from_its_statistics(
    database: Database,
) -> None:
    with watching(database) as store:
        with psycopg.connect(database.dsn) as other:
            other.execute("CREATE TABLE planted AS SELECT generate_series(1, 500) AS n")
            other.commit()
            other.execute("SELECT 1")
            other.execute("SELECT pg_stat_force_next_flush()")
            other.execute("SELECT 1")
            during = read(store)
        assert during["postgres_sessions", "idle in transaction"] == 1
        seen = [during, read(store)]
    written = sum(look["postgres_rows_written_per_s", ""] for look in seen)
    assert written * 0.5 >= 500
    assert sum(look["postgres_commits_per_s", ""] for look in seen) > 0


def test_sessions_that_wait_are_shown_with_what_they_wait_for(database: Database) -> None:
    with watching(database) as store, psycopg.connect(database.dsn) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(7)")
        waiter = psycopg.connect(database.dsn, autocommit=True)
        with closing(waiter):
            waiter.pgconn.send_query(b"SELECT pg_advisory_lock(7)")
            waiter.pgconn.flush()
            while True:  # until the server has read it; the connection's own limit bounds it
                seen = read(store)
                if ("postgres_waits", "Lock") in seen:
                    break
        assert seen["postgres_waits", "Lock"] == 1
        assert seen["postgres_sessions", "waiting"] == 1
        holder.rollback()
        while (seen := read(store))["postgres_waits", "Lock"]:
            continue
        assert seen["postgres_waits", "Lock"] == 0


def test_a_transaction_that_failed_and_is_still_open_counts_as_idle_in_it(
    database: Database,
) -> None:
    with watching(database) as store, psycopg.connect(database.dsn) as other:
        with pytest.raises(psycopg.errors.UndefinedTable):
            other.execute("SELECT * FROM nowhere")
        seen = read(store)
    assert seen["postgres_sessions", "idle in transaction"] == 1
    assert ("postgres_sessions", "idle in transaction (aborted)") not in seen


def test_statements_are_counted_from_the_beginning_where_the_server_keeps_them(
    database: Database,
) -> None:
    with psycopg.connect(database.dsn, autocommit=True) as server:
        server.execute(KEPT)
        with watching(database) as store:
            server.execute(ASKED_AGAIN)
            store.finish()
    assert [(one.text, one.calls, one.time_ms) for one in store.statements] == [
        ("SELECT 2", 4, 2.0), ("SELECT 1", 4, 1.0),
    ]  # fmt: skip


def test_a_server_that_keeps_no_statements_says_what_it_needs(database: Database) -> None:
    with watching(database) as store:
        store.finish()
    assert store.statements == ()
    assert "shared_preload_libraries" in store.without_statements


def test_what_redis_did_since_the_last_look_is_read_from_its_statistics(
    redis_namespace: RedisNamespace,
) -> None:
    with closing(Redis(redis_namespace.url)) as store:
        store.begin()
        with closing(redis.Redis.from_url(redis_namespace.url)) as other:
            other.set("planted", "1")
            for _ in range(200):
                other.get("planted")
        seen = read(store)
    assert seen["redis_commands_per_s", ""] >= 400
    assert 0 < seen["redis_key_hits", ""] <= 1
    assert seen["redis_memory_mb", ""] > 0


def test_a_second_in_which_no_key_was_looked_up_has_no_share_of_hits(
    redis_namespace: RedisNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Redis(redis_namespace.url)) as store:
        store.begin()
        # others may use this server just now: its counters stand still for this look alone
        monkeypatch.setattr(store, "_info", lambda: {"used_memory": 1e6, "keyspace_hits": 0.0})
        seen = read(store)
    assert ("redis_key_hits", "") not in seen
    assert seen["redis_memory_mb", ""] == 1


def test_a_store_that_cannot_be_read_is_noted_and_the_run_goes_on() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        stores = (Postgres(f"postgresql://127.0.0.1:{port}/x"), Redis(f"redis://127.0.0.1:{port}"))
        observer = Observer(stores=stores)
        observer.begin(0.0)
        observer.look(1.0)
        observer.end(2.0)
    failed = observer.seen.store_looks_failed
    assert observer.seen.store_looks == len(failed) == 2
    assert failed[0].startswith("0 s: postgres: ")
    assert failed[1].startswith("0 s: redis: ")


def test_an_address_that_is_none_is_no_crash() -> None:
    with pytest.raises(StoreError, match="redis: "):
        Redis("http://nowhere").begin()


def test_a_counter_that_fell_began_anew() -> None:
    rates = Rates()
    assert rates.since({"a": 5.0, "b": 1.0}) == {}
    assert rates.since({"a": 7.0, "b": 0.0}) == {"a": 2.0}


def test_a_password_is_in_no_list_of_processes() -> None:
    environment: dict[str, str] = {}
    # pragma: allowlist nextline secret (made up)
    address = without_password("postgresql://eve:p%40ss@127.0.0.1:5432/db", environment)
    assert address == "postgresql://eve@127.0.0.1:5432/db"
    assert environment == {"PGPASSWORD": "p@ss"}
