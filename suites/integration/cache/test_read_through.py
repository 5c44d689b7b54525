"""Read-through caching on a real Redis, between two workers' caches."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from suites.integration.cache.source import Source
from sut.cache import Area, Cache

MATCHES = Area("matches")
BRIEF = Area("brief", ttl_s=2)


async def test_a_second_read_is_answered_without_the_database(ours: Cache) -> None:
    source = Source()
    answers = [await ours.read(MATCHES, "all", ["matches"], source.load) for _ in range(2)]
    assert answers == [b"first", b"first"]
    assert source.loads == 1


async def test_another_worker_finds_what_this_one_stored(ours: Cache, theirs: Cache) -> None:
    source = Source()
    await ours.read(MATCHES, "all", ["matches"], source.load)
    await theirs.read(MATCHES, "all", ["matches"], source.load)
    assert source.loads == 1


async def test_another_key_is_another_answer(ours: Cache) -> None:
    one, two = Source(b"page 1"), Source(b"page 2")
    await ours.read(MATCHES, "page=1", ["matches"], one.load)
    assert await ours.read(MATCHES, "page=2", ["matches"], two.load) == b"page 2"


async def test_the_same_key_in_another_area_is_another_answer(ours: Cache) -> None:
    await ours.read(MATCHES, "1", ["matches"], Source(b"matches").load)
    assert await ours.read(BRIEF, "1", ["matches"], Source(b"brief").load) == b"brief"


async def test_a_write_through_one_worker_is_seen_at_once_through_the_other(
    ours: Cache, theirs: Cache
) -> None:
    source = Source()
    await theirs.read(MATCHES, "all", ["matches"], source.load)
    source.value = b"second"
    assert await ours.invalidate("matches")
    assert await theirs.read(MATCHES, "all", ["matches"], source.load) == b"second"


@pytest.mark.parametrize("changed", ["match:1", "matches"])
async def test_an_entry_is_stale_when_any_of_its_tags_is(
    ours: Cache, theirs: Cache, changed: str
) -> None:
    source = Source()
    await ours.read(MATCHES, "1", ["match:1", "matches"], source.load)
    source.value = b"second"
    await theirs.invalidate(changed)
    assert await ours.read(MATCHES, "1", ["match:1", "matches"], source.load) == b"second"


async def test_an_entry_outlives_the_invalidation_of_other_tags(ours: Cache) -> None:
    source = Source()
    await ours.read(MATCHES, "1", ["match:1"], source.load)
    await ours.invalidate("match:2", "matches")
    await ours.read(MATCHES, "1", ["match:1"], source.load)
    assert source.loads == 1


async def test_a_reader_that_loaded_before_a_write_cannot_leave_a_stale_entry(
    ours: Cache, theirs: Cache
) -> None:
    source = Source()
    source.hold()
    slow = asyncio.create_task(ours.read(MATCHES, "all", ["matches"], source.load))
    await source.has_seen.wait()
    source.value = b"second"
    await theirs.invalidate("matches")
    source.release()
    assert await slow == b"first"
    assert await theirs.read(MATCHES, "all", ["matches"], source.load) == b"second"
    assert await ours.read(MATCHES, "all", ["matches"], source.load) == b"second"


async def test_a_slow_reader_cannot_overwrite_a_newer_entry_with_an_older_one(
    ours: Cache, theirs: Cache
) -> None:
    source = Source()
    source.hold()
    slow = asyncio.create_task(ours.read(MATCHES, "all", ["matches"], source.load))
    await source.has_seen.wait()
    source.value = b"second"
    await theirs.invalidate("matches")
    newer = Source(b"second")
    await theirs.read(MATCHES, "all", ["matches"], newer.load)
    source.release()
    await slow
    assert await theirs.read(MATCHES, "all", ["matches"], newer.load) == b"second"


async def test_a_redis_that_lost_its_memory_in_the_middle_of_a_fill_serves_nothing_old(
    ours: Cache, theirs: Cache, redis: Redis
) -> None:
    source = Source()
    source.hold()
    slow = asyncio.create_task(ours.read(MATCHES, "all", ["matches"], source.load))
    await source.has_seen.wait()
    await redis.flushdb()
    source.value = b"second"
    source.release()
    await slow
    assert await theirs.read(MATCHES, "all", ["matches"], source.load) == b"second"


async def test_an_evicted_tag_makes_its_entries_stale(ours: Cache, redis: Redis) -> None:
    source = Source()
    await ours.read(MATCHES, "all", ["matches"], source.load)
    await redis.delete("tag:matches")
    source.value = b"second"
    assert await ours.read(MATCHES, "all", ["matches"], source.load) == b"second"


async def test_an_answer_with_line_breaks_comes_back_whole(ours: Cache) -> None:
    source = Source(b"a\nb\n\nc,d")
    for _ in range(2):
        assert await ours.read(MATCHES, "all", ["matches"], source.load) == b"a\nb\n\nc,d"


async def test_an_empty_answer_is_kept_too(ours: Cache) -> None:
    source = Source(b"")
    for _ in range(2):
        assert await ours.read(MATCHES, "all", ["matches"], source.load) == b""
    assert source.loads == 1


async def test_an_error_while_loading_is_not_kept(ours: Cache) -> None:
    async def fails() -> bytes:
        raise RuntimeError("the database said no")

    with pytest.raises(RuntimeError):
        await ours.read(MATCHES, "all", ["matches"], fails)
    assert await ours.read(MATCHES, "all", ["matches"], Source().load) == b"first"


async def test_every_entry_has_an_end(ours: Cache, redis: Redis) -> None:
    await ours.read(MATCHES, "all", ["matches"], Source().load)
    await ours.read(BRIEF, "all", ["matches"], Source().load)
    assert 0 < await redis.ttl("cache:matches:all") <= 60
    assert 0 < await redis.ttl("cache:brief:all") <= 2


async def test_what_was_loaded_before_a_write_is_not_left_lying_in_redis_after_it(
    ours: Cache, theirs: Cache, redis: Redis
) -> None:
    source = Source(b"a name")
    source.hold()
    slow = asyncio.create_task(ours.read(MATCHES, "all", ["other", "matches"], source.load))
    await source.has_seen.wait()
    await theirs.invalidate("matches")
    source.release()
    assert await slow == b"a name"
    assert await redis.keys("cache:*") == []


async def test_an_area_is_emptied_by_the_tag_that_says_so_and_by_no_other(
    ours: Cache, theirs: Cache, redis: Redis
) -> None:
    await ours.read(BRIEF, "all", ["brief"], Source().load)
    await ours.read(MATCHES, "all", ["matches"], Source().load)
    await theirs.invalidate("matches")
    assert sorted(await redis.keys("cache:*")) == [b"cache:brief:all", b"cache:matches:all"]
    await theirs.invalidate(MATCHES.emptied_by("matches"))
    assert await redis.keys("cache:*") == [b"cache:brief:all"]


async def test_the_tag_that_empties_an_area_makes_its_entries_stale_as_well(
    ours: Cache, theirs: Cache
) -> None:
    source = Source()
    source.hold()
    slow = asyncio.create_task(ours.read(MATCHES, "all", ["matches"], source.load))
    await source.has_seen.wait()
    source.value = b"second"
    await theirs.invalidate(MATCHES.emptied_by("matches"))
    source.release()
    await slow
    assert await ours.read(MATCHES, "all", ["matches"], source.load) == b"second"


async def test_a_redis_that_forgot_its_scripts_is_told_again(ours: Cache, redis: Redis) -> None:
    source = Source()
    await redis.script_flush()
    for _ in range(2):
        await ours.read(MATCHES, "all", ["matches"], source.load)
    assert source.loads == 1


async def test_a_redis_that_forgot_the_script_is_given_it_again(
    ours: Cache, theirs: Cache, redis: Redis
) -> None:
    source = Source()
    await redis.script_flush()
    await ours.read(MATCHES, "all", ["matches"], source.load)
    await theirs.read(MATCHES, "all", ["matches"], source.load)
    assert source.loads == 1
