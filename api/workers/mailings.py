"""Messages with text and HTML, whose contents are made when they are sent: every attempt makes the same bytes."""

import hashlib
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from api.models.mail import MailKind
from api.protocol.email_address import address_on_the_wire, new_message
from api.services.accounts.mails import OutgoingMail
from api.services.notifications.contents import unsubscribe_url
from api.settings import Settings
from api.words.mailing import Mailing, page, text

NAMES = {
    MailKind.DIGEST: "Afterword digest",
    MailKind.AFTER_INTERVIEW: "Afterword reminders after interviews",
    MailKind.LETTER_DUE: "Afterword reminders about letters",
}


def headed_message(
    mail: OutgoingMail, settings: Settings, *, subject: str, at: datetime, id_: str
) -> tuple[EmailMessage, str]:
    """Return a message with the headers of every mail, and the host that its id names. Raises UnusableAddressError."""
    message = new_message(address_on_the_wire(mail.address))
    message["From"] = settings.mail_from or "afterword@localhost"
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    host = urlsplit(settings.public_url).hostname or message["From"].addresses[0].domain
    message["Message-ID"] = f"<{id_}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    return message, host


def mailing_message(contents: Mailing, mail: OutgoingMail, settings: Settings) -> EmailMessage:
    """Return the message of a mail. Raises UnusableAddressError.

    Its id is the same at every attempt, so that mail servers and programs drop a second copy that was sent because the
    process ended before it could record the first.
    """
    assert mail.created_at is not None  # noqa: S101  # of every row
    id_ = f"{mail.kind}.{_short(mail.user_id)}.{_name_of(mail)}"
    message, host = headed_message(mail, settings, subject=contents.subject, at=mail.created_at, id_=id_)
    if (name := NAMES.get(MailKind(mail.kind))) is not None:
        message["List-ID"] = f"{name} <{mail.kind.replace('_', '-')}.{host}>"
    if (url := unsubscribe_url(mail, settings)) is not None:
        message["List-Unsubscribe"] = f"<{url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Precedence"] = "bulk"
    message.make_alternative(f"=_{_short(mail.id)}")
    for subtype, words in (("plain", text(contents)), ("html", page(contents))):
        part = EmailMessage(SMTP)  # the message's own policy folds no lines, neither of headers nor of contents
        part.set_content(words, subtype=subtype, cte="quoted-printable")
        del part["MIME-Version"]  # of the whole message only
        message.attach(part)
    return message


def _name_of(mail: OutgoingMail) -> str:
    """Return what tells the mails of one account apart: the date of a digest, or a hash of what the mail is about."""
    return mail.key if mail.kind == MailKind.DIGEST else _short(mail.key)


def _short(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:24]
