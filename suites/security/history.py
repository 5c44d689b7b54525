"""Every line that the history of the repository ever added, and where it stood."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from suites.security.tree import git

MESSAGE = "commit message"
TAG = "tag message"


@dataclass(frozen=True)
class Line:
    """A line of text, and where it is or was; `commit` is empty for the files of today."""

    path: str
    number: int
    text: str
    commit: str = ""


@dataclass(frozen=True)
class History:
    """The added lines, each once a path, and the commits that were read.

    `missing` says what could not be looked at; `total` counts the commits that Git knows of.
    """

    lines: tuple[Line, ...]
    commits: tuple[str, ...]
    total: int
    missing: tuple[str, ...] = ()


def texts_of(text: str) -> list[str]:
    """The lines of a file as scanners see them, whichever sign ends them.

    In UTF-16 a NUL stands beside each letter of a key, which no pattern expects there.
    """
    return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def read(root: Path) -> History:
    """The history of all branches of the repository at `root`."""
    counted = git(root, "rev-list", "--all", "--count")
    if counted is None or git(root, "rev-parse", "--verify", "HEAD") is None:
        return History((), (), 1, ("no Git history here to look at",))
    missing: tuple[str, ...] = ()
    if (git(root, "rev-parse", "--is-shallow-repository") or b"").strip() == b"true":
        missing = ("commits beyond the shallow clone: git fetch --unshallow brings them",)
    # A merge is compared with each of its parents, so that none can hide a line, and nothing that
    # somebody's configuration says of merges or conversions changes what is read.
    log = git(
        root, "-c", "core.quotePath=off", "log", "--all", "--diff-merges=separate", "-p",
        "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--text",
        "--format=%x00%H%n%B%x00",
    )  # fmt: skip
    # A byte that is no text must not stop the scan.
    lines = tuple(_lines((log or b"").decode("utf-8", "replace")))
    commits = tuple(dict.fromkeys(line.commit for line in lines))
    lines += tuple(_of_tags(root))
    unique = {(line.path, line.text): line for line in reversed(lines)}
    return History(tuple(unique.values())[::-1], commits, int(counted) + len(missing), missing)


def _of_tags(root: Path) -> Iterator[Line]:
    """What annotated tags say, which is pushed as commits are and stands in none of them."""
    form = "%(objecttype)%00%(objectname)%00%(contents)%00"
    told = (git(root, "for-each-ref", f"--format={form}", "refs/tags") or b"").split(b"\0")
    for kind, tag, message in zip(told[::3], told[1::3], told[2::3], strict=False):
        if kind.strip() == b"tag":
            for number, text in enumerate(texts_of(message.decode("utf-8", "replace")), start=1):
                yield Line(TAG, number, text, tag.decode())


def _lines(log: str) -> Iterator[Line]:
    """Parse `git log -p`; `number` is 0 between a file's header and its first hunk."""
    commit, path, number, in_message = "", "", 0, False
    for text in log.split("\n"):
        if started := re.fullmatch(r"\0([0-9a-f]{40,64})", text):
            commit, path, number, in_message = started[1], MESSAGE, 0, True
        elif in_message:
            in_message, number = not text.endswith("\0"), number + 1
            yield Line(MESSAGE, number, text.rstrip("\0"), commit)
        elif text.startswith("diff --git "):
            number = 0
        elif number == 0 and text.startswith("+++ "):
            path = text[4:].strip('"\t').removeprefix("b/")
        elif hunk := re.match(r"@@ -\S+ \+(\d+)", text):
            number = int(hunk[1])
        elif text.startswith("+") and number:
            for part in texts_of(text[1:].rstrip("\r\0")):
                yield Line(path, number, part, commit)
            number += 1
