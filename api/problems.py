"""Every error as a problem document (RFC 9457), and a page behind every type."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import takewhile
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.types import Scope

from api.errors import FieldError, NotFoundError, NotModifiedError, ProblemError, ReplayedError, UnauthorizedError
from api.services.records import is_id

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of problem: its status, its title, and what to do about it."""

    status: int
    title: str
    advice: str


CATALOG: Mapping[str, Problem] = {
    "bad_cursor": Problem(
        400,
        "Unusable cursor",
        "A cursor belongs to one user, one address, its filters and sort. Start the list again without one.",
    ),
    "bad_request": Problem(
        400,
        "Unreadable request",
        "The request could not be read. Send it again in the documented form.",
    ),
    "unauthorized": Problem(
        401,
        "Not signed in",
        "Send `Authorization: Bearer <token>` with a session's or a personal token that has not expired. POST "
        "/v1/sessions signs in.",
    ),
    "forbidden": Problem(
        403,
        "Not allowed",
        "The token's scopes do not cover this. Use a token that may do it.",
    ),
    "not_found": Problem(
        404,
        "Not found",
        "Nothing of yours is at this address. Check the id; what another user has does not exist for you.",
    ),
    "method_not_allowed": Problem(
        405,
        "Method not allowed",
        "The `Allow` header names the methods of this address.",
    ),
    "not_acceptable": Problem(
        406,
        "Not acceptable",
        "The answer exists in other formats only.",
    ),
    "request_timeout": Problem(
        408,
        "Body too slow",
        "The body did not arrive in time: send the request again, faster.",
    ),
    "conflict": Problem(
        409,
        "Conflict",
        "The request contradicts what is stored. Read the object again.",
    ),
    "id_taken": Problem(
        409,
        "Id taken",
        "You have an object of this id already: it may be the one you wanted to create. Read it.",
    ),
    "email_taken": Problem(
        409,
        "Address taken",
        "There is an account for this e-mail address. Sign in.",
    ),
    "letter_sent": Problem(
        409,
        "Letter already sent",
        "A sent letter stays as it is; sent_at, channel and delivered_at can be corrected with PATCH.",
    ),
    "last_stage": Problem(
        409,
        "Last line of history",
        "An application has at least one line of stage history. Change it, or add another first.",
    ),
    "contact_erased": Problem(
        409,
        "Contact erased",
        "An erased contact stays blank. Record a new one.",
    ),
    "step_closed": Problem(
        409,
        "Step closed",
        "A closed step is not in the queue. Reopen it first.",
    ),
    "not_a_session": Problem(
        409,
        "Not a session",
        "A personal token is no session. Revoke it at /v1/tokens.",
    ),
    "precondition_failed": Problem(
        412,
        "Changed in the meantime",
        "If-Match names another version. `current` shows the object as it stands; its ETag is in the header.",
    ),
    "payload_too_large": Problem(
        413,
        "Body too large",
        "Send a smaller body.",
    ),
    "unsupported_media_type": Problem(
        415,
        "Unsupported media type",
        "Send `Content-Type: application/json`; for PATCH also `application/merge-patch+json`.",
    ),
    "invalid": Problem(
        422,
        "Invalid input",
        "`errors` names each field, with what to send instead. Nothing was written.",
    ),
    "idempotency_key_reused": Problem(
        422,
        "Idempotency key reused",
        "A key belongs to one request. Send the same body again to get its answer, or a new key.",
    ),
    "record_the_fact": Problem(
        422,
        "Record the fact instead",
        "A call and a search are not ticked but recorded, at the address that the problem names.",
    ),
    "too_many_applications": Problem(
        422,
        "Too many live applications",
        "Close or delete some applications first.",
    ),
    "too_many_requests": Problem(
        429,
        "Too many requests",
        "Wait as long as `Retry-After` says.",
    ),
    "headers_too_large": Problem(
        431,
        "Headers too large",
        "Send fewer or shorter headers: all of them may take 64 KiB.",
    ),
    "not_http": Problem(
        400,
        "No HTTP request",
        "What arrived cannot be read as an HTTP request: check line ends, header names and lengths.",
    ),
    "internal": Problem(
        500,
        "Fault of the server",
        "The fault is ours. Quote the request_id when you report it.",
    ),
    "unavailable": Problem(
        503,
        "Unavailable for a moment",
        "Send the same request again after the time in `Retry-After`.",
    ),
    "storage_full": Problem(
        507,
        "No room left",
        "The server cannot store anything at the moment. Reading works.",
    ),
}
MOST_ERRORS = 100
BY_STATUS = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "payload_too_large"}
OWN_CODES = {"extra_forbidden": "unknown_field", "string_type": "not_a_text"}


class ProblemField(BaseModel):
    """One thing wrong with the input; one of the first three says where."""

    model_config = ConfigDict(extra="allow")

    code: str
    detail: str


class ProblemDocument(BaseModel):
    """An error: what is wrong and how to mend it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems/invalid",
                    "title": "Invalid input",
                    "status": 422,
                    "detail": "Send a UUIDv7 as canonical text, or leave the id to us.",
                    "instance": "/v1/applications",
                    "code": "invalid",
                    "request_id": "019577a0-0000-7000-8000-0000000000ff",
                    "errors": [{"pointer": "/id", "code": "not_a_uuid7", "detail": "Send a UUIDv7 as canonical text."}],
                }
            ]
        },
        extra="allow",
    )

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    errors: list[ProblemField]


def slug(code: str) -> str:
    """Return the last part of a problem's type."""
    return code.replace("_", "-")


