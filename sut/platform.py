"""What one worker process stands on: built when it starts, closed when it stops."""

from __future__ import annotations

from dataclasses import dataclass

from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from sut.cache import Cache
from sut.database import Database
from sut.limits import Limiter
from sut.metrics import Metrics
from sut.operations.health import Health
from sut.passwords import Passwords
from sut.redis_channel import SharedRedis
from sut.settings import Settings
from sut.shortcuts import Shortcuts
from sut.tokens import Tokens


@dataclass(frozen=True)
class Platform:
    """The resources of a worker; `app.state.platform`, or `PlatformDep` in a route."""

    settings: Settings
    database: Database
    cache: Cache
    redis: SharedRedis
    shortcuts: Shortcuts
    limiter: Limiter
    metrics: Metrics
    passwords: Passwords
    tokens: Tokens
    health: Health

    @classmethod
    def start(cls, settings: Settings) -> Platform:
        """Make a worker's resources. Nothing connects yet, so a missing server is no error."""
        metrics = Metrics(multiprocess_dir=settings.metrics_dir)
        redis = SharedRedis.from_url(
            settings.redis_url,
            socket_timeout=settings.redis_timeout_s,
            socket_connect_timeout=settings.redis_timeout_s,
            retry=Retry(NoBackoff(), 1),
        )
        assert isinstance(redis, SharedRedis), "redis-py's annotation knows its own class alone"
        cache = Cache(redis, settings, metrics.cache_read, lambda: redis.connections)
        database = Database(settings, cache)
        metrics.watch(database.engine, settings.pool_max)
        database.watchers.append(metrics.stated)
        return cls(
            settings=settings,
            database=database,
            cache=cache,
            redis=redis,
            shortcuts=Shortcuts(cache, redis),
            limiter=Limiter(redis, settings),
            metrics=metrics,
            passwords=Passwords(settings.bcrypt_rounds),
            tokens=Tokens(settings),
            health=Health(),
        )

    async def stop(self) -> None:
        """Close every connection and thread."""
        self.passwords.close()
        await self.database.close()
        await self.cache.close()
