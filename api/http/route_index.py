"""Index routes: fixed paths by themselves, paths with parameters by depth and first segment."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from fastapi import FastAPI
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

IndexKey = tuple[int, str]


class RouteIndex(BaseRoute):
    """A route that contains many others, looked up by index. No path parameter of theirs may contain a slash."""

    def __init__(self) -> None:
        self.routes: list[BaseRoute] = []
        self._fixed: dict[str, list[Route]] = defaultdict(list)
        self._by_key: dict[IndexKey, list[Route]] = defaultdict(list)

    def add(self, routes: Sequence[BaseRoute]) -> None:
        """Add routes after the existing ones."""
        for route in routes:
            if not isinstance(route, Route):
                raise TypeError(f"{route} is not a route with a path.")
            self.routes.append(route)
            if "{" in route.path:
                self._by_key[_index_key(route.path)].append(route)
            else:
                self._fixed[route.path].append(route)

    def candidates(self, scope: Scope) -> Sequence[Route]:
        """Return the routes that may match. A fixed path hides paths with a parameter in its place, for all methods."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        return self._fixed.get(path, []) or self._by_key.get(_index_key(path), [])

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return the first route that matches path and method, else the first that matches the path alone."""
        found: tuple[Match, Scope] = (Match.NONE, {})
        if scope["type"] != "http":
            return found
        for route in self.candidates(scope):
            match, about = route.matches(scope)
            if match == Match.FULL:
                return match, about
            if match == Match.PARTIAL and found[0] == Match.NONE:
                found = (match, about)
        return found

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request to the route that matched."""
        await scope["route"].handle(scope, receive, send)


def routes_of(app: FastAPI) -> Iterator[BaseRoute]:
    """Yield every route of an application."""
    for route in app.router.routes:
        yield from route.routes if isinstance(route, RouteIndex) else [route]


def methods_of(app: FastAPI, scope: Scope) -> set[str]:
    """Return the methods of all routes whose path matches."""
    methods: set[str] = set()
    for added in app.router.routes:
        for route in added.candidates(scope) if isinstance(added, RouteIndex) else [added]:
            if isinstance(route, Route) and route.matches(scope)[0] != Match.NONE:
                methods |= route.methods or set()
    return methods | ({"HEAD"} if "GET" in methods else set())


def _index_key(path: str) -> IndexKey:
    """Return the depth of a path and its first segment after /v1."""
    noun = path.removeprefix("/v1").removeprefix("/").partition("/")[0]
    return path.count("/"), noun
