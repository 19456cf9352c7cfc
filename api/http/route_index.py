"""Index routes by depth and first path segment."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from fastapi import FastAPI
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

IndexKey = tuple[int, str]


class RouteIndex(BaseRoute):
    """Many routes as one. No parameter of theirs may hold a slash."""

    def __init__(self) -> None:
        self.routes: list[BaseRoute] = []
        self._by_key: dict[IndexKey, list[BaseRoute]] = defaultdict(list)

    def add(self, routes: Sequence[BaseRoute]) -> None:
        """Add routes behind those that are there."""
        for route in routes:
            if not isinstance(route, Route):
                raise TypeError(f"{route} has no address of its own.")
            self.routes.append(route)
            self._by_key[_index_key(route.path)].append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match an address and method, or an address alone."""
        found: tuple[Match, Scope] = (Match.NONE, {})
        if scope["type"] != "http":
            return found
        for route in self._by_key.get(_index_key(scope["path"].removeprefix(scope.get("root_path", ""))), ()):
            match, about = route.matches(scope)
            if match == Match.FULL:
                return match, about
            if match == Match.PARTIAL and found[0] == Match.NONE:
                found = (match, about)
        return found

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route that matched handle a request."""
        await scope["route"].handle(scope, receive, send)


def routes_of(app: FastAPI) -> Iterator[BaseRoute]:
    """Yield every route of an application."""
    for route in app.router.routes:
        yield from route.routes if isinstance(route, RouteIndex) else [route]


def _index_key(path: str) -> IndexKey:
    """Return the depth of a path and its first segment behind /v1."""
    noun = path.removeprefix("/v1").removeprefix("/").partition("/")[0]
    return path.count("/"), noun
