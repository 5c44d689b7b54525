"""The document as it is kept in files, and how two documents differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COMMITTED = Path(__file__).with_name("openapi.json")
RELEASED = Path(__file__).with_name("released.json")
ACCEPT = "nox -s contract -- --accept=document"


def served_document() -> dict[str, Any]:
    """The document that the reference service serves, without starting it."""
    from sut.app import create_app
    from sut.settings import Settings

    made = create_app(Settings(environment="development")).openapi()
    # As it is on the wire: tuples become lists, keys become text.
    document: dict[str, Any] = json.loads(json.dumps(made))
    return document


def as_text(document: dict[str, Any]) -> str:
    """The document as it is kept: keys in order, so that a change shows where it is."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


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
