"""Decorators for endpoints that declare path, scopes, preconditions and errors of an operation.

`@routes.get("/v1/notes/{note_id}", scopes="applications:read")` adds a strict route for the function below it. The
function's name becomes the operation's id; nothing else is derived from the name.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from inspect import signature
from typing import Any, TypeVar

from fastapi import Response

from api.http.not_modified import answer_if_not_modified
from api.http.strict_route import Declaration, Route, UnlessKnown
from api.http.write_options import write_options
from api.protocol.scopes import SCOPES, Access

OPEN: tuple[str, ...] = ()  # the scopes of an operation that needs no token
SIGNED_IN = "signed in"  # those of an operation for which every valid token will do
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class Routes:
    """The operations of one router; a request goes to the first one that matches.

    `scopes`: one or several that a token needs, `SIGNED_IN` or `OPEN`. `agents`: the token of an assistant may be used,
    unless a scope is one of the account; by default as the router says. `reports_writes`: its writes take `effects` and
    `dry_run`, and then return a `WriteReport`. `errors`: statuses of problems in addition to those that follow from the
    declaration (a body: 413, 415, 422; an id in the path: 404; a cursor: 400; scopes: 401, 403, 429). `options` are
    passed to FastAPI's route, for example `response_model` and `responses`.
    """

    def __init__(self, tag: str, *, agents: bool = True, reports_writes: bool = False) -> None:
        self.tag = tag
        self.agents = agents
        self.reports_writes = reports_writes
        self.routes: list[Route] = []

    def get(
        self,
        path: str,
        *,
        scopes: str | Collection[str],
        agents: bool | None = None,
        errors: Collection[int] = (),
        etag: bool = True,
        any_query: bool = False,
        reads_steps: bool = False,
        unless_known: UnlessKnown | None = None,
        **options: Any,  # noqa: ANN401  # the framework's own
    ) -> Callable[[Endpoint], Endpoint]:
        """Declare a read. `etag`: its response has an ETag, and a matching If-None-Match gets 304.

        `reads_steps`: the ETag is the version of all steps of the user; a 304 is sent without calling the endpoint.
        `unless_known`: returns such a 304 for an ETag of another kind, or None.
        `any_query`: it ignores query parameters that it does not know.
        """
        access = self._access(scopes, agents=agents)
        has_version = etag and access is not None
        declaration = Declaration(
            access,
            errors,
            etag=has_version,
            any_query=any_query,
            reads_steps=reads_steps,
            unless_known=answer_if_not_modified if reads_steps else unless_known,
            if_none_match=has_version,
        )
        return self._add("GET", path, declaration, options)

    def post(
        self,
        path: str,
        *,
        scopes: str | Collection[str],
        agents: bool | None = None,
        errors: Collection[int] = (),
        if_match: bool = False,
        idempotent: bool = True,
        etag: bool = True,
        any_query: bool = False,
        **options: Any,  # noqa: ANN401  # the framework's own
    ) -> Callable[[Endpoint], Endpoint]:
        """Declare a POST. `if_match`: If-Match is accepted. `idempotent`: an Idempotency-Key is accepted.

        `etag`: its response has an ETag. `any_query`: it ignores query parameters that it does not know.
        """
        access = self._access(scopes, agents=agents)
        has_key = idempotent and access is not None
        declaration = Declaration(
            access, errors, etag=etag, any_query=any_query, if_match=if_match, idempotency_key=has_key
        )
        return self._add("POST", path, declaration, options)

    def put(
        self,
        path: str,
        *,
        scopes: str | Collection[str],
        agents: bool | None = None,
        errors: Collection[int] = (),
        **options: Any,  # noqa: ANN401  # the framework's own
    ) -> Callable[[Endpoint], Endpoint]:
        """Declare a PUT; If-Match is accepted."""
        declaration = Declaration(self._access(scopes, agents=agents), errors, if_match=True)
        return self._add("PUT", path, declaration, options)

    def patch(
        self,
        path: str,
        *,
        scopes: str | Collection[str],
        agents: bool | None = None,
        errors: Collection[int] = (),
        **options: Any,  # noqa: ANN401  # the framework's own
    ) -> Callable[[Endpoint], Endpoint]:
        """Declare a merge patch; If-Match is accepted."""
        declaration = Declaration(self._access(scopes, agents=agents), errors, if_match=True)
        return self._add("PATCH", path, declaration, options)

    def delete(
        self,
        path: str,
        *,
        scopes: str | Collection[str],
        agents: bool | None = None,
        errors: Collection[int] = (),
        **options: Any,  # noqa: ANN401  # the framework's own
    ) -> Callable[[Endpoint], Endpoint]:
        """Declare a DELETE that returns 204; If-Match is accepted."""
        declaration = Declaration(self._access(scopes, agents=agents), errors, if_match=True)
        fixed = {"status_code": 204, "response_class": Response}
        return self._add("DELETE", path, declaration, {**fixed, **options})

    def _access(self, scopes: str | Collection[str], *, agents: bool | None) -> Access | None:
        """Return what is asked of a token; None: none is needed."""
        if scopes == SIGNED_IN:
            return Access()
        needed = _checked(scopes)
        return Access.of(needed, agents=self.agents if agents is None else agents) if needed else None

    def _add(
        self, method: str, path: str, declaration: Declaration, options: dict[str, Any]
    ) -> Callable[[Endpoint], Endpoint]:
        reports = self.reports_writes and method != "GET"

        def decorated(endpoint: Endpoint) -> Endpoint:
            fixed = {"methods": [method], "operation_id": endpoint.__name__, "tags": [self.tag]}
            if reports:
                fixed["dependencies"] = write_options(has_dry_run="dry_run" in signature(endpoint).parameters)
            declared = replace(declaration, reports_writes=reports)
            self.routes.append(Route(path, endpoint, declaration=declared, **fixed, **options))
            return endpoint

        return decorated


def _checked(scopes: str | Collection[str]) -> tuple[str, ...]:
    """Return the scopes. Raises LookupError at import time for a scope that does not exist."""
    needed = (scopes,) if isinstance(scopes, str) else tuple(scopes)
    if unknown := [scope for scope in needed if scope not in SCOPES]:
        raise LookupError(f"{', '.join(unknown)}: not a scope of api/protocol/scopes.py")
    return needed
