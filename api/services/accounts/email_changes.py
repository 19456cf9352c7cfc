"""The account's address: confirmed by a link and the password, and changed once the new one is confirmed."""

from sqlalchemy.exc import IntegrityError

from api.errors import ConflictError, FieldError
from api.models import Mail, User
from api.models.mail import MailKind
from api.protocol.email_address import account_address
from api.services.accounts import login_throttle, mails, users, wanted_mails
from api.services.current_user import current_user
from api.settings import Settings
from api.storage.session import OwnedSession

MAX_MAILS = 3  # an hour, to one address
LINKS = (MailKind.CONFIRM, MailKind.EMAIL_CHANGE)


def require_mail(settings: Settings) -> None:
    """Raise ConflictError if the server cannot send a link."""
    if not settings.sends_links:
        raise ConflictError(
            "This server sends no mails: ask its operator to set AFTERWORD_SMTP_URL and AFTERWORD_PUBLIC_URL, or to "
            "change the address for you.",
            code="mail_not_configured",
        )


def needs_confirmation(session: OwnedSession, user: User) -> bool:
    """Tell whether it is unknown that mails arrive: the address is unconfirmed, or refused by the mail server since."""
    return user.email_confirmed_at is None or wanted_mails.is_refused(wanted_mails.wanted_mails(session))


def request_confirmation(session: OwnedSession, user: User, *, client_address: str) -> None:
    """Queue a mail with a link to the account's address. Raises TooManyRequestsError beyond three an hour."""
    _count_mail(session, user.email, client_address)
    mails.queue_mail(session, MailKind.CONFIRM, user.email)


def request_change(session: OwnedSession, user: User, email: str, *, client_address: str) -> None:
    """Keep a new address until it is confirmed, and tell both addresses; the present one ends a change instead.

    Raises ConflictError if another account has it, and TooManyRequestsError beyond three mails an hour.
    """
    wanted = account_address(email)
    mails.void_mails(session, MailKind.EMAIL_CHANGE, MailKind.EMAIL_CHANGING)
    user.pending_email = None
    if wanted != user.email:
        if users.find_by_email(session, wanted) is not None:
            raise _taken()
        _count_mail(session, wanted, client_address)
        user.pending_email = wanted
        mails.queue_mail(session, MailKind.EMAIL_CHANGE, wanted)
        mails.queue_mail(session, MailKind.EMAIL_CHANGING, user.email)
    users.touch(session, user)


def confirm(session: OwnedSession, mail: Mail) -> None:
    """Confirm the address to which a link was sent; if it is a new one, the account changes to it.

    Raises ConflictError if another account has the new one by now.
    """
    user = current_user(session)
    mails.use_link(session, mail)
    if mail.kind == MailKind.EMAIL_CHANGE:
        if user.pending_email is None or users.find_by_email(session, user.pending_email) is not None:
            raise _taken()
        mails.void_mails(session, MailKind.RESET, MailKind.CONFIRM)
        mails.queue_mail(session, MailKind.EMAIL_CHANGED, user.email)
        user.email, user.pending_email = user.pending_email, None
        _flush(session)
    else:
        mails.void_mails(session, MailKind.CONFIRM)
    user.email_confirmed_at = session.now
    wanted_mails.accept_address(session)
    users.touch(session, user)


def _flush(session: OwnedSession) -> None:
    """Write the new address. Raises ConflictError if another account takes it in this moment."""
    try:
        session.flush()
    except IntegrityError as error:
        raise _taken() from error


def _count_mail(session: OwnedSession, address: str, client_address: str) -> None:
    login_throttle.count_attempt(session, "confirmation-mail", email=address, address=client_address, most=MAX_MAILS)


def _taken() -> ConflictError:
    detail = "There is an account for this address: use another one."
    return ConflictError(detail, errors=[FieldError("pointer", "/email", "email_taken", detail)], code="email_taken")
