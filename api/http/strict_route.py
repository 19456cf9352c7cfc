"""Routes that check JSON, query parameters, content type, rate limit and token before the endpoint is called."""

import inspect
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic_core import to_json

from api.errors import FieldError, InvalidError, NotModifiedError, ProblemError, UnauthorizedError
from api.http.call_limit import count_call, forget_account
from api.http.compression import JSON, compress, may_be_compressed
from api.http.credentials import credentials
from api.http.headers import single_header
from api.http.token_lookup import look_up_token
from api.models.base import NOT_IN_QUERY
from api.models.page import Page
from api.protocol.scopes import Access
from api.storage.keyset import PageQuery

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
UnlessKnown = Callable[[Request], Awaitable[Response | None]]

ONE_OBJECT = ("}", "/policy", "/me", "/notifications")  # how the addresses of objects end that can be changed
MERGE_PATCH = "application/merge-patch+json"
MAX_DEPTH = 32
MAX_NAMES, MAX_NAMES_IN_BODY = 100, 1_000  # the widest model has 25, the largest debrief 800
MAX_PARAMETERS = 100
MAX_UNKNOWN = 20
MAX_PAGE_BYTES = 2_000_000
CONTROL = re.compile(f"[{NOT_IN_QUERY}]")


class UnsupportedMediaTypeError(ProblemError):
    """The content type of the body is not JSON, or the body is encoded."""

    code = "unsupported_media_type"


class StrictRequest(Request):
    """A request whose JSON must be UTF-8, without duplicate names, NaN, NUL or lone surrogates, at most 32 deep.

    A byte order mark before it is ignored, as RFC 8259 allows: some editors and Windows tools write one.

    An object has at most 100 names, a body 1,000: each unknown name is one more error to collect, and an error costs
    much more time than its bytes.
    """

    async def json(self) -> Any:  # noqa: ANN401  # any document
        """Return the parsed body. Raises JSONDecodeError, which becomes a 422."""
        body = await self.body()
        try:
            document = json.loads(
                body.decode("utf-8-sig"), object_pairs_hook=_object_hook(), parse_constant=_no_constant
            )
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


def _object_hook() -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """Return the function that makes the objects of one body, and refuses duplicate names and too many of them.

    An object counts as a name, so that empty ones are limited too.
    """
    left = MAX_NAMES_IN_BODY

    def unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal left
        left -= len(pairs) + 1
        if len(pairs) > MAX_NAMES or left < 0:
            raise _invalid_json(f"an object has more than {MAX_NAMES} names, or the body more than {MAX_NAMES_IN_BODY}")
        document = dict(pairs)
        if len(document) != len(pairs):
            raise _invalid_json("an object contains the same name twice")
        return document

    return unique_names


def _no_constant(_name: str) -> None:
    raise _invalid_json("NaN and Infinity are not valid JSON")


