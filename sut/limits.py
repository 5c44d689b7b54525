"""Rate limits: a moving window in Redis that all workers share; local and stricter without it."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import NamedTuple

import structlog
from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from sut.cache import RETRY_S
from sut.settings import Settings

_log = structlog.get_logger(__name__)
WINDOW_S = 60
# How many addresses' worth of log-ins one account can have: a brake on guessing from many
# places that a single troublemaker cannot use up to lock the owner out.
LOGIN_ADDRESSES = 4

# One step in Redis, by its own clock, so no two workers can both take the last place.
# Answers {taken, places used, microseconds until the oldest place is free again}.
_SCRIPT = """
local now = redis.call('time')
local at = now[1] * 1000000 + now[2]
local window, places = tonumber(ARGV[1]) * 1000000, tonumber(ARGV[2])
redis.call('zremrangebyscore', KEYS[1], '-inf', at - window)
local used, taken = redis.call('zcard', KEYS[1]), 0
if used < places then
    local member = string.format('%.0f', at)
    while redis.call('zadd', KEYS[1], 'nx', at, member) == 0 do member = member .. '+' end
    redis.call('expire', KEYS[1], tonumber(ARGV[1]) + 1)
    used, taken = used + 1, 1
end
local oldest = redis.call('zrange', KEYS[1], 0, 0, 'withscores')
return {taken, used, oldest[2] and (tonumber(oldest[2]) + window - at) or 0}
"""
_SHA = hashlib.sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Limit:
    """At most `amount` requests in any 60 seconds; `name` is what metrics and headers call it."""

    name: str
    amount: int


class Decision(NamedTuple):
    """Whether a request may go on, and what is left."""

    limit: Limit
    allowed: bool
    remaining: int
    reset_s: int

    def headers(self) -> dict[str, str]:
        """The `RateLimit` fields of the IETF's draft, and Retry-After if refused."""
        name = self.limit.name
        fields = {
            "ratelimit": f'"{name}";r={self.remaining};t={self.reset_s}',
            "ratelimit-policy": f'"{name}";q={self.limit.amount};w={WINDOW_S}',
        }
        return fields if self.allowed else {**fields, "retry-after": str(max(1, self.reset_s))}

    def fields(self) -> list[tuple[bytes, bytes]]:
        """The same as ASGI wants them."""
        return [(name.encode(), value.encode()) for name, value in self.headers().items()]


class Limiter:
    """Takes places in windows, each named by a limit and a key (an address, an account)."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        self._workers = settings.workers
        self._away_until = 0.0
        self._local = MovingWindowRateLimiter(MemoryStorage())
        self.login = Limit("login", settings.login_limit_per_minute)
        self.login_anywhere = Limit(
            "login-anywhere", settings.login_limit_per_minute * LOGIN_ADDRESSES
        )
        self.visitor = Limit("visitor", settings.visitor_limit_per_minute)
        self.player = Limit("player", settings.player_limit_per_minute)

    async def take(self, limit: Limit, key: str) -> Decision:
        """Take a place for `key`, if there is one."""
        if time.monotonic() >= self._away_until:
            try:
                return await self._take_shared(limit, key)
            except (RedisError, OSError) as error:
                _log.warning("limits_local", error=type(error).__name__)
                self._away_until = time.monotonic() + RETRY_S
        return await self._take_local(limit, key)

    async def _take_shared(self, limit: Limit, key: str) -> Decision:
        arguments = (f"limit:{limit.name}:{key}", WINDOW_S, limit.amount)
        try:
            answer = await self._redis.evalsha(_SHA, 1, *arguments)
        except NoScriptError:
            answer = await self._redis.eval(_SCRIPT, 1, *arguments)
        taken, used, free_us = answer
        return Decision(limit, bool(taken), limit.amount - used, -(-free_us // 1_000_000))

    async def _take_local(self, limit: Limit, key: str) -> Decision:
        stricter = Limit(limit.name, max(1, limit.amount // (2 * self._workers)))
        item = RateLimitItemPerSecond(stricter.amount, WINDOW_S)
        allowed = await self._local.hit(item, limit.name, key)
        left = await self._local.get_window_stats(item, limit.name, key)
        reset_s = max(0, -int(-(left.reset_time - time.time()) // 1))
        return Decision(stricter, allowed, left.remaining, reset_s)
