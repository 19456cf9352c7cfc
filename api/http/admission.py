"""Admission control: limit the size and time of bodies, and the number of requests that run or wait.

The body is read before the request takes a place, so slow clients take no place. The request gives its place back when
its response begins: clients that read slowly take no place. A request that is not answered in time gets 503, its
statements are interrupted, and it does not commit any more (`api.storage.deadline`). Its place stays taken until its
thread ends, so a database that hangs cannot fill the thread pool.

To hash a password takes tenths of a second of CPU time, so those requests have a gate of their own with two places.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass

from starlette.requests import Request
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import ProblemError, UnavailableError
from api.http.known_accounts import Holder
from api.http.problems import expected_problem
from api.http.token_lookup import look_up_token
from api.protocol.problem_types import PROBLEM_TYPES
from api.settings import Settings
from api.storage.deadline import DEADLINE, Deadline

NOT_ADMITTED = frozenset({"/livez", "/version", "/metrics", "/docs", "/openapi.json"})  # and the files of the docs
FILES = "/docs/files/"
# Its requests wait for others that enter the gate; if they held places, they would wait for each other.
ASSISTANTS = "/mcp"
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
MAX_OPEN_BODY_BYTES = 16_384
UPLOADS = ("POST", "/v1/imports")  # the one operation whose bodies are files
UPLOAD_SECONDS = 60.0
LARGE_UPLOAD_BYTES, MAX_LARGE_UPLOADS = 1_048_576, 2  # of one process, because a body is in memory
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


class Shares:
    """How many of a number of places one holder may have, and the clients whose accounts are not known all together.

    An account may have half, an unknown client a quarter, and all unknown clients together a third. So some are left
    when an account and its address take all that they may.
    """

    def __init__(self, places: int) -> None:
        self._of_account, self._of_stranger = max(1, places // 2), max(1, places // 4)
        self._of_strangers = max(1, places // 3)
        self._taken: Counter[Holder] = Counter()
        self._strangers = 0

    def is_left(self, holder: Holder | None) -> bool:
        """Tell whether a holder may have one more. Requests without a holder have no share."""
        if holder is None:
            return True
        if holder.is_known:
            return self._taken[holder] < self._of_account
        return self._taken[holder] < self._of_stranger and self._strangers < self._of_strangers

    def take(self, holder: Holder | None) -> None:
        """Count one more for a holder."""
        if holder is not None:
            self._taken[holder] += 1
            self._strangers += not holder.is_known

    def give_back(self, holder: Holder | None) -> None:
        """Count one less for a holder."""
        if holder is not None:
            self._taken[holder] -= 1
            self._strangers -= not holder.is_known
            if not self._taken[holder]:
                del self._taken[holder]


@dataclass(eq=False)
class _Waiting:
    """A request that waits for a place. `entered`: it has one."""

    holder: Holder | None
    entered: asyncio.Event


class Gate:
    """A limit on the concurrent requests of one process. It is created on the event loop on which requests wait.

    A request that is served at all is to be answered within a second. In a burst, a request waits for at most
    `BURST_PATIENCE_SECONDS`. When no place has been free for `BURST_SECONDS`, the server is overloaded, and a request
    waits for at most `PATIENCE_SECONDS`. At a `patient` gate, each request waits until its own deadline.

    The places are shared, and so is the queue of those who wait, so that nobody alone can keep others from being
    served: see `Shares`.
    """

    def __init__(self, places: int, most_waiting: int, *, patient: bool = False) -> None:
        self._free = places
        self._most = most_waiting
        self._patient = patient
        self._full_since = 0.0
        self._places, self._queue = Shares(places), Shares(most_waiting)
        self._waiting: list[_Waiting] = []

    @property
    def is_full(self) -> bool:
        """Whether no place is free."""
        return self._free == 0

    @property
    def waiting(self) -> int:
        """How many requests wait for a place."""
        return len(self._waiting)

    async def enter(self, until: float, holder: Holder | None = None) -> bool:
        """Wait for a place in FIFO order and take it; return False if too many wait, or none is free in time."""
        now = time.monotonic()
        if self._may_enter(holder):
            self._take(holder)
            self._full_since = now
            return True
        if self.waiting >= self._most or not self._queue.is_left(holder):
            return False
        if not self._patient:
            is_burst = now - self._full_since < BURST_SECONDS
            until = min(until, now + (BURST_PATIENCE_SECONDS if is_burst else PATIENCE_SECONDS))
        return await self._wait(_Waiting(holder, asyncio.Event()), until - now)

    async def _wait(self, mine: _Waiting, seconds: float) -> bool:
        self._waiting.append(mine)
        self._queue.take(mine.holder)
        try:
            async with asyncio.timeout(seconds):
                await mine.entered.wait()
        except TimeoutError:
            return mine.entered.is_set()
        except asyncio.CancelledError:
            if mine.entered.is_set():
                self.leave(mine.holder)
            raise
        finally:
            if not mine.entered.is_set():
                self._end_waiting(mine)
        return True

    def leave(self, holder: Holder | None = None) -> None:
        """Give a place back, to the request that has waited longest and may have it."""
        self._free += 1
        self._places.give_back(holder)
        following = next((one for one in self._waiting if self._may_enter(one.holder)), None)
        if following is not None:
            self._end_waiting(following)
            self._take(following.holder)
            following.entered.set()

    def _may_enter(self, holder: Holder | None) -> bool:
        return self._free > 0 and self._places.is_left(holder)

    def _take(self, holder: Holder | None) -> None:
        self._free -= 1
        self._places.take(holder)

    def _end_waiting(self, waiting: _Waiting) -> None:
        self._waiting.remove(waiting)
        self._queue.give_back(waiting.holder)


def _gate(scope: Scope) -> tuple[Gate | None, Holder | None]:
    """Return the gate for a request, or None, and the holder of its place.

    Requests that hash a password have a gate of their own and do not block the others. They have no holder: sign-ins
    are limited by account and address.
    """
    state, method, path = scope["app"].state, scope["method"], scope["path"]
    if path == ASSISTANTS:
        return None, None
    if (method, path) in HASHING_REQUESTS or (method == "POST" and path.startswith(CONFIRMATION_PAGE)):
        return state.hashing_gate, None
    return state.gate, state.known_accounts.holder(scope)


@dataclass
class AdmittedRequest:
    """A request that holds a place, and the state of its response."""

    scope: Scope
    receive: Receive
    send: Send
    gate: Gate
    holder: Holder | None
    deadline: Deadline
    has_left: bool = False
    timeout_response: asyncio.Future[None] | None = None

    async def answer(self, message: Message) -> None:
        """Send the endpoint's response, unless a 503 was sent already."""
        if self.timeout_response is not None:
            return
        self.leave()
        self.deadline.lift()
        await self.send(message)

    def time_out(self) -> None:
        """Send a 503 and stop the request's statements, unless the endpoint's response has begun."""
        if not self.has_left:
            self.deadline.expire()
            refused = _refuse(self.scope, self.receive, self.send, UnavailableError(LATE))
            self.timeout_response = asyncio.ensure_future(refused)

    def leave(self) -> None:
        """Give the place back; a second call does nothing."""
        if not self.has_left:
            self.has_left = True
            self.gate.leave(self.holder)


