"""Lists the plugins, in the order in which they depend on each other, and loads them."""

from __future__ import annotations

import pytest

PLUGINS = (
    "fixtures.garbage",
    "fixtures.certificates",
    "fixtures.layers",
    "fixtures.options",
    "fixtures.shards",
    "fixtures.forks",
    "fixtures.long_first",
    "fixtures.lifeline",
    "fixtures.hypothesis_profiles",
    "fixtures.evidence",
    "fixtures.recorder",
    "fixtures.sayable",
    "fixtures.found",
    "fixtures.coverage",
    "fixtures.services.plugin",
    "fixtures.database",
    "fixtures.redis_namespaces",
    "fixtures.application",
    "fixtures.builders",
    "fixtures.live",
    "fixtures.browser",
    "pytester",
)


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """As `pytest_plugins` would, which also looks for each name in every installed package."""
    for name in PLUGINS:
        pluginmanager.import_plugin(name)
