"""Strict requests: JSON without duplicates, known query parameters, content types, rate limits, scopes."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Coroutine
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from api.errors import FieldError, InvalidError, ProblemError, TooManyRequestsError, UnavailableError
from api.http.credentials import credentials
from api.http.headers import preconditions, request_target, single_header
from api.http.inline_reads import run_endpoint
from api.models.base import NOT_IN_QUERY
from api.protocol.rate_limit import RateLimiter
from api.protocol.scopes import scopes_of
from api.security import hash_token, looks_like_token
from api.services.accounts.authentication import (
    TOKEN_WITH_STATE,
    authenticate,
    check_token,
    is_last_use_outdated,
    token_parameters,
)
from api.storage.raw_sql import RawConnection, Row

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
MAX_DEPTH = 32
MAX_PARAMETERS = 100
MAX_UNKNOWN = 20
CONTROL = re.compile(f"[{NOT_IN_QUERY}]")


class UnsupportedMediaTypeError(ProblemError):
    """The body is not in a form that we read."""

    code = "unsupported_media_type"


class StrictRequest(Request):
    """A request whose JSON is UTF-8, with no duplicate names, no NaN, no half characters and a bounded depth."""

    async def json(self) -> Any:  # noqa: ANN401  # any document
        """Return the body's document. Raises JSONDecodeError, which becomes a 422."""
        body = await self.body()
        try:
            document = json.loads(body.decode("utf-8"), object_pairs_hook=_unique_names, parse_constant=_no_constant)
        except json.JSONDecodeError:
            raise
        except UnicodeDecodeError as error:
            raise _invalid_json("it is not UTF-8") from error
        except RecursionError as error:
            raise _invalid_json("it is nested too deeply") from error
        except ValueError as error:
            raise _invalid_json("a number has too many digits") from error
        _check_json(document, 0)
        return document


def _invalid_json(why: str) -> json.JSONDecodeError:
    return json.JSONDecodeError(why, "", 0)


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise _invalid_json("a name stands twice in one object")
    return document


def _no_constant(_name: str) -> None:
    raise _invalid_json("NaN and Infinity are no JSON")


