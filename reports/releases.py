"""Which release came before: the newest version tag that leads to the files as they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from reports.provenance import GitUnavailableError, ask

# Numbers, then words behind a mark; only the first may follow without one (`1.0rc1`). Each place of
# a name can be read in one way, so that one that is no version is told as fast as one that is.
VERSION = re.compile(
    r"v?(?P<numbers>\d+(?:\.\d+)*)(?P<rest>(?:[^\W\d]\w*)?(?:[-.+]\w+)*)", re.IGNORECASE
)
# What a version is called before it is released, the earliest first. A letter alone says so only
# before a number: 1.0.2a may as well be what came after 1.0.2.
_BEFORE_RELEASE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"[-._]?dev",
        r"[-._]?(?:alpha|a[-._]?\d)",
        r"[-._]?(?:beta|b[-._]?\d)",
        r"[-._]?pre|-(?!rc|post)[^\W\d]",
        r"[-._]?(?:rc|c\d)",
    )
)
_WORDS = re.compile(r"\d+|[^\W\d_]+")


@dataclass(frozen=True)
class ReleaseTag:
    """A tag that names a version, the commit that it points at, and when that was made."""

    name: str
    commit: str
    at: str

    @property
    def order(self) -> tuple[object, ...]:
        """Sorts versions from the oldest to the newest; candidates come before their release."""
        found = VERSION.fullmatch(self.name)
        numbers, rest = found.group("numbers", "rest") if found else ("0", self.name)
        stages = (number for number, word in enumerate(_BEFORE_RELEASE) if word.match(rest))
        words = _WORDS.findall(rest)
        return (
            tuple(map(int, numbers.split("."))),
            next(stages, len(_BEFORE_RELEASE)),
            tuple((int(word), "") if word.isdecimal() else (0, word) for word in words),
        )


def last_release(root: Path) -> ReleaseTag | None:
    """The newest version tag behind HEAD, HEAD's own left out: a candidate has one before it.

    None where there is none, or no Git to ask.
    """
    try:
        head = ask(root, "rev-parse", "HEAD")
        told = ask(
            root, "tag", "--merged", "HEAD",
            "--format=%(refname:short)%09%(objectname)%09%(*objectname)%09%(creatordate:iso-strict)",
        )  # fmt: skip
    except GitUnavailableError:
        return None
    # by its own end of a line alone: a name may hold others
    lines = (line.split("\t") for line in told.split("\n") if line)
    tags = [ReleaseTag(name, peeled or own, at) for name, own, peeled, at in lines]
    versions = [tag for tag in tags if VERSION.fullmatch(tag.name) and tag.commit != head]
    return max(versions, key=lambda tag: tag.order, default=None)
