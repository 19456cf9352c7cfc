"""Admission control: limit the size and time of bodies, and the number of requests that run or wait.

The body is read before the request takes a place, so slow clients take no place. The request gives its place back when
its response begins. A request that is not answered in time gets 503, and its place stays taken until its thread ends,
so a database that hangs cannot fill the thread pool. Such a request does not commit any more
(`api.storage.database.DEADLINE`).

To hash a password takes tenths of a second of CPU time, so those requests have a gate of their own with two places.
"""

import asyncio
import time
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import ProblemError, UnavailableError
from api.http.problems import expected_problem
from api.protocol.problem_types import PROBLEM_TYPES
from api.settings import Settings
from api.storage.database import DEADLINE

NOT_ADMITTED = frozenset({"/livez", "/version", "/metrics"})
HASHING_REQUESTS = frozenset(
    {
        ("POST", "/v1/sessions"),
        ("POST", "/v1/users"),
        ("POST", "/v1/password-resets/confirm"),
        ("PUT", "/v1/me/password"),
        ("PUT", "/v1/me/email"),
        ("DELETE", "/v1/me"),
    }
)
CONFIRMATION_PAGE = "/mail/confirm/"
MAX_HASHED, MAX_WAITING_TO_BE_HASHED = 2, 10
BUSY = "Too many requests are waiting: send this one again after the time in `Retry-After`."
LATE = "The request took too long and may or may not have been stored: send it again with the same Idempotency-Key."
BURST_SECONDS = 1.0
BURST_PATIENCE_SECONDS = 0.8
PATIENCE_SECONDS = 0.3


class BodyError(ProblemError):
    """The body is too large, too slow or cut off; the endpoint is not called."""

    def __init__(self, code: str) -> None:
        super().__init__(PROBLEM_TYPES[code].advice, code=code)


class Gate:
    """A limit on the concurrent requests of one process. It is created on the event loop on which requests wait.

    A request that is served at all is to be answered within a second. In a burst, a request waits for at most
    `BURST_PATIENCE_SECONDS`. When no place has been free for `BURST_SECONDS`, the server is overloaded, and a request
    waits for at most `PATIENCE_SECONDS`. At a `patient` gate, each request waits until its own deadline.
    """

    def __init__(self, places: int, most_waiting: int, *, patient: bool = False) -> None:
        self._places = asyncio.Semaphore(places)
        self._most = most_waiting
        self._patient = patient
        self._full_since = 0.0
        self.waiting = 0

    async def enter(self, until: float) -> bool:
        """Wait for a place in FIFO order and take it; return False if too many wait, or none is free in time."""
        if not self._places.locked():
            await self._places.acquire()
            self._full_since = time.monotonic()
            return True
        if self.waiting >= self._most:
            return False
        now = time.monotonic()
        is_burst = now - self._full_since < BURST_SECONDS
        if not self._patient:
            until = min(until, now + (BURST_PATIENCE_SECONDS if is_burst else PATIENCE_SECONDS))
        self.waiting += 1
        try:
            async with asyncio.timeout(until - now):
                return await self._places.acquire()
        except TimeoutError:
            return False
        finally:
            self.waiting -= 1

    def leave(self) -> None:
        """Give a place back."""
        self._places.release()


def _gate(scope: Scope) -> Gate | None:
    """Return the gate for a request: requests that hash a password have their own and do not block the others."""
    state, method, path = scope["app"].state, scope["method"], scope["path"]
    is_hashing = (method, path) in HASHING_REQUESTS or (method == "POST" and path.startswith(CONFIRMATION_PAGE))
    gate: Gate | None = state.hashing_gate if is_hashing else state.gate
    return gate


@dataclass
class AdmittedRequest:
    """A request that holds a place, and the state of its response."""

    scope: Scope
    receive: Receive
    send: Send
    gate: Gate
    has_left: bool = False
    timeout_response: asyncio.Future[None] | None = None

    async def answer(self, message: Message) -> None:
        """Send the endpoint's response, unless a 503 was sent already."""
        if self.timeout_response is not None:
            return
        self.leave()
        await self.send(message)

    def time_out(self) -> None:
        """Send a 503, unless the endpoint's response has begun."""
        if not self.has_left:
            refused = _refuse(self.scope, self.receive, self.send, UnavailableError(LATE))
            self.timeout_response = asyncio.ensure_future(refused)

    def leave(self) -> None:
        """Give the place back; a second call does nothing."""
        if not self.has_left:
            self.has_left = True
            self.gate.leave()


class Admission:
    """ASGI middleware that reads bodies within the limits, then admits requests."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["path"] in NOT_ADMITTED:
            await self.app(scope, receive, send)
            return
        try:
            received = await self._received(scope, receive)
        except ProblemError as error:
            await _refuse(scope, receive, send, error)
            return
        await self._admit(scope, received, send)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        until = time.monotonic() + self.settings.request_timeout_seconds
        gate = _gate(scope)
        if gate is None:
            await self.app(scope, receive, send)
            return
        if not await gate.enter(until):
            await _refuse(scope, receive, send, UnavailableError(BUSY))
            return
        running = AdmittedRequest(scope, receive, send, gate)
        timer = asyncio.get_running_loop().call_later(until - time.monotonic(), running.time_out)
        deadline = DEADLINE.set(until)
        try:
            await self.app(scope, receive, running.answer)
        finally:
            DEADLINE.reset(deadline)
            timer.cancel()
            running.leave()

    async def _received(self, scope: Scope, receive: Receive) -> Receive:
        """Return a `receive` with the whole body. Raises BodyError if it is too large, too slow or cut off."""
        headers = dict(scope["headers"])
        announced = headers.get(b"content-length", b"0")
        if announced == b"0" and b"transfer-encoding" not in headers:
            return receive
        if announced.isdigit() and int(announced) > self.settings.max_body_bytes:
            raise BodyError("payload_too_large")
        try:
            async with asyncio.timeout(self.settings.body_timeout_seconds):
                return _replay(await self._body(receive), receive)
        except TimeoutError as error:
            raise BodyError("request_timeout") from error

    async def _body(self, receive: Receive) -> bytes:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise BodyError("bad_request")
            body += message.get("body", b"")
            if len(body) > self.settings.max_body_bytes:
                raise BodyError("payload_too_large")
            if not message.get("more_body", False):
                return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that returns the body that was read, then the messages that follow it."""
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed


async def _refuse(scope: Scope, receive: Receive, send: Send, error: ProblemError) -> None:
    await expected_problem(Request(scope), error)(scope, receive, send)
