"""Any interleaving of reads and writes through two workers: no read sees less than was written."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from fixtures.redis_namespaces import RedisNamespace
from suites.integration.cache.source import Source
from sut.cache import Area, Cache
from sut.settings import Settings

AREA = Area("matches")
STEPS = st.lists(
    st.tuples(st.sampled_from(["start", "write", "finish", "read"]), st.integers(0, 1)),
    min_size=1,
    max_size=14,
)


@dataclass
class Season:
    """What two workers do to one value; each write makes it greater by one."""

    caches: list[Cache]
    written: int = 0
    slow: list[tuple[Source, asyncio.Task[bytes], int]] = field(default_factory=list)

    def source(self) -> Source:
        return Source(str(self.written).encode())

    async def step(self, what: str, worker: int) -> None:
        cache = self.caches[worker]
        if what == "start":
            source = self.source()
            source.hold()
            task = asyncio.create_task(cache.read(AREA, "k", ["t"], source.load))
            loading = asyncio.create_task(source.has_seen.wait())
            await asyncio.wait([task, loading], return_when=asyncio.FIRST_COMPLETED)
            loading.cancel()
            self.slow.append((source, task, self.written))
        elif what == "write":
            self.written += 1
            assert await cache.invalidate("t")
        elif what == "finish" and self.slow:
            await self.finish()
        elif what == "read":
            assert int(await cache.read(AREA, "k", ["t"], self.source().load)) == self.written

    async def finish(self) -> None:
        source, task, at_start = self.slow.pop(0)
        source.release()
        assert int(await task) >= at_start


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_a_read_that_begins_after_a_write_ended_sees_it(
    redis_namespace: RedisNamespace, steps: list[tuple[str, int]]
) -> None:
    async def play() -> None:
        configured = Settings(environment="development")
        caches = [Cache(Redis.from_url(redis_namespace.url), configured) for _ in range(2)]
        await caches[0].redis.flushdb()
        season = Season(caches)
        for what, worker in steps:
            await season.step(what, worker)
        while season.slow:
            await season.finish()
        for cache in caches:
            assert int(await cache.read(AREA, "k", ["t"], season.source().load)) == season.written
            await cache.close()

    asyncio.run(play())
