"""Tests marked `long` begin first: begun last, each would keep one process busy alone."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", "long: takes many seconds, so it begins before the others")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Change the order by this alone: the chance that pytest-randomly brought in stays."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
