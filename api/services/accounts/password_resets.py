"""Password resets: requested, mailed by a worker, used once.

The request adds a row and sends no mail, so that its duration hardly shows whether the account exists. The secret is
created with the mail, and only its hash is stored: a copy of the database has no link that works.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select, update

from api.errors import InvalidError
from api.models import PasswordReset
from api.models.base import new_id
from api.security import RESET_PREFIX, hash_token, looks_like_token, new_token
from api.services.accounts import users
from api.services.current_user import current_user
from api.storage.database import Database
from api.storage.session import ANY_OWNER, UNSYNCED, OwnedSession

USABLE_FOR = timedelta(hours=1)
MAX_TRIES = 5
FIRST_WAIT = timedelta(minutes=1)
MAX_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class ResetLink:
    """The address and the secret of a mail."""

    email: str
    secret: str


def request_reset(session: OwnedSession, email: str) -> None:
    """Record that a reset was requested, if the address has an account."""
    user = users.find_by_email(session, email)
    if user is not None:
        session.owner = user.id
        session.add(PasswordReset(user_id=user.id, id=new_id(), created_at=session.now, due_at=session.now))


def deliver_due_mails(database: Database, now: datetime, send: Callable[[ResetLink], None]) -> int:
    """Send due mails and return how many were sent. Each is tried at most five times, after 1, 2, 4 and 8 minutes."""
    with database.read(now) as session:
        wanted = select(PasswordReset).where(col(PasswordReset.due_at) <= now).limit(MAX_AT_ONCE)
        due = session.exec(wanted, execution_options=ANY_OWNER).all()
    return sum(_deliver_one(database, now, row, send) for row in due)


def _deliver_one(database: Database, now: datetime, row: PasswordReset, send: Callable[[ResetLink], None]) -> bool:
    """Claim a row, so that no other process sends it too, and store the time of the next try; then send the mail."""
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
    """Return the reset of a secret and make its user the owner of the session. Raises InvalidError if there is none."""
    row = None
    if looks_like_token(secret) and secret.startswith(RESET_PREFIX):
        wanted = select(PasswordReset).where(PasswordReset.hash == hash_token(secret))
        row = session.exec(wanted, execution_options=ANY_OWNER).one_or_none()
    if row is None or row.created_at + USABLE_FOR <= session.now:
        detail = "This link was already used, or is older than an hour: request a new one."
        raise InvalidError.at("/token", "unusable_link", detail)
    session.owner = row.user_id
    return row


def confirm_reset(session: OwnedSession, secret: str, password_hash: str) -> None:
    """Set the new password of a link's account; all its reset links and sessions end. Raises InvalidError."""
    find_usable_reset(session, secret)
    users.set_password(session, current_user(session), password_hash)
