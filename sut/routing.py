"""Which route a request is for, without asking the router, which would run it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute
from starlette.types import Scope


@dataclass(frozen=True)
class _Row:
    path: re.Pattern[str]
    methods: Collection[str]
    route: BaseRoute


class RouteTable:
    """The routes of an app in their order. Looking into it runs nothing of a route."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._rows = [
            _Row(context.path_regex, context.methods or (), context.original_route)
            for context in iter_route_contexts(list(routes))
        ]

    def route_of(self, scope: Scope) -> BaseRoute | None:
        """The route for a request's path and method, else the first for its path alone, or None.

        So the router chooses too.
        """
        partial = None
        for row in self._rows:
            if row.path.match(scope["path"]):
                if scope["method"] in row.methods:
                    return row.route
                partial = partial or row.route
        return partial
