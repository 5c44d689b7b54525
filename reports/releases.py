"""Which release came before: the newest version tag that leads to the files as they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from reports.provenance import GitUnavailableError, ask

VERSION = re.compile(r"^v?\d+(\.\d+)*([-.+]?\w+)*$")


@dataclass(frozen=True)
class ReleaseTag:
    """A tag that names a version, the commit that it points at, and when that was made."""

    name: str
    commit: str
    at: str


def last_release(root: Path) -> ReleaseTag | None:
    """The newest version tag behind HEAD, HEAD's own left out: a candidate has one before it.

    None where there is none, or no Git to ask.
    """
    try:
        head = ask(root, "rev-parse", "HEAD")
        told = ask(
            root, "tag", "--merged", "HEAD", "--sort=-version:refname",
            "--format=%(refname:short)%09%(objectname)%09%(*objectname)%09%(creatordate:iso-strict)",
        )  # fmt: skip
    except GitUnavailableError:
        return None
    for line in told.splitlines():
        name, own, peeled, at = line.split("\t")
        commit = peeled or own
        if VERSION.match(name) and commit != head:
            return ReleaseTag(name, commit, at)
    return None
