"""Limits on connections: their number, and clients that do not read, or too slowly, what they asked for."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from unittest.mock import Mock

import pytest
import uvicorn

from api.http import connections
from api.http.server import DeadlineProtocol
from tests.conftest import World
from tests.served import Address, closed_after, serving, wait_until

pytestmark = pytest.mark.sqlite
LARGE = b"GET /docs/files/swagger-ui-bundle.js HTTP/1.1\r\nHost: here\r\n\r\n"
SMALL = b"GET /v1/meta HTTP/1.1\r\nHost: here\r\n\r\n"
SIZE = 1_000_000  # a little less than the large response
Server = tuple[Address, uvicorn.Server]


@pytest.fixture
def serve(make_world: Callable[..., World]) -> Iterator[Callable[..., Server]]:
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(serving(make_world(**settings)))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge the pace of readers after a fifth of a second: 800 bytes must be read in it."""
    monkeypatch.setattr(connections, "WINDOW_SECONDS", 0.2)
    monkeypatch.setattr(connections, "TICK_SECONDS", 0.05)


def asked(address: Address, *requests: bytes, buffer: int = 4_096) -> socket.socket:
    """Connect with small buffers, so that the server cannot get rid of a large response, and send requests."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    client.settimeout(10)
    client.connect(address)
    client.sendall(b"".join(requests))
    return client


def answered(address: Address) -> bytes:
    with asked(address, SMALL) as client:
        return client.recv(65_536)


def unsent(server: uvicorn.Server) -> list[int]:
    """Return the unsent bytes of each connection that has some."""
    sizes = [protocol.transport.get_write_buffer_size() for protocol in list(server.server_state.connections)]
    return [size for size in sizes if size]


def test_clients_that_do_not_read_are_disconnected_and_take_no_place(serve: Callable[..., Server], quick: None) -> None:
    address, server = serve(pool_size=3)  # one place
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(asked(address, LARGE))
        wait_until(lambda: len(unsent(server)) == 8)
        assert answered(address).startswith(b"HTTP/1.1 200")
        wait_until(lambda: not server.server_state.connections)


def test_a_client_that_reads_a_few_bytes_is_disconnected(serve: Callable[..., Server], quick: None) -> None:
    address, server = serve()
    with asked(address, LARGE) as client:
        wait_until(lambda: len(unsent(server)) == 1)
        for _ in range(100):
            client.recv(10)
            time.sleep(0.02)
            if not server.server_state.connections:
                break
        assert not server.server_state.connections


def test_a_client_that_reads_in_pieces_gets_everything(serve: Callable[..., Server]) -> None:
    address, server = serve()
    with asked(address, LARGE, buffer=65_536) as client:
        wait_until(lambda: len(unsent(server)) == 1)
        said = 0
        while said < SIZE and (data := client.recv(20_000)):
            said += len(data)
    assert said >= SIZE


@pytest.mark.parametrize(
    ("bytes_per_second", "waited", "slow"),
    [
        pytest.param(0, 29, False, id="before the window ends"),
        pytest.param(0, 31, True, id="nothing"),
        pytest.param(3_900, 31, True, id="less than the least pace"),
        pytest.param(4_100, 310, False, id="more than the least pace"),
    ],
)
def test_the_pace_of_a_reader_is_judged_by_what_it_read(bytes_per_second: int, waited: int, slow: bool) -> None:
    transport = Mock(spec=asyncio.Transport)
    reader = connections.Reader(transport, None, unsent=10_000_000)
    judged = []
    for second in range(1, waited + 1):
        transport.get_write_buffer_size.return_value = 10_000_000 - bytes_per_second * second
        reader.count(second)
        judged.append(reader.is_too_slow())
    assert any(judged) == slow


def test_unsent_bytes_of_a_process_are_bounded(serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_UNSENT_BYTES", 2 * SIZE)
    address, server = serve()
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(asked(address, LARGE))
            assert sum(unsent(server)) < 4 * SIZE
        wait_until(lambda: 0 < sum(unsent(server)) <= 2 * SIZE)
        assert answered(address).startswith(b"HTTP/1.1 200")


def test_a_connection_keeps_one_response_in_memory(serve: Callable[..., Server]) -> None:
    address, server = serve()
    with asked(address, *[LARGE] * 10, buffer=65_536) as client:
        wait_until(lambda: len(unsent(server)) == 1)
        (protocol,) = server.server_state.connections
        assert isinstance(protocol, DeadlineProtocol)
        wait_until(lambda: protocol.is_response_unread)
        time.sleep(0.05)
        assert sum(unsent(server)) < 2 * SIZE
        assert len(server.server_state.tasks) == 0
        said = 0
        while said < 10 * SIZE and (data := client.recv(1_000_000)):
            said += len(data)
    assert said >= 10 * SIZE


@pytest.mark.parametrize(
    ("settings", "limited"),
    [
        pytest.param({"max_connections": 3}, True, id="process"),
        pytest.param({"max_connections_per_address": 3}, True, id="address"),
        pytest.param({"max_connections_per_address": 0}, False, id="no-limit"),
        pytest.param(
            {"max_connections_per_address": 3, "trusted_proxies": ("127.0.0.0/8",)}, False, id="trusted-proxy"
        ),
    ],
)
def test_connections_are_limited(serve: Callable[..., Server], settings: dict[str, object], limited: bool) -> None:
    address, server = serve(**settings)
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection(address)) for _ in range(3)]
        wait_until(lambda: len(server.server_state.connections) == 3)
        fourth = stack.enter_context(socket.create_connection(address))
        if limited:
            _, said = closed_after(fourth, 5)
            assert said.startswith(b"HTTP/1.1 503")
            assert b"retry-after: 1" in said
            assert b'"code": "unavailable"' in said
        else:
            fourth.sendall(SMALL)
            assert fourth.recv(65_536).startswith(b"HTTP/1.1 200")
        held.pop().close()
        wait_until(lambda: len(server.server_state.connections) <= 3)
        fourth.close()
        wait_until(lambda: len(server.server_state.connections) <= 2)
        assert answered(address).startswith(b"HTTP/1.1 200")
