"""Small documents that differ in one thing."""

from __future__ import annotations

from datetime import date
from typing import Any

Tree = dict[str, Any]
JSON = "application/json"
OK: Tree = {"200": {"description": "fine"}}
STRING: Tree = {"type": "string"}


def document(**operation: Any) -> Tree:
    return {"openapi": "3.1.0", "paths": {"/things": {"get": {"responses": OK, **operation}}}}


def paths(*names: str) -> Tree:
    tree: Tree = {"openapi": "3.1.0", "paths": {}}
    for name in names:
        path, _, method = name.partition(" ")
        tree["paths"].setdefault(path, {})[method] = {"responses": OK}
    return tree


def parameter(schema: Tree, *, required: bool = False, name: str = "q") -> Tree:
    found = {"in": "query", "name": name, "required": required, "schema": schema}
    return document(parameters=[found])


def sent(schema: Tree, *, required: bool = True, media: str = JSON) -> Tree:
    return document(requestBody={"required": required, "content": {media: {"schema": schema}}})


def answered(schema: Tree, *, status: str = "200", media: str = JSON, **more: Any) -> Tree:
    answer = {"description": "fine", "content": {media: {"schema": schema}}, **more}
    return document(responses={status: answer})


def answering(*statuses: str) -> Tree:
    return document(responses={status: {"description": "an answer"} for status in statuses})


def thing(*required: str, closed: bool = True, **properties: Tree) -> Tree:
    schema: Tree = {"type": "object", "properties": properties, "required": list(required)}
    return schema | ({"additionalProperties": False} if closed else {})


def union(*schemas: Tree) -> Tree:
    return {"anyOf": list(schemas)}


NULL: Tree = {"type": "null"}
CAT, DOG = thing(name=STRING) | {"title": "Cat"}, thing(bone=STRING) | {"title": "Dog"}
FISH = thing() | {"title": "Fish"}
ETAG: Tree = {"headers": {"ETag": {"schema": STRING}}}
SURE_ETAG: Tree = {"headers": {"ETag": {"schema": STRING, "required": True}}}
WAITING = {"type": "string", "enum": ["open", "closed"]}
ALL_WAITING = {"type": "string", "enum": ["open", "closed", "lost"]}
LIST: Tree = {"type": "array", "items": STRING}
TUPLE: Tree = {"type": "array", "prefixItems": [STRING, STRING]}
PAIR: Tree = {"type": "array", "prefixItems": [STRING]}
SOON, LATER = "2026-06-01", "2026-12-01"
TODAY = date(2026, 7, 1)


def one_parameter(**found: Any) -> Tree:
    made = {"in": "query", "name": "q", "required": False, "schema": STRING, **found}
    return document(parameters=[made])


def at(path: str, parameter: str) -> Tree:
    found = {"in": "path", "name": parameter, "required": True, "schema": STRING}
    operation = {"responses": OK, "parameters": [found]}
    return {"openapi": "3.1.0", "paths": {path: {"get": operation}}}


def secured(*ways: Tree, **schemes: Tree) -> Tree:
    made = document(security=list(ways))
    made["components"] = {"securitySchemes": schemes}
    return made


def linked(**links: str) -> Tree:
    made = {name: {"operationId": target} for name, target in links.items()}
    return document(responses={"200": {"description": "fine", "links": made}})


def form(**encoding: str) -> Tree:
    content: Tree = {"schema": thing(file=STRING)}
    content["encoding"] = {name: {"contentType": value} for name, value in encoding.items()}
    return document(requestBody={"required": True, "content": {"multipart/form-data": content}})


def leaving(sunset: str | None) -> Tree:
    """Two methods of one path, of which the second is deprecated."""
    tree = paths("/a get", "/a put")
    tree["paths"]["/a"]["put"] |= {"deprecated": True}
    if sunset:
        tree["paths"]["/a"]["put"]["x-sunset"] = sunset
    return tree


def told_apart(by: str, *names: str) -> Tree:
    mapping = {name: f"#/{name}" for name in names}
    return union(CAT, DOG) | {"discriminator": {"propertyName": by, "mapping": mapping}}


def conditional(**then: Any) -> Tree:
    return thing(a=STRING) | {"if": {"required": ["a"]}, "then": then}


KEY: Tree = {"type": "apiKey", "in": "header", "name": "X-Key"}
OAUTH: Tree = {"type": "oauth2", "flows": {"implicit": {}, "clientCredentials": {}}}
