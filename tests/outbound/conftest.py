"""Fixtures of the tests of the outgoing client: a certificate, and both event loops."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import uvloop

from api import outbound
from api.outbound import Attempt

NAME, IDNA_NAME, OTHER_NAME = "hooks.example.com", "bücher.example", "other.example.com"
HERE = (ip_network("127.0.0.0/8"),)
ENDED_SECONDS = 4  # on a busy machine; what does not end takes 5 seconds or more
CHECKED, MOVED = "127.0.0.1", "127.0.0.9"
Post = Callable[..., Attempt]


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


@dataclass(frozen=True)
class Certificate:
    """A certificate for NAME and IDNA_NAME: the context of a receiver with it, and one of a client that trusts it."""

    receiver: ssl.SSLContext
    client: ssl.SSLContext


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here to make a certificate")
    folder: Path = tmp_path_factory.mktemp("certificate")
    names = f"subjectAltName=DNS:{NAME},DNS:{IDNA_NAME.encode('idna').decode()},IP:127.0.0.3"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout key.pem"
        f" -out certificate.pem -subj /CN={NAME} -addext {names} -addext keyUsage=critical,digitalSignature,keyCertSign"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    receiver = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    receiver.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return Certificate(receiver, ssl.create_default_context(cafile=str(folder / "certificate.pem")))


@pytest.fixture(scope="session")
def no_certificates() -> ssl.SSLContext:
    """A context that trusts nobody; it is faster to make than one with the system's certificates."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def run(attempt: Coroutine[Any, Any, Attempt], loop: str) -> Attempt:
    factory = uvloop.new_event_loop if loop == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(attempt)


@pytest.fixture(params=["asyncio", "uvloop"])
def post(request: pytest.FixtureRequest, no_certificates: ssl.SSLContext) -> Post:
    """Send a POST in an event loop of its own."""
    defaults = {"content": b"{}", "headers": {}, "tls": no_certificates, "deadline_seconds": 5.0}

    def send(url: str, **options: Any) -> Attempt:
        return run(partial(outbound.post, url, **{**defaults, **options})(), request.param)

    return send
