"""Alembic migrations, run through `sut.migrations.upgrade`, which needs no alembic.ini."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config


def configuration(database_url: str) -> Config:
    """Alembic's configuration for one database (a SQLAlchemy URL)."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    return config


def upgrade(database_url: str, revision: str = "head") -> None:
    """Bring a database up to `revision`."""
    command.upgrade(configuration(database_url), revision)


def downgrade(database_url: str, revision: str = "base") -> None:
    """Take a database back to `revision`."""
    command.downgrade(configuration(database_url), revision)
