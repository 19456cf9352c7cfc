"""The contents of mails that are made when they are sent, of the facts as they are then."""

from datetime import datetime

from api.errors import UnauthorizedError
from api.models import Mail
from api.models.mail import MailKind
from api.services.accounts.mails import NothingToSendError, OutgoingMail
from api.services.accounts.wanted_mails import count_refusal, is_refused, wanted_mails
from api.services.current_user import current_user
from api.services.notifications import preferences, reminders
from api.services.notifications.digests import load_digest
from api.services.notifications.preferences import is_wanted
from api.services.steps.recompute import is_recomputing
from api.settings import Settings
from api.storage.database import Database
from api.storage.session import OwnedSession
from api.words import digest
from api.words.mailing import Link, Mailing
from api.words.reminders import Pages

UNSUBSCRIBE = {
    MailKind.DIGEST: "Unsubscribe from this digest",
    MailKind.AFTER_INTERVIEW: "Unsubscribe from reminders after interviews",
    MailKind.LETTER_DUE: "Unsubscribe from reminders about letters",
}
WHY = "You get this mail because you turned it on in Afterword (PATCH /v1/me/notifications)."


def unsubscribe_url(mail: OutgoingMail, settings: Settings) -> str | None:
    """Return the address with which a mail can be unsubscribed from."""
    return f"{settings.public_url}/mail/unsubscribe/{mail.secret}" if mail.secret else None


def render(database: Database, mail: OutgoingMail, settings: Settings) -> Mailing:
    """Return the contents of a mail, which speak of the instant at which it was queued.

    So every attempt sends the same, unless the facts have changed. Raises NothingToSendError if nothing is due any
    more, or if the mail must not be sent any more: it was switched off, or its address is no longer the confirmed one.
    """
    assert mail.created_at is not None  # noqa: S101  # of every row
    with database.read(mail.created_at) as session:
        session.owner = mail.user_id
        try:
            _check_address(session, mail)
        except UnauthorizedError as error:  # the account was erased
            raise NothingToSendError from error
        if mail.kind == MailKind.WEBHOOK_DISABLED:
            return reminders.webhook_disabled(session, mail.key)
        return _wanted_mail(session, mail, settings)


def _check_address(session: OwnedSession, mail: OutgoingMail) -> None:
    user = current_user(session)
    is_usable = user.email == mail.address and user.email_confirmed_at is not None
    if not is_usable or user.disabled_at is not None or user.erased_at is not None:
        raise NothingToSendError


def _wanted_mail(session: OwnedSession, mail: OutgoingMail, settings: Settings) -> Mailing:
    wanted = wanted_mails(session)
    if wanted is None or not is_wanted(wanted, mail.kind) or is_refused(wanted):
        raise NothingToSendError
    url = unsubscribe_url(mail, settings)
    foot = (WHY, Link(UNSUBSCRIBE[MailKind(mail.kind)], url)) if url else (WHY,)
    if mail.kind != MailKind.DIGEST:
        return reminders.reminder(session, mail.kind, mail.key, Pages(settings.public_url, settings.app_url, foot))
    found = load_digest(session, wanted, session.now, settings.app_url)
    if found.empty:
        raise NothingToSendError
    return digest.mailing(found, foot)


def is_waiting(database: Database, mail: Mail, now: datetime) -> bool:
    """Tell whether a mail waits because its account is being recomputed: its contents would be of older dates."""
    with database.read(now) as session:
        session.owner = mail.user_id
        return is_recomputing(session)


def record_refusal(session: OwnedSession) -> None:
    """Count that the mail server refused the address for good; after three days, switch all mails off."""
    if count_refusal(session, current_user(session)):
        preferences.switch_off(session, UNSUBSCRIBE)
    session.flush()