def address(scope: Scope) -> str:
    """Return the path as far as it consists of ids and of words of ours: the rest is input, which is never echoed."""
    words = scope["app"].state.words
    ours = takewhile(lambda part: part in words or is_id(part), scope["path"].split("/"))
    return "/".join(ours) or "/"


def respond(
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
    document = described(
        code,
        detail,
        request_id=request.scope.get("request_id", ""),
        instance=address(request.scope),
        errors=[error.document() for error in errors],
        **(extra or {}),
    )
    return JSONResponse(document, CATALOG[code].status, dict(headers or {}), MEDIA_TYPE)


def described(code: str, detail: str, *, request_id: str, instance: str = "", **more: object) -> dict[str, object]:
    """Return the problem document of a code as data."""
    problem = CATALOG[code]
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


def field_errors(errors: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """Turn the framework's validation errors into ours, without the input."""
    found = []
    for error in errors:
        place, *rest = error["loc"] or ("body",)
        code = OWN_CODES.get(error["type"], error["type"])
        detail = _detail(error)
        if place == "query":
            found.append(FieldError("parameter", _joined(rest), code, detail))
        elif place == "header":
            found.append(FieldError("header", _joined(rest), code, detail))
        else:
            pointer = (
                "" if error["type"] == "json_invalid" else "".join(f"/{_token(part)}" for part in rest if _is_key(part))
            )
            found.append(FieldError("pointer", pointer, code, detail))
    return found


def _detail(error: Mapping[str, Any]) -> str:
    if error["type"] == "json_invalid":
        return f"The body is not the JSON that is wanted: {error['ctx']['error'].rstrip('.')}."
    message = str(error["msg"]).rstrip(".")
    known = {
        "missing": "This is required: send it",
        "extra_forbidden": "There is no such field: leave it out, or check its spelling",
    }
    return known.get(error["type"], message) + "."


def _is_key(part: object) -> bool:
    """Tell a key or an index from the name of a branch that the validator tried."""
    return isinstance(part, int) or not (
        "[" in str(part) or str(part).startswith(("function-", "literal", "constrained"))
    )


def _token(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _joined(parts: Sequence[object]) -> str:
    return ".".join(str(part) for part in parts)


def invalid(request: Request, errors: Sequence[FieldError]) -> JSONResponse:
    """Return the problem of fields that need mending: of many thousand, the first hundred."""
    detail = errors[0].detail if len(errors) == 1 else f"{len(errors)} fields need mending: see `errors`."
    return respond(request, "invalid", detail, errors=errors[:MOST_ERRORS])


def install(app: FastAPI) -> None:
    """Answer every failure of the application with a problem document; all routes must be there already."""
    paths = [str(getattr(route, "path", "")) for route in app.router.routes]
    app.state.words = {part for path in paths for part in path.split("/") if "{" not in part} | set(map(slug, CATALOG))
    app.add_exception_handler(ProblemError, _expected)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(NotModifiedError, _not_modified)
    app.add_exception_handler(ReplayedError, _replayed)


def _expected(request: Request, error: Exception) -> Response:
    if not isinstance(error, ProblemError):
        raise error
    return expected(request, error)


def expected(request: Request, error: ProblemError) -> Response:
    """Return the problem document of an expected failure."""
    return respond(request, error.problem, error.detail, errors=error.errors, headers=error.headers, extra=error.extra)


def _validation(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    if any(fault["loc"][:1] == ("path",) for fault in error.errors()):
        return _expected(request, NotFoundError())
    return invalid(request, field_errors(error.errors()))


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    code = BY_STATUS.get(error.status_code, "bad_request")
    if code == "not_found" and request.url.path.startswith("/v1/") and "authorization" not in request.headers:
        return _expected(request, UnauthorizedError())
    allowed = _allow(request) or (error.headers or {}).get("Allow", "")
    headers = {"Allow": allowed} if code == "method_not_allowed" else {}
    return respond(request, code, CATALOG[code].advice, headers=headers)


def _not_modified(_request: Request, error: Exception) -> Response:
    if not isinstance(error, NotModifiedError):
        raise error
    return Response(status_code=304, headers={"ETag": error.etag})


def _replayed(_request: Request, error: Exception) -> Response:
    if not isinstance(error, ReplayedError):
        raise error
    return Response(error.body, error.status, error.headers, "application/json")


def _allow(request: Request) -> str:
    """Return every method of the address, over all routes that match it."""
    allowed: set[str] = set()
    for route in request.app.router.routes:
        regex, methods = getattr(route, "path_regex", None), getattr(route, "methods", None)
        if regex is not None and methods and regex.match(request.scope["path"]):
            allowed |= set(methods)
    return ", ".join(sorted(allowed | ({"HEAD"} if "GET" in allowed else set())))


def page(codes: Sequence[str]) -> str:
    """Return the page about some problems."""
    parts = [
        f"<h2 id='{slug(code)}'>{CATALOG[code].title}</h2>"
        f"<p><code>{code}</code> · status {CATALOG[code].status}</p><p>{escape(CATALOG[code].advice)}</p>"
        for code in codes
    ]
    body = "".join(parts)
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Afterword: problems</title></head>"
        f"<body><h1>Problems</h1>{body}"
        "<p><a href='/problems'>All problems</a> · <a href='/docs'>Docs</a></p></body></html>"
    )
