"""The order of versions a second time, from the words of PEP 440 and without `packaging`.

For tests that compare two implementations. https://peps.python.org/pep-0440/ (appendix B and the
summary of permitted suffixes and relative ordering)
"""

from __future__ import annotations

import re
from functools import cache

_SEPARATOR = r"[-_.]?"
_FORM = re.compile(
    rf"""v? (?:(?P<epoch>\d+)!)? (?P<release>\d+(?:\.\d+)*)
    (?: {_SEPARATOR} (?P<phase>alpha|beta|preview|pre|rc|a|b|c) {_SEPARATOR} (?P<pre>\d*) )?
    (?: -(?P<bare>\d+) | {_SEPARATOR} (?P<post>post|rev|r) {_SEPARATOR} (?P<post_number>\d*) )?
    (?: {_SEPARATOR} (?P<dev>dev) {_SEPARATOR} (?P<dev_number>\d*) )?
    (?: \+ (?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*) )?""",
    re.VERBOSE,
)
_PHASES = {"a": 1, "alpha": 1, "b": 2, "beta": 2, "c": 3, "rc": 3, "pre": 3, "preview": 3}
_DEV_ALONE, _FINAL = 0, 4
_NO_DEV = 10**18

Key = tuple[object, ...]


@cache
def key(version: str) -> Key | None:
    """Keys are ordered as the versions are; None for what is no version."""
    found = _FORM.fullmatch(version.strip().lower())
    if not found:
        return None
    release = [int(part) for part in found["release"].split(".")]
    while release and release[-1] == 0:
        release.pop()
    post = found["bare"] or (found["post_number"] or "0" if found["post"] else None)
    dev = int(found["dev_number"] or 0) if found["dev"] else _NO_DEV
    phase = _PHASES[found["phase"]] if found["phase"] else _FINAL
    if phase == _FINAL and post is None and found["dev"]:
        phase = _DEV_ALONE
    local = tuple(
        (1, int(part), "") if part.isdigit() else (0, 0, part)
        for part in re.split(r"[-_.]", found["local"] or "")
        if part
    )
    return (
        int(found["epoch"] or 0), tuple(release), phase, int(found["pre"] or 0),
        -1 if post is None else int(post), dev, local,
    )  # fmt: skip
