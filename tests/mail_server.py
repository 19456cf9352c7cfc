"""A real mail server in a thread, which refuses what its rules say."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from typing import Any

from aiosmtpd.controller import Controller

from tests.served import free_port


@dataclass
class MailServer:
    """What the server got. `at_rcpt` and `at_data` hold its answers to recipients that it does not take."""

    at_rcpt: dict[str, str] = field(default_factory=dict)
    at_data: dict[str, str] = field(default_factory=dict)
    host: str = "127.0.0.1"
    received: list[tuple[str, EmailMessage]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp://{self.host}:{self.port}"

    @property
    def recipients(self) -> list[str]:
        return sorted(address for address, _ in self.received)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802  # aiosmtpd's
        """Take a recipient, or refuse it."""
        if address in self.at_rcpt:
            return self.at_rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's
        """Take a message, or refuse it."""
        (address,) = envelope.rcpt_tos
        if address in self.at_data:
            return self.at_data[address]
        message = message_from_bytes(envelope.content, policy=SMTPUTF8)
        self.received.append((address, message))
        return "250 OK"


@contextmanager
def mail_server(server: MailServer | None = None, *, speaks_utf8: bool = False, **options: Any) -> Iterator[MailServer]:
    """Run a mail server on this machine. `options`: of aiosmtpd."""
    server = server or MailServer()
    server.port = free_port()
    controller = Controller(server, hostname=server.host, port=server.port, enable_SMTPUTF8=speaks_utf8, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
