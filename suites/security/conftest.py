"""The live service of the security layer, with accounts whose log-ins are cheap."""

import psycopg
import pytest

from fixtures.clients import PASSWORD
from fixtures.live import LiveService
from sut.passwords import hash_now


@pytest.fixture(scope="session")
def live_service(live_service: LiveService) -> LiveService:
    """The seeded people keep their password, hashed in 4 rounds instead of 12.

    Attacks log in many times, and each log-in costs what the hash that is kept says. What the
    service itself makes of a password is as in production, and has a test of its own.
    """
    cheap(live_service)
    return live_service


def cheap(service: LiveService) -> None:
    """Make log-ins of everybody in the service's database cost little."""
    with psycopg.connect(service.database.dsn) as connection:
        connection.execute(
            "update accounts set password_hash = %s", (hash_now(PASSWORD, rounds=4),)
        )
