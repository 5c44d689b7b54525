"""Which source of advisories a run uses: a snapshot, a mirror, or whichever service answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from suites.security.supply import advisories, audit
from suites.security.supply.audit import Audit, Source


@contextmanager
def chosen(words: str | None) -> Iterator[tuple[Source | None, str]]:
    """The source that `--advisories` names, a file or an address; without, the one that answers.

    No source comes with the reason. Raises AdvisoriesError for a file that is no snapshot.
    """
    if words is None:
        yield audit.answering_source((audit.OSV, audit.PYPI))
    elif words.startswith(("http://", "https://")):
        yield Source(words, url=words), ""
    else:
        snapshot = advisories.load(Path(words))
        with advisories.serve(snapshot) as url:
            yield Source(Path(words).name, url=url, newest=snapshot.newest), ""


def age_days(source: Source, found: Audit, now: datetime) -> float | None:
    """The age of the newest record that the source is known to hold, in days; None if unknown.

    A service that is its own authority is as new as the moment. Of a mirror only its replies tell,
    so its data can be newer than this says, never older.
    """
    if source.is_authority:
        return 0.0
    told = (moment for moment in map(advisories.moment, found.modified) if moment <= now)
    newest = source.newest or max(told, default=None)
    return None if newest is None else (now - newest).total_seconds() / 86_400
