"""The task that sends the mails of the outbox. A mail that fails does not delay the others."""

import logging
import smtplib
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from functools import partial

from api.models import Mail
from api.models.mail import MailKind, MailOutcome
from api.protocol.email_address import UnusableAddressError
from api.services.accounts import mails
from api.services.accounts.mails import NothingToSendError, OutgoingMail
from api.services.accounts.wanted_mails import accept_address
from api.services.notifications import contents
from api.settings import Settings, local_url
from api.storage.database import Database
from api.words.mails import mail_text
from api.workers.mailings import headed_message, mailing_message
from api.workers.smtp import RefusedError, Send, post_office
from api.workers.units import IncompletePassError, Units

TASK = "mails"
EVERY_SECONDS = 30.0
log = logging.getLogger("afterword.mails")


def mail_pass(
    database: Database,
    clock: Callable[[], datetime],
    settings: Settings,
    is_stopping: Callable[[], bool] = lambda: False,
) -> bool:
    """Do one pass of the task; return whether more mails may be due.

    Raises IncompletePassError if the mail server cannot be reached; then no mail has lost an attempt.
    """
    now = clock().replace(microsecond=0)
    due, live = mails.due_mails(database, now), []
    for mail in due:
        if mails.has_expired(mail, now) or mail.tries >= mails.MAX_TRIES:
            mails.record_outcome(database, mail, MailOutcome.EXPIRED, now)
        elif mail.kind in mails.LATER and contents.is_waiting(database, mail, now):
            mails.put_off(database, mail, now)
        else:
            live.append(mail)
    if live:
        try:
            with post_office(settings) as send:
                deliver(database, live, partial(_send, database, settings, send, now), now, is_stopping=is_stopping)
        except (OSError, smtplib.SMTPException) as error:
            raise IncompletePassError(f"the mail server takes no mails ({type(error).__name__})") from error
    return len(due) == mails.MAX_AT_ONCE


def deliver(
    database: Database,
    due: list[Mail],
    send: Callable[[OutgoingMail], None],
    now: datetime,
    *,
    is_stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Send mails one by one; return how many the mail server took. Raises IncompletePassError if one met a fault."""
    units, taken = Units(TASK), 0
    for mail in due:
        if not is_stopping():
            taken += bool(units.run(partial(_deliver_one, database, mail, send, now)))
    units.check()
    return taken


def _deliver_one(database: Database, mail: Mail, send: Callable[[OutgoingMail], None], now: datetime) -> bool:
    """Send a mail and record its outcome. What may succeed later is tried again after 1, 2, 4 and 8 minutes."""
    outgoing = mails.claim_mail(database, mail, now)
    if outgoing is None:
        return False
    is_wanted = mail.kind in mails.WANTED
    try:
        send(outgoing)
    except NothingToSendError:
        mails.record_outcome(database, mail, MailOutcome.EMPTY, now)
        return False
    except (UnusableAddressError, RefusedError) as error:
        log.warning("a mail of the kind %s was refused for good (%s)", mail.kind, error or "no usable address")
        refused = contents.record_refusal if is_wanted else None
        mails.record_outcome(database, mail, MailOutcome.FAILED, now, also=refused, lock=is_wanted)
        return False
    except (OSError, smtplib.SMTPException) as error:
        is_last = outgoing.attempt >= mails.MAX_TRIES
        more = "and is given up" if is_last else "and is tried again"
        log.warning("a mail of the kind %s could not be sent %s: %s", mail.kind, more, type(error).__name__)
        if is_last:
            mails.record_outcome(database, mail, MailOutcome.FAILED, now)
        return False
    mails.record_outcome(database, mail, MailOutcome.SENT, now, also=accept_address if is_wanted else None)
    return True


def _send(database: Database, settings: Settings, send: Send, now: datetime, mail: OutgoingMail) -> None:
    if mail.kind in mails.LATER:
        send(mailing_message(contents.render(database, mail, settings), mail, settings))
    else:
        send(message_of(mail, settings, now))


def message_of(mail: OutgoingMail, settings: Settings, now: datetime) -> EmailMessage:
    """Return the message of a mail. Raises UnusableAddressError."""
    words = mail_text(mail.kind, _link(mail, settings))
    # Each attempt has a link of its own, so it is a message of its own.
    message, _ = headed_message(mail, settings, subject=words.subject, at=now, id_=f"{mail.id}.{mail.attempt}")
    message.set_content(words.body)
    return message


def _link(mail: OutgoingMail, settings: Settings) -> str | None:
    """Return the link of a mail. A reset's secret stands behind the #, which browsers send to no server."""
    base = settings.public_url or local_url()
    if mail.kind == MailKind.RESET:
        return f"{settings.reset_url or f'{base}/password-reset'}#{mail.secret}"
    return f"{base}/mail/confirm/{mail.secret}" if mail.secret else None
