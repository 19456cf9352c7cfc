"""A transport for test clients that runs each request in one call of the event loop, and returns the whole response.

The one of Starlette hands over between threads seven times for a request, so that a test can read a response in parts.
"""

import asyncio
from typing import Any
from urllib.parse import unquote

import httpx2
from starlette.testclient import TestClient
from starlette.types import Message


class OneCall(httpx2.BaseTransport):
    """Sends the requests of a client to its application; an exception of the application is answered with 500."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request."""
        body = request.read()
        with self.client._portal_factory() as portal:  # the loop of the lifespan, or that of the session
            return portal.call(self._answer, request, body)

    async def _answer(self, request: httpx2.Request, body: bytes) -> httpx2.Response:
        parts: list[Message] = [{"type": "http.request", "body": body}]
        said: list[Message] = []

        async def receive() -> Message:
            if not parts:
                await asyncio.Event().wait()  # until the application cancels it: the client stays connected
            return parts.pop()

        async def send(message: Message) -> None:
            said.append(message)

        try:
            await self.client.app(self._scope(request), receive, send)
        except Exception:  # noqa: BLE001  # the middleware has answered it with 500
            said = said or [{"type": "http.response.start", "status": 500}]
        start, *rest = said
        content = b"" if request.method == "HEAD" else b"".join(part.get("body", b"") for part in rest)
        headers = [(name.decode(), value.decode()) for name, value in start.get("headers", [])]
        stream = httpx2.ByteStream(content)
        return httpx2.Response(start["status"], headers=headers, stream=stream, request=request)

    def _scope(self, request: httpx2.Request) -> dict[str, Any]:
        url = request.url
        raw_path, _, query = url.raw_path.partition(b"?")
        return {
            "type": "http",
            "http_version": "1.1",
            "method": request.method,
            "scheme": url.scheme,
            "path": unquote(url.path),
            "raw_path": raw_path,
            "query_string": query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": ("testclient", 50_000),
            "server": (url.host, url.port or 80),
            "state": self.client.app_state.copy(),
        }
