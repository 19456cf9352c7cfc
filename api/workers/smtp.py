"""Hand mails to the settings' mail server over one connection, or print them where there is none."""

import smtplib
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from urllib.parse import SplitResult, unquote, urlsplit

from api.settings import Settings

PATIENCE_SECONDS = 10.0
SMTP_PORT, SMTPS_PORT = 587, 465
HERE = ("localhost", "127.0.0.1", "::1")
MAILBOX_SYNTAX = 553
Send = Callable[[EmailMessage], None]


class RefusedError(Exception):
    """The mail server refused a mail for good: another attempt would have the same result."""

    def __init__(self, code: int) -> None:
        super().__init__(f"{code}")


@contextmanager
def post_office(settings: Settings) -> Iterator[Send]:
    """Yield what sends a mail. It raises RefusedError, or OSError or SMTPException if a later attempt may succeed.

    Raises OSError or SMTPException if the server cannot be reached.
    """
    url = settings.smtp_url.get_secret_value()
    if not url:
        yield _print
        return
    connection = _Connection(urlsplit(url))
    try:
        connection.open()
        yield connection.send
    finally:
        connection.close()


def _print(mail: EmailMessage) -> None:
    part = mail.get_body(("plain",)) or mail
    body = part.get_content()
    sys.stderr.write(f"\nNo mail server is set (AFTERWORD_SMTP_URL). This is for {mail['To']}:\n\n{body}\n")
    sys.stderr.flush()


class _Connection:
    """A connection to the mail server, never unencrypted but to this machine; it is opened again if it breaks."""

    def __init__(self, url: SplitResult) -> None:
        self.url = url
        self.server: smtplib.SMTP | None = None

    def open(self) -> smtplib.SMTP:
        host = self.url.hostname or ""
        if self.url.scheme == "smtps":
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, self.url.port or SMTPS_PORT, timeout=PATIENCE_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(host, self.url.port or SMTP_PORT, timeout=PATIENCE_SECONDS)
        self.server = server
        if self.url.scheme == "smtp" and host not in HERE:
            server.starttls(context=ssl.create_default_context())
        if self.url.username:
            server.login(unquote(self.url.username), unquote(self.url.password or ""))
        return server

    def close(self) -> None:
        if self.server is not None:
            with suppress(OSError, smtplib.SMTPException):
                self.server.quit()
            self.server.close()
            self.server = None

    def send(self, mail: EmailMessage) -> None:
        """Send a mail to its one recipient."""
        server = self.server
        if server is None or server.sock is None:  # smtplib closed it: with 421 a server ends the connection
            server = self.open()
        (to,) = mail["To"].addresses
        (sender,) = mail["From"].addresses
        try:
            server.send_message(mail, sender.addr_spec, [to.addr_spec])
        except smtplib.SMTPRecipientsRefused as error:
            _raise_if_permanent(next(iter(error.recipients.values()))[0])
            raise
        except smtplib.SMTPDataError as error:
            _raise_if_permanent(error.smtp_code)
            raise
        except smtplib.SMTPNotSupportedError as error:  # the address needs SMTPUTF8
            raise RefusedError(MAILBOX_SYNTAX) from error


def _raise_if_permanent(code: int) -> None:
    if 500 <= code < 600:
        raise RefusedError(code)
