"""Credentials of a request: a bearer token, or a session cookie with its CSRF token."""

from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

from fastapi import Request

from api.errors import FieldError, ForbiddenError, UnauthorizedError
from api.http.headers import single_header
from api.security import COOKIE, COOKIE_PREFIX, is_csrf_token
from api.settings import local_url

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
    if is_foreign_origin(request):
        raise ForbiddenError(
            "This origin may not use cookies: send a bearer token, or ask the operator to add the origin to "
            "AFTERWORD_CORS_ORIGINS.",
            code="origin_not_allowed",
        )
    if secret is not None and not is_csrf_token(single_header(request, CSRF_HEADER) or "", secret):
        detail = f"Send {CSRF_HEADER} with the `csrf_token` from the sign-in or from GET /v1/sessions/current."
        raise ForbiddenError(detail, errors=[FieldError("header", CSRF_HEADER, "csrf", detail)], code="csrf")


def is_foreign_origin(request: Request) -> bool:
    """Tell whether a page sent the request whose origin is neither ours nor one that the operator allows."""
    origin = single_header(request, "Origin")
    return (
        origin is not None
        and origin not in request.app.state.settings.cors_origins
        and not _is_same_origin(request, origin)
    )


def check_same_site(request: Request) -> None:
    """Raise ForbiddenError if a browser would not send the session cookie (SameSite=Strict) from the page that asks.

    Browsers say so in `Sec-Fetch-Site`. Without it, only two different names of a machine without a domain are compared
    (`localhost` and `127.0.0.1`): which domains are one site is not known here, and a proxy may change `Host`.
    """
    fetched = single_header(request, "Sec-Fetch-Site")
    if fetched == "cross-site" or (fetched is None and _have_different_local_names(request)):
        detail = (
            "The browser would not send the cookie from this page, because page and API have different sites; "
            "`localhost` and `127.0.0.1` are two sites. Open both with one name, such as http://localhost:5173 and "
            f"{local_url()}, or leave out `cookie` and send the token of the response."
        )
        error = FieldError("header", "Origin", "cookie_cross_site", detail)
        raise ForbiddenError(detail, errors=[error], code="cookie_cross_site")


def _have_different_local_names(request: Request) -> bool:
    with suppress(ValueError):  # what is no URL is not compared
        page = urlsplit(single_header(request, "Origin") or "").hostname or ""
        own = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        return page != own and _is_local_name(page) and _is_local_name(own)
    return False


def _is_local_name(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    with suppress(ValueError):
        return bool(ip_address(host))
    return False


def _is_same_origin(request: Request, origin: str) -> bool:
    """Tell whether the request comes from our own page: the browser sends the page's host in `Origin` and `Host`."""
    return origin.partition("://")[2] == request.headers.get("host")
