"""Nothing leaves the host that was named: not by a path, a reference, a redirect or a proxy."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import httpx
import requests
from requests.adapters import HTTPAdapter

PORTS = {"http": 80, "https": 443}
Origin = tuple[str, str, int]  # scheme, host, port


class LeavesHostError(httpx.InvalidURL):
    """A request that would have gone to another host than the one that was named."""


def origin(address: str) -> Origin:
    """Where an address leads. Raises ValueError where it is none."""
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)


def guard(base_url: str) -> Callable[[httpx.Request], None]:
    """A hook that lets no request out to another place than the base's."""
    wanted = origin(base_url)

    def stay(request: httpx.Request) -> None:
        if origin(str(request.url)) != wanted:
            raise LeavesHostError(f"{request.url} is not at {base_url}, so it is not asked")

    return stay


@contextmanager
def staying(base_url: str) -> Iterator[None]:
    """Inside the block `requests`, through which Schemathesis asks, stays at the base as well.

    The tool makes sessions of its own, and fetches references and examples without one, so its way
    out is narrowed rather than each of them.
    """
    wanted, send = origin(base_url), HTTPAdapter.send

    def narrow(
        self: HTTPAdapter, request: requests.PreparedRequest, *words: Any, **more: Any
    ) -> requests.Response:
        if origin(request.url or "") != wanted:
            said = f"{request.url} is not at {base_url}, so it is not asked"
            raise requests.ConnectionError(said, request=request)
        return send(self, request, *words, **more)

    # neither by a proxy, nor as somebody whom a file in the home folder names
    direct = {"no_proxy": "*", "NO_PROXY": "*", "NETRC": os.devnull}
    with patch.dict(os.environ, direct), patch.object(HTTPAdapter, "send", narrow):
        yield
