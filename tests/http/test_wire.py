"""Malformed HTTP over a socket: it is refused or disconnected, has no effect, and the server goes on answering."""

import json
import socket
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.conftest import World
from tests.hostile import wire
from tests.hostile.inputs import MARK
from tests.http.api_client import PROBLEM
from tests.served import Address, closed_after, served, serving
from tests.services.checks import dump

PATIENCE = 30.0  # the sender and the server share one interpreter, on a machine that may be busy
Parts = dict[str, Iterator[bytes]]


@pytest.fixture
def impatient(make_world: Callable[..., World]) -> World:
    return make_world(header_timeout_seconds=0.2, body_timeout_seconds=0.2)


def answer_to(address: Address, parts: Iterator[bytes]) -> bytes:
    """Send all parts and return the answer up to its headers; fail if the server neither answers nor closes in time."""
    end, said = time.monotonic() + PATIENCE, b""
    with socket.create_connection(address) as connection:
        connection.settimeout(PATIENCE)
        try:
            for part in parts:
                connection.sendall(part)
                assert time.monotonic() < end, "the server goes on reading"
            while b"\r\n\r\n" not in said and (data := connection.recv(65_536)):
                said += data
        except (ConnectionResetError, BrokenPipeError):
            pass  # The server closed with unread data; the kernel may then drop the answer.
        return said


def answers_to(address: Address, requests: Parts, token: bytes) -> dict[str, bytes]:
    """Return the answers to requests, four of which are sent at the same time, because some end by a timeout."""

    def answer(parts: Iterator[bytes]) -> bytes:
        return answer_to(address, (part.replace(b"@token@", token) for part in parts))

    with ThreadPoolExecutor(4) as at_once:
        return dict(zip(requests, at_once.map(answer, requests.values()), strict=True))


def faults_of(said: bytes) -> Iterator[str]:
    """Yield what is wrong with an answer to a malformed request; no answer at all is right."""
    head, _, body = said.partition(b"\r\n\r\n")
    if MARK.encode() in said:
        yield "it echoes the input"
    if said and not head.startswith(b"HTTP/1.1 4"):
        yield f"it is answered {head[:40]!r}"
    if said and PROBLEM.encode() not in head:
        yield "its answer is no problem document"
    if body.endswith(b"}") and not json.loads(body)["request_id"]:
        yield "its problem has no request id"
    if said.count(b"HTTP/1.1 ") > 1:
        yield "it is taken for two requests"


def broken() -> Parts:
    return {name: iter([sent]) for name, sent in wire.BROKEN.items()}


@pytest.mark.sqlite
@pytest.mark.parametrize("make", [broken, wire.without_end], ids=["malformed", "endless"])
def test_a_malformed_request_is_refused_and_changes_nothing(make: Callable[[], Parts], impatient: World) -> None:
    client = impatient.sign_up()
    token, user = client.headers["Authorization"].encode(), client.get("/v1/me").json()["id"]
    before, found = dump(impatient.database, user), {}
    with served(impatient) as address:
        for name, said in answers_to(address, make(), token).items():
            if faults := list(faults_of(said)):
                found[name] = faults
        for name, sent in wire.FINE.items():
            assert answer_to(address, iter([sent])).startswith(b"HTTP/1.1 200"), name
    assert found == {}
    assert dump(impatient.database, user) == before


@pytest.mark.sqlite
def test_the_requests_that_the_malformed_ones_are_made_from_work(impatient: World) -> None:
    client = impatient.sign_up()
    token = client.headers["Authorization"].encode()
    with served(impatient) as address:
        for sent in (wire.post(), wire.chunked(wire.CHUNK + b"0\r\n\r\n")):
            said = answer_to(address, iter([sent.replace(b"@token@", token)]))
            assert said.startswith(b"HTTP/1.1 201"), said
    assert len(client.get("/v1/applications").json()["items"]) == 2


@pytest.mark.sqlite
def test_trailers_are_no_headers(world: World) -> None:
    token = world.sign_up().headers["Authorization"].encode()
    trailers = b"0\r\nAuthorization: %b\r\nX-Request-ID: trailer\r\n\r\n" % token
    sent = wire.chunked(wire.CHUNK + trailers).replace(b"Authorization: @token@\r\n", b"")
    with served(world) as address:
        said = answer_to(address, iter([sent]))
    assert said.startswith(b"HTTP/1.1 401"), said
    assert b"trailer" not in said


UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
GET = b"GET /livez HTTP/1.1\r\nHost: here\r\n"


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "requests",
    [
        pytest.param([wire.post(wire.LENGTH + UPGRADE)], id="in-one-piece"),
        pytest.param([wire.post(wire.LENGTH + UPGRADE, b""), wire.BODY[:9], wire.BODY[9:]], id="in-pieces"),
        pytest.param([wire.chunked(wire.CHUNK + b"0\r\n\r\n", UPGRADE)], id="in-chunks"),
        pytest.param([wire.post(wire.LENGTH + UPGRADE + b"Expect: 100-continue\r\n")], id="after-a-100"),
    ],
)
def test_an_upgrade_that_is_not_supported_loses_neither_body_nor_connection(
    world: World, requests: list[bytes]
) -> None:
    client = world.sign_up()
    token = client.headers["Authorization"].encode()
    with served(world) as address, socket.create_connection(address) as connection:
        connection.sendall(GET + UPGRADE + b"\r\n")
        for part in requests:
            connection.sendall(part.replace(b"@token@", token))
            time.sleep(0.05)
        connection.sendall(GET + UPGRADE + b"Connection: close\r\n\r\n")
        said = b"".join(iter(lambda: connection.recv(65_536), b""))
    lines = [line[line.index(b"HTTP/1.1 ") :][9:12] for line in said.split(b"\r\n") if b"HTTP/1.1 " in line]
    assert [line for line in lines if line != b"100"] == [b"200", b"201", b"200"]
    assert len(client.get("/v1/applications").json()["items"]) == 1


@pytest.mark.sqlite
def test_a_client_that_waits_with_its_body_and_is_refused_is_disconnected(world: World) -> None:
    sent = wire.post(b"Content-Length: 9999999\r\nExpect: 100-continue\r\n", b"")
    with served(world) as address, socket.create_connection(address) as connection:
        connection.sendall(sent)
        seconds, said = closed_after(connection, 5)
    assert said.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in said
    assert seconds < 4


@pytest.mark.sqlite
@pytest.mark.skipif(sys.platform == "win32", reason="uvloop does not support Windows")
def test_one_process_serves_with_uvloop(world: World) -> None:
    with serving(world) as (_, server):
        (loop,) = {listener.get_loop() for listener in server.servers}
        assert type(loop).__module__ == "uvloop"


@pytest.mark.sqlite
def test_connections_have_tcp_nodelay_set(world: World) -> None:
    with serving(world) as (address, server), socket.create_connection(address) as client:
        client.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(65_536)
        (protocol,) = server.server_state.connections
        here: Any = protocol
        accepted = here.transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
