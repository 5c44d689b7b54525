"""Faults of a TOML file: all of them at once, each with the line where it can be found.

The models say what is expected (Pydantic); this module joins their complaints to lines. TOML
parsers keep no positions, so the text is scanned for table headers and keys; a header-like line
inside a multi-line string would mislead the line number, never the judgement.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

_HEADER = re.compile(r"^\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_-]+)\s*=")
_TOML_LINE = re.compile(r"\(at line (\d+), column \d+\)")
# Python prints no integer of several thousand digits, and TOML knows none of more than 64 bits.
_LONG_INTEGER = re.compile(r"(?<![\w\"'.+-])[+-]?(?:0[xob][\da-fA-F_]{16,}|\d[\d_]{18,})")
_DEEP_LINE = re.compile(r"(?:[\[{]\s*(?:[\w-]+\s*=\s*)?){20}")


@dataclass(frozen=True)
class ConfigFault:
    """Something wrong with a configuration file; `line` is 0 where none can be named."""

    path: str
    line: int
    where: str
    problem: str

    def __str__(self) -> str:
        """One line: file, line, field, and what was expected."""
        place = f"{self.path}:{self.line}" if self.line else self.path
        return ": ".join(part for part in (place, self.where, self.problem) if part)


class ConfigError(ValueError):
    """A configuration cannot be used; `faults` holds everything that is wrong with it."""

    def __init__(self, faults: Sequence[ConfigFault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


@dataclass
class Section:
    """A table of the file: its header's line and the lines of its keys."""

    name: str
    line: int
    keys: dict[str, int] = field(default_factory=dict)


class TomlSource:
    """A TOML file being checked: its tables, its sections' lines, the faults found so far."""

    def __init__(self, path: Path, shown_as: str | None = None) -> None:
        self.shown_as = (shown_as or str(path)).replace("\0", "\\0")
        self.faults: list[ConfigFault] = []
        self.body: dict[str, Any] = {}
        self.sections: list[Section] = [Section("", 1)]
        try:
            text = path.read_text("utf-8")
        except OSError as error:
            self.fault(0, "", f"cannot be read: {error.strerror}")
            return
        except UnicodeDecodeError as error:
            self.fault(0, "", f"expected UTF-8, found byte {error.object[error.start]:#04x}")
            return
        except ValueError as error:  # a name that no file can have
            self.fault(0, "", f"cannot be read: {error}")
            return
        self._scan(text)
        self._parse(text)

    def _scan(self, text: str) -> None:
        for number, line in enumerate(text.splitlines(), start=1):
            if header := _HEADER.match(line):
                self.sections.append(Section(header[1].replace('"', ""), number))
            elif key := _KEY.match(line):
                self.sections[-1].keys.setdefault(key[1], number)

    def _parse(self, text: str) -> None:
        try:
            self.body = _freeze(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            place = _TOML_LINE.search(str(error))
            self.fault(int(place[1]) if place else 0, "", f"not TOML: {error}")
        except ValueError:
            problem = "expected integers of at most 64 bits, found a longer one"
            self.fault(_line_of(_LONG_INTEGER, text), "", problem)
        except RecursionError:
            problem = "expected a few levels of tables and lists, found hundreds in each other"
            self.fault(_line_of(_DEEP_LINE, text), "", problem)

    def named(self, name: str) -> list[Section]:
        """Every section of that name, in the order of the file."""
        return [section for section in self.sections if section.name == name]

    def nested(self, parent: Section, name: str) -> list[Section]:
        """The sections called `name` that belong to one table of an array of tables."""
        begin = self.sections.index(parent) + 1
        found = []
        for section in self.sections[begin:]:
            if section.name == parent.name:
                break
            if section.name == name:
                found.append(section)
        return found

    def fault(self, line: int, where: str, problem: str) -> None:
        """Note a fault."""
        self.faults.append(ConfigFault(self.shown_as, line, where, problem))

    def tables(self, name: str) -> tuple[Mapping[str, Any], ...]:
        """The array of tables `[[name]]`; a fault and nothing where it is something else."""
        found = self.body.get(name, ())
        if isinstance(found, tuple) and all(isinstance(item, Mapping) for item in found):
            return found
        self.fault(
            self.line_of_key(name), name, f"expected [[{name}]] tables, found {_short(found)}"
        )
        return ()

    def line_of_key(self, key: str) -> int:
        """The line of a key above the first table, or of the first table of that name."""
        for section in self.named(key):
            return section.line
        return self.sections[0].keys.get(key, 0)

    def finish(self) -> None:
        """Raise ConfigError when any fault was noted, in the order of the lines."""
        if self.faults:
            raise ConfigError(sorted(self.faults, key=lambda fault: fault.line))


def _line_of(pattern: re.Pattern[str], text: str) -> int:
    """The first line in which the pattern is found; 0 where it is in none."""
    found = pattern.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def _freeze(value: Any) -> Any:
    """Lists become tuples, which strict models of frozen values ask for.

    Raises ValueError for an integer that TOML does not know, RecursionError for what is too deep.
    """
    if isinstance(value, list):
        return tuple(_freeze(item) for item in value)
    if isinstance(value, dict):
        return {key: _freeze(item) for key, item in value.items()}
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("an integer of more than 64 bits")
    return value


def section_at(sections: Sequence[Section], index: int) -> Section:
    """The section at `index`; an unplaced one where the file writes the table inline."""
    return sections[index] if index < len(sections) else Section("", 0)


def problems(error: ValidationError) -> list[tuple[tuple[str | int, ...], str]]:
    """What a model complains of: the path of each field, and the complaint with what was found."""
    return [_complaint(item) for item in error.errors(include_url=False)]


def _complaint(item: Mapping[str, Any]) -> tuple[tuple[str | int, ...], str]:
    place, message = tuple(item["loc"]), str(item["msg"]).removeprefix("Value error, ")
    if item["type"] == "missing":
        return place, "missing"
    if item["type"] == "extra_forbidden":
        return place, "unknown field"
    if item["type"] == "value_error":
        return place, message
    if item["type"] == "union_tag_not_found":
        return (*place, "kind"), "missing"
    if item["type"] == "union_tag_invalid":
        problem = f"expected one of {item['ctx']['expected_tags']}, found {item['ctx']['tag']!r}"
        return (*place, "kind"), problem
    return place, f"{message[0].lower()}{message[1:]}, found {_short(item['input'])}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
