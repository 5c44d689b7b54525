"""What the settings derive, and how they are read from the environment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sut.settings import Settings


def development(**values: object) -> Settings:
    return Settings.model_validate({"environment": "development", **values})


@given(workers=st.integers(1, 64), kept=st.integers(1, 100), limit=st.integers(1, 200))
def test_all_workers_together_stay_within_the_connections_of_the_instance(
    workers: int, kept: int, limit: int
) -> None:
    settings = development(
        login_limit_per_minute=65,
        workers=workers,
        database_connections_kept=kept,
        database_connections_max=limit,
    )
    assert 1 <= settings.pool_kept <= settings.pool_max
    if workers <= min(kept, limit) and kept <= limit:
        assert settings.pool_kept * workers <= kept
        assert settings.pool_max * workers <= limit


def test_every_worker_may_open_one_connection_however_many_workers_there_are() -> None:
    settings = development(
        workers=64,
        login_limit_per_minute=65,
        database_connections_max=20,
        database_connections_kept=5,
    )
    assert (settings.pool_kept, settings.pool_max) == (1, 1)


def test_trusted_proxies_are_read_as_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCCERAI_ENVIRONMENT", "development")
    monkeypatch.setenv("SOCCERAI_TRUSTED_PROXIES", "10.0.0.1, 10.0.0.2,")
    assert Settings().trusted_proxies == ("10.0.0.1", "10.0.0.2")


def test_no_proxy_is_trusted_unless_named() -> None:
    assert development().trusted_proxies == ()


def test_settings_cannot_be_changed_once_read() -> None:
    settings = development()
    with pytest.raises(ValidationError, match="frozen"):
        settings.cache_ttl_s = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("chosen", "name"),
    [({}, "__Host-session"), ({"cookie_secure": False}, "session")],
    ids=["by default", "without TLS"],
)
def test_the_pages_cookie_can_be_set_by_a_sibling_domain_only_where_there_is_no_tls(
    chosen: dict[str, object], name: str
) -> None:
    assert development(**chosen).browser_cookie == name


def test_the_limits_of_the_product_are_the_defaults() -> None:
    settings = development()
    assert (
        settings.login_limit_per_minute,
        settings.visitor_limit_per_minute,
        settings.player_limit_per_minute,
    ) == (5, 100, 600)
    assert settings.access_token_s == 600
    assert (settings.database_connections_max, settings.database_connections_kept) == (20, 5)
