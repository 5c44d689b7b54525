"""What tells one failure that the fuzzer found from the next of its kind.

Its titles are constants ("Undocumented status code"), its messages hold values that differ from
run to run. Between both lies what a person who accepts a failure means: this status, this header,
this place of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from schemathesis.core.failures import Failure
from schemathesis.core.jsonschema.bundler import BUNDLE_STORAGE_KEY
from schemathesis.openapi.checks import JsonSchemaError

# Public fields of the failures that say what was wrong, and not with which values.
TELLING = (
    "failure_reason", "method", "scenario", "missing_headers", "header_name", "content_type",
    "actual", "missing_methods", "undocumented_methods",
)  # fmt: skip
# Of these words the message alone says which property it was.
NAMING = ("required", "dependentRequired", "additionalProperties", "unevaluatedProperties")
_QUOTED = re.compile(r"\"([^\"]+)\"|'([^']+)'")
_NUMBERED = re.compile(r"[0-9a-f-]*\d[0-9a-f-]*")


def detail(failure: Failure, status: int | None, operation: str) -> str:
    """What was wrong, in words that are the same in the next run.

    `status` is what was answered, None where nothing was; `operation` what was asked, which is
    another one than the failure's where it is about both.
    """
    told = [] if status is None else [str(status)]
    if failure.operation not in (None, operation):
        told.append(operation)
    for name in TELLING:
        value = getattr(failure, name, None)
        if isinstance(value, str):
            told.append(value.partition(";")[0].strip())  # a boundary is drawn anew each time
        elif value:
            told.append(", ".join(sorted(value)))
    if isinstance(failure, JsonSchemaError):
        told += _of_schema(failure)
    return " ".join(told)


def _of_schema(failure: JsonSchemaError) -> Iterator[str]:
    """The place in the answer and the word of its schema; items of lists are all one place."""
    yield "$" + "".join(f".{_NUMBERED.sub('*', str(one))}" for one in failure.instance_path)
    path = [str(one) for one in failure.schema_path]
    # A schema behind a reference has a number there, which another document gives anew.
    yield "/".join(path[2:] if path[:1] == [BUNDLE_STORAGE_KEY] else path)
    if path and path[-1] in NAMING:
        found = _QUOTED.findall(failure.validation_message)
        yield ", ".join(sorted({one or other for one, other in found}))
