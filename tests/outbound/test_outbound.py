"""The outgoing client against real receivers on this machine: what it sends, where, and how long it may take."""

import ast
import asyncio
import gzip
import socket
import ssl
import struct
import threading
import time
import tracemalloc
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from api import outbound
from api.logs import configuration
from api.protocol.public_addresses import is_allowed
from tests.outbound.conftest import IDNA_NAME, NAME, OTHER_NAME, Certificate, Post
from tests.receivers import OK, Behaviour, Receiver, answering, hanging, read_request, receiving
from tests.served import free_port

ROOT = Path(__file__).parents[2]
HERE = (ip_network("127.0.0.0/8"),)
ONLY_FIRST = (ip_network("127.0.0.1/32"),)
ENDED_SECONDS = 4  # on a busy machine; what does not end takes 5 seconds or more
CHECKED, MOVED = "127.0.0.1", "127.0.0.9"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


class Resolver:
    """Answers each question with the next list of addresses, the last one again and again."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def __call__(self, host: str, _: int) -> list[str]:
        self.asked.append(host)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


def to(*addresses: str) -> Resolver:
    return Resolver(list(addresses))


def answer(status: str, *headers: str, body: bytes = b"") -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def test_the_request_has_the_body_and_the_headers_and_the_name_of_the_host(post: Post) -> None:
    with receiving(answering(OK)) as receiver:
        attempt = post(
            receiver.url(NAME, path="/n8n/a%2Fb/ü?x=%20y&z=1"),
            content=b'{"id":"\xc3\xbc"}',
            headers={"webhook-id": "evt_1", "content-type": "application/json", "host": "elsewhere.example"},
            networks=HERE,
            resolve=to(CHECKED),
        )
        assert (attempt.status, attempt.error, attempt.retry_after) == (204, None, None)
        assert 0 <= attempt.duration_ms < 5_000
        head, _, body = receiver.requests[0].partition(b"\r\n\r\n")
        first, *lines = head.decode("ascii").split("\r\n")
        headers = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in lines)]
    assert first == "POST /n8n/a%2Fb/%C3%BC?x=%20y&z=1 HTTP/1.1"
    assert body == b'{"id":"\xc3\xbc"}'
    assert [value for name, value in headers if name == "host"] == [f"{NAME}:{receiver.port}"]
    expected = {
        "webhook-id": "evt_1",
        "content-type": "application/json",
        "connection": "close",
        "accept-encoding": "identity",
    }
    assert expected.items() <= dict(headers).items()
    assert not dict(headers).keys() & {"cookie", "authorization"}


def test_each_attempt_has_a_connection_of_its_own_and_no_cookies(post: Post) -> None:
    with receiving(answering(answer("200 OK", "Set-Cookie: a=b; Path=/", "Connection: keep-alive"))) as receiver:
        for _ in range(2):
            assert post(receiver.url(), networks=HERE).error is None
    assert receiver.accepted == 2
    assert b"cookie" not in receiver.requests[1].lower()


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1", "93.184.216.34"],
        ["93.184.216.34", "127.0.0.1"],
        ["93.184.216.34", "::1"],
        ["2606:4700:4700::1111", "fe80::1%lo"],
    ],
)
def test_one_address_that_is_not_public_is_enough_to_refuse_all(addresses: list[str], post: Post) -> None:
    resolver = Resolver(addresses)
    with receiving(answering(OK)) as receiver:
        attempt = post(f"https://{NAME}:{receiver.port}/", resolve=resolver)
    assert (attempt.error, receiver.accepted, resolver.asked) == ("address_not_public", 0, [NAME])


def test_a_name_that_moves_is_asked_once_and_the_checked_address_is_reached(post: Post) -> None:
    with (
        receiving(answering(OK)) as checked,
        receiving(answering(OK), host=MOVED, port=checked.port) as moved,
    ):
        resolver = Resolver([CHECKED], [MOVED])
        attempt = post(checked.url(NAME), networks=ONLY_FIRST, resolve=resolver)
        assert (attempt.status, resolver.asked) == (204, [NAME])
        attempt = post(checked.url(NAME), networks=ONLY_FIRST, resolve=resolver)
        assert (attempt.error, resolver.asked) == ("address_not_public", [NAME] * 2)
        assert (checked.accepted, moved.accepted) == (1, 0)


def test_an_alias_of_an_inner_name_is_refused(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "db.internal", (CHECKED, receiver.port))]

    monkeypatch.setattr(outbound, "getaddrinfo", getaddrinfo)
    with receiving(answering(OK)) as receiver:
        assert post(f"https://{NAME}:{receiver.port}/").error == "address_not_public"
        assert post(f"https://localhost:{receiver.port}/").error == "address_not_public"
        assert receiver.accepted == 0
        assert post(receiver.url(NAME), networks=HERE).status == 204


@pytest.mark.parametrize(
    "spelling", ["localhost", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "0", "::1", "::ffff:127.0.0.1"]
)
def test_what_the_system_reads_as_an_inner_address_is_not_allowed_either(spelling: str) -> None:
    try:
        found = asyncio.run(outbound.look_up(spelling, 443))
    except OSError:
        return  # no address at all
    assert found
    assert not any(is_allowed(ip_address(text)) for text in found)


@pytest.mark.parametrize("error", [socket.gaierror(-2, "no such name"), OSError("no network"), []])
def test_a_name_without_an_address_is_a_failure_of_dns(error: Any, post: Post) -> None:
    async def resolve(_: str, __: int) -> list[str]:
        if error:
            raise error
        return []

    assert post(f"https://{NAME}/", resolve=resolve).error == "dns_failed"


@pytest.mark.parametrize(("lookup_seconds", "error"), [(0.1, "dns_failed"), (5, "timed_out")])
def test_a_lookup_that_does_not_end_delays_nothing(
    lookup_seconds: float, error: str, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = threading.Event()

    def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        end.wait(10)
        raise socket.gaierror(-3, "temporary failure")

    monkeypatch.setattr(outbound, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(outbound, "LOOKUP_SECONDS", lookup_seconds)
    began = time.monotonic()
    attempt = post(f"https://{NAME}/", deadline_seconds=0.2)
    assert attempt.error == error
    assert time.monotonic() - began < ENDED_SECONDS, "the event loop waited for the lookup"
    end.set()


def test_lookups_that_do_not_end_are_limited_and_give_their_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    end = threading.Event()

    def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        end.wait(10)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (CHECKED, 443))]

    async def three() -> list[Any]:
        waiting = [asyncio.create_task(outbound.look_up(NAME, 443)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(OSError, match="lookups"):
            await outbound.look_up(NAME, 443)
        end.set()
        return [*await asyncio.gather(*waiting), await outbound.look_up(NAME, 443)]

    monkeypatch.setattr(outbound, "lookups", threading.BoundedSemaphore(2))
    monkeypatch.setattr(outbound, "getaddrinfo", getaddrinfo)
    assert asyncio.run(three()) == [[CHECKED]] * 3


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "304 Same", "307 Go", "308 Go"])
def test_a_redirect_is_not_followed(status: str, post: Post) -> None:
    with receiving(answering(OK), host=MOVED) as inner:
        location = answer(status, f"Location: {inner.url(MOVED)}", "Retry-After: 5")
        with receiving(answering(location)) as receiver:
            attempt = post(receiver.url(), networks=HERE)
    assert (attempt.status, attempt.error) == (int(status[:3]), "redirected")
    assert (receiver.accepted, inner.accepted) == (1, 0)


def test_proxies_of_the_environment_are_not_used(
    post: Post, monkeypatch: pytest.MonkeyPatch, certificate: Certificate
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with (
        receiving(answering(answer("200 OK"))) as proxy,
        receiving(answering(OK)) as receiver,
        receiving(answering(OK), tls=certificate.receiver) as secure,
    ):
        for name in PROXIES:
            monkeypatch.setenv(name, proxy.url(path=""))
        resolve = to(CHECKED)
        assert post(receiver.url(NAME), networks=HERE, resolve=resolve).status == 204
        url = secure.url(NAME, "https")
        assert post(url, networks=HERE, resolve=resolve, tls=certificate.client).status == 204
        assert (proxy.accepted, receiver.accepted, secure.accepted) == (0, 1, 1)


def test_passwords_of_a_netrc_file_are_not_sent(post: Post, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text(f"machine {NAME} login a password b\ndefault login a password b\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    with receiving(answering(OK)) as receiver:
        assert post(receiver.url(NAME), networks=HERE, resolve=to(CHECKED)).status == 204
        assert post(receiver.url(), networks=HERE).status == 204
    assert not any(b"authorization" in request.lower() for request in receiver.requests)


def garbage_after_the_handshake(connection: socket.socket, _: Receiver) -> None:
    read_request(connection)
    with socket.fromfd(connection.fileno(), socket.AF_INET, socket.SOCK_STREAM) as plain:
        plain.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" * 10)


def closing(connection: socket.socket, _: Receiver) -> None:
    read_request(connection)


def resetting(connection: socket.socket, _: Receiver) -> None:
    read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize(
    ("behaviour", "status", "error"),
    [
        pytest.param(answering(answer("200 OK", body=b"thanks")), 200, None, id="200"),
        pytest.param(answering(b"HTTP/1.0 202 Accepted\r\n\r\nthanks"), 202, None, id="http-1.0"),
        pytest.param(answering(b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK), 204, None, id="an-early-answer-first"),
        pytest.param(answering(answer("299 Own")), 299, None, id="299"),
        pytest.param(answering(answer("400 Bad Request")), 400, "status", id="400"),
        pytest.param(answering(answer("410 Gone", body=b"gone")), 410, "status", id="410"),
        pytest.param(answering(answer("500 Oh", body=b"x" * 100_000)), 500, "status", id="500"),
        pytest.param(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbroke"), 200, None, id="half-a-body"),
        pytest.param(answering(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nx"), 200, None, id="not-gzip"),
        pytest.param(answering(b"SSH-2.0-OpenSSH_9.2\r\n"), None, "connect_failed", id="not-http"),
        pytest.param(answering(b"HTTP/1.1 200 OK\r\nA\r\n\r\n"), None, "connect_failed", id="a-malformed-header"),
        pytest.param(answering(b"HTTP/1.1 999999 \r\n\r\n"), None, "connect_failed", id="a-malformed-status"),
        pytest.param(answering(b"HTTP/1.1 200 OK\r\n"), None, "connect_failed", id="half-a-header"),
        pytest.param(answering(b"x" * 65_536, forever=True), None, "connect_failed", id="a-header-without-end"),
        pytest.param(
            answering(b"HTTP/1.1 103 Early\r\n\r\n" * 2_000, forever=True), None, "connect_failed", id="endless-103s"
        ),
        pytest.param(closing, None, "connect_failed", id="no-answer"),
        pytest.param(resetting, None, "connect_failed", id="a-reset"),
    ],
)
def test_an_answer_has_its_status_and_a_broken_one_fails(
    behaviour: Behaviour, status: int | None, error: str | None, post: Post
) -> None:
    with receiving(behaviour) as receiver:
        attempt = post(receiver.url(), networks=HERE)
    assert (attempt.status, attempt.error, receiver.accepted) == (status, error, 1)


@pytest.mark.parametrize(
    ("behaviour", "scheme"),
    [
        pytest.param(hanging, "http", id="no-answer"),
        pytest.param(hanging, "https", id="no-tls-handshake"),
        pytest.param(answering(b"HTTP/1.1 200 OK\r\nX-A: ", b"a", pause_seconds=0.02, forever=True), "http", id="drip"),
        pytest.param(
            answering(b"HTTP/1.1 100 Continue\r\n\r\n", pause_seconds=0.01, forever=True), "http", id="endless-100s"
        ),
    ],
)
def test_a_receiver_that_hangs_or_drips_costs_the_deadline_and_no_more(
    behaviour: Behaviour, scheme: str, post: Post
) -> None:
    with receiving(behaviour) as receiver:
        began = time.monotonic()
        attempt = post(receiver.url(scheme=scheme), networks=HERE, deadline_seconds=0.3)
        seconds = time.monotonic() - began
    assert (attempt.status, attempt.error, receiver.accepted) == (None, "timed_out", 1)
    assert 0.3 <= seconds < ENDED_SECONDS
    assert 300 <= attempt.duration_ms < ENDED_SECONDS * 1_000


def test_a_body_that_drips_costs_no_more_than_the_deadline_and_the_attempt_has_succeeded(post: Post) -> None:
    drip = answering(b"HTTP/1.1 200 OK\r\n\r\n", b"a", pause_seconds=0.02, forever=True)
    with receiving(drip) as receiver:
        attempt = post(receiver.url(), networks=HERE, deadline_seconds=0.3)
    assert (attempt.status, attempt.error) == (200, None)
    assert 300 <= attempt.duration_ms < ENDED_SECONDS * 1_000


@pytest.mark.parametrize(
    ("head", "part", "error"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", b"a" * 65_536, None, id="success"),
        pytest.param(b"HTTP/1.1 500 Oh\r\n\r\n", b"a" * 65_536, "status", id="failure"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 10_000, None, id="one-byte-chunks"
        ),
    ],
)
def test_a_body_without_end_is_not_read_to_its_end(head: bytes, part: bytes, error: str | None, post: Post) -> None:
    with receiving(answering(head, part, forever=True)) as receiver:
        attempt = post(receiver.url(), networks=HERE)
    assert attempt.error == error
    assert attempt.duration_ms < ENDED_SECONDS * 1_000
    assert receiver.sent_bytes < 20_000_000, "what the buffers of both sockets hold, not more"


@pytest.mark.parametrize("length", [60_000, 65_536, 70_000])
def test_at_most_64_kib_are_read(length: int, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    limited = outbound._Connection._read

    async def counted(*arguments: Any, **options: Any) -> bytes:
        data = await limited(*arguments, **options)
        read.append(len(data))
        return data

    monkeypatch.setattr(outbound._Connection, "_read", counted)
    with receiving(answering(answer("200 OK", body=b"a" * length))) as receiver:
        assert post(receiver.url(), networks=HERE).error is None
    assert sum(read) == min(len(answer("200 OK", body=b"a" * length)), 65_536)
    assert max(read) <= 4_096, "other tasks get their turn after each part"


def test_a_compressed_body_is_not_decompressed(post: Post) -> None:
    bomb = gzip.compress(bytes(30_000_000))
    assert len(bomb) < 65_536
    body = answer("200 OK", "Content-Type: text/plain", "Content-Encoding: gzip", body=bomb)
    with receiving(answering(body)) as receiver:
        tracemalloc.start()
        try:
            assert post(receiver.url(), networks=HERE).status == 200
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 3_000_000, peak


@pytest.mark.parametrize("name", [NAME, IDNA_NAME, "HOOKS.example.COM"])
def test_the_certificate_is_checked_against_the_name_not_the_address(
    name: str, post: Post, certificate: Certificate
) -> None:
    with receiving(answering(OK), tls=certificate.receiver) as receiver:
        url = receiver.url(name, "https")
        attempt = post(url, networks=HERE, resolve=to(CHECKED), tls=certificate.client)
    assert (attempt.status, attempt.error) == (204, None)
    expected = name.lower().encode("idna").decode()
    assert f"host: {expected}:{receiver.port}" in receiver.requests[0].decode().lower()


def test_a_certificate_of_another_name_or_of_nobody_is_refused(
    post: Post, certificate: Certificate, no_certificates: ssl.SSLContext
) -> None:
    with receiving(answering(OK), tls=certificate.receiver) as receiver:
        for url, context in (
            (receiver.url(OTHER_NAME, "https"), certificate.client),
            (receiver.url(CHECKED, "https"), certificate.client),  # its certificate has 127.0.0.3
            (receiver.url(NAME, "https"), no_certificates),
            (receiver.url(NAME, "https"), None),
        ):
            attempt = post(url, networks=HERE, resolve=to(CHECKED), tls=context)
            assert (attempt.status, attempt.error) == (None, "tls_failed"), url
        assert receiver.requests == []
        assert receiver.accepted == 4


def test_a_literal_address_needs_a_certificate_of_that_address(post: Post, certificate: Certificate) -> None:
    with receiving(answering(OK), tls=certificate.receiver, host="127.0.0.3") as receiver:
        assert post(receiver.url("127.0.0.3", "https"), networks=HERE, tls=certificate.client).status == 204


def greeting(connection: socket.socket, receiver: Receiver) -> None:
    connection.sendall(b"220 mail.example.com ESMTP\r\n")
    receiver.has_ended.wait(10)


def closing_in_the_handshake(connection: socket.socket, _: Receiver) -> None:
    connection.recv(65_536)


def resetting_in_the_handshake(connection: socket.socket, _: Receiver) -> None:
    connection.recv(65_536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("behaviour", [greeting, closing_in_the_handshake, resetting_in_the_handshake])
def test_a_port_that_does_not_speak_tls_is_a_failure_of_tls(behaviour: Behaviour, post: Post) -> None:
    with receiving(behaviour) as receiver:
        assert post(receiver.url(NAME, "https"), networks=HERE, resolve=to(CHECKED)).error == "tls_failed"


def test_a_broken_record_of_tls_is_a_failure_of_tls(post: Post, certificate: Certificate) -> None:
    with receiving(garbage_after_the_handshake, tls=certificate.receiver) as receiver:
        url = receiver.url(NAME, "https")
        assert post(url, networks=HERE, resolve=to(CHECKED), tls=certificate.client).error == "tls_failed"


def test_a_port_that_nobody_listens_on_fails(post: Post) -> None:
    attempt = post(f"http://127.0.0.1:{free_port()}/", networks=HERE)
    assert (attempt.status, attempt.error) == (None, "connect_failed")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("86401", 86_400),
        ("9" * 5_000, 86_400),
        ("Mon, 01 Jun 2026 12:02:00 GMT", 120),
        ("Monday, 01-Jun-26 12:02:00 GMT", 120),
        ("Mon, 01 Jun 2026 14:02:00 +0200", 120),
        ("Mon, 01 Jun 2026 12:02:00 -0000", 120),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("Mon, 01 Jun 2026 11:59:59 GMT", None),
        ("Mon, 01 Jun 0001 00:00:00 +2359", None),
        ("Mon, 99 Jun 2026 12:00:00 GMT", None),
        ("-1", None),
        ("1.5", None),
        ("1e3", None),
        ("12, 12", None),
        ("soon", None),
        ("\xb2", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(
    value: str, seconds: float | None, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "wall_clock", lambda: datetime(2026, 6, 1, 12, tzinfo=UTC))
    with receiving(answering(f"HTTP/1.1 429 Slow\r\nRetry-After: {value}\r\n\r\n".encode("latin-1"))) as receiver:
        attempt = post(receiver.url(), networks=HERE)
    assert (attempt.status, attempt.error, attempt.retry_after) == (429, "status", seconds)


def test_an_attempt_that_is_cancelled_ends_at_once() -> None:
    async def cancel(receiver: Receiver) -> None:
        task = asyncio.create_task(outbound.post(receiver.url(), content=b"", headers={}, networks=HERE))
        while not receiver.accepted:
            await asyncio.sleep(0.01)
        task.cancel()
        await task

    with receiving(hanging) as receiver:
        began = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(cancel(receiver))
    assert time.monotonic() - began < ENDED_SECONDS


def test_no_log_line_has_a_url_a_header_or_a_body(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(configuration("DEBUG")["root"]["level"])
    with receiving(answering(OK)) as receiver:
        post(receiver.url(path="/canary"), content=b"canary", headers={"X-A": "canary"}, networks=HERE)
    post(f"http://127.0.0.1:{free_port()}/canary", networks=HERE)
    assert "canary" not in caplog.text


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports, and the names that it imports from them."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_only_the_client_imports_httpx_and_only_workers_import_the_client() -> None:
    rooms: dict[str, set[str]] = {"httpx": set(), "api.outbound": set()}
    for path in (ROOT / "api").rglob("*.py"):
        for name in rooms.keys() & imported(path):
            rooms[name].add(path.relative_to(ROOT / "api").parts[0])
    assert rooms["httpx"] == {"outbound.py"}
    assert rooms["api.outbound"] <= {"workers"}, "a request must not send requests"
