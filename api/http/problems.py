"""Problem documents (RFC 9457) for all errors, and the HTML page of each problem type."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from itertools import takewhile
from typing import Annotated, Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.types import Scope

from api.errors import FieldError, NotFoundError, NotModifiedError, ProblemError, ReplayedError, UnauthorizedError
from api.http.field_messages import KEY, detail_of, expected_in, query_fields
from api.http.route_index import methods_of, routes_of
from api.models.hint import ScopeName
from api.protocol.field_codes import ANY_OTHER, FIELD_CODES
from api.protocol.problem_types import PROBLEM_TYPES
from api.storage.codecs import is_id

MEDIA_TYPE = "application/problem+json"
Handled = TypeVar("Handled", bound=Exception)
MAX_ERRORS = 100
BY_STATUS = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "payload_too_large"}
OWN_CODES = {"extra_forbidden": "unknown_field", "string_type": "not_a_text"}


class ProblemField(BaseModel):
    """An error in the input; `pointer`, `parameter` or `header` says where."""

    model_config = ConfigDict(extra="allow")

    code: Annotated[str, Field(json_schema_extra={"enum": list(FIELD_CODES)})]
    detail: str
    pointer: Annotated[str, Field(description="A JSON Pointer into the body; empty for all of it.")] = ""
    parameter: Annotated[str, Field(description="The name of a parameter of the query.")] = ""
    header: Annotated[str, Field(description="The name of a header.")] = ""


class ProblemDocument(BaseModel):
    """An error: what is wrong and how to fix it."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Field(description="The address of a page about this kind of problem.")]
    title: str
    status: int
    detail: str
    instance: Annotated[str, Field(description="The path of the request, up to the first part that is not known.")]
    code: Annotated[str, Field(json_schema_extra={"enum": list(PROBLEM_TYPES)})]
    request_id: str
    errors: list[ProblemField]
    current: Annotated[
        dict[str, Any] | None,
        Field(description="With 412: the object as it is now; null without the scope to read it."),
    ] = None
    confirmation: Annotated[str, Field(description="With 409: send it as `confirmation` to go ahead.")] = ""
    erases: Annotated[dict[str, int], Field(description="With `confirmation`: how many rows are erased.")] = {}
    missing_scopes: Annotated[list[ScopeName], Field(description="With 403: the scopes that the token lacks.")] = []
    quota: Annotated[str, Field(description="With `quota_exceeded`: the quota that is reached.")] = ""
    used: Annotated[int, Field(description="With `quota_exceeded`: what is used of it.")] = 0
    limit: Annotated[int, Field(description="With `quota_exceeded`: how much it is.")] = 0
    method: Annotated[str, Field(description="With `record_the_fact`: the method of the request to send instead.")] = ""
    href: Annotated[str, Field(description="With `record_the_fact`: its address.")] = ""


def slug(code: str) -> str:
    """Return the last part of a problem's type."""
    return code.replace("_", "-")


def address(scope: Scope) -> str:
    """Return the path up to the first segment that is neither an id nor a part of a route: input is never echoed."""
    words = scope["app"].state.words
    ours = takewhile(lambda part: part in words or is_id(part), scope["path"].split("/"))
    return "/".join(ours) or "/"


