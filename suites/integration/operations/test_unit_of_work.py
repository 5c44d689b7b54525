"""A transaction and the cached answers that it makes stale."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from suites.integration.sql import Sql
from sut.cache import Area, Cache
from sut.database import Database

AREA = Area("matches")
KEEPING = """
    create function keeps() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
    create trigger keeps before delete on stale_tags for each row execute function keeps()"""


async def cached(cache: Cache, value: bytes) -> bytes:
    async def load() -> bytes:
        return value

    return await cache.read(AREA, "all", ["matches"], load)


async def test_the_cache_is_stale_once_the_transaction_has_committed(
    store: Database, cache: Cache
) -> None:
    await cached(cache, b"before")
    async with store.unit_of_work() as work:
        work.stale("matches")
    assert await cached(cache, b"after") == b"after"


async def test_the_cache_stays_fresh_until_the_transaction_commits(
    store: Database, cache: Cache
) -> None:
    await cached(cache, b"before")
    async with store.unit_of_work() as work:
        work.stale("matches")
        await work.session.execute(text("select 1"))
        assert await cached(cache, b"never stored") == b"before"


async def test_a_transaction_that_fails_leaves_the_cache_alone(
    store: Database, cache: Cache, sql: Sql
) -> None:
    await cached(cache, b"before")

    async def fails() -> None:
        async with store.unit_of_work() as work:
            work.stale("matches")
            raise RuntimeError("the change failed")

    with pytest.raises(RuntimeError):
        await fails()
    assert await cached(cache, b"after") == b"before"
    assert await sql.value("select count(*) from stale_tags") == 0


async def test_a_tag_that_redis_heard_of_is_no_longer_owed(store: Database, sql: Sql) -> None:
    async with store.unit_of_work() as work:
        work.stale("matches", "match:1")
    assert await sql.value("select count(*) from stale_tags") == 0


async def test_a_tag_is_owed_from_the_moment_of_the_commit(
    store: Database, cache: Cache, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*tags: str) -> bool:
        raise SystemExit(f"killed before {tags} reached Redis")

    monkeypatch.setattr(cache, "invalidate", dies)
    with pytest.raises(SystemExit):
        async with store.unit_of_work() as work:
            work.stale("matches")
    assert await sql.column("select (tag) from stale_tags") == ["matches"]


async def test_a_change_that_has_committed_is_no_failure_though_its_tag_cannot_be_struck_off(
    store: Database, cache: Cache, sql: Sql
) -> None:
    await cached(cache, b"before")
    await sql.run(KEEPING)
    async with store.unit_of_work() as work:
        await work.session.execute(text("insert into teams (name, short_name) values ('A', 'B')"))
        work.stale("matches")
    assert await sql.value("select count(*) from teams") == 1
    assert await cached(cache, b"after") == b"after"
    # still owed, so that the sweeper makes it good
    assert await sql.column("select (tag) from stale_tags") == ["matches"]
