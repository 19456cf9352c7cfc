"""A client that calls the ASGI application directly, with the bytes of path, query, headers and body unchanged.

An HTTP client library would normalise addresses and headers before it sends them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI

Header = tuple[bytes, bytes]


@dataclass(frozen=True)
class Sent:
    """A request. A body in parts is sent in chunks, as many as the application reads."""

    method: str
    path: bytes
    query: bytes = b""
    headers: tuple[Header, ...] = ()
    body: bytes | Iterator[bytes] = b""

    def having(self, name: str, *values: bytes) -> "Sent":
        """Return the request with these values of a header; without values, the header is removed."""
        key = name.lower().encode()
        others = tuple(header for header in self.headers if header[0] != key)
        return replace(self, headers=(*others, *((key, value) for value in values)))


@dataclass(frozen=True)
class Answer:
    """An answer."""

    status: int
    headers: tuple[Header, ...]
    body: bytes

    def header(self, name: str) -> str:
        return next((value.decode("latin-1") for key, value in self.headers if key == name.encode()), "")


def _scope(sent: Sent) -> dict[str, Any]:
    length = [(b"content-length", b"%d" % len(sent.body))] if isinstance(sent.body, bytes) and sent.body else []
    chunked = [] if isinstance(sent.body, bytes) else [(b"transfer-encoding", b"chunked")]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": "http",
        "path": unquote(sent.path.decode("ascii")),
        "raw_path": sent.path,
        "query_string": sent.query,
        "root_path": "",
        "headers": [*sent.headers, *length, *chunked],
        "client": ("203.0.113.7", 50_000),
        "server": ("testserver", 80),
        "state": {},
    }


async def call_asgi(app: FastAPI, sent: Sent) -> Answer:
    """Send a request and return the answer."""
    said: list[dict[str, Any]] = []
    parts = iter([sent.body]) if isinstance(sent.body, bytes) else sent.body

    async def receive() -> dict[str, Any]:
        part = next(parts, None)
        if part is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": part, "more_body": not isinstance(sent.body, bytes)}

    async def send(message: Any) -> None:
        said.append(message)

    await app(_scope(sent), receive, send)
    start, *rest = said
    body = b"".join(message.get("body", b"") for message in rest)
    return Answer(start["status"], tuple((key, value) for key, value in start["headers"]), body)
