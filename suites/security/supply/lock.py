"""What uv.lock pins: packages, versions, and the hashes by which files are known."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

Entry = Mapping[str, Any]
_HASH = re.compile(r"sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})")
_OUR_OWN = frozenset({"virtual", "editable", "directory"})


@dataclass(frozen=True, order=True)
class Package:
    """One pinned package, by its canonical name."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class Lock:
    """Every package of a lock, for every platform, the project itself left out.

    `shipped` are those that the project itself needs, its groups of tools apart; `unhashed` those
    of which a file is pinned without a strong hash, or no file at all.
    """

    packages: tuple[Package, ...]
    shipped: frozenset[Package]
    unhashed: tuple[Package, ...]


def read(path: Path) -> Lock:
    """Read a uv.lock."""
    document = tomllib.loads(path.read_text("utf-8"))
    own = [one for one in document["package"] if _is_our_own(one["source"])]
    others = [one for one in document["package"] if one not in own]
    return Lock(
        tuple(map(_package, others)),
        frozenset(_needed(own, others)),
        tuple(_package(one) for one in others if not _hashed(one)),
    )


def installed_packages() -> tuple[Package, ...]:
    """Every distribution that this Python can import, locked or not."""
    found = {
        Package(canonicalize_name(one.metadata["Name"]), one.version)
        for one in metadata.distributions()
    }
    return tuple(sorted(found))


def _needed(own: Sequence[Entry], others: Sequence[Entry]) -> Iterator[Package]:
    """What `own` depends on, however far: with the extras asked for, for every platform."""
    waiting = [one for entry in own for one in entry.get("dependencies", ())]
    seen: set[tuple[str, str]] = set()
    while waiting:
        wanted = waiting.pop()
        for extra in ("", *wanted.get("extra", ())):
            if (wanted["name"], extra) in seen:
                continue
            seen.add((wanted["name"], extra))
            for entry in (one for one in others if one["name"] == wanted["name"]):
                yield _package(entry)
                optional = entry.get("optional-dependencies", {}).get(extra, ())
                waiting += optional if extra else entry.get("dependencies", ())


def _package(entry: Entry) -> Package:
    return Package(canonicalize_name(entry["name"]), entry["version"])


def _is_our_own(source: Mapping[str, str]) -> bool:
    """Whether a package is part of this checkout, and so scanned as our code is.

    One from a folder beside it is somebody else's, and has no hash that could pin it.
    """
    places = [Path(place) for kind, place in source.items() if kind in _OUR_OWN]
    return any(not place.is_absolute() and ".." not in place.parts for place in places)


def _hashed(entry: Entry) -> bool:
    files = [*entry.get("wheels", ()), *([entry["sdist"]] if "sdist" in entry else ())]
    return bool(files) and all(_HASH.fullmatch(one.get("hash", "")) for one in files)
