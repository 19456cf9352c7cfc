"""Cheap load generators for separate processes: raw streams on uvloop with requests that are built in advance."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")
NO_ANSWER = 0
BROKEN = (OSError, asyncio.IncompleteReadError, ValueError)
BLOCK = b"x" * 65_536


@dataclass(frozen=True)
class Target:
    """The port of the server, and the requests that are sent in turn."""

    port: int
    requests: tuple[bytes, ...]


@dataclass
class Seen:
    """The statuses of the answers, the seconds of accepted requests, and the generator's largest lag in seconds."""

    statuses: Counter[int] = field(default_factory=Counter)
    accepted: list[float] = field(default_factory=list)
    lag: float = 0.0

    def add(self, status: int, took: float) -> None:
        self.statuses[status] += 1
        if status in (200, 201):
            self.accepted.append(took)

    @property
    def share(self) -> float:
        """The share of accepted requests."""
        return len(self.accepted) / max(1, self.statuses.total())


@dataclass
class Cut:
    """Slow clients: the seconds until each was disconnected, None if it was not, and the statuses of the answers."""

    after: list[float | None] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


def request(method: str, path: str, token: str, body: object = None) -> bytes:
    """Return the bytes of a request."""
    content = b"" if body is None else json.dumps(body).encode()
    return head(method, path, token, f"Content-Length: {len(content)}") + content


def head(method: str, path: str, token: str, *more: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: trial", f"Authorization: Bearer {token}", *more]
    return "\r\n".join([*lines, "Content-Type: application/json", "", ""]).encode()


class Connection:
    """A keep-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.is_open = True

    @classmethod
    async def to(cls, target: Target) -> "Connection":
        return cls(*await asyncio.open_connection("127.0.0.1", target.port))

    async def ask(self, wanted: bytes) -> int:
        """Send a request; return the status after the whole answer was received."""
        self.writer.write(wanted)
        lines = (await self.reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
        fields = dict(line.split(b": ", 1) for line in lines[1:] if line)
        await self.reader.readexactly(int(fields.get(b"content-length", 0)))
        self.is_open = fields.get(b"connection") != b"close"
        return int(lines[0].split()[1])

    def close(self) -> None:
        self.writer.transport.abort()


class Crowd:
    """Clients that share a pool of connections, which stay open until the server closes them."""

    def __init__(self, target: Target) -> None:
        self.target, self.seen = target, Seen()
        self.idle: list[Connection] = []

    async def ask(self, number: int) -> None:
        wanted = self.target.requests[number % len(self.target.requests)]
        began, status = time.monotonic(), NO_ANSWER
        while self.idle and status == NO_ANSWER:  # the server may have closed an idle connection just now
            status = await self._try(self.idle.pop(), wanted)
        if status == NO_ANSWER:
            with suppress(*BROKEN):
                status = await self._try(await Connection.to(self.target), wanted)
        self.seen.add(status, time.monotonic() - began)

    async def _try(self, connection: Connection, wanted: bytes) -> int:
        status = NO_ANSWER
        try:
            status = await connection.ask(wanted)
        except BROKEN:
            pass
        finally:
            if status != NO_ANSWER and connection.is_open:
                self.idle.append(connection)
            else:
                connection.close()
        return status


def closed_loop(target: Target, clients: int, seconds: float) -> Seen:
    """Load a server with clients that each wait for their answer, to measure its capacity."""

    async def load() -> Seen:
        crowd, end = Crowd(target), time.monotonic() + seconds

        async def client(number: int) -> None:
            while time.monotonic() < end:
                await crowd.ask(number)
                number += clients

        await asyncio.gather(*map(client, range(clients)))
        return crowd.seen

    return _run(load)


def open_loop(target: Target, rate: float, begin: float, seconds: float, patience: float = 10) -> Seen:
    """Send requests at a constant rate, whether or not others are answered; wait `patience` seconds at the end.

    `begin`: the start by `time.monotonic`.
    """

    async def load() -> Seen:
        crowd, waiting = Crowd(target), set[asyncio.Task[None]]()
        for number in range(int(rate * seconds)):
            ahead = begin + number / rate - time.monotonic()
            if ahead > 0:
                await asyncio.sleep(ahead)
            crowd.seen.lag = max(crowd.seen.lag, -ahead)
            waiting.add(task := asyncio.create_task(crowd.ask(number)))
            task.add_done_callback(waiting.discard)
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=patience)
            crowd.seen.statuses.update(NO_ANSWER for _ in late)
            await _cancelled(late)
        return crowd.seen

    return _run(load)


def slow_clients(target: Target, token: str, path: str, each: int, patience: float) -> Cut:
    """Run clients that send a byte a second: `each` in the headers, and as many in a body with Content-Length."""

    async def load() -> Cut:
        headers = head("GET", "/v1/queue", token)[:-4] + b"\r\nX-Slow: "
        body = head("POST", path, token, "Content-Length: 100000")
        cut, starts = Cut(), [headers, body] * each
        await asyncio.gather(*(_creep(target, start, patience, cut) for start in starts))
        return cut

    return _run(load)


async def _creep(target: Target, start: bytes, patience: float, cut: Cut) -> None:
    began, said = time.monotonic(), b""
    connection: Connection | None = None
    try:
        connection = await Connection.to(target)
        connection.writer.write(start)
        while time.monotonic() - began < patience:
            connection.writer.write(b" ")
            with suppress(TimeoutError):
                said = await asyncio.wait_for(connection.reader.read(4_096), 1)
                break
        else:
            cut.after.append(None)
            return
    except BROKEN:
        pass
    finally:
        if connection is not None:
            connection.close()
    cut.after.append(time.monotonic() - began)
    cut.statuses[int(said[9:12]) if said.startswith(b"HTTP/1.") else NO_ANSWER] += 1


def large_bodies(target: Target, token: str, path: str, each: int, size: int) -> Counter[int]:
    """Run clients with large bodies, half with Content-Length and half chunked; return the statuses of the answers."""

    async def load() -> Counter[int]:
        kinds = [f"Content-Length: {size}", "Transfer-Encoding: chunked"] * each
        return Counter(await asyncio.gather(*(_pour(target, head("POST", path, token, kind), size) for kind in kinds)))

    return _run(load)


async def _pour(target: Target, start: bytes, size: int) -> int:
    connection = await Connection.to(target)
    chunked = b"chunked" in start
    block = b"%x\r\n%s\r\n" % (len(BLOCK), BLOCK) if chunked else BLOCK
    answer = asyncio.create_task(connection.reader.read(4_096))
    with suppress(*BROKEN, TimeoutError):
        async with asyncio.timeout(60):
            connection.writer.write(start)
            for _ in range(size // len(BLOCK)):
                connection.writer.write(block)
                await connection.writer.drain()
                await asyncio.sleep(0)
            connection.writer.write(b"0\r\n\r\n" if chunked else b"x" * (size % len(BLOCK)))
            await answer
    said = b""
    with suppress(*BROKEN, TimeoutError):
        said = await asyncio.wait_for(answer, 5)
    connection.close()
    return int(said[9:12]) if said.startswith(b"HTTP/1.") else NO_ANSWER


async def _cancelled(tasks: Iterable[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _run(load: Callable[[], Coroutine[Any, Any, T]]) -> T:
    return uvloop.run(load())