def problem_response(
    request: Request,
    code: str,
    detail: str,
    *,
    errors: Iterable[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """Return the problem document of a code."""
    request.scope["problem"] = code
    document = problem_document(
        code,
        detail,
        request_id=request.scope.get("request_id", ""),
        instance=address(request.scope),
        errors=[error.document() for error in errors],
        **(extra or {}),
    )
    return JSONResponse(document, PROBLEM_TYPES[code].status, dict(headers or {}), MEDIA_TYPE)


def problem_document(
    code: str, detail: str, *, request_id: str, instance: str = "", **more: object
) -> dict[str, object]:
    """Return the problem document of a code as data."""
    problem = PROBLEM_TYPES[code]
    return {
        "type": f"/problems/{slug(code)}",
        "title": problem.title,
        "status": problem.status,
        "detail": detail,
        "instance": instance,
        "code": code,
        "request_id": request_id,
        "errors": [],
        **more,
    }


def field_errors(errors: Sequence[Mapping[str, Any]], route: object = None) -> list[FieldError]:
    """Convert the first 100 of pydantic's validation errors to ours, without the input.

    `route`: the one that refused the request; its types of fields say what to send.
    """
    body = getattr(getattr(route, "body_field", None), "field_info", None)
    query = query_fields(route.dependant) if isinstance(route, APIRoute) else {}
    found = []
    for error in errors[:MAX_ERRORS]:
        place, *rest = error["loc"] or ("body",)
        code = OWN_CODES.get(error["type"], error["type"])
        code = code if code in FIELD_CODES else ANY_OTHER
        path = [part for part in rest if _is_key(part)]
        field = expected_in(body, query, place, [*path, KEY] if rest[-1:] == [KEY] else path)
        detail = detail_of(error, field, expected_in(body, query, place, path[:-1]), path[-1] if path else "")
        if place == "query":
            found.append(FieldError("parameter", _joined(rest), code, detail))
        elif place == "header":
            found.append(FieldError("header", _joined(rest), code, detail))
        else:
            pointer = "" if error["type"] == "json_invalid" else "".join(f"/{_token(part)}" for part in path)
            found.append(FieldError("pointer", pointer, code, detail))
    return found


def _is_key(part: object) -> bool:
    """Tell whether a part of `loc` is a key or an index, not the name of a validator's branch."""
    return isinstance(part, int) or not (
        "[" in str(part) or str(part).startswith(("function-", "literal", "constrained"))
    )


def _token(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _joined(parts: Sequence[object]) -> str:
    return ".".join(str(part) for part in parts)


def invalid(request: Request, errors: Sequence[FieldError]) -> JSONResponse:
    """Return the problem of invalid fields."""
    several = f"{len(errors)} fields are invalid: fix each as `errors` says."
    if len(errors) == MAX_ERRORS:
        several = f"At least {MAX_ERRORS} fields are invalid: fix each as `errors` says, then send the request again."
    return problem_response(request, "invalid", errors[0].detail if len(errors) == 1 else several, errors=errors)


def install_handlers(app: FastAPI) -> None:
    """Install the handlers that answer every failure with a problem document. Call this after all routes are added."""
    paths = [str(getattr(route, "path", "")) for route in routes_of(app)]
    app.state.words = {part for path in paths for part in path.split("/") if "{" not in part} | set(
        map(slug, PROBLEM_TYPES)
    )
    _handle(app, ProblemError, expected_problem)
    _handle(app, RequestValidationError, _validation)
    _handle(app, HTTPException, _http)
    _handle(app, NotModifiedError, lambda _, error: Response(status_code=304, headers=error.headers))
    _handle(app, ReplayedError, lambda _, error: Response(error.body, error.status, error.headers, "application/json"))


def _handle(app: FastAPI, kind: type[Handled], answer: Callable[[Request, Handled], Response]) -> None:
    def handled(request: Request, error: Exception) -> Response:
        if not isinstance(error, kind):
            raise error
        return answer(request, error)

    app.add_exception_handler(kind, handled)


def expected_problem(request: Request, error: ProblemError) -> Response:
    """Return the problem document of an expected failure."""
    return problem_response(
        request, error.problem, error.detail, errors=error.errors, headers=error.headers, extra=error.extra
    )


def _validation(request: Request, error: RequestValidationError) -> Response:
    if any(fault["loc"][:1] == ("path",) for fault in error.errors()):
        return expected_problem(request, NotFoundError())
    return invalid(request, field_errors(error.errors(), request.scope.get("route")))


def _http(request: Request, error: HTTPException) -> Response:
    code = BY_STATUS.get(error.status_code, "bad_request")
    if code == "not_found" and request.url.path.startswith("/v1/") and "authorization" not in request.headers:
        return expected_problem(request, UnauthorizedError())
    headers = {}
    if code == "method_not_allowed":
        headers["Allow"] = ", ".join(sorted(methods_of(request.app, request.scope)))
    return problem_response(request, code, PROBLEM_TYPES[code].advice, headers=headers)


def problem_page(codes: Sequence[str]) -> str:
    """Return the HTML page of some problems."""
    parts = [
        f"<h2 id='{slug(code)}'>{PROBLEM_TYPES[code].title}</h2>"
        f"<p><code>{code}</code> · status {PROBLEM_TYPES[code].status}</p><p>{escape(PROBLEM_TYPES[code].advice)}</p>"
        for code in codes
    ]
    body = "".join(parts)
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Afterword: problems</title></head>"
        f"<body><h1>Problems</h1>{body}"
        "<p><a href='/problems'>All problems</a> · <a href='/docs'>Docs</a></p></body></html>"
    )
