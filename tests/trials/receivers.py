"""Receivers of webhooks for trials, in a thread: one that answers, and those that hang, drip or fail."""

import asyncio
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
ERROR = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
# A webhook reaches them only if AFTERWORD_WEBHOOK_NETWORKS allows it.
NETWORKS = {"AFTERWORD_WEBHOOK_NETWORKS": "127.0.0.0/8"}


class Receivers:
    """An HTTP server whose paths behave differently: `/good…`, `/error`, `/hang` and `/drip`.

    `bodies`: what arrived at good paths, by path and `webhook-id`; `arrived_at`: when the first one did (monotonic).
    """

    def __init__(self) -> None:
        self.bodies: dict[tuple[str, str], list[bytes]] = defaultdict(list)
        self.arrived_at: dict[tuple[str, str], float] = {}
        self.port = 0
        self.requests: dict[str, int] = defaultdict(int)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.refused = f"http://127.0.0.1:{free.getsockname()[1]}/"  # nobody listens there any more

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    async def serve(self, ready: threading.Event, stopped: asyncio.Event) -> None:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stopped.wait()
        server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, ValueError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            path = head.split(" ", 2)[1].strip("/")
            headers = {
                name.strip().lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])
            }
            body = await reader.readexactly(int(headers["content-length"]))
            self.requests[path] += 1
            await self._behave(path, headers["webhook-id"], body, writer)
        with suppress(OSError):
            writer.close()

    async def _behave(self, path: str, id_: str, body: bytes, writer: asyncio.StreamWriter) -> None:
        if path == "hang":
            await asyncio.sleep(600)
        elif path == "drip":
            for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 600:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(1)
        elif path == "error":
            writer.write(ERROR)
        else:
            self.bodies[(path, id_)].append(body)
            self.arrived_at.setdefault((path, id_), time.monotonic())
            writer.write(OK)
        await writer.drain()


@contextmanager
def receiving() -> Iterator[Receivers]:
    """Run the receivers in a thread, on a port of 127.0.0.1."""
    receivers, ready = Receivers(), threading.Event()
    loop, stopped = asyncio.new_event_loop(), asyncio.Event()

    def serve() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:  # at its end it cancels those that still wait
            runner.run(receivers.serve(ready, stopped))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield receivers
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(10)
