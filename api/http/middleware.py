"""Middleware for every request: request id, Host, HEAD, security headers, log line, metrics, and 500 for our faults."""

import asyncio
import logging
import re
import time

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import FieldError
from api.http.problems import problem_response
from api.metrics import Metrics
from api.models.base import new_id
from api.protocol.problem_types import PROBLEM_TYPES

log = logging.getLogger("afterword.requests")
REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
SECURITY_HEADERS = (
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
NO_STORE = (b"cache-control", b"no-store")
HSTS = (b"strict-transport-security", b"max-age=31536000")
HOST = re.compile(rb"([A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?")
LOG_REFUSED_EVERY_SECONDS = 1.0
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class RequestMiddleware:
    """ASGI middleware that gives each request an id, answers HEAD like GET without a body, and logs the response."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics | None) -> None:
        self.app = app
        self.metrics = metrics
        self.refused = RefusedRequests()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        method = scope["method"]
        # A copy: the server reads its scope when it sends the response, and must see HEAD there.
        scope = {**scope, "method": "GET" if method == "HEAD" else method, "request_id": _request_id(scope)}
        began, status, is_begun = time.perf_counter(), 500, False
        if self.metrics is not None:
            self.metrics.began()

        async def answer(message: Message) -> None:
            nonlocal status, is_begun
            if message["type"] == "http.response.start":
                status, is_begun = message["status"], True
                message["headers"] = [
                    *_headers(message),
                    *_security_headers(scope, message),
                    *scope.get("rate_limit", ()),
                    (b"x-request-id", scope["request_id"].encode()),
                ]
            elif method == "HEAD" and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._call(scope, receive, answer)
        except Exception:  # outermost handler: an exception that gets here is a bug and becomes a 500
            log.exception("fault", extra={"request_id": scope["request_id"], "route": _route(scope)})
            if is_begun:
                raise
            await problem_response(Request(scope), "internal", PROBLEM_TYPES["internal"].advice)(scope, receive, answer)
        finally:
            self._log_and_measure(scope, method if method in METHODS else "other", status, time.perf_counter() - began)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application, or answer 400 if Host is missing, repeated or no host (RFC 9112, section 3.2)."""
        fault = _host_fault(scope)
        if fault is None:
            await self.app(scope, receive, send)
            return
        refused = problem_response(
            Request(scope), "bad_request", fault.detail, errors=[fault], headers={"Connection": "close"}
        )
        await refused(scope, receive, send)

    def _log_and_measure(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        """Log and measure a response by route template and known method, because raw paths and methods are input."""
        route, problem = _route(scope), scope.get("problem")
        if self.metrics is not None:
            self.metrics.ended(method, route, status, seconds, problem)
        if scope.get("is_refused"):
            self.refused.count()
            return
        fields = {
            "request_id": scope["request_id"],
            "method": method,
            "route": route,
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
        }
        log.info("request", extra=fields if problem is None else {**fields, "problem": problem})


class RefusedRequests:
    """Logs the requests that found no place together, so that an overload does not end in a line for each of them."""

    def __init__(self) -> None:
        self._number = 0

    def count(self) -> None:
        """Count one, on the event loop; the first one of a second sets the timer for the line."""
        if self._number == 0:
            asyncio.get_running_loop().call_later(LOG_REFUSED_EVERY_SECONDS, self._log)
        self._number += 1

    def _log(self) -> None:
        log.warning("requests were refused: too many wait", extra={"count": self._number})
        self._number = 0


def _route(scope: Scope) -> str:
    """Return the route template, or `-` for an unknown address."""
    return getattr(scope.get("route"), "path", None) or "-"


def _headers(message: Message) -> list[tuple[bytes, bytes]]:
    """Return the headers; 204 and 304 have no content, so they get no Content-Type and no Content-Length."""
    headers: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
    if message["status"] in (204, 304):
        return [(name, value) for name, value in headers if name not in (b"content-type", b"content-length")]
    return headers


def _security_headers(scope: Scope, message: Message) -> list[tuple[bytes, bytes]]:
    """Return the security headers that the response does not set itself."""
    said = {name for name, _ in message.get("headers", ())}
    wanted = [*SECURITY_HEADERS]
    if scope["path"].startswith("/v1/"):
        wanted.append(NO_STORE)
    if scope["scheme"] == "https":
        wanted.append(HSTS)
    return [(name, value) for name, value in wanted if name not in said]


def _host_fault(scope: Scope) -> FieldError | None:
    """Return what is wrong with Host: a proxy might have read another host than we do. HTTP/1.0 needs none."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) == 1 and HOST.fullmatch(hosts[0]):
        return None
    if not hosts:
        if scope["http_version"] == "1.0":
            return None
        return FieldError("header", "Host", "missing", "Send the host and the port of this server in `Host`.")
    code = "invalid" if len(hosts) == 1 else "repeated"
    return FieldError("header", "Host", code, "Send `Host` once, with the host and the port of this server.")


def _request_id(scope: Scope) -> str:
    sent = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    return sent if REQUEST_ID.fullmatch(sent) else new_id()
