"""A Redis of the test's own, which it may stop, freeze and start again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.services import redis
from fixtures.services.interface import Place
from suites.integration.coherence.outage import OwnRedis


@pytest.fixture
def own_redis(server_place: Place) -> Iterator[OwnRedis]:
    """A server that only this test uses."""
    server = redis.embedded(server_place)
    assert isinstance(server, redis.EmbeddedRedis)
    own = OwnRedis(server)
    yield own
    own.end()
