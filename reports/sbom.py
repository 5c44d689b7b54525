"""The software bill of materials of a run, where one was left: CycloneDX as JSON, summed up."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.evidence import sayable

PATTERNS = ("*.cdx.json", "*bom.json")


@dataclass(frozen=True)
class Sbom:
    """One bill: where it lies within its run's folder, its digest, what it holds; or its fault."""

    path: str
    sha256: str
    format: str = ""
    components: int = 0
    licences: tuple[tuple[str, int], ...] = ()
    fault: str = ""


def read_sboms(run_dir: Path) -> tuple[Sbom, ...]:
    """Every bill in a run's folder, by name. What cannot be read has a fault instead of content."""
    paths = {path for pattern in PATTERNS for path in run_dir.rglob(pattern) if path.is_file()}
    names = ((path, sayable(path.relative_to(run_dir).as_posix())) for path in sorted(paths))
    return tuple(_read(path, name) for path, name in names)


def _read(path: Path, name: str) -> Sbom:
    try:
        raw = path.read_bytes()
    except OSError as error:
        return Sbom(name, "", fault=f"cannot be read: {error.strerror}")
    digest = hashlib.sha256(raw).hexdigest()
    try:
        body = json.loads(raw)
        components: Sequence[Mapping[str, Any]] = body["components"]
        found = Counter(licence for item in components for licence in _licences(item))
        return Sbom(
            path=name,
            sha256=digest,
            format=sayable(f"{body['bomFormat']} {body['specVersion']}"),
            components=len(components),
            licences=tuple(found.most_common()),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return Sbom(name, digest, fault=f"not a CycloneDX document ({type(error).__name__})")


def _licences(component: Mapping[str, Any]) -> Iterator[str]:
    """The licences of one component; `unknown` where it names none."""
    named = False
    for choice in component.get("licenses", ()):
        licence = choice.get("license", {})
        name = choice.get("expression") or licence.get("id") or licence.get("name")
        if name:
            named = True
            yield sayable(str(name).partition("\n")[0][:60])
    if not named:
        yield "unknown"
