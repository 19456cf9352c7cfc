"""The server: uvicorn with limits for headers, and problem documents for requests that it cannot parse."""

import asyncio
import json
import socket
import sys
from collections.abc import Callable, Sequence
from http import HTTPStatus
from ipaddress import ip_address

import uvicorn
from fastapi import FastAPI
from httptools import HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess

from api.http.connections import CONNECTIONS, Reader
from api.http.problems import MEDIA_TYPE, problem_document
from api.logs import configuration
from api.models.base import new_id
from api.protocol.problem_types import PROBLEM_TYPES
from api.settings import SETTINGS, Settings, local_url

MAX_HEADER_BYTES = 65_536
SECONDS_TO_START = 30  # a process that does not answer for so long is replaced; it does not while it imports
VERSIONS = ("1.0", "1.1")
MORE_THAN_A_REQUEST = 2.0
LINGERING_SECONDS = 1.0
SEND_BUFFER_BYTES = 131_072  # by default, the kernel takes megabytes for a client that does not read


class DeadlineProtocol(HttpToolsProtocol):
    """Closes a connection whose headers arrive too slowly or are too large, or whose client reads too slowly.

    uvicorn itself limits only how long a connection may be idle between requests. The rest of a refused body counts as
    headers of the next request, so it has to end in time too. The next request is not read before the client has read
    the response to the last one: so one connection keeps at most one response in memory.

    Requests to change the protocol (`Upgrade: h2c`, which Java's client sends) are served as if `Upgrade` was not sent.
    The parser ends its work after their headers; so they are parsed again without it, together with their body.
    """

    headers_due: asyncio.TimerHandle | None = None
    reader: Reader | None = None
    is_response_unread = False
    in_headers = False
    header_bytes = 0
    is_broken = False
    is_upgrade = False
    received = b""
    unparsed: bytes | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base class does
        """Start the header deadline of the first request, and set the options of the socket.

        Head and body of a response are two writes; without TCP_NODELAY the second one waits 40 ms for the client's
        acknowledgement of the first.
        """
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        if connection is not None and connection.family != getattr(socket, "AF_UNIX", None):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self.reader = self.app_state[CONNECTIONS].open(transport, self.client[0] if self.client else None)
        if self.reader is None:
            self._break_off("unavailable", ["retry-after: 1"], lingering=0)
            return
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        """Parse received data; after a response it belongs to the next request."""
        if self.is_broken:
            return
        if self.headers_due is None and self.cycle.response_complete:
            self._await_headers()
        continued = self.in_headers
        self.unparsed = data
        while self.unparsed is not None:
            self.received, self.unparsed = self.unparsed, None
            super().data_received(self.received)
        self.received = b""
        if continued and self.in_headers:
            self.header_bytes += len(data)
            if self.header_bytes > MAX_HEADER_BYTES:
                self._break_off("headers_too_large")

    def on_message_begin(self) -> None:
        """Start to count the bytes of the headers."""
        super().on_message_begin()
        self.in_headers, self.header_bytes = True, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Leave out trailers, which may come without end after a body in chunks: they are no headers of the request."""
        if self.in_headers:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Cancel the header deadline; body and response have deadlines of their own.

        Raises ValueError for an unknown HTTP version, which the parser reports as a request that it cannot parse.
        """
        self.in_headers = False
        self._stop_waiting()
        if self.parser.get_http_version() not in VERSIONS:
            raise ValueError("the request line has no known HTTP version")
        self.is_upgrade = self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"
        if not self.is_upgrade:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that the body is complete."""
        if not self.is_upgrade:
            super().on_message_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """Parse a request again without `Upgrade`. uvicorn calls this while it handles the parser's exception."""
        error = sys.exception()
        head = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())]
        head += [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        rest = self.received[error.args[0] :] if error is not None else b""
        self.is_upgrade, self.parser = False, HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn sets it
        self.unparsed = b"\r\n".join([*head, b"", rest])

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the header deadline."""
        self._stop_waiting()
        if self.reader is not None:
            self.app_state[CONNECTIONS].close(self.reader)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Begin to wait for the client to read."""
        super().pause_writing()
        if self.reader is not None:
            self.app_state[CONNECTIONS].pause(self.reader)

    def resume_writing(self) -> None:
        """End to wait for the client; the next request may follow."""
        if self.reader is not None:
            self.app_state[CONNECTIONS].resume(self.reader)
        super().resume_writing()
        if self.is_response_unread:
            self.is_response_unread = False
            super().on_response_complete()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, but not before the client has read the response."""
        if self.flow.write_paused and not self.transport.is_closing():
            self.is_response_unread = True
            self.flow.pause_reading()
            return
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn's text is not shown to callers
        """Send a problem document for data that is not HTTP."""
        self._break_off("not_http")

    def _await_headers(self) -> None:
        seconds = self.app_state[SETTINGS].header_timeout_seconds
        self.headers_due = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _stop_waiting(self) -> None:
        if self.headers_due is not None:
            self.headers_due.cancel()
            self.headers_due = None

    def _break_off(self, code: str, more: Sequence[str] = (), *, lingering: float = LINGERING_SECONDS) -> None:
        """Send a problem document without calling the application, and close the connection one second later.

        To close it while data is unread would reset the connection, and the client would lose the response. `more`:
        further lines of the head.
        """
        self.is_broken = True
        request_id = new_id()
        problem = PROBLEM_TYPES[code]
        body = json.dumps(problem_document(code, problem.advice, request_id=request_id)).encode()
        head = [
            f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}",
            f"content-type: {MEDIA_TYPE}",
            f"content-length: {len(body)}",
            f"x-request-id: {request_id}",
            "connection: close",
            *more,
        ]
        self.transport.write("\r\n".join([*head, "", ""]).encode() + body)
        self.transport.write_eof()
        self.loop.call_later(lingering, self.timeout_keep_alive_handler)


class _AnnouncingServer(uvicorn.Server):
    """A server that calls `announce` with its URL when it is ready."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[str], None]) -> None:
        super().__init__(config)
        self.announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then announce the URL."""
        await super().startup(sockets)
        if self.started and sockets:
            self.announce(address_of(sockets[0]))


def address_of(listener: socket.socket) -> str:
    """Return the URL of a listening socket as seen from this machine."""
    host, port = listener.getsockname()[:2]
    address = ip_address(host.partition("%")[0])
    if address.is_loopback or address.is_unspecified:
        return local_url(port)
    return f"http://{f'[{host}]' if address.version == 6 else host}:{port}"


def _config(app: FastAPI | str, settings: Settings, *, workers: int = 1) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=workers,
        http=DeadlineProtocol,
        ws="none",
        log_config=configuration(settings.log_level, settings.log_format),
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_worker_healthcheck=SECONDS_TO_START,
        timeout_graceful_shutdown=round(settings.request_timeout_seconds * MORE_THAN_A_REQUEST),
    )


def make_server(app: FastAPI, settings: Settings, announce: Callable[[str], None]) -> uvicorn.Server:
    """Return a server that runs in this process."""
    return _AnnouncingServer(_config(app, settings), announce)


def serve(app: FastAPI, settings: Settings, listener: socket.socket, announce: Callable[[str], None]) -> None:
    """Serve in this process until a signal, then finish the running requests."""
    make_server(app, settings, announce).run(sockets=[listener])


def serve_in_processes(factory: str, settings: Settings, listener: socket.socket, workers: int) -> None:
    """Serve in several processes until a signal; a process that dies is replaced.

    `factory`: module and name of the function that returns the application of a process.
    """
    Multiprocess(_config(factory, settings, workers=workers), sockets=[listener]).run()
