"""The outgoing HTTP client: the only code that sends requests to URLs that people gave, and that imports httpx.

A request reaches public addresses only, and the operator's networks (`AFTERWORD_WEBHOOK_NETWORKS`). The host is looked
up once, all its addresses are checked, and the connection goes to the checked address, so that a name that changes
between check and connection gains nothing. Workers send; requests to this service never do.
"""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from functools import cache, partial
from ipaddress import ip_address
from socket import SOCK_STREAM, getaddrinfo
from threading import BoundedSemaphore, Thread
from typing import Any

import httpx

from api.clock import wall_clock
from api.models.delivery import AttemptError
from api.protocol.public_addresses import (
    Address,
    Network,
    Target,
    UnusableUrlError,
    check_url,
    in_url,
    is_allowed,
    is_inside,
)

LOOKUP_SECONDS = 3.0
MAX_ANSWER_BYTES = 65_536  # with headers and framing
READ_BYTES = 4_096
MAX_RETRY_AFTER = timedelta(days=1)
MAX_LOOKUPS = 32
lookups = BoundedSemaphore(MAX_LOOKUPS)

# Returns the addresses of a host for a port, or raises OSError.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Attempt:
    """The outcome of a request. `error` is None after a 2xx. `retry_after` is in seconds, at most a day."""

    status: int | None
    error: AttemptError | None
    retry_after: float | None
    duration_ms: int


class _FailedError(Exception):
    """There was no answer."""

    def __init__(self, reason: AttemptError) -> None:
        super().__init__(reason)
        self.reason = reason


class _Connection:
    """The connection of an attempt, of which httpcore reports: limits what is read from it, and closes it.

    httpcore itself does not limit interim answers (1xx) and the framing of chunks, parses all that it read without
    giving other tasks a turn, and leaves the connection open if a TLS handshake is cancelled.
    """

    def __init__(self) -> None:
        self.has_tls_failed = False
        self._left = MAX_ANSWER_BYTES
        self._streams: list[Any] = []

    async def watch(self, event: str, details: Mapping[str, Any]) -> None:
        """Receive an event of httpcore's extension `trace`."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            stream = details["return_value"]
            self._streams.append(stream)
            stream.read = partial(self._read, stream.read)
        self.has_tls_failed = self.has_tls_failed or event == "connection.start_tls.failed"

    async def close(self) -> None:
        """Close the connection; it may be closed already."""
        for stream in self._streams:
            await stream.aclose()

    async def _read(self, read: Callable[..., Awaitable[bytes]], max_bytes: int, timeout: float | None = None) -> bytes:
        if not self._left:
            raise OSError("the answer is too long")
        data = await read(min(max_bytes, READ_BYTES, self._left), timeout)
        self._left -= len(data)
        return data


async def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a host. Raises OSError.

    A lookup cannot be cancelled. It has a thread of its own, because an event loop has few (uvloop: four) and waits for
    them when it ends: names whose servers do not answer would delay all others.
    """
    if not lookups.acquire(blocking=False):
        raise OSError("too many lookups do not end")
    found: Future[list[str]] = Future()
    found.set_running_or_notify_cancel()

    def ask() -> None:
        try:
            try:
                entries = getaddrinfo(host.encode("ascii"), port, type=SOCK_STREAM)
            finally:
                lookups.release()
            found.set_result([str(entry[4][0]) for entry in entries])
        except OSError as error:
            found.set_exception(error)

    Thread(target=ask, name="lookup", daemon=True).start()
    return await asyncio.wrap_future(found)


async def post(
    url: str,
    *,
    content: bytes,
    headers: Mapping[str, str],
    networks: Sequence[Network] = (),
    deadline_seconds: float = 15.0,
    tls: ssl.SSLContext | None = None,
    resolve: Resolve = look_up,
) -> Attempt:
    """Send a POST and return its outcome; nothing that the network or the receiver does raises an exception.

    The deadline is for the whole attempt: the time-outs of httpx are for each read, and a receiver that sends a byte a
    second would never reach them. After the headers of a 2xx the attempt has succeeded, whatever its body does.
    """
    began = time.monotonic()
    ends_at = asyncio.get_running_loop().time() + deadline_seconds
    status, error, retry_after = None, None, None
    try:
        async with asyncio.timeout_at(ends_at):
            target, address = await _checked(url, networks, resolve)
        answer = await _exchange(target, address, content, headers, tls or _system_tls(), ends_at)
        status, error = answer.status_code, _fault(answer)
        retry_after = _retry_after(answer.headers.get("Retry-After", "")) if error else None
    except TimeoutError:
        error = AttemptError.TIMED_OUT
    except _FailedError as failed:
        error = failed.reason
    return Attempt(status, error, retry_after, round((time.monotonic() - began) * 1_000))


