"""Credentials of a request: a bearer token, or a frontend's cookie with its CSRF token."""

from fastapi import Request

from api.errors import FieldError, ForbiddenError, UnauthorizedError
from api.http.headers import single_header
from api.security import COOKIE_PREFIX, is_csrf_token

COOKIE = "__Host-afterword"
CSRF_HEADER = "X-CSRF-Token"


def credentials(request: Request) -> str:
    """Return the secret that was sent: a token as bearer, or a frontend's cookie together with its CSRF token.

    Raises UnauthorizedError where there is none, ForbiddenError where a cookie may come from a page of somebody else's.
    """
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
    """Return the token that was sent as bearer. Raises UnauthorizedError."""
    scheme, _, token = (single_header(request, "Authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthorizedError
    return token.strip()


def check_csrf(request: Request, secret: str | None) -> None:
    """Raise ForbiddenError for a request from an origin that is not allowed, or without the secret's CSRF token."""
    origin = single_header(request, "Origin")
    if (
        origin is not None
        and origin not in request.app.state.settings.cors_origins
        and not _is_same_origin(request, origin)
    ):
        raise ForbiddenError(
            "Cookies are for frontends that the server allows: add this origin to AFTERWORD_CORS_ORIGINS, or use a "
            "token as bearer.",
            code="origin_not_allowed",
        )
    if secret is not None and not is_csrf_token(single_header(request, CSRF_HEADER) or "", secret):
        detail = f"Send {CSRF_HEADER} with the `csrf_token` that the sign-in or GET /v1/sessions/current answered."
        raise ForbiddenError(detail, errors=[FieldError("header", CSRF_HEADER, "csrf", detail)], code="csrf")


def _is_same_origin(request: Request, origin: str) -> bool:
    """Tell whether a page of our own asks: a browser sends it the host that it has in its address bar."""
    return origin.partition("://")[2] == request.headers.get("host")
