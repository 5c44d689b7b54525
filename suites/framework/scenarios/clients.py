"""Locust's client as a generator prepares it, without a generator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scenarios import station  # isort: skip

from scenarios import client  # isort: skip
from locust.contrib.fasthttp import FastHttpSession  # isort: skip
from locust.event import EventHook  # isort: skip

assert station.__doc__  # imported first, it keeps Locust from patching this process

ENDS_WITHIN_S = 5.0


@contextmanager
def asking(url: str, opened: Callable[[], None] = lambda: None) -> Iterator[FastHttpSession]:
    """A client that stands for everybody."""
    event = EventHook()  # type: ignore[no-untyped-call]
    made = FastHttpSession(url, event, user=None, network_timeout=ENDS_WITHIN_S)
    client.prepare(made, url, opened)
    try:
        yield made
    finally:
        made.client.close()
