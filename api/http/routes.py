"""The decorators of routers: path, scopes, conditions and errors of an operation stand above its endpoint.

`@routes.get("/v1/notes/{note_id}", scopes="applications:read")` makes a strict route of the function below it; the
function's name is the operation's id. Nothing else about an operation follows from its name or address.
"""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from fastapi import Response

from api.http.strict_route import Declaration, Route
from api.protocol.scopes import SCOPES

OPEN: tuple[str, ...] = ()  # the scopes of an operation that needs no token
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class Routes:
    """The operations of one router, in the order in which they are tried.

    Of every operation: `scopes` is what a token needs, one or several, or `OPEN`; `errors` are the statuses of problems
    that do not follow from its form (a body: 413, 415, 422; an id in the address: 404; a cursor: 400; scopes: 401, 403,
    429); `options` go to the framework's route, among them `response_model` and `responses`.
    """

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.routes: list[Route] = []

    def get(  # the keywords of a declaration
        self,
        path: str,
        *,
        scopes: str | Collection[str],
        errors: Collection[int] = (),
        etag: bool = True,
        reads_steps: bool = False,
        **options: Any,  # noqa: ANN401  # the framework's own
    ) -> Callable[[Endpoint], Endpoint]:
        """Declare a read. `etag`: its answer has a version, and If-None-Match is answered by 304.

        `reads_steps`: the version is that of all the user's steps, and 304 is answered before the endpoint is called.
        """
        needed = _checked(scopes)
        has_version = etag and bool(needed)
        declaration = Declaration(needed, errors, etag=has_version, reads_steps=reads_steps, if_none_match=has_version)
        return self._add("GET", path, declaration, options)

    def post(
        self,
        path: str,
        *,
        scopes: str | Collection[str],
        errors: Collection[int] = (),
        if_match: bool = False,
        idempotent: bool = True,
        **options: Any,  # noqa: ANN401  # the framework's own
    ) -> Callable[[Endpoint], Endpoint]:
        """Declare a creation or an action. `idempotent`: an Idempotency-Key is accepted."""
        needed = _checked(scopes)
        declaration = Declaration(needed, errors, if_match=if_match, idempotency_key=idempotent and bool(needed))
        return self._add("POST", path, declaration, options)

    def put(
        self,
        path: str,
        *,
        scopes: str | Collection[str],
        errors: Collection[int] = (),
        **options: Any,  # noqa: ANN401  # the framework's own
    ) -> Callable[[Endpoint], Endpoint]:
        """Declare a replacement; If-Match is accepted."""
        return self._add("PUT", path, Declaration(_checked(scopes), errors, if_match=True), options)

    def patch(
        self,
        path: str,
        *,
        scopes: str | Collection[str],
        errors: Collection[int] = (),
        **options: Any,  # noqa: ANN401  # the framework's own
    ) -> Callable[[Endpoint], Endpoint]:
        """Declare a change by merge patch; If-Match is accepted."""
        return self._add("PATCH", path, Declaration(_checked(scopes), errors, if_match=True), options)

    def delete(
        self,
        path: str,
        *,
        scopes: str | Collection[str],
        errors: Collection[int] = (),
        **options: Any,  # noqa: ANN401  # the framework's own
    ) -> Callable[[Endpoint], Endpoint]:
        """Declare a deletion, answered by 204; If-Match is accepted."""
        declaration = Declaration(_checked(scopes), errors, if_match=True)
        return self._add("DELETE", path, declaration, {"status_code": 204, "response_class": Response, **options})

    def _add(
        self, method: str, path: str, declaration: Declaration, options: dict[str, Any]
    ) -> Callable[[Endpoint], Endpoint]:
        def decorated(endpoint: Endpoint) -> Endpoint:
            fixed = {"methods": [method], "operation_id": endpoint.__name__, "tags": [self.tag]}
            self.routes.append(Route(path, endpoint, declaration=declaration, **fixed, **options))
            return endpoint

        return decorated


def _checked(scopes: str | Collection[str]) -> tuple[str, ...]:
    """Return the scopes. Raises LookupError for one that does not exist, when the module is imported."""
    needed = (scopes,) if isinstance(scopes, str) else tuple(scopes)
    if unknown := [scope for scope in needed if scope not in SCOPES]:
        raise LookupError(f"say in api/protocol/scopes.py what {', '.join(unknown)} is")
    return needed
