"""The outgoing client against real receivers on this machine: what it sends, and where."""

import ast
import asyncio
import socket
import threading
import time
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from api import outbound
from api.logs import configuration
from api.protocol.public_addresses import is_allowed
from tests.outbound.conftest import (
    CHECKED,
    ENDED_SECONDS,
    HERE,
    MOVED,
    NAME,
    Certificate,
    Post,
    Resolver,
    answer,
    to,
)
from tests.receivers import OK, answering, receiving
from tests.served import free_port

ROOT = Path(__file__).parents[2]
ONLY_FIRST = (ip_network("127.0.0.1/32"),)
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


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


@pytest.mark.parametrize(
    ("lookup_seconds", "deadline_seconds", "error"), [(0.1, 5, "dns_failed"), (5, 0.1, "timed_out")]
)
def test_a_lookup_that_does_not_end_delays_nothing(
    lookup_seconds: float, deadline_seconds: float, error: str, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = threading.Event()

    def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        end.wait(10)
        raise socket.gaierror(-3, "temporary failure")

    monkeypatch.setattr(outbound, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(outbound, "LOOKUP_SECONDS", lookup_seconds)
    began = time.monotonic()
    attempt = post(f"https://{NAME}/", deadline_seconds=deadline_seconds)
    assert attempt.error == error
    assert time.monotonic() - began < ENDED_SECONDS, "the event loop waited for the lookup"
    end.set()
    for thread in threading.enumerate():
        if thread.name == "lookup":
            thread.join(10)


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
