"""The document as it is kept in files, and how two documents differ."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

COMMITTED = Path(__file__).with_name("openapi.json")
RELEASED = Path(__file__).with_name("released.json")
ACCEPT = "nox -s contract -- --accept"


def differences(old: Any, new: Any, where: str = "") -> Iterator[str]:
    """Each place where `new` differs from `old`, as JSON pointers; order in objects is nothing."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            step = f"{where}/{str(key).replace('~', '~0').replace('/', '~1')}"
            if key not in new:
                yield f"{step}: gone"
            elif key not in old:
                yield f"{step}: new"
            else:
                yield from differences(old[key], new[key], step)
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield f"{where}: {len(old)} items, now {len(new)}"
        for number, (before, after) in enumerate(zip(old, new, strict=False)):
            yield from differences(before, after, f"{where}/{number}")
    elif type(old) is not type(new) or old != new:
        yield f"{where}: {_short(old)}, now {_short(new)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
