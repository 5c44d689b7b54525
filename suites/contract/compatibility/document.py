"""An OpenAPI document as the rules see it: operations with references resolved."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
Json = Mapping[str, Any]


class DocumentError(ValueError):
    """The document cannot be read as OpenAPI; the message says where and why."""


# What reading raises of a part that is not as OpenAPI says.
UNREADABLE = (DocumentError, AttributeError, LookupError, TypeError, ValueError, RecursionError)


@dataclass(frozen=True)
class Operation:
    """One method of one path. Bodies and responses hold schemas by media type.

    `encodings` are those of the request body by media type, `schemes` the security schemes that
    `security` names, `servers` the addresses at which the operation is.
    """

    method: str
    path: str
    body: Json
    parameters: Mapping[tuple[str, str], Json]
    request_required: bool
    request_media: Mapping[str, Json]
    responses: Mapping[str, Json]
    security: tuple[Json, ...]
    encodings: Mapping[str, Json] = field(default_factory=dict)
    schemes: Mapping[str, Json] = field(default_factory=dict)
    servers: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def id(self) -> str:
        """The operationId; empty where the document gives none."""
        return str(self.body.get("operationId", ""))

    @property
    def shape(self) -> str:
        """The method and the path without the names of its parameters."""
        return f"{self.method.upper()} {re.sub(r'{[^}]*}', '{}', self.path)}"

    def answers_beside(self, newer: Operation) -> Iterator[tuple[str, Json, Json]]:
        """Each status with the answer that clients know and the one in the newer operation.

        A refusal that has come to have an answer of its own was one of its class, or the default.
        """
        for status, answer in newer.responses.items():
            keys = [status]
            if status.startswith(("4", "5")):
                keys += [f"{status[0]}XX", f"{status[0]}xx", "default"]
            known = next((self.responses[key] for key in keys if key in self.responses), None)
            if known is not None:
                yield status, known, answer

    def with_path_of(self, other: Operation) -> Operation:
        """The same operation, its path parameters named as in `other`, which has the same shape."""
        names = dict(zip(_names_in(self.path), _names_in(other.path), strict=True))
        parameters = {
            (place, names.get(name, name) if place == "path" else name): found
            for (place, name), found in self.parameters.items()
        }
        return replace(self, parameters=parameters)


@dataclass(frozen=True)
class Document:
    """A whole document. `operations` is by method and path."""

    raw: Json
    operations: Mapping[str, Operation]
    faults: tuple[str, ...] = field(default=())

    def resolve(self, node: Json) -> Json:
        """Follow `$ref` until none is left; keywords beside a reference are laid over it."""
        seen: set[str] = set()
        while "$ref" in node:
            target = str(node["$ref"])
            if target in seen:
                raise DocumentError(f"{target}: refers to itself")
            seen.add(target)
            beside = {key: value for key, value in node.items() if key != "$ref"}
            node = {**self._follow(target), **beside}
        return node

    @property
    def readable(self) -> dict[str, Any]:
        """The raw document with nothing at its paths but the operations that could be read."""
        paths: dict[str, dict[str, Any]] = {}
        for one in self.operations.values():
            item = self.resolve(self.raw["paths"][one.path])
            bare = {key: value for key, value in item.items() if key not in METHODS}
            paths.setdefault(one.path, bare)[one.method] = item[one.method]
        return {**self.raw, "paths": paths}

    def _follow(self, reference: str) -> Json:
        if not reference.startswith("#/"):
            raise DocumentError(f"{reference}: only references inside the document are understood")
        node: Any = self.raw
        for part in reference[2:].split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(node, Mapping) or name not in node:
                raise DocumentError(f"{reference}: leads nowhere")
            node = node[name]
        if not isinstance(node, Mapping):
            raise DocumentError(f"{reference}: leads to something that is no object")
        return node


def load(path: Path) -> Document:
    """Read a document from a JSON file."""
    try:
        return parse(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise DocumentError(f"{path}: {error}") from None


def parse(raw: Json, *, whole: bool = False) -> Document:
    """Read a document. What cannot be read is named in `faults`, not left out.

    With `whole`, so is an operation whose schemas refer to what is not in the document: a
    comparison refuses these itself, whoever asks a service would have them fetched.
    """
    bare = Document(raw, {})
    operations: dict[str, Operation] = {}
    faults: list[str] = []
    for path, item in _paths(raw, faults):
        try:
            resolved = _item(bare, path, item)
        except UNREADABLE as error:
            faults.append(f"{path if path.isprintable() else ascii(path)}: {error}")
            continue
        for method in (one for one in METHODS if one in resolved):
            try:
                operation = _operation(bare, method, path, resolved, resolved[method])
                if whole:
                    _refuse_dead_ends(bare, [operation.body, resolved.get("parameters", ())])
            except UNREADABLE as error:
                faults.append(f"{method.upper()} {path}: {error}")
            else:
                operations[str(operation)] = operation
    return Document(raw, operations, tuple(faults))


def _paths(raw: Json, faults: list[str]) -> Iterator[tuple[str, Any]]:
    found = raw.get("paths", {})
    if not isinstance(found, Mapping):
        faults.append(f"paths: expected an object, found {type(found).__name__}")
        return
    yield from ((str(path), item) for path, item in found.items() if not _is_extra(str(path)))


def _is_extra(path: str) -> bool:
    return path.startswith("x-")


def _item(document: Document, path: str, item: Any) -> Json:
    """What stands at a path. Raises DocumentError where that is no path, or no object."""
    if not path.startswith("/") or path.startswith("//") or not path.isprintable():
        raise DocumentError("expected a path that starts with one / and holds signs of text")
    if not isinstance(item, Mapping):
        raise DocumentError(f"expected an object with operations, found {item!r:.40}")
    return document.resolve(item)


def _refuse_dead_ends(document: Document, begun: list[Any]) -> None:
    """Raises DocumentError for a reference that leads out of the document, or nowhere.

    Whoever follows the first would ask another host. The way is walked without recursion, as
    schemas may refer to themselves.
    """
    seen: set[str] = set()
    while begun:
        node = begun.pop()
        if isinstance(node, Mapping):
            target = node.get("$ref")
            if isinstance(target, str) and target not in seen:
                seen.add(target)
                begun.append(document.resolve(node))
            begun.extend(node.values())
        elif isinstance(node, list | tuple):
            begun.extend(node)


def _operation(document: Document, method: str, path: str, item: Json, body: Json) -> Operation:
    if not isinstance(body, Mapping):
        raise DocumentError("expected an object")
    parameters = [
        document.resolve(found)
        for found in (*item.get("parameters", ()), *body.get("parameters", ()))
    ]
    request = document.resolve(body.get("requestBody", {}))
    security = tuple(body.get("security", document.raw.get("security", ())))
    schemes = document.raw.get("components", {}).get("securitySchemes", {})
    named = {name for way in security for name in way}
    servers = body.get("servers") or item.get("servers") or document.raw.get("servers") or ()
    return Operation(
        method=method,
        path=path,
        body=body,
        parameters={(found["in"], _parameter_name(found)): found for found in parameters},
        request_required=bool(request.get("required", False)),
        request_media=_media(request),
        responses={
            status: _answer(document, response) for status, response in body["responses"].items()
        },
        security=security,
        encodings={
            media: found["encoding"]
            for media, found in request.get("content", {}).items()
            if "encoding" in found
        },
        schemes={name: document.resolve(schemes[name]) for name in sorted(named & set(schemes))},
        servers=tuple(str(server["url"]) for server in servers),
    )


def _answer(document: Document, response: Json) -> Json:
    resolved = dict(document.resolve(response))
    for word in ("headers", "links"):
        if word in resolved:
            resolved[word] = {name: document.resolve(one) for name, one in resolved[word].items()}
    return resolved


def _names_in(path: str) -> list[str]:
    return re.findall(r"{([^}]*)}", path)


def _parameter_name(parameter: Json) -> str:
    name = str(parameter["name"])
    return name.lower() if parameter["in"] == "header" else name


def _media(content: Json) -> dict[str, Json]:
    return {media: found.get("schema", {}) for media, found in content.get("content", {}).items()}


def media_of(response: Json) -> dict[str, Json]:
    """The schemas of a resolved response or request body, by media type."""
    return _media(response)
