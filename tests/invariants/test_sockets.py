"""Every GET route over one connection: what a server and a client on it must agree about.

The test client calls the application, so it sees neither bytes after a response nor what a server reads from its scope.
"""

import logging
import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse

import pytest

from api.http.route_index import routes_of
from tests.conftest import World
from tests.invariants.conftest import OPERATIONS, opened_world
from tests.invariants.failures import Failures
from tests.served import served
from tests.stores import Store

pytestmark = pytest.mark.sqlite
VOLATILE = ("date", "x-request-id", "ratelimit", "transfer-encoding")
Exchange = tuple[int, dict[str, str], bytes]


class KeptConnection:
    """One connection for all requests; fails if the server closes it or sends anything between two responses."""

    def __init__(self, host: str, port: int) -> None:
        self.connection = HTTPConnection(host, port, timeout=10)
        self.connection.connect()
        self.socket = self.connection.sock

    def ask(self, method: str, path: str, headers: dict[str, str]) -> Exchange:
        self.connection.request(method, path, headers=headers)
        answer: HTTPResponse = self.connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders() if name.lower() not in VOLATILE}
        body = answer.read()
        assert self.connection.sock is self.socket, f"{method} {path} closed the connection"
        return answer.status, found, body


@pytest.fixture(scope="module")
def demo_world(demo_database: tuple[str, str], store: Store) -> Iterator[World]:
    with opened_world(store, demo_database[0]) as world:
        yield world


def addresses_of(world: World) -> list[str]:
    """Return an address of every GET route, whether the document has it or not."""
    documented = {operation.path: operation.href for operation in OPERATIONS if operation.method == "GET"}
    paths = {getattr(route, "path", ""): getattr(route, "methods", None) or {"GET"} for route in routes_of(world.app)}
    others = [path.split("{")[0] for path, methods in paths.items() if "GET" in methods and path not in documented]
    return [*documented.values(), *others, "/docs/files/swagger-ui.css", "/problems/invalid", "/nothing", "/v1/nothing"]


def test_head_and_get_of_every_route_share_one_connection(
    demo_world: World, demo_database: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    callers = {"nobody": {}, "the owner": {"Authorization": demo_database[1]}}
    addresses = addresses_of(demo_world)
    assert len(addresses) > 60
    with served(demo_world) as address, Failures() as failures:
        for name, headers in callers.items():
            kept = KeptConnection(*address)
            for path in addresses:
                with failures.of(path, "by", name):
                    asked = dict(headers)
                    for _ in range(2):
                        head, get = (kept.ask(method, path, asked) for method in ("HEAD", "GET"))
                        assert (head[0], head[2]) == (get[0], b"")
                        assert head[1] == get[1]
                        asked["If-None-Match"] = get[1].get("etag", '"none"')
            kept.connection.close()
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("path", ["/livez", "/v1/me/export", "/v1/me", "/nothing"])
def test_after_the_headers_of_a_head_comes_no_byte(
    demo_world: World, demo_database: tuple[str, str], path: str
) -> None:
    request = f"HEAD {path} HTTP/1.1\r\nHost: here\r\nAuthorization: {demo_database[1]}\r\n\r\n".encode()
    with served(demo_world) as address, socket.create_connection(address) as connection:
        connection.sendall(request * 2 + request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        said = b"".join(iter(lambda: connection.recv(65_536), b""))
    parts = said.split(b"\r\n\r\n")
    assert [part[:9] for part in parts] == [b"HTTP/1.1 "] * 3 + [b""]
