"""Every route of the service, so that no list of attacks has to know them."""

from __future__ import annotations

import re

from fastapi.routing import iter_route_contexts

from sut.app import Service

Route = tuple[str, str]
CONVERTER = re.compile(r":\w+}")


def routes_of(app: Service) -> dict[Route, str]:
    """Every route, with its operation id; empty for pages and files.

    Raises LookupError for what answers otherwise, as a mounted application or a socket does: no
    test here would ask it, so it must not be passed over.
    """
    found: dict[Route, str] = {}
    for context in iter_route_contexts(app.routes):
        methods: set[str] = getattr(context, "methods", None) or set()
        documented = getattr(context, "include_in_schema", False)
        operation = str(getattr(context, "operation_id", "") or "") if documented else ""
        # the document names parameters without their converters: {id:uuid} is {id}
        path = CONVERTER.sub("}", getattr(context, "path", ""))
        if not methods:
            raise LookupError(f"{path}: answers no method, so no test of every route asks it")
        for method in methods - {"HEAD", "OPTIONS"}:
            found[method, path] = operation
    return found
