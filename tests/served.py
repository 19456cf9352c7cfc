"""A real server in a thread, for tests that an in-process client cannot do."""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest
import uvicorn
import uvicorn.server

from api import main
from api.http.server import make_server
from tests.conftest import World

Address = tuple[str, int]
LATER = 3_600.0  # seconds: no test needs the document, and to build it takes one second of the processor
PLAIN = False  # for `verify`: loading the CA certificates takes longer than the requests
PAUSE_SECONDS = 0.005


class _ShortPauses:
    """`asyncio` for uvicorn, which looks every 100 ms whether it is to end, and then waits 100 ms for connections."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, PAUSE_SECONDS))


@contextmanager
def unchanged_logging() -> Iterator[None]:
    """Restore the configuration of `logging` at the end of the block."""
    root, ours = logging.getLogger(), logging.getLogger("afterword")
    handlers, levels = root.handlers[:], {logger: logger.level for logger in (root, ours)}
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        root.handlers[:] = handlers
        for logger, level in levels.items():
            logger.setLevel(level)


@contextmanager
def served(world: World) -> Iterator[Address]:
    """Serve a world's application; yields host and port."""
    with serving(world) as (address, _):
        yield address


@contextmanager
def serving(world: World) -> Iterator[tuple[Address, uvicorn.Server]]:
    """Serve a world's application; yields host and port, and the uvicorn server."""
    settings = world.app.state.settings
    is_ready = threading.Event()
    with (
        unchanged_logging(),
        socket.create_server(("127.0.0.1", 0)) as listener,
        pytest.MonkeyPatch.context() as patch,
    ):
        server = make_server(world.app, settings, lambda _: is_ready.set())
        patch.setattr(main, "BUILD_DOCUMENT_AFTER", LATER)
        patch.setattr(uvicorn.server, "asyncio", _ShortPauses())
        thread = threading.Thread(target=lambda: server.run(sockets=[listener]))
        address: Address = listener.getsockname()
        thread.start()
        try:
            assert is_ready.wait(10)
            yield address, server
        finally:
            server.should_exit = True
            thread.join(30)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_until(holds: Callable[[], bool], seconds: float = 5) -> None:
    """Wait until something holds; fail if it does not in time."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    assert holds()


def http_client(address: Address) -> httpx.Client:
    """Return a client that keeps its connections open."""
    host, port = address
    return httpx.Client(base_url=f"http://{host}:{port}", verify=PLAIN, timeout=30)


def closed_after(connection: socket.socket, most: float) -> tuple[float, bytes]:
    """Return after how many seconds the server closed the connection, and what it sent before."""
    began, said = time.monotonic(), b""
    connection.settimeout(most)
    with suppress(ConnectionResetError):
        while data := connection.recv(65_536):
            said += data
    return time.monotonic() - began, said
