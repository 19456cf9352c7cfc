"""Admission and timeouts: what exceeds the queue or a deadline is refused in time, and nothing of it is written."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from sqlalchemy import Connection, text

from api.http.admission import Shares
from api.http.known_accounts import Holder
from api.settings import Settings
from api.storage.database import Database
from tests.conftest import World
from tests.http.test_races import is_blocked
from tests.served import PLAIN, Address, closed_after, served, serving, wait_until

APPLICATION = {"company": "Acme", "role": "Engineer"}
Worlds = Callable[..., World]


@contextmanager
def nobody_may_write(world: World) -> Iterator[Connection]:
    """Lock the rows of all users from a connection outside the server, so that every write waits.

    What the block does with the connection is rolled back unless it commits.
    """
    outside = Database(Settings(database_url=world.app.state.settings.database_url))
    with outside.engine.execution_options(write=True).connect() as connection:
        connection.execute(text("UPDATE user_account SET locale = locale"))
        yield connection
        connection.rollback()
    outside.dispose()


def wait_until_locked_out(world: World) -> None:
    """Wait until a write of the server has begun, and waits for the lock that another connection holds."""
    if world.database.is_sqlite:
        wait_until(lambda: world.database._write_lock._is_taken)
    else:
        wait_until(lambda: is_blocked(world))


@contextmanager
def client_of(world: World, address: Address) -> Iterator[httpx.Client]:
    secret = world.sign_up().headers["Authorization"]
    url = f"http://{address[0]}:{address[1]}"
    with httpx.Client(base_url=url, headers={"Authorization": secret}, timeout=20, verify=PLAIN) as client:
        yield client


def test_when_the_queue_is_full_the_next_request_is_refused_at_once(make_world: Worlds) -> None:
    world = make_world(pool_size=3, max_waiting=1)
    with served(world) as address, client_of(world, address) as client, ThreadPoolExecutor() as pool:
        with nobody_may_write(world):
            runs = pool.submit(client.post, "/v1/applications", json=APPLICATION)
            wait_until(lambda: world.app.state.gate.is_full)
            waits = pool.submit(client.post, "/v1/applications", json=APPLICATION)
            wait_until(lambda: world.app.state.gate.waiting == 1)
            began = time.monotonic()
            refused = client.get("/v1/applications")
            assert time.monotonic() - began < 1
            assert client.get("/livez").status_code == 200
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "1"
        assert refused.json()["code"] == "unavailable"
        assert refused.headers["X-Request-ID"] == refused.json()["request_id"]
        assert [runs.result().status_code, waits.result().status_code] == [201, 201]
        assert len(client.get("/v1/applications").json()["items"]) == 2


def test_one_account_has_at_most_half_of_the_places_and_of_the_queue(make_world: Worlds) -> None:
    world = make_world(pool_size=6, max_waiting=4)
    with (
        served(world) as address,
        client_of(world, address) as greedy,
        client_of(world, address) as other,
        ThreadPoolExecutor() as pool,
    ):
        for client in (greedy, other):
            assert client.get("/v1/queue").status_code == 200  # now the process knows whose tokens they are
        gate = world.app.state.gate
        with nobody_may_write(world):
            sent = [pool.submit(greedy.post, "/v1/applications", json=APPLICATION) for _ in range(4)]
            wait_until(lambda: gate.waiting == 2)
            assert greedy.get("/v1/queue").status_code == 503
            assert not gate.is_full
            assert [other.get("/v1/queue").status_code for _ in range(5)] == [200] * 5
        assert {one.result().status_code for one in sent} <= {201, 503}
        wait_until(lambda: gate.waiting == 0)
        assert [greedy.get("/v1/queue").status_code, other.get("/v1/queue").status_code] == [200, 200]


@pytest.mark.parametrize(
    ("places", "account", "address", "addresses"), [(1, 1, 1, 1), (2, 1, 1, 1), (6, 3, 1, 2), (12, 6, 3, 4)]
)
def test_the_shares_of_the_places(places: int, account: int, address: int, addresses: int) -> None:
    def most(*names: Holder) -> int:
        shares, taken = Shares(places), 0
        for holder in names:
            while shares.is_left(holder):
                shares.take(holder)
                taken += 1
        for holder in names:
            while shares._taken[holder]:
                shares.give_back(holder)
        assert all(shares.is_left(holder) for holder in names)
        return taken

    assert most(Holder("a", is_known=True)) == account
    assert most(Holder("192.0.2.1", is_known=False)) == address
    assert most(*(Holder(f"192.0.2.{n}", is_known=False) for n in range(20))) == addresses


def test_a_token_that_ends_while_its_write_waits_is_refused(make_world: Worlds) -> None:
    world = make_world()
    with served(world) as address, client_of(world, address) as client, ThreadPoolExecutor() as pool:
        assert client.get("/v1/queue").status_code == 200
        with nobody_may_write(world) as connection:
            sent = pool.submit(client.post, "/v1/applications", json=APPLICATION)
            wait_until_locked_out(world)
            connection.execute(text("DELETE FROM token"))
            connection.commit()
        assert sent.result().status_code == 401
    with world.database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM application")).scalar() == 0


def test_a_request_that_timed_out_is_not_carried_out_afterwards(make_world: Worlds) -> None:
    world = make_world(pool_size=3, request_timeout_seconds=0.4, busy_timeout_seconds=20)
    with served(world) as address, client_of(world, address) as client:
        with nobody_may_write(world):
            began = time.monotonic()
            late = client.post("/v1/applications", json=APPLICATION)
            waited = time.monotonic() - began
            wait_until(
                lambda: not world.app.state.gate.is_full
            )  # the statement that waits for the lock was interrupted
            assert client.get("/v1/applications").json()["items"] == []
        assert 0.3 < waited < 2
        assert late.status_code == 503
        assert late.headers["Retry-After"] == "1"
        assert client.get("/v1/applications").json()["items"] == []
        assert client.post("/v1/applications", json=APPLICATION).status_code == 201


def test_a_client_that_disconnects_while_it_waits_releases_its_place(make_world: Worlds) -> None:
    world = make_world(pool_size=3)
    with served(world) as address, client_of(world, address) as client:
        with nobody_may_write(world), pytest.raises(httpx.ReadTimeout):
            client.post("/v1/applications", json=APPLICATION, timeout=0.2)
        wait_until(lambda: not world.app.state.gate.is_full)
        assert client.get("/v1/applications").status_code == 200


HEAD = b"POST /v1/users HTTP/1.1\r\nHost: here\r\n"
SLOW = {
    "nothing at all": (b"", b""),
    "half a header": (b"GET /livez HTTP/1.1\r\nHost: here\r\nX-Slow: ", b""),
    "half a body": (HEAD + b"Content-Type: application/json\r\nContent-Length: 90\r\n\r\n{", b"HTTP/1.1 408"),
    "half a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n500\r\n{", b"HTTP/1.1 408"),
    "a body that is too large and does not end": (HEAD + b"Content-Length: 900000\r\n\r\nx", b"HTTP/1.1 413"),
}


@pytest.mark.sqlite
def test_slow_clients_are_disconnected(make_world: Worlds) -> None:
    world = make_world(header_timeout_seconds=0.2, body_timeout_seconds=0.2)
    stop = threading.Event()

    def said_to(address: Address, sent: bytes) -> tuple[float, bytes]:
        with socket.create_connection(address) as slow:
            slow.sendall(sent)
            threading.Thread(target=trickle, args=(slow, stop)).start() if sent else None
            return closed_after(slow, 5)

    with served(world) as address, ThreadPoolExecutor(len(SLOW)) as at_once:
        clients = {name: at_once.submit(said_to, address, sent) for name, (sent, _) in SLOW.items()}
        found = {name: client.result() for name, client in clients.items()}
        stop.set()
    for name, (_, answer) in SLOW.items():
        waited, said = found[name]
        assert waited < 2, name
        assert said.startswith(answer) if answer else said == b"", name


def trickle(slow: socket.socket, stop: threading.Event) -> None:
    """Send one byte every 50 ms, as a client does that wants to keep its connection open for ever."""
    while not stop.wait(0.05):
        try:
            slow.sendall(b"x")
        except OSError:
            return


@pytest.mark.sqlite
def test_an_incomplete_body_is_not_used(world: World) -> None:
    with serving(world) as (address, server), client_of(world, address) as client:
        whole = json.dumps(APPLICATION).encode()
        head = (
            b"POST /v1/applications HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nAuthorization: %b\r\n"
            % client.headers["Authorization"].encode()
        )
        for length in (b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(whole), b"Content-Length: 500\r\n\r\n"):
            with socket.create_connection(address) as connection:
                connection.sendall(head + length + whole)
                connection.shutdown(socket.SHUT_WR)
                closed_after(connection, 5)
        wait_until(lambda: not server.server_state.tasks)
        assert client.get("/v1/applications").json()["items"] == []


@pytest.mark.sqlite
def test_a_quick_client_keeps_its_connection(make_world: Worlds) -> None:
    world = make_world(header_timeout_seconds=0.5)
    request = b"GET /livez HTTP/1.1\r\nHost: here\r\n\r\n"
    with served(world) as address, socket.create_connection(address) as quick:
        for pause in (0, 0.2, 0.2, 0.2):  # the last request comes later than a first one might
            time.sleep(pause)
            quick.sendall(request)
            said = b""
            while not said.endswith(b"}"):
                said += quick.recv(65_536)
            assert said.startswith(b"HTTP/1.1 200")


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        pytest.param(b"HELLO\r\n\r\n", 400, "not_http", id="not-http"),
        pytest.param(
            b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 500_000 + b"\r\n\r\n",
            431,
            "headers_too_large",
            id="one-long-header",
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\n" + b"X-Many: 1\r\n" * 50_000 + b"\r\n", 431, "headers_too_large", id="many-headers"
        ),
    ],
)
def test_bytes_that_are_not_a_request_are_answered_with_a_problem_too(
    make_world: Worlds, sent: bytes, status: int, code: str
) -> None:
    with served(make_world()) as address, socket.create_connection(address) as connection:
        connection.sendall(sent)
        _, said = closed_after(connection, 5)
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d" % status)
    assert b"content-type: application/problem+json" in head
    assert json.loads(body)["code"] == code
