"""The document of the contract layer."""

from __future__ import annotations

from typing import Any

import pytest

from suites.contract.documents import served_document
from suites.long_first import pytest_collection_modifyitems, pytest_configure

__all__ = ["pytest_collection_modifyitems", "pytest_configure"]


@pytest.fixture(scope="session")
def served() -> dict[str, Any]:
    """The document that the service serves, without starting it."""
    return served_document()
