"""The service's settings: one frozen object, read once at the entry point."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DEVELOPMENT_KEY = "development-only-signing-key-never-for-production"
SIGNING_KEY_BYTES_MIN = 32
BCRYPT_ROUNDS_PRODUCTION_MIN = 12
DATABASE_DRIVER = "postgresql+asyncpg"
_PORT_MAX = 65_535
# What follows user and password: a host (an IPv6 address in brackets), a port, a database.
_SERVER = re.compile(r"(?:\[[^]]*\]|[^]:/?[]*)(?::(?P<port>[0-9]{1,5}))?(?:[/?].*)?")


_LIMITS = ("login_limit_per_minute", "visitor_limit_per_minute", "player_limit_per_minute")


class Settings(BaseSettings):
    """Read from ``SOCCERAI_*`` variables. Units stand last in each name.

    Raises pydantic.ValidationError, naming each setting at fault, when the service must not start:
    outside development the signing key may be neither the default nor shorter than 32 bytes, and
    passwords may not be hashed with fewer than 12 bcrypt rounds.
    """

    model_config = SettingsConfigDict(env_prefix="SOCCERAI_", frozen=True, extra="forbid")

    environment: Literal["development", "production"] = "production"
    database_url: str = "postgresql+asyncpg://postgres@127.0.0.1:5432/soccerai"
    redis_url: str = "redis://127.0.0.1:6379/0"

    signing_key: SecretStr = SecretStr(DEVELOPMENT_KEY)
    access_token_s: int = Field(default=600, gt=0, le=3600)
    refresh_token_s: int = Field(default=30 * 86_400, gt=0)
    bcrypt_rounds: int = Field(default=12, ge=4, le=16)
    cookie_secure: bool = True

    workers: int = Field(default=1, ge=1, le=64)
    database_connections_max: int = Field(default=20, ge=1)
    database_connections_kept: int = Field(default=5, ge=1)
    database_wait_s: float = Field(default=5.0, gt=0)
    statement_timeout_ms: int = Field(default=5_000, gt=0)
    redis_timeout_s: float = Field(default=0.5, gt=0)
    cache_ttl_s: int = Field(default=60, gt=0)

    login_limit_per_minute: int = Field(default=5, ge=1)
    visitor_limit_per_minute: int = Field(default=100, ge=1)
    player_limit_per_minute: int = Field(default=600, ge=1)
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()

    body_max_bytes: int = Field(default=65_536, gt=0)
    log_path: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    internal_port: int = Field(default=0, ge=0, le=65_535)
    metrics_dir: str = ""

    @model_validator(mode="before")
    @classmethod
    def _split_proxies(cls, values: dict[str, object]) -> dict[str, object]:
        proxies = values.get("trusted_proxies")
        if isinstance(proxies, str):
            values["trusted_proxies"] = tuple(p.strip() for p in proxies.split(",") if p.strip())
        return values

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, url: str) -> str:
        driver, separator, place = url.partition("://")
        server = _SERVER.fullmatch(place.rpartition("@")[2])
        if not separator or server is None or int(server["port"] or 0) > _PORT_MAX:
            raise ValueError(f"not a URL; write {DATABASE_DRIVER}://user@host:5432/name")
        if driver != DATABASE_DRIVER:
            raise ValueError(f"must begin with {DATABASE_DRIVER}://, not {driver}://")
        return url

    @field_validator("redis_url")
    @classmethod
    def _check_redis_url(cls, url: str) -> str:
        if urlsplit(url).scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return url

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ip_network(network)  # its error says what is wrong with which
        return networks

    @model_validator(mode="after")
    def _refuse_weak_secrets(self) -> Self:
        if self.environment == "development":
            return self
        key = self.signing_key.get_secret_value()
        if key == DEVELOPMENT_KEY or len(key.encode()) < SIGNING_KEY_BYTES_MIN:
            raise ValueError(
                "signing_key: set SOCCERAI_SIGNING_KEY to at least 32 random bytes "
                "(or SOCCERAI_ENVIRONMENT=development on your own machine)"
            )
        if self.bcrypt_rounds < BCRYPT_ROUNDS_PRODUCTION_MIN:
            raise ValueError("bcrypt_rounds: at least 12 outside development")
        return self

    @model_validator(mode="after")
    def _refuse_limits_that_cannot_be_shared(self) -> Self:
        if fault := self.fault_of_workers(self.workers):
            raise ValueError(fault)
        return self

    def fault_of_workers(self, workers: int) -> str:
        """Why so many workers are too many; empty where they are not.

        Without Redis each worker lets somebody in, and all of them together fewer than the limit.
        """
        name = min(_LIMITS, key=lambda name: int(getattr(self, name)))
        amount = int(getattr(self, name))
        if workers == 1 or workers < amount:
            return ""
        return (
            f"workers: {workers} are too many for {name} = {amount}: without Redis each of them "
            "lets one request through; set the limit above their number"
        )

    @property
    def pool_kept(self) -> int:
        """Connections that one worker keeps open: the instance's share, at least one."""
        return max(1, self.database_connections_kept // self.workers)

    @property
    def pool_max(self) -> int:
        """Connections that one worker may open, so that all workers stay within the limit."""
        return max(self.pool_kept, self.database_connections_max // self.workers)

    @property
    def browser_cookie(self) -> str:
        """The pages' session cookie. Browsers refuse a `__Host-` one that a sibling domain sets."""
        return "__Host-session" if self.cookie_secure else "session"
