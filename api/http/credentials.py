"""Credentials of a request: a bearer token, or a session cookie with its CSRF token."""

from fastapi import Request

from api.errors import FieldError, ForbiddenError, UnauthorizedError
from api.http.headers import single_header
from api.security import COOKIE, COOKIE_PREFIX, is_csrf_token

CSRF_HEADER = "X-CSRF-Token"


def credentials(request: Request) -> str:
    """Return the bearer token or the secret in the session cookie; it is read and checked once for each request.

    Raises UnauthorizedError if there is none, and ForbiddenError if a write with a cookie may come from a foreign page.
    """
    if "credentials" not in request.scope:
        request.scope["credentials"] = _checked_credentials(request)
    secret: str = request.scope["credentials"]
    return secret


def _checked_credentials(request: Request) -> str:
    if "authorization" not in request.headers and COOKIE in request.cookies:
        secret = request.cookies[COOKIE]
        if not secret.startswith(COOKIE_PREFIX):
            raise UnauthorizedError
        if request.method != "GET":
            check_csrf(request, secret)
        return secret
    token = bearer_token(request)
    if token.startswith(COOKIE_PREFIX):
        raise UnauthorizedError
    return token


def bearer_token(request: Request) -> str:
    """Return the bearer token. Raises UnauthorizedError."""
    scheme, _, token = (single_header(request, "Authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthorizedError
    return token.strip()


def check_csrf(request: Request, secret: str | None) -> None:
    """Raise ForbiddenError if the origin is not allowed, or if the CSRF token of the secret is missing or wrong."""
    origin = single_header(request, "Origin")
    if (
        origin is not None
        and origin not in request.app.state.settings.cors_origins
        and not _is_same_origin(request, origin)
    ):
        raise ForbiddenError(
            "This origin may not use cookies: send a bearer token, or ask the operator to add the origin to "
            "AFTERWORD_CORS_ORIGINS.",
            code="origin_not_allowed",
        )
    if secret is not None and not is_csrf_token(single_header(request, CSRF_HEADER) or "", secret):
        detail = f"Send {CSRF_HEADER} with the `csrf_token` from the sign-in or from GET /v1/sessions/current."
        raise ForbiddenError(detail, errors=[FieldError("header", CSRF_HEADER, "csrf", detail)], code="csrf")


def _is_same_origin(request: Request, origin: str) -> bool:
    """Tell whether the request comes from our own page: the browser sends the page's host in `Origin` and `Host`."""
    return origin.partition("://")[2] == request.headers.get("host")
