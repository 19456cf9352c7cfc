"""Password resets: asked for, mailed by a worker, used once.

The request only leaves a row, so that it takes as long whether there is an account or not. The secret is made when the
mail is, and only its hash is kept: a copy of the database holds no link that works.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select, update

from api.errors import InvalidError
from api.models import PasswordReset
from api.models.base import new_id
from api.security import RESET_PREFIX, hash_token, looks_like_token, new_token
from api.services.accounts import users
from api.services.current_user import current_user
from api.services.steps import judge
from api.storage.database import Database
from api.storage.session import ANY_OWNER, UNSYNCED, OwnedSession

USABLE_FOR = timedelta(hours=1)
MAX_TRIES = 5
FIRST_WAIT = timedelta(minutes=1)
MAX_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class ResetLink:
    """What is to be mailed to whom."""

    email: str
    secret: str


def request_reset(session: OwnedSession, email: str) -> None:
    """Record that a reset was requested, where the address has an account, even if it is being erased just now."""
    user = users.find_by_email(session, email)
    if user is not None:
        session.owner = user.id
        with suppress(IntegrityError), session.begin_nested():
            session.add(PasswordReset(user_id=user.id, id=new_id(), created_at=session.now, due_at=session.now))


def deliver_due_mails(database: Database, now: datetime, send: Callable[[ResetLink], None]) -> int:
    """Send what is due; returns how many mails went out. What cannot be sent is tried again later, five times."""
    with database.read(now) as session:
        wanted = select(PasswordReset).where(col(PasswordReset.due_at) <= now).limit(MAX_AT_ONCE)
        due = session.exec(wanted, execution_options=ANY_OWNER).all()
    return sum(_deliver_one(database, now, row, send) for row in due)


def _deliver_one(database: Database, now: datetime, row: PasswordReset, send: Callable[[ResetLink], None]) -> bool:
    """Take a row, so that no other process sends it too; its next try is written down before this one."""
    secret = new_token(RESET_PREFIX)
    is_last = row.tries + 1 >= MAX_TRIES
    next_try = None if is_last else now + FIRST_WAIT * 2**row.tries
    with database.write(now) as session:
        session.owner = row.user_id
        mine = (col(PasswordReset.id) == row.id, col(PasswordReset.tries) == row.tries)
        taken = update(PasswordReset).where(*mine).values(tries=row.tries + 1, due_at=next_try, hash=hash_token(secret))
        if session.execute(taken, execution_options=UNSYNCED).rowcount == 0:  # type: ignore[attr-defined]  # an UPDATE
            return False
        email = current_user(session).email
    send(ResetLink(email, secret))
    with database.write(now) as session:
        session.owner = row.user_id
        sent = update(PasswordReset).where(col(PasswordReset.id) == row.id).values(due_at=None)
        session.execute(sent, execution_options=UNSYNCED)
    return True


def find_usable_reset(session: OwnedSession, secret: str) -> PasswordReset:
    """Return the reset of a secret and make its user the owner of the session. Raises InvalidError."""
    row = None
    if looks_like_token(secret) and secret.startswith(RESET_PREFIX):
        wanted = select(PasswordReset).where(PasswordReset.hash == hash_token(secret))
        row = session.exec(wanted, execution_options=ANY_OWNER).one_or_none()
    if row is None or row.created_at + USABLE_FOR <= session.now:
        detail = "This link was used already, or is older than an hour: ask for another."
        raise InvalidError.at("/token", "unusable_link", detail)
    session.owner = row.user_id
    return row


def confirm_reset(session: OwnedSession, secret: str, password_hash: str) -> None:
    """Set the password that a link allows to set; links and sessions of the account end.

    The link is checked again under the account's lock: of two requests with it, one has an effect.
    """
    find_usable_reset(session, secret)
    judge.lock_user(session)
    find_usable_reset(session, secret)
    users.set_password(session, current_user(session), password_hash)
