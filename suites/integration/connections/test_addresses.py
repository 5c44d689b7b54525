"""The settings read an address without the library that connects; the two must agree."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url

from sut.settings import DATABASE_DRIVER, Settings


@pytest.mark.parametrize(
    ("place", "host", "port"),
    [
        ("postgres@127.0.0.1:5432/soccerai", "127.0.0.1", 5432),
        ("host/db", "host", None),
        ("u:p%40w@host:1/db", "host", 1),
        ("u:p/w?x#y@host:65535/db", "host", 65_535),
        ("u@[::1]:5432/db", "::1", 5432),
        ("u@[fe80::1]/db", "fe80::1", None),
        ("u@/db?host=/run/postgresql", None, None),
        ("host:5432", "host", 5432),
        ("", None, None),
    ],
)
def test_an_address_that_the_settings_take_leads_where_it_says(
    place: str, host: str | None, port: int | None
) -> None:
    taken = Settings(environment="development", database_url=f"{DATABASE_DRIVER}://{place}")
    read = make_url(taken.database_url)
    assert (read.drivername, read.host, read.port) == (DATABASE_DRIVER, host, port)
