"""The order of the framework's own tests."""

from __future__ import annotations

from suites.long_first import pytest_collection_modifyitems, pytest_configure

__all__ = ["pytest_collection_modifyitems", "pytest_configure"]
