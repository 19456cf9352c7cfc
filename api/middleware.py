"""Around every request: an id, HEAD where there is GET, one log line, and a problem document for our own faults."""

import logging
import re
import time

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.models.base import new_id
from api.problems import CATALOG, respond

log = logging.getLogger("afterword.requests")
GIVEN_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


class Conventions:
    """Gives each request an id that is answered and logged; answers HEAD as GET without a body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["request_id"] = _id(scope)
        is_head = scope["method"] == "HEAD"
        if is_head:
            scope["method"] = "GET"
        began, status = time.perf_counter(), 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *_headers(message),
                    (b"x-request-id", scope["request_id"].encode()),
                ]
            elif is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self.app(scope, receive, answer)
        except Exception:  # the outermost place: whatever reaches it is our fault and becomes a 500
            log.exception("request %s failed", scope["request_id"])
            if status != 500:
                raise
            await respond(Request(scope), "internal", CATALOG["internal"].advice)(scope, receive, answer)
        finally:
            took = (time.perf_counter() - began) * 1000
            log.info("%s %s %s %d %.1fms", scope["request_id"], scope["method"], scope["path"], status, took)


def _headers(message: Message) -> list[tuple[bytes, bytes]]:
    """Return the headers; a 204 or 304 has no content and says nothing about one."""
    headers: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
    if message["status"] in (204, 304):
        return [(name, value) for name, value in headers if name not in (b"content-type", b"content-length")]
    return headers


def _id(scope: Scope) -> str:
    given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    return given if GIVEN_ID.fullmatch(given) else new_id()
