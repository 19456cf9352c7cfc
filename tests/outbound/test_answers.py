"""The outgoing client and what receivers do: answers of all kinds, certificates, and how long an attempt may take."""

import asyncio
import gzip
import socket
import ssl
import struct
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api import outbound
from tests.outbound.conftest import (
    CHECKED,
    ENDED_SECONDS,
    HERE,
    IDNA_NAME,
    NAME,
    OTHER_NAME,
    Certificate,
    Post,
    answer,
    to,
)
from tests.receivers import OK, Behaviour, Receiver, answering, hanging, read_request, receiving
from tests.served import free_port

ROOT = Path(__file__).parents[2]


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


DRIP = 0.02
TIMED_OUT = {
    "no answer": ("http", hanging),
    "no handshake of TLS": ("https", hanging),
    "drip": ("http", answering(b"HTTP/1.1 200 OK\r\nX-A: ", b"a", pause_seconds=DRIP, forever=True)),
    "endless 100s": ("http", answering(b"HTTP/1.1 100 Continue\r\n\r\n", pause_seconds=0.01, forever=True)),
}
DRIPPING_BODY = ("http", answering(b"HTTP/1.1 200 OK\r\n\r\n", b"a", pause_seconds=DRIP, forever=True))


def test_receivers_that_hang_or_drip_cost_the_deadline_and_no_more(post: Post) -> None:
    """Once the status has come, an attempt has succeeded, however long its body takes."""

    def sent_to(scheme: str, behaviour: Behaviour) -> tuple[int | None, str | None, int, bool]:
        with receiving(behaviour) as receiver:
            began = time.monotonic()
            attempt = post(receiver.url(scheme=scheme), networks=HERE, deadline_seconds=0.3)
            in_time = 0.3 <= time.monotonic() - began < ENDED_SECONDS
        in_time = in_time and 300 <= attempt.duration_ms < ENDED_SECONDS * 1_000
        return attempt.status, attempt.error, receiver.accepted, in_time

    cases = {**TIMED_OUT, "a body that drips": DRIPPING_BODY}
    with ThreadPoolExecutor(len(cases)) as at_once:
        found = dict(zip(cases, at_once.map(sent_to, *zip(*cases.values(), strict=True)), strict=True))
    expected = dict.fromkeys(TIMED_OUT, (None, "timed_out", 1, True))
    assert found == {**expected, "a body that drips": (200, None, 1, True)}


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
