"""The mail with a password reset link, which is the only mail that the service sends, and the task that sends it."""

import smtplib
import ssl
import sys
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from api.services.accounts.password_resets import ResetLink, deliver_due_mails
from api.settings import Settings
from api.storage.database import Database

TASK = "mails"
EVERY_SECONDS = 30.0
PATIENCE_SECONDS = 10.0
OWN_PAGE = "http://127.0.0.1:8000/password-reset"
SMTP_PORT, SMTPS_PORT = 587, 465
TEXT = """\
Somebody asked to set a new password for your Afterword account. To set it, open this link. It works once and for one
hour:

{link}

If it was not you, ignore this mail: your password stays as it is.
"""


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


def mail_pass(database: Database, clock: Callable[[], datetime], settings: Settings) -> None:
    """Do one pass of the task: send what is due."""
    deliver_due_mails(database, clock().replace(microsecond=0), sender(settings))
