"""The ways in which the lines of a file are read for secrets.

detect-secrets looks for keys in quotes, so it writes the values of a configuration anew, in quotes.
Alone, it reads those instead of the lines: whatever stands in a comment is gone, and so is every
value of a file that cannot be parsed, as of one that names a key twice or of lines that a history
put side by side. And it reads no further once it has found something. Here all of it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from detect_secrets.transformers import get_transformed_file
from detect_secrets.types import NamedIO
from detect_secrets.util.filetype import FileType, determine_file_type

Reading = Sequence[str]
_CONFIGURATIONS = frozenset(
    {FileType.YAML, FileType.CONFIG, FileType.INI, FileType.PROPERTIES, FileType.TOML,
     FileType.OTHER}
)  # fmt: skip
_PLAIN_VALUE = re.compile(
    r"\s*(?:export\s+|-\s+)?(?P<key>[\w.-]+)\s*[:=]\s*(?P<value>[^\s\"'#;,]+)[;,]?\s*(?:#.*)?"
)


def readings_of(file: Path, lines: Reading) -> Iterator[Reading]:
    """`lines`, which `file` holds, as they stand, and as a configuration where it may be one."""
    yield lines
    parsed = [found for eager in (False, True) if (found := _parsed(file, eager=eager))]
    yield from parsed
    if not parsed and determine_file_type(file.name) in _CONFIGURATIONS:
        yield [_quoted(line) for line in lines]


def _parsed(file: Path, *, eager: bool) -> list[str] | None:
    with file.open(encoding="utf-8", newline="\n") as opened:
        return get_transformed_file(cast("NamedIO", opened), use_eager_transformers=eager)


def _quoted(line: str) -> str:
    """A line that gives a name a value, with the value in quotes; nothing of any other."""
    found = _PLAIN_VALUE.fullmatch(line)
    return f'{found["key"]} = "{found["value"]}"' if found else ""
