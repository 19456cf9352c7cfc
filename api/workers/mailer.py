"""The mail with a password reset link, which is the only mail that the service sends, and the task that sends it."""

import asyncio
import logging
import smtplib
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from fastapi.concurrency import run_in_threadpool

from api.errors import ProblemError
from api.services.accounts.password_resets import ResetLink, deliver_due_mails
from api.settings import Settings
from api.storage.database import Database

POLL_SECONDS = 30.0
PATIENCE_SECONDS = 10.0
OWN_PAGE = "http://127.0.0.1:8000/password-reset"
SMTP_PORT, SMTPS_PORT = 587, 465
TEXT = """\
Somebody asked to set a new password for your Afterword account. To set it, open this link. It works once and for one
hour:

{link}

If it was not you, ignore this mail: your password stays as it is.
"""
log = logging.getLogger("afterword.mail")


def reset_mail(link: ResetLink, settings: Settings) -> EmailMessage:
    """Return the mail with a reset link. The secret follows the #, because browsers send that part to no server."""
    mail = EmailMessage()
    mail["Subject"] = "Set a new password for Afterword"
    mail["From"] = settings.mail_from or "afterword@localhost"
    mail["To"] = link.email
    mail.set_content(TEXT.format(link=f"{settings.reset_url or OWN_PAGE}#{link.secret}"))
    return mail


def sender(settings: Settings) -> Callable[[ResetLink], None]:
    """Return the function that sends a mail by the SMTP server of the settings, or prints it if there is none."""
    url = settings.smtp_url.get_secret_value()
    if not url:
        return lambda link: _print(reset_mail(link, settings))
    return lambda link: _send_by_smtp(url, reset_mail(link, settings))


def _print(mail: EmailMessage) -> None:
    body = mail.get_content()
    sys.stderr.write(f"\nNo mail server is set (AFTERWORD_SMTP_URL). This mail is for {mail['To']}:\n\n{body}\n")
    sys.stderr.flush()


def _send_by_smtp(url: str, mail: EmailMessage) -> None:
    """Send by SMTP, unencrypted only to this machine. Raises OSError or SMTPException."""
    parts = urlsplit(url)
    host, context = parts.hostname or "", ssl.create_default_context()
    with (
        smtplib.SMTP_SSL(host, parts.port or SMTPS_PORT, timeout=PATIENCE_SECONDS, context=context)
        if parts.scheme == "smtps"
        else smtplib.SMTP(host, parts.port or SMTP_PORT, timeout=PATIENCE_SECONDS)
    ) as server:
        if parts.scheme == "smtp" and host not in ("localhost", "127.0.0.1", "::1"):
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(mail)


class Mailer:
    """Sends due mails: at once after `wake`, else every 30 seconds. They are rows, so a restart does not lose them."""

    def __init__(self, database: Database, settings: Settings, clock: Callable[[], datetime]) -> None:
        self.database = database
        self.clock = clock
        self._send = sender(settings)
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self._is_stopped = False

    def wake(self) -> None:
        """Send due mails now. Can be called from any thread."""
        self._loop.call_soon_threadsafe(self._woken.set)

    def stop(self) -> None:
        """Stop after the current run."""
        self._is_stopped = True
        self._woken.set()

    async def run(self) -> None:
        """Run until stopped."""
        while not self._is_stopped:
            self._woken.clear()
            await run_in_threadpool(self.deliver)
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._woken.wait()

    def deliver(self) -> None:
        """Send due mails. A failure is logged with the class of the error only, and ends this run."""
        try:
            deliver_due_mails(self.database, self.clock().replace(microsecond=0), self._send)
        except (ProblemError, OSError, smtplib.SMTPException) as error:
            log.warning("a mail could not be sent: %s", type(error).__name__)
