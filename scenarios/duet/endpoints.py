"""What is compared: the reads that both builds offer, each as the first who may ask for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scenarios.duet.asking import NoAnswerError, Reply, fetch
from scenarios.duet.sides import Build

VISITOR = "visitor"
FIRST_ID = "1"  # both databases are seeded alike, from 1 on


@dataclass(frozen=True)
class Endpoint:
    """A read: its name in the evidence, the path that is asked for, and who asks."""

    name: str
    path: str
    who: str = VISITOR


@dataclass(frozen=True)
class Choice:
    """What can be compared and what cannot, each of the latter with the reason.

    `differing` answers differently on the two sides; `left_out` is no read of both builds that
    anybody may ask for.
    """

    endpoints: tuple[Endpoint, ...]
    differing: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def of_paths(paths: Sequence[str], base: Build, new: Build) -> Choice:
    """The paths that the caller names. Raises NoAnswerError."""
    return _choose([Endpoint(f"GET {path}", path) for path in paths], base, new)


def of_document(openapi: str, base: Build, new: Build) -> Choice:
    """Every GET that both builds' OpenAPI documents hold. Raises NoAnswerError."""
    here, there = _reads(new, openapi), _reads(base, openapi)
    shared = [_endpoint(path, parameters) for path, parameters in here.items() if path in there]
    choice = _choose([item for item in shared if isinstance(item, Endpoint)], base, new)
    strange = [item for item in shared if isinstance(item, str)]
    alone = [f"GET {path}: only the new build has it" for path in here if path not in there]
    alone += [f"GET {path}: only the base has it" for path in there if path not in here]
    return Choice(choice.endpoints, choice.differing, (*choice.left_out, *strange, *sorted(alone)))


def _choose(asked: Sequence[Endpoint], base: Build, new: Build) -> Choice:
    found, differing, left_out = [], [], []
    for endpoint in asked:
        outcome = _first_who_may(endpoint, base, new)
        if isinstance(outcome, Endpoint):
            found.append(outcome)
        elif "base" in outcome:
            differing.append(outcome)
        else:
            left_out.append(outcome)
    return Choice(tuple(found), tuple(differing), tuple(left_out))


def _first_who_may(endpoint: Endpoint, base: Build, new: Build) -> Endpoint | str:
    """The endpoint with the first identity that both sides serve, or why there is none."""
    refusals = []
    for who in (VISITOR, *(name for name in new.identities if name != VISITOR)):
        there = fetch(base.url, endpoint.path, base.headers(who)).status
        here = fetch(new.url, endpoint.path, new.headers(who)).status
        if _served(there) and there == here:
            return Endpoint(endpoint.name, endpoint.path, who)
        if _served(there) or _served(here):
            return f"{endpoint.name}: the base answers {there}, the new build {here}"
        refusals.append(f"{who} gets {here}")
    return f"{endpoint.name}: {', '.join(refusals)}"


def _served(status: int) -> bool:
    return 200 <= status < 300


def _reads(build: Build, openapi: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The parameters of each GET in a build's document. Raises NoAnswerError."""
    reply = fetch(build.url, openapi)
    try:
        document = _document(reply)
        return {
            str(path): [*item.get("parameters", ()), *item["get"].get("parameters", ())]
            for path, item in document["paths"].items()
            if "get" in item
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        said = f"{build.url}{openapi} ({build.side}) is no OpenAPI document: {error}"
        raise NoAnswerError(said) from None


def _document(reply: Reply) -> Any:
    if not _served(reply.status):
        raise ValueError(f"it answers {reply.status}")
    return json.loads(reply.body)


def _endpoint(path: str, parameters: Sequence[Mapping[str, Any]]) -> Endpoint | str:
    """The read with its ids filled in; the reason where something else would be needed."""
    filled = path
    for name, schema in _required(parameters):
        if f"{{{name}}}" not in path or schema.get("type") != "integer":
            return f"GET {path}: nobody says what {name} should be"
        filled = filled.replace(f"{{{name}}}", FIRST_ID)
    return Endpoint(f"GET {path}", filled)


def _required(parameters: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for item in parameters:
        if item.get("required"):
            yield str(item.get("name")), item.get("schema", {})
