"""One record as a line of NDJSON, and back: what is wrong with a line is named, field by field."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import types
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from reports.evidence.records import KINDS, AnyRecord


def encode(record: AnyRecord) -> str:
    """One record as a line of JSON, without the line's end. NaN and infinities are refused."""
    return sayable(ENCODER.encode({"kind": record.kind, **vars(record)}))


def sayable(text: str) -> str:
    """The text without lone surrogates, which a message may hold and no encoding can write.

    A test that fails with one must not take the evidence of all others along.
    """
    return _LONE_SURROGATE.sub("\ufffd", text)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"evidence cannot hold a {type(value).__name__}: {value!r}")


_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# One for all: making one costs as much as encoding a record with it.
ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
)


class DecodeError(ValueError):
    """A line is not a record; the message names the field and what was expected of it."""


def decode(line: str) -> AnyRecord:
    """One line of NDJSON as a record. Raises DecodeError naming every faulty field at once."""
    try:
        body = _DECODER.decode(line)
        if _MAY_HOLD_SURROGATES.search(line):
            body = _DECODER.decode(sayable(json.dumps(body, ensure_ascii=False)))
    except ValueError as error:
        raise DecodeError(f"not JSON ({error})") from None
    except RecursionError:
        raise DecodeError("not a record: objects or lists lie too deep within each other") from None
    if not isinstance(body, dict):
        raise DecodeError(f"expected a JSON object, found {type(body).__name__}")
    kind = body.pop("kind", None)
    cls = KINDS.get(kind) if isinstance(kind, str) else None
    if cls is None:
        raise DecodeError(f"field kind: expected one of {', '.join(KINDS)}, found {kind!r}")
    return _build(cls, body)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number that evidence may hold")


def _bounded(digits: str) -> int:
    if len(digits) > LONGEST_INTEGER:
        raise ValueError(f"a number of {len(digits)} digits is more than evidence may hold")
    return int(digits)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"field {', '.join(twice)}: more than once")
    return found


LONGEST_INTEGER = 18
_DECODER = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_int=_bounded, object_pairs_hook=_each_once
)
_MAY_HOLD_SURROGATES = re.compile(r"\\u[dD][89a-fA-F]")


def _build(cls: type[AnyRecord], body: dict[str, Any]) -> AnyRecord:
    problems, values = [], {}
    for name, exact, required, convert in _plan(cls.kind):
        value = body.pop(name, _ABSENT)
        if type(value) is exact:
            values[name] = value
        elif value is not _ABSENT:
            try:
                values[name] = convert(value)
            except DecodeError as error:
                problems.append(f"field {name}: {error}")
        elif required:
            problems.append(f"field {name}: missing")
    problems += [f"field {name}: unknown in a {cls.kind}" for name in body]
    if problems:
        raise DecodeError("; ".join(problems))
    return cls(**values)


Convert = Callable[[Any], Any]
_ABSENT = object()
_AS_THEY_ARE = (str, int, bool)
# What the frame of a file must say: left out, each would count as nothing, or as all being well.
_ALWAYS_TOLD = {
    "provenance": ("schema",),
    "opening": ("collected", "deselected"),
    "closing": ("exit_status", "seconds", "lines", "sha256"),
}


@cache
def _plan(kind: str) -> tuple[tuple[str, Any, bool, Convert], ...]:
    """How each field is read: its name, a type that passes, whether it must be there, its check."""
    cls, none = KINDS[kind], dataclasses.MISSING
    hints = get_type_hints(cls)
    return tuple(
        (item.name, hints[item.name] if hints[item.name] in _AS_THEY_ARE else None,
         (item.default is none and item.default_factory is none)
         or item.name in _ALWAYS_TOLD.get(kind, ()), _converter(hints[item.name]))
        for item in dataclasses.fields(cls)
    )  # fmt: skip


def _converter(hint: Any) -> Convert:
    """What checks a JSON value against a field's type and freezes it: a list becomes a tuple."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = _converter(next(arg for arg in args if arg is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin is Literal:
        return partial(_convert_literal, args)
    if origin is tuple:
        return partial(_convert_tuple, tuple(_converter(a) for a in args if a is not Ellipsis),
                       args[-1] is Ellipsis)  # fmt: skip
    if origin is not None and issubclass(origin, Mapping):
        return partial(_convert_mapping, args[1])
    return partial(_convert_scalar, hint)


def _convert_literal(allowed: tuple[str, ...], value: Any) -> Any:
    if value in allowed:
        return value
    raise DecodeError(f"expected one of {', '.join(allowed)}, found {value!r}")


def _convert_mapping(kind: type, value: Any) -> Any:
    if isinstance(value, dict) and all(isinstance(item, kind) for item in value.values()):
        return value
    raise DecodeError(f"expected an object of {kind.__name__}, found {value!r}")


def _convert_tuple(items: tuple[Convert, ...], any_length: bool, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise DecodeError(f"expected a list, found {value!r}")
    if any_length:
        return tuple(map(items[0], value))
    if len(value) != len(items):
        raise DecodeError(f"expected {len(items)} items, found {len(value)}")
    return tuple(convert(item) for item, convert in zip(value, items, strict=True))


def _convert_scalar(hint: type, value: Any) -> Any:
    if type(value) is hint and hint is not float:
        return value
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return _finite(value)
    raise DecodeError(f"expected {hint.__name__}, found {value!r}")


# No measure comes near these, and a square or a share of what lies between is a number again.
SMALLEST, LARGEST = 1e-100, 1e100


def _finite(value: float) -> float:
    """JSON has no word for infinity, but 1e999 is read as one."""
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if number == 0 or SMALLEST < abs(number) < LARGEST:
        return number
    raise DecodeError(f"expected a number that can be reckoned with, found {value!r}")