@cache
def _system_tls() -> ssl.SSLContext:
    """Return the context with the system's certificates; made once, because reading them takes some 20 ms."""
    return ssl.create_default_context()


async def _checked(url: str, networks: Sequence[Network], resolve: Resolve) -> tuple[Target, Address]:
    """Return what a URL names, and the address to connect to. Raises _FailedError."""
    try:
        target = check_url(url, networks)
    except UnusableUrlError as error:
        raise _FailedError(AttemptError.ADDRESS_NOT_PUBLIC) from error
    if target.address is not None:
        return target, target.address
    try:
        async with asyncio.timeout(LOOKUP_SECONDS):
            found = [ip_address(text) for text in await resolve(target.host, target.port)]
    except OSError as error:  # TimeoutError is one
        raise _FailedError(AttemptError.DNS_FAILED) from error
    if not found:
        raise _FailedError(AttemptError.DNS_FAILED)
    allowed = is_inside if target.is_inside_only else is_allowed
    if not all(allowed(address, networks) for address in found):
        raise _FailedError(AttemptError.ADDRESS_NOT_PUBLIC)
    return target, found[0]


async def _exchange(
    target: Target,
    address: Address,
    content: bytes,
    headers: Mapping[str, str],
    tls: ssl.SSLContext,
    ends_at: float,
) -> httpx.Response:
    """Send the request and return the answer, whose body was read and dropped. Raises _FailedError or TimeoutError.

    The certificate is checked against the name of the host, although the connection is to an address.
    """
    connection = _Connection()
    sent = httpx.Headers(headers)
    sent.update({"Host": target.authority, "Accept-Encoding": "identity", "Connection": "close"})
    async with httpx.AsyncClient(
        verify=tls,
        trust_env=False,  # no proxies and no .netrc
        follow_redirects=False,
        timeout=None,  # noqa: S113  # the deadline is below
        limits=httpx.Limits(max_connections=1, max_keepalive_connections=0),
    ) as client:
        request = client.build_request(
            "POST",
            f"{target.scheme}://{in_url(str(address))}:{target.port}{target.path}",
            content=content,
            headers=sent,
            extensions={"sni_hostname": target.host, "trace": connection.watch},
        )
        try:
            async with asyncio.timeout_at(ends_at):
                answer = await client.send(request, stream=True)
            if answer.is_success:
                await _drop_body(answer, ends_at)
            await answer.aclose()
        except TimeoutError:
            raise
        except (httpx.TransportError, OSError) as error:  # httpx passes on an SSLError of a read unchanged
            is_tls = connection.has_tls_failed or isinstance(error, ssl.SSLError)
            raise _FailedError(AttemptError.TLS_FAILED if is_tls else AttemptError.CONNECT_FAILED) from error
        finally:
            await connection.close()
    return answer


async def _drop_body(answer: httpx.Response, ends_at: float) -> None:
    """Read a body as it was sent, without decompressing it, up to MAX_ANSWER_BYTES.

    Without that, the connection would end while the receiver is sending, which some report as an error.
    """
    with suppress(httpx.TransportError, OSError):
        async with asyncio.timeout_at(ends_at):
            async for _ in answer.aiter_raw():
                pass


def _fault(answer: httpx.Response) -> AttemptError | None:
    if answer.is_success:
        return None
    return AttemptError.REDIRECTED if 300 <= answer.status_code < 400 else AttemptError.STATUS


def _retry_after(text: str) -> float | None:
    """Return the seconds of the header `Retry-After`, which has seconds or a date; None if it is neither, or past."""
    if text.isascii() and text.isdigit():
        return min(float(text), MAX_RETRY_AFTER.total_seconds())
    try:
        instant = parsedate_to_datetime(text)
        wait = (instant if instant.tzinfo else instant.replace(tzinfo=UTC)) - wall_clock()
    except (ValueError, OverflowError):
        return None
    return min(wait, MAX_RETRY_AFTER).total_seconds() if wait >= timedelta() else None
