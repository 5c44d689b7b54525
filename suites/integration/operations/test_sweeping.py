"""Cache invalidations that were left owing, and sessions long expired."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from fixtures.application import make_app
from fixtures.builders import Builders
from suites.integration.sql import Sql
from sut.cache import Area
from sut.operations.sweeper import Sweeper
from sut.platform import Platform
from sut.settings import Settings

AREA = Area("matches")


@pytest.fixture
async def platform(settings: Settings) -> AsyncIterator[Platform]:
    """A worker's resources, without its background task."""
    made = Platform.start(settings)
    yield made
    await made.stop()


async def cached(platform: Platform, value: bytes) -> bytes:
    async def load() -> bytes:
        return value

    return await platform.cache.read(AREA, "all", ["matches"], load)


async def owe(sql: Sql, age: str) -> None:
    await sql.run(
        "insert into stale_tags (tag, owed_since) values ('matches', now() - %s::interval)", age
    )


async def test_what_another_worker_left_owing_is_made_good(platform: Platform, sql: Sql) -> None:
    await cached(platform, b"before")
    await owe(sql, "5 seconds")
    await Sweeper(platform).sweep()
    assert await cached(platform, b"after") == b"after"
    assert await sql.value("select count(*) from stale_tags") == 0


@pytest.mark.parametrize("doubted", [False, True], ids=["left lying", "after a loss"])
async def test_what_redis_did_not_hear_of_stays_owed_until_it_does(
    platform: Platform, sql: Sql, watcher: Sql, monkeypatch: pytest.MonkeyPatch, doubted: bool
) -> None:
    await cached(platform, b"before")
    await owe(sql, "5 seconds")
    if doubted:
        platform.cache.doubt()
    still_owed: list[int] = []

    async def is_told(*tags: str) -> bool:
        still_owed.append(await watcher.value("select count(*) from stale_tags"))
        return False

    with monkeypatch.context() as lost:
        lost.setattr(platform.cache, "invalidate", is_told)
        await Sweeper(platform).sweep()
    assert still_owed == [1]
    assert await sql.column("select tag from stale_tags") == ["matches"]
    assert platform.cache.must_sweep is doubted
    await Sweeper(platform).sweep()
    assert await sql.value("select count(*) from stale_tags") == 0
    assert await cached(platform, b"after") == b"after"


async def test_what_a_worker_is_about_to_settle_itself_is_left_to_it(
    platform: Platform, sql: Sql
) -> None:
    await owe(sql, "-1 hour")  # of a moment to come: however slow this machine is, it is young
    await Sweeper(platform).sweep()
    assert await sql.value("select count(*) from stale_tags") == 1


async def test_a_cache_that_lost_redis_is_trusted_only_after_everything_is_settled(
    platform: Platform, sql: Sql
) -> None:
    await cached(platform, b"before")
    await owe(sql, "0 seconds")
    platform.cache.doubt()
    assert await cached(platform, b"from the database") == b"from the database"
    await Sweeper(platform).sweep()
    assert not platform.cache.must_sweep
    assert await sql.value("select count(*) from stale_tags") == 0
    assert await cached(platform, b"after") == b"after"


async def test_a_loss_while_the_last_one_is_settled_is_not_settled_with_it(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, forget = platform.cache, platform.cache.forget
    cache.doubt()

    async def then_is_lost() -> bool:
        heard = await forget()
        cache._lost(ConnectionError())
        return heard

    monkeypatch.setattr(cache, "forget", then_is_lost)
    await Sweeper(platform).sweep()
    assert cache.must_sweep


async def test_a_worker_that_begins_settles_what_is_owed_before_it_trusts_redis(
    platform: Platform, settings: Settings, sql: Sql
) -> None:
    await cached(platform, b"before")
    await owe(sql, "0 seconds")
    app = make_app(settings)
    async with app.router.lifespan_context(app):
        assert await cached(app.state.platform, b"after") == b"after"
        assert await cached(app.state.platform, b"never read") == b"after"
    assert await sql.value("select count(*) from stale_tags") == 0


async def test_a_worker_that_begins_believes_nothing_that_redis_may_have_forgotten_is_stale(
    platform: Platform, settings: Settings
) -> None:
    await cached(platform, b"of an older memory")
    app = make_app(settings)
    async with app.router.lifespan_context(app):
        assert await cached(app.state.platform, b"from the database") == b"from the database"


async def test_more_tags_than_one_batch_are_all_settled(platform: Platform, sql: Sql) -> None:
    await sql.run(
        "insert into stale_tags (tag, owed_since) "
        "select 'match:' || n, now() - interval '1 minute' from generate_series(1, 1203) n"
    )
    await Sweeper(platform).sweep()
    assert await sql.value("select count(*) from stale_tags") == 0


async def test_rows_that_another_worker_is_settling_are_left_to_it(
    platform: Platform, sql: Sql, watcher: Sql
) -> None:
    await owe(sql, "5 seconds")
    async with sql.transaction():
        await sql.rows("select * from stale_tags for update")
        await Sweeper(platform).sweep()
        assert await watcher.value("select count(*) from stale_tags") == 1


async def test_sessions_are_removed_a_day_after_they_expired(
    platform: Platform, sql: Sql, build: Builders
) -> None:
    account = await build.player()
    for left in ("1 day", "-1 hour", "-25 hours"):
        await sql.run(
            "insert into sessions (id, account_id, expires_at) "
            "values (gen_random_uuid(), %s, now() + %s::interval)",
            account.id,
            left,
        )
    await Sweeper(platform).purge()
    assert await sql.value("select count(*) from sessions") == 2


async def test_it_ends_though_a_library_in_between_kept_the_cancellation_to_itself(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work = asyncio.Event()

    async def keeps_it() -> None:
        at_work.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    monkeypatch.setattr(platform.database, "trim", keeps_it)
    sweeper = Sweeper(platform)
    await sweeper.start()
    await at_work.wait()
    async with asyncio.timeout(30):
        await sweeper.stop()