class Admission:
    """ASGI middleware that reads bodies within the limits, then admits requests."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self._large_uploads = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["path"] in NOT_ADMITTED or scope["path"].startswith(FILES):
            await self.app(scope, receive, send)
            return
        is_large = _is_large_upload(scope)
        self._large_uploads += is_large
        try:
            if is_large:
                await self._check_upload(scope)
            received = await self._received(scope, receive)
        except ProblemError as error:
            self._large_uploads -= is_large
            if is_large or _waits_to_send(scope):
                error.headers["Connection"] = "close"
            await _refuse(scope, receive, send, error)
            return
        try:
            await self._admit(scope, received, send)
        finally:
            self._large_uploads -= is_large

    async def _check_upload(self, scope: Scope) -> None:
        """Raise UnavailableError if too many large files are uploaded, and check the token before one is read."""
        if self._large_uploads > MAX_LARGE_UPLOADS:
            raise UnavailableError(BUSY)
        for route in scope["app"].router.routes:
            match, about = route.matches(scope)
            if match == Match.FULL:
                await look_up_token(Request({**scope, **about}))
                return

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        until = time.monotonic() + self.settings.request_timeout_seconds
        gate, holder = _gate(scope)
        if gate is None:
            await self.app(scope, receive, send)
            return
        if not await gate.enter(until, holder):
            scope["is_refused"] = True
            await _refuse(scope, receive, send, UnavailableError(BUSY))
            return
        running = AdmittedRequest(scope, receive, send, gate, holder, Deadline(until))
        timer = asyncio.get_running_loop().call_later(until - time.monotonic(), running.time_out)
        deadline = DEADLINE.set(running.deadline)
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
        if announced.isdigit() and int(announced) > MAX_OPEN_BODY_BYTES:
            self._check_size(scope, int(announced))
        try:
            is_upload = (scope["method"], scope["path"]) == UPLOADS
            seconds = UPLOAD_SECONDS if is_upload else self.settings.body_timeout_seconds
            async with asyncio.timeout(seconds):
                return replay(await self._body(scope, receive), receive)
        except TimeoutError as error:
            raise BodyError("request_timeout") from error

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise BodyError("bad_request")
            body += message.get("body", b"")
            if len(body) > MAX_OPEN_BODY_BYTES:
                self._check_size(scope, len(body))
            if not message.get("more_body", False):
                return bytes(body)

    def _check_size(self, scope: Scope, size: int) -> None:
        """Raise BodyError for a body beyond the setting, and for one beyond `MAX_OPEN_BODY_BYTES` without a token.

        The route is looked up only for bodies that large.
        """
        most = self.settings.max_body_bytes
        if (scope["method"], scope["path"]) == UPLOADS:
            is_large = _is_large_upload(scope)
            most = max(self.settings.max_restore_bytes, most) if is_large else max(LARGE_UPLOAD_BYTES, most)
        if size > most or not _needs_token(scope):
            raise BodyError("payload_too_large")


def _needs_token(scope: Scope) -> bool:
    """Tell whether the operation at this address needs a token; an unknown address does not."""
    for route in scope["app"].router.routes:
        match, about = route.matches(scope)
        if match == Match.FULL:
            return bool(getattr(about.get("route"), "scopes", ()))
    return False


def _is_large_upload(scope: Scope) -> bool:
    """Tell whether a file of more than 1 MiB is uploaded, or one of unknown size."""
    if (scope["method"], scope["path"]) != UPLOADS:
        return False
    announced = dict(scope["headers"]).get(b"content-length", b"")
    return not announced.isdigit() or int(announced) > LARGE_UPLOAD_BYTES


def _waits_to_send(scope: Scope) -> bool:
    """Tell whether the client sends its body only after a 100: without it, its next request would be read as body."""
    return any(name == b"expect" and value.lower() == b"100-continue" for name, value in scope["headers"])


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that returns the body that was read, then the messages that follow it."""
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed


async def _refuse(scope: Scope, receive: Receive, send: Send, error: ProblemError) -> None:
    await expected_problem(Request(scope), error)(scope, receive, send)
