"""Password resets: requested, mailed by a worker, used once.

The request only adds a row, so that its duration hardly shows whether the account exists.
"""

from contextlib import suppress
from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from api.errors import InvalidError
from api.models import Mail
from api.models.mail import MailKind
from api.services.accounts import login_throttle, mails, tokens, users, wanted_mails
from api.services.current_user import current_user
from api.storage.session import OwnedSession

MAX_MAILS = 3
HOUR = timedelta(hours=1)


def request_reset(session: OwnedSession, email: str) -> None:
    """Queue a mail with a link, where the address has an account, even if it is being erased just now.

    At most three an hour are sent, of one account and to one address: nobody's mailbox is filled by somebody else. The
    caller does not learn of it.
    """
    user = users.find_by_email(session, email)
    if user is None:
        return
    session.owner = user.id
    if mails.count_since(session, MailKind.RESET, session.now - HOUR) < MAX_MAILS and login_throttle.is_within(
        session, "reset-mail", user.email, most=MAX_MAILS
    ):
        with suppress(IntegrityError), session.begin_nested():
            mails.queue_mail(session, MailKind.RESET, user.email)


def find_usable_reset(session: OwnedSession, secret: str, *, lock: bool = False) -> Mail:
    """Return the mail of a secret and make its user the owner of the session. Raises InvalidError."""
    mail = mails.find_link(session, secret, MailKind.RESET, lock=lock)
    if mail is None:
        detail = "This link was already used, or is older than an hour: request a new one."
        raise InvalidError.at("/token", "unusable_link", detail)
    return mail


def confirm_reset(session: OwnedSession, secret: str, password_hash: str, *, end_tokens: bool) -> None:
    """Set the password that a link allows to set; links and sessions of the account end.

    The link is checked again under the account's lock: of two requests with it, one has an effect.

    If the address was not confirmed before, somebody else may have opened the account with it. So all tokens end as
    well, and a change of the address that was asked for. The link has shown that the address is theirs who use it.
    """
    mail = find_usable_reset(session, secret, lock=True)
    user = current_user(session)
    is_first_proof = user.email_confirmed_at is None
    mails.use_link(session, mail)
    wanted_mails.accept_address(session)
    users.set_password(session, user, password_hash)
    if is_first_proof or end_tokens:
        tokens.end_all(session)
    if is_first_proof:
        user.email_confirmed_at, user.pending_email = session.now, None
        mails.void_mails(session, MailKind.CONFIRM, MailKind.EMAIL_CHANGE, MailKind.EMAIL_CHANGING)