def _check_json(value: object, depth: int) -> None:
    """Refuse NUL and lone surrogates in names and texts, which no column can store, and nesting beyond MAX_DEPTH."""
    if depth > MAX_DEPTH:
        raise _invalid_json("it is nested too deeply")
    if isinstance(value, str):
        if "\x00" in value or (not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value)):
            raise _invalid_json("a text contains NUL or half of a surrogate pair")
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_json(name, depth)
            _check_json(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _check_json(member, depth + 1)


@dataclass(frozen=True, slots=True)
class Declaration:
    """What an operation declares in addition to its parameters and its response model.

    `access`: what it asks of a token; None: it needs none. `errors`: statuses of problems that do not follow from the
    rest. `etag`: its responses have an ETag. `reads_steps`: the ETag is the version of all steps. `unless_known`
    returns a 304 before the endpoint is called, or None. The last three are the request headers that it reads.
    `reports_writes`: it takes `effects`, and `dry_run` unless it has one of its own. `any_query`: parameters that it
    does not know are ignored, as on pages for people, to whose addresses mail programs and links add parameters of
    their own.
    """

    access: Access | None = None
    errors: Collection[int] = ()
    etag: bool = True
    any_query: bool = False
    reads_steps: bool = False
    unless_known: UnlessKnown | None = None
    if_match: bool = False
    if_none_match: bool = False
    idempotency_key: bool = False
    reports_writes: bool = False


class Route(APIRoute):
    """A route that checks each request by its declaration."""

    def __init__(self, path: str, endpoint: Callable[..., Any], *, declaration: Declaration, **options: Any) -> None:  # noqa: ANN401  # starlette's
        self.declaration = declaration
        super().__init__(path, _serialized(endpoint, options.get("status_code")), **options)

    @cached_property
    def query_names(self) -> list[str]:
        """The names of the parameters of the query."""
        return _query_names(self.dependant)

    @cached_property
    def is_compressed(self) -> bool:
        """Whether its responses may be compressed."""
        is_about_the_token = self.needs_token and not self.scopes
        return not is_about_the_token and may_be_compressed(self.method, self.path, self.scopes, self.query_names)

    @property
    def method(self) -> str:
        """The only method of the route; the middleware turns HEAD into GET before the route is looked up."""
        return next(iter(self.methods or ()))

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that a token needs; empty if no token is needed, or any will do."""
        return self.access.scopes

    @property
    def access(self) -> Access:
        """What it asks of a token. Without a declaration it is only asked for by operations that need no token."""
        return self.declaration.access or Access()

    @property
    def needs_token(self) -> bool:
        """Whether the operation needs a token."""
        return self.declaration.access is not None

    def get_route_handler(self) -> Handler:
        """Return FastAPI's handler with our checks in front of it."""
        handle = super().get_route_handler()
        allowed = _query_names(self.dependant)

        async def checked(request: Request) -> Response:
            if not self.declaration.any_query:
                _check_query(request, allowed)
            _check_encoding(request)
            if self.body_field is not None:
                _check_content_type(request)
            if (unless := self.declaration.unless_known) is not None:
                answer = await unless(request)
                if answer is not None:
                    return answer
            writes = self.method != "GET"
            if self.needs_token and writes:
                await look_up_token(request)  # before the body is parsed; the transaction checks it again
            try:
                return await handle(StrictRequest(request.scope, request.receive))
            except RequestValidationError:
                if self.needs_token and not writes:
                    await look_up_token(request)  # without a token: 401 and no details of the input
                raise

        answered = _compressed(checked, keeps_etag=self.path.endswith(ONE_OBJECT)) if self.is_compressed else checked
        return _counted(answered) if self.needs_token else answered


def _compressed(checked: Handler, *, keeps_etag: bool) -> Handler:
    """Compress the responses of a handler.

    `keeps_etag`: those of an object that have an ETag stay as they are, because it is compared with that of a write,
    and the ETag of a compressed response is weak.
    """

    async def compressed(request: Request) -> Response:
        try:
            answer = await checked(request)
        except NotModifiedError as error:
            answer = Response(status_code=304, headers=error.headers)
        return answer if keeps_etag and "etag" in answer.headers else await compress(request, answer)

    return compressed


def _counted(checked: Handler) -> Handler:
    """Count the calls of a handler for the account of the token. A token that is refused is counted for itself."""

    async def counted(request: Request) -> Response:
        secret = credentials(request)
        count_call(request, secret)
        try:
            return await checked(request)
        except UnauthorizedError:
            forget_account(request, secret)
            raise

    return counted


def _serialized(endpoint: Callable[..., Any], status: int | None) -> Callable[..., Any]:
    """Wrap an endpoint that runs in a thread so that the model that it returns is serialised in the same thread.

    FastAPI would validate and serialise it again in a second thread. The model is built by us, so it is valid. Details
    of people that the caller's token may not see are removed here, of every response.
    """
    if inspect.iscoroutinefunction(endpoint):
        return endpoint

    @wraps(endpoint)
    def serialized(**arguments: Any) -> Any:  # noqa: ANN401  # whatever the endpoint takes and returns
        caller = arguments.get("caller")
        response: Response | None = getattr(caller, "response", None)
        found = endpoint(**arguments)
        if caller is None or response is None:
            return found
        if not isinstance(found, BaseModel):
            return caller.reported(None, 204) or found
        found = caller.visible(found)
        if (report := caller.reported(found, response.status_code or status or 200)) is not None:
            return report
        if isinstance(found, Page):
            content = _page_to_json(found, arguments["page"], caller.link_next_page)
        else:
            content = found.__pydantic_serializer__.to_json(found)
        return json_response(response, content, response.status_code or status or 200)

    return serialized


def _page_to_json(shown: Page[Any], query: PageQuery, link_next_page: Callable[[str | None], None]) -> bytes:
    """Serialise a page. It ends before the item that would make it larger than 2 MB; `next_cursor` continues there."""
    items: list[bytes] = []
    size = 0
    for item in shown.items:
        content = item.__pydantic_serializer__.to_json(item)
        size += len(content) + 1
        if items and size > MAX_PAGE_BYTES and query.cursor_after is not None:
            shown.next_cursor = query.cursor_after(len(items))
            link_next_page(shown.next_cursor)
            break
        items.append(content)
    return b'{"items":[%b],"next_cursor":%b}' % (b",".join(items), to_json(shown.next_cursor))


def json_response(response: Response, content: bytes, status: int = 200) -> Response:
    """Return serialised JSON with the headers that were set on FastAPI's response so far."""
    return Response(content, status, media_type=JSON, headers=dict(response.headers))


def _query_names(dependant: Any) -> list[str]:  # noqa: ANN401  # the framework's own
    names = {field.alias for field in dependant.query_params}
    for inner in dependant.dependencies:
        names |= set(_query_names(inner))
    return sorted(names)


def _check_query(request: Request, allowed: list[str]) -> None:
    """Raise InvalidError for unknown and repeated parameters and for control characters."""
    if not request.scope["query_string"]:
        return
    names = []
    for name, value in _pairs(request.scope["query_string"]):
        if name in allowed and CONTROL.search(value):
            raise InvalidError.parameter(name, "control_character", "Remove the control characters.")
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
        raise InvalidError("Send the query string as percent-encoded UTF-8.") from error
    except ValueError as error:
        raise InvalidError(f"Send at most {MAX_PARAMETERS} query parameters.") from error


def _check_encoding(request: Request) -> None:
    """Raise UnsupportedMediaTypeError for a body that is compressed or encoded in another way."""
    headers = request.headers
    if not ("content-encoding" in headers or "transfer-encoding" in headers) or not _has_body(request):
        return
    for name, plain in (("Content-Encoding", "identity"), ("Transfer-Encoding", "chunked")):
        codings = [one.strip().lower() for one in ",".join(headers.getlist(name)).split(",")]
        if any(one not in ("", plain) for one in codings):
            detail = f"Send the body as it is, not compressed: without `{name}`, or with `{name}: {plain}`."
            error = FieldError("header", name, "unsupported_encoding", detail)
            raise UnsupportedMediaTypeError(detail, errors=[error], headers={"Accept-Encoding": "identity"})


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _check_content_type(request: Request) -> None:
    """Raise UnsupportedMediaTypeError if the content type of a body is not JSON."""
    kind = (single_header(request, "Content-Type") or "").partition(";")[0].strip().lower()
    is_patch = request.method == "PATCH"
    accepted = (JSON, MERGE_PATCH) if is_patch else (JSON,)
    if kind in accepted or (not kind and not _has_body(request)):
        return
    name = "Accept-Patch" if is_patch else "Accept-Post"
    detail = f"Send the body as {' or '.join(accepted)}."
    raise UnsupportedMediaTypeError(detail, headers={name: ", ".join(accepted)})