def _check_json(value: object, depth: int) -> None:
    """Refuse what no column can hold: NUL and halves of surrogate pairs, in names and texts; and absurd depth."""
    if depth > MAX_DEPTH:
        raise _invalid_json("it is nested too deeply")
    if isinstance(value, str):
        if "\x00" in value or (not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value)):
            raise _invalid_json("a text holds a NUL or half of a surrogate pair")
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_json(name, depth)
            _check_json(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _check_json(member, depth + 1)


class Route(APIRoute):
    """A route that reads its requests strictly. `scopes`: what a token needs here; none where nobody need ask."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401  # starlette's
        unless_given: Collection[str] | None = getattr(endpoint, "unless_given", None)
        self.reads_inline = unless_given is not None
        endpoint = run_endpoint(endpoint, options.get("status_code"), unless_given=unless_given)
        super().__init__(path, endpoint, **options)
        is_open = (self.openapi_extra or {}).get("security") == []
        self.scopes = () if is_open else tuple(s for method in self.methods or () for s in scopes_of(method, path))

    @property
    def needs_token(self) -> bool:
        """Whether somebody must ask."""
        return bool(self.scopes)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the framework's handler behind our checks."""
        handle = super().get_route_handler()
        allowed = _query_names(self.dependant)

        async def checked(request: Request) -> Response:
            if self.needs_token:
                _check_rate_limit(request, credentials(request))
            _check_query(request, allowed)
            if self.body_field is not None:
                _check_content_type(request)
            if (
                self.reads_inline
                and "if-none-match" in request.headers
                and b"as_of" not in request.scope["query_string"]
            ):
                answer = await _answer_if_not_modified(request)
                if answer is not None:
                    return answer
            try:
                return await handle(StrictRequest(request.scope, request.receive))
            except RequestValidationError:
                if self.needs_token:
                    await run_in_threadpool(_authenticate_first, request)
                raise

        return checked


def _authenticate_first(request: Request) -> None:
    """Authenticate before answering 422: a caller without a token learns nothing about the input."""
    state, route = request.app.state, request.scope["route"]
    with state.database.read(state.clock()) as session:
        authenticate(session, credentials(request), route.scopes)


Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def reads_inline(*unless_given: str) -> Callable[[Endpoint], Endpoint]:
    """Mark an endpoint that reads steps: 304 is answered before anything else, and short answers are read inline.

    `unless_given`: parameters with which its answer may be long, so that a thread reads it.
    """

    def marked(endpoint: Endpoint) -> Endpoint:
        endpoint.unless_given = unless_given  # type: ignore[attr-defined]  # read by the route that is made of it
        return endpoint

    return marked


async def _answer_if_not_modified(request: Request) -> Response | None:
    """Answer 304 from one statement, if the caller has what would be answered and nothing is to be noted.

    It reads a handful of entries of an index: where that waits for nobody, a thread would cost more than the reading.
    """
    state = request.app.state
    secret, now = credentials(request), state.clock().replace(microsecond=0)
    with suppress(UnavailableError):  # in the rare moment in which it would wait, a thread does
        if state.database.has_inline_connection:
            return _not_modified(request, _find_token(request, state.database.inline_connection(), secret, now), now)
        if state.async_connection is not None:
            row = await state.async_connection.first(TOKEN_WITH_STATE, **token_parameters(secret, now))
            return _not_modified(request, row, now)
    row = await run_in_threadpool(_find_token, request, state.database.driver_connection(), secret, now)
    return _not_modified(request, row, now)


def _find_token(request: Request, driver: AbstractContextManager[Any], secret: str, now: datetime) -> Row | None:
    with driver as connection:
        raw = RawConnection(connection, request.app.state.database.engine.dialect, now)
        return raw.first(TOKEN_WITH_STATE, **token_parameters(secret, now))


def _not_modified(request: Request, row: Row | None, now: datetime) -> Response | None:
    seen = check_token(row, now, request.scope["route"].scopes)
    tag = seen.etag(request_target(request))
    if is_last_use_outdated(seen.last_used_at, now) or not preconditions(request).names_exactly(tag):
        return None
    return Response(status_code=304, headers={"ETag": tag})


def _check_rate_limit(request: Request, secret: str) -> None:
    """Raise TooManyRequestsError where this token has made its calls; say in any case how many are left."""
    limiter: RateLimiter | None = request.app.state.rate_limiter
    if limiter is None or not looks_like_token(secret):
        return
    allowance = limiter.take(hash_token(secret), time.monotonic())
    request.scope["rate_limit"] = allowance.headers
    if allowance.wait is not None:
        raise TooManyRequestsError(timedelta(seconds=allowance.wait))


def _query_names(dependant: Any) -> list[str]:  # noqa: ANN401  # the framework's own
    names = {field.alias for field in dependant.query_params}
    for inner in dependant.dependencies:
        names |= set(_query_names(inner))
    return sorted(names)


def _check_query(request: Request, allowed: list[str]) -> None:
    """Raise InvalidError for parameters that are unknown or repeated, and for what is no text."""
    if not request.scope["query_string"]:
        return
    names = []
    for name, value in _pairs(request.scope["query_string"]):
        if name in allowed and CONTROL.search(value):
            raise InvalidError.parameter(name, "control_character", "Remove control characters.")
        names.append(name)
    if unknown := [name for name in names if name not in allowed]:
        known = f"Use only {', '.join(allowed)}." if allowed else "This address takes no query parameters."
        errors = [FieldError("parameter", name, "unknown_parameter", known) for name in dict.fromkeys(unknown)]
        raise InvalidError(known, errors=errors[:MAX_UNKNOWN])
    if repeated := [name for name, times in Counter(names).items() if times > 1]:
        raise InvalidError.parameter(repeated[0], "repeated", "Send this parameter once.")


def _pairs(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except UnicodeDecodeError as error:
        raise InvalidError("Write what stands behind the question mark as percent-encoded UTF-8.") from error
    except ValueError as error:
        raise InvalidError(f"Send at most {MAX_PARAMETERS} query parameters.") from error


def _check_content_type(request: Request) -> None:
    """Raise UnsupportedMediaTypeError where a body is sent as something else than JSON."""
    kind = (single_header(request, "Content-Type") or "").partition(";")[0].strip().lower()
    is_patch = request.method == "PATCH"
    accepted = (JSON, MERGE_PATCH) if is_patch else (JSON,)
    if kind in accepted or (not kind and request.headers.get("content-length", "0") == "0" and not _chunked(request)):
        return
    name = "Accept-Patch" if is_patch else "Accept-Post"
    detail = f"Send the body as {' or '.join(accepted)}."
    raise UnsupportedMediaTypeError(detail, headers={name: ", ".join(accepted)})


def _chunked(request: Request) -> bool:
    return "transfer-encoding" in request.headers
