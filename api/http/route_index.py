"""Where an address leads: the few routes of its neighbourhood are tried, instead of a hundred one after the other."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from fastapi import FastAPI
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

Neighbourhood = tuple[int, str]


class Directory(BaseRoute):
    """Many routes as one. No parameter of theirs may hold a slash."""

    def __init__(self) -> None:
        self.routes: list[BaseRoute] = []
        self._near: dict[Neighbourhood, list[BaseRoute]] = defaultdict(list)

    def add(self, routes: Sequence[BaseRoute]) -> None:
        """Add routes behind those that are there."""
        for route in routes:
            if not isinstance(route, Route):
                raise TypeError(f"{route} has no address of its own.")
            self.routes.append(route)
            self._near[_neighbourhood(route.path)].append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match an address and method, or an address alone."""
        found: tuple[Match, Scope] = (Match.NONE, {})
        if scope["type"] != "http":
            return found
        for route in self._near.get(_neighbourhood(scope["path"].removeprefix(scope.get("root_path", ""))), ()):
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
        yield from route.routes if isinstance(route, Directory) else [route]


def _neighbourhood(path: str) -> Neighbourhood:
    """Return how deep an address lies, and the noun that it begins with."""
    noun = path.removeprefix("/v1").removeprefix("/").partition("/")[0]
    return path.count("/"), noun
