"""Which files detect-secrets can find anything in: it asks each of its detectors about each line,
through a dispatcher that costs several times as much as the detectors themselves.

What is left out here cannot be found there: its filters only take findings away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

from detect_secrets.plugins.base import BasePlugin, RegexBasedDetector
from detect_secrets.settings import get_plugins
from detect_secrets.transformers import get_transformed_file
from detect_secrets.types import NamedIO


class Sieve:
    """Asks the detectors of the settings that are in force when it is made."""

    def __init__(self) -> None:
        plugins = list(get_plugins())
        plain = [plugin for plugin in plugins if _only_matches(plugin)]
        self._searches: list[Callable[[str], re.Match[str] | None]] = [
            pattern.search for plugin in plain for pattern in plugin.denylist
        ]
        self._others = [plugin.analyze_line for plugin in plugins if plugin not in plain]

    def holds_any(self, file: Path, lines: Iterable[str]) -> bool:
        """Whether `file`, which holds `lines`, is one that detect-secrets has to look at."""
        return _is_read_otherwise(file) or any(self._may_hold(str(file), line) for line in lines)

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


def _is_read_otherwise(file: Path) -> bool:
    """Whether detect-secrets reads its values, as of a configuration, and not its lines alone."""
    with file.open(encoding="utf-8") as opened:
        return any(
            get_transformed_file(cast("NamedIO", opened), use_eager_transformers=eager)
            for eager in (False, True)
        )
