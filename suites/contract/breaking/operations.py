"""What breaks at paths, operations and their security."""

from __future__ import annotations

from suites.contract.breaking.building import (
    KEY,
    LATER,
    OAUTH,
    SOON,
    STRING,
    Tree,
    answered,
    answering,
    document,
    leaving,
    paths,
    secured,
    sent,
    told_apart,
)

EXAMPLES: dict[str, tuple[Tree, Tree, Tree]] = {
    "path-removed": (
        paths("/a get", "/b get"),
        paths("/a get"),
        paths("/a get", "/b get", "/c get"),
    ),
    "operation-removed": (
        paths("/a get", "/a put"),
        paths("/a get"),
        paths("/a get", "/a put", "/a delete"),
    ),
    "operation-removed-before-its-sunset": (
        leaving(LATER),
        paths("/a get"),
        leaving(LATER),
    ),
    "webhook-removed": (
        document() | {"webhooks": {"made": {}, "gone": {}}},
        document() | {"webhooks": {"made": {}}},
        document() | {"webhooks": {"made": {}, "gone": {}, "more": {}}},
    ),
    "operation-id-changed": (
        document(operationId="list_things"),
        document(operationId="things"),
        document(operationId="list_things", summary="Things"),
    ),
    "operation-tag-removed": (
        document(tags=["things"]),
        document(tags=["stuff"]),
        document(tags=["things", "stuff"]),
    ),
    "operation-server-removed": (
        document(servers=[{"url": "/v1"}, {"url": "/v2"}]),
        document(servers=[{"url": "/v2"}]),
        document(servers=[{"url": "/v1"}, {"url": "/v2"}, {"url": "/v3"}]),
    ),
    "callback-removed": (
        document(callbacks={"done": {}}),
        document(),
        document(callbacks={"done": {}, "failed": {}}),
    ),
    "operation-deprecated-without-sunset": (
        document(),
        document(deprecated=True),
        document(deprecated=True, **{"x-sunset": LATER}),
    ),
    "operation-sunset-moved-earlier": (
        document(deprecated=True, **{"x-sunset": LATER}),
        document(deprecated=True, **{"x-sunset": SOON}),
        document(deprecated=True, **{"x-sunset": "2027-01-01"}),
    ),
    "security-added": (
        document(security=[{"bearer": []}, {}]),
        document(security=[{"bearer": []}]),
        document(security=[{}, {"bearer": []}, {"key": []}]),
    ),
    "security-scope-added": (
        document(security=[{"oauth": ["read"]}]),
        document(security=[{"oauth": ["read", "list"]}]),
        document(security=[{"oauth": []}]),
    ),
    "security-scheme-changed": (
        secured({"key": []}, key=KEY),
        secured({"key": []}, key=KEY | {"name": "X-Token"}),
        secured({"key": []}, key=KEY | {"description": "from the account page"}),
    ),
    "security-flow-removed": (
        secured({"oauth": []}, oauth=OAUTH),
        secured({"oauth": []}, oauth=OAUTH | {"flows": {"clientCredentials": {}}}),
        secured({"oauth": []}, oauth=OAUTH | {"flows": {**OAUTH["flows"], "password": {}}}),
    ),
    "required-request-body-added": (
        document(),
        sent(STRING, required=True),
        sent(STRING, required=False),
    ),
    "success-status-removed": (
        answering("200", "202"),
        answering("202"),
        answering("200", "202", "204"),
    ),
    "redirect-status-removed": (answering("200", "304"), answering("200"), answering("200", "304")),
    "refusal-status-removed": (
        answering("200", "409"),
        answering("200"),
        answering("200", "409", "410"),
    ),
    "error-status-removed": (
        answering("200", "503"),
        answering("200"),
        answering("200", "503", "504"),
    ),
    "default-answer-removed": (
        answering("200", "default"),
        answering("200"),
        answering("200", "404", "default"),
    ),
    "discriminator-changed": (
        answered(told_apart("kind", "cat")),
        answered(told_apart("sort", "cat")),
        answered(told_apart("kind", "cat")),
    ),
}
