"""Values that were met, and whether a parameter of another path may mean one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

FAR = 9


@dataclass(frozen=True)
class Value:
    """A value that an answer or a request held: its name there, and where that was."""

    name: str
    value: Any
    path: str
    made: bool


def leaves(body: Any, name: str = "", depth: int = 0, most: int = 50) -> Iterator[tuple[str, Any]]:
    """Every named scalar of a JSON value; of each list, so many things at `most`."""
    if depth > 8:
        return
    if isinstance(body, Mapping):
        for key, value in body.items():
            yield from leaves(value, str(key), depth + 1, most)
    elif isinstance(body, list):
        for value in body[:most]:
            yield from leaves(value, name, depth + 1, most)
    elif name and isinstance(body, str | int) and not isinstance(body, bool) and body != "":
        yield name, body


def plain(word: str) -> str:
    """A name without signs and case, as `bookTitle` and `book_title` are one."""
    return re.sub(r"[^a-z0-9]", "", word.lower())


def fits(path: str, parameter: str, value: Value) -> bool:
    """Whether a value that was met may be meant by a path parameter."""
    return distance(path, parameter, value) < FAR


def distance(path: str, parameter: str, value: Value) -> int:
    """How far a value's name and place are from a parameter's; FAR where it is another thing."""
    wanted, name = plain(parameter), plain(value.name)
    before = path.partition("{" + parameter + "}")[0].rstrip("/")
    noun = plain(before.rpartition("/")[2]).removesuffix("s")
    near = 0 if value.path.rstrip("/") == before else 1
    if near and value.path.startswith(before) and before:
        near = 0
    if name == wanted or name == noun + wanted:
        return near
    if wanted.endswith(name) and len(name) > 1 and (near == 0 or noun in plain(value.path)):
        return 2 + near
    if name.endswith(wanted) and near == 0 and len(wanted) > 1:
        return 4
    return FAR
