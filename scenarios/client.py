"""What the generator changes about Locust's client, which is made for one browser a user.

Here one client stands for everybody who visits, and all its requests go to one service. Belongs to
the generator's process: imported after Locust has let gevent patch the standard library.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from geventhttpclient.header import Headers
from geventhttpclient.url import URL
from locust.contrib.fasthttp import FastHttpSession, FastRequest

from scenarios.connections import Connections

BLOCK_BYTES = 32 * 1024  # of an answer at a time: most come as one
ADDRESSES_KEPT = 4096


def prepare(client: FastHttpSession, url: str, opened: Callable[[], None]) -> None:
    """Call `opened` for each connection that the client opens to `url`; never repeat a request.

    Answers are judged by the journeys: a redirect is not followed, a cookie not kept. The client
    would repeat a read once for each place in its pool when the service hangs up on it, which hides
    that the service did; it takes the number from the pool's `size`.
    """
    agent = client.client
    agent.cookiejar = None
    agent.redirect_response_codes = frozenset()  # type: ignore[misc]
    agent.request_type = _Request  # type: ignore[misc, assignment]
    service = agent.clientpool.get_client(url)
    service.block_size = BLOCK_BYTES
    service.default_headers = Headers()  # the agent sends the same, and they are gone through twice
    service._connection_pool.size = -1
    agent.clientpool.get_client = lambda url: service  # type: ignore[method-assign]
    Connections(service._connection_pool, opened)


class _Request(FastRequest):
    """A request with what the client reads of it; the standard library's has much more."""

    def __init__(
        self,
        url: str,
        method: str = "GET",
        headers: Any = None,
        payload: Any = None,
        params: Any = None,
    ) -> None:
        if params is not None:
            super().__init__(url, method, headers, payload, params)
            return
        self.url, self.url_split = url, _address(url)
        self.method, self.headers, self.payload = method, headers, payload


class _Address(URL):
    """An address that is taken apart and quoted once."""

    __slots__ = ("quoted_uri",)

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.quoted_uri: str = URL.quoted_uri.fget(self)  # type: ignore[attr-defined]


_address = lru_cache(ADDRESSES_KEPT)(_Address)
