"""The base of every domain's tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import MetaData, Row, Select
from sqlalchemy.orm import DeclarativeBase

AnyRow = Row[*tuple[Any, ...]]
"""A row of some columns, read by name."""

AnySelect = Select[*tuple[Any, ...]]
"""A query for such rows."""


class Base(DeclarativeBase):
    """The tables of every domain; constraints have fixed names, so migrations can drop them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
