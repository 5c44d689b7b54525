"""Which files detect-secrets can find anything in: it asks each of its detectors about each line,
through a dispatcher that costs several times as much as the detectors themselves.

What is left out here cannot be found there: its filters only take findings away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from detect_secrets.plugins.base import BasePlugin, RegexBasedDetector
from detect_secrets.settings import get_plugins


class Sieve:
    """Asks the detectors of the settings that are in force when it is made."""

    def __init__(self) -> None:
        plugins = list(get_plugins())
        plain = [plugin for plugin in plugins if _only_matches(plugin)]
        self._searches: list[Callable[[str], re.Match[str] | None]] = [
            pattern.search for plugin in plain for pattern in plugin.denylist
        ]
        self._others = [plugin.analyze_line for plugin in plugins if plugin not in plain]

    def holds_any(self, name: str, lines: Iterable[str]) -> bool:
        """Whether the file `name` with these lines is one that detect-secrets has to look at."""
        return any(self._may_hold(name, line) for line in lines)

    def _may_hold(self, name: str, line: str) -> bool:
        text = line.rstrip()
        return any(search(text) for search in self._searches) or any(
            analyze(filename=name, line=text) for analyze in self._others
        )


def _only_matches(plugin: Any) -> bool:
    """Whether a detector does nothing with a line but to match its patterns."""
    kind = type(plugin)
    return (
        isinstance(plugin, RegexBasedDetector)
        and kind.analyze_string is RegexBasedDetector.analyze_string
        and kind.analyze_line is BasePlugin.analyze_line
    )
