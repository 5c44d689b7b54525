"""The service refuses to start with settings that would make it unsafe."""

from __future__ import annotations

import pytest
from pydantic import SecretStr, ValidationError

from sut.settings import DEVELOPMENT_KEY, SIGNING_KEY_BYTES_MIN, Settings

STRONG_KEY = "k" * SIGNING_KEY_BYTES_MIN

pytestmark = pytest.mark.objective("sec-tokens")


def production(**values: object) -> Settings:
    return Settings.model_validate(
        {"environment": "production", "signing_key": STRONG_KEY, **values}
    )


def test_production_starts_with_a_key_of_exactly_32_bytes() -> None:
    assert production().signing_key.get_secret_value() == STRONG_KEY


def test_production_refuses_the_development_key() -> None:
    with pytest.raises(ValidationError, match="SOCCERAI_SIGNING_KEY"):
        production(signing_key=DEVELOPMENT_KEY)


def test_production_refuses_a_key_of_31_bytes() -> None:
    with pytest.raises(ValidationError, match="at least 32 random bytes"):
        production(signing_key="k" * (SIGNING_KEY_BYTES_MIN - 1))


def test_a_keys_length_is_counted_in_bytes() -> None:
    assert production(signing_key="ü" * (SIGNING_KEY_BYTES_MIN // 2))


def test_production_is_the_default_so_that_a_forgotten_setting_fails_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SOCCERAI_ENVIRONMENT", raising=False)
    monkeypatch.delenv("SOCCERAI_SIGNING_KEY", raising=False)
    with pytest.raises(ValidationError, match="signing_key"):
        Settings()


@pytest.mark.objective("sec-passwords")
@pytest.mark.parametrize("rounds", [4, 11])
def test_production_refuses_too_few_bcrypt_rounds(rounds: int) -> None:
    with pytest.raises(ValidationError, match="bcrypt_rounds: at least 12"):
        production(bcrypt_rounds=rounds)


@pytest.mark.objective("sec-passwords")
def test_twelve_bcrypt_rounds_are_the_default_and_enough() -> None:
    assert production().bcrypt_rounds == 12


def test_development_may_use_its_own_key_and_few_rounds() -> None:
    settings = Settings(environment="development", bcrypt_rounds=4)
    assert settings.signing_key.get_secret_value() == DEVELOPMENT_KEY


def test_the_signing_key_is_not_shown_when_settings_are_printed() -> None:
    assert STRONG_KEY not in repr(production())
    assert isinstance(production().signing_key, SecretStr)


def test_an_access_token_cannot_be_set_to_live_for_longer_than_an_hour() -> None:
    with pytest.raises(ValidationError, match="access_token_s"):
        production(access_token_s=3601)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("login_limit_per_minute", 0),
        ("visitor_limit_per_minute", 0),
        ("player_limit_per_minute", -1),
        ("database_connections_max", 0),
        ("database_connections_kept", 0),
        ("body_max_bytes", 0),
        ("cache_ttl_s", 0),
        ("redis_timeout_s", 0),
        ("statement_timeout_ms", 0),
        ("workers", 0),
        ("environment", "staging"),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        production(**{name: value})


def test_a_setting_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match="cache_ttl_seconds"):
        production(cache_ttl_seconds=5)


@pytest.mark.parametrize(
    "place",
    [
        "u@host:port/db",
        "u@host:65536/db",
        "u@host:-1/db",
        "u@host:1:2/db",
        "u@[::1/db",
        "[::1]x/db",
    ],
)
def test_a_database_address_without_a_host_and_port_to_go_to_is_refused(place: str) -> None:
    with pytest.raises(ValidationError, match="not a URL; write postgresql"):
        production(database_url=f"postgresql+asyncpg://{place}")


@pytest.mark.parametrize("driver", ["postgresql", "postgresql+psycopg", "sqlite", ""])
def test_a_database_of_another_driver_is_refused(driver: str) -> None:
    with pytest.raises(ValidationError, match=r"must begin with postgresql\+asyncpg://"):
        production(database_url=f"{driver}://u@host:5432/db")
