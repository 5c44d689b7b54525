"""A new release of the document: recorded, and what it takes from clients said aloud."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from suites.contract.compatibility.comparison import Comparison, compare
from suites.contract.compatibility.document import DocumentError, load, parse
from suites.contract.documents import COMMITTED, RELEASED, as_text


@dataclass(frozen=True)
class Acceptance:
    """What was written, and what the document takes away from the one released before."""

    written: tuple[Path, ...]
    comparison: Comparison
    added: tuple[str, ...]
    sha256: str

    def lines(self) -> Iterator[str]:
        """What to tell the person who accepted."""
        for path in self.written:
            yield f"written: {path}"
        yield f"digest: sha256 {self.sha256}"
        for fault in self.comparison.missing:
            yield f"not compared: {fault}"
        for name in self.added:
            yield f"new: {name}"
        if not self.comparison.breaks:
            yield f"takes nothing away, in {len(self.comparison.compared)} operations"
            return
        yield f"takes away {len(self.comparison.breaks)}:"
        for found in self.comparison.breaks:
            yield f"  {found.operation}: {found.where}: {found.change} [{found.rule}]"


def accept(
    served: dict[str, Any],
    today: date,
    *,
    release: bool,
    committed: Path = COMMITTED,
    released: Path = RELEASED,
) -> Acceptance:
    """Write the served document down; with `release`, as what clients rely on from now on.

    Raises DocumentError where the document released before cannot be read, and OSError where there
    is no room for the new one: nothing is written then.
    """
    before, after = load(released), parse(served)
    if after.faults:
        raise DocumentError("\n".join(f"the served document: {fault}" for fault in after.faults))
    comparison = compare(before, after, today)
    text = as_text(served)
    written = (committed, released) if release else (committed,)
    _write(text, written)
    return Acceptance(
        written,
        comparison,
        tuple(name for name in after.operations if name not in before.operations),
        digest(served),
    )


def _write(text: str, paths: Iterable[Path]) -> None:
    """Write a text to all paths, or to none: a full disk leaves what was there."""
    beside = {path: path.with_name(f"{path.name}.new") for path in paths}
    try:
        for made in beside.values():
            made.write_text(text, "utf-8")
        for path, made in beside.items():
            made.replace(path)
    finally:
        for made in beside.values():
            made.unlink(missing_ok=True)


def digest(document: Mapping[str, Any]) -> str:
    """The SHA-256 of a document, whatever the order of its keys."""
    return hashlib.sha256(as_text(dict(document)).encode(errors="surrogatepass")).hexdigest()
