"""What the operator does to an account. Each change is recorded in the account's activity, by `operator`."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, select

from api.errors import ConflictError
from api.models import Application, Contact, Token, User
from api.models.base import Stored
from api.models.mail import MailKind
from api.models.token import SESSIONS, TokenKind
from api.models.user import UserCreate
from api.services.accounts import audit_log, erasure, mails, tokens, users
from api.storage.session import ANY_OWNER, OwnedSession

AT_ONCE = 500


class Account(NamedTuple):
    """One account in the operator's list."""

    email: str
    created_at: datetime
    disabled_at: datetime | None
    last_used_at: datetime | None
    applications: int


class Ended(NamedTuple):
    """How many sessions and personal tokens ended."""

    sessions: int
    tokens: int


class RowCounts(NamedTuple):
    """How much an account holds."""

    applications: int
    contacts: int


def list_accounts(session: OwnedSession, *, disabled: bool = False) -> Iterator[Account]:
    """Yield all accounts, oldest first, or those that are disabled."""
    last_used = select(func.max(Token.last_used_at)).where(Token.user_id == User.id).correlate(User).scalar_subquery()
    held = (
        select(func.count())
        .select_from(Application)
        .where(Application.user_id == User.id, col(Application.deleted_at).is_(None))
        .correlate(User)
        .scalar_subquery()
    )
    columns: tuple[Any, ...] = (User.email, User.created_at, User.disabled_at, last_used, held)
    wanted = select(*columns).where(col(User.erased_at).is_(None))
    if disabled:
        wanted = wanted.where(col(User.disabled_at).is_not(None))
    ordered = wanted.order_by(col(User.created_at), col(User.id))
    for row in session.execute(ordered, execution_options={**ANY_OWNER, "yield_per": AT_ONCE}):
        yield Account(*row)


def open_account(session: OwnedSession, body: UserCreate, password_hash: str) -> None:
    """Open an account. Raises ConflictError if the address has one."""
    users.sign_up(session, body, password_hash)
    audit_log.record_operator(session, "create_user")


def disable_account(session: OwnedSession, user: User) -> None:
    """Refuse sign-ins and all tokens of an account. Raises ConflictError if it is disabled."""
    if user.disabled_at is not None:
        raise ConflictError("this account is disabled already: `afterword user enable` enables it.")
    user.disabled_at = session.now
    audit_log.record_operator(session, "disable_user")


def enable_account(session: OwnedSession, user: User) -> None:
    """Accept sign-ins and tokens of an account again. Raises ConflictError if it is not disabled."""
    if user.disabled_at is None:
        raise ConflictError("this account is not disabled: there is nothing to do.")
    user.disabled_at = None
    audit_log.record_operator(session, "enable_user")


def set_password(session: OwnedSession, user: User, password_hash: str, *, end_tokens: bool) -> Ended:
    """Set an account's password; its sessions and links for a forgotten one end, and its tokens if `end_tokens`."""
    sessions = _count(session, Token, col(Token.kind).in_(SESSIONS))
    users.set_password(session, user, password_hash)
    ended = _count(session, Token, col(Token.kind) == TokenKind.PERSONAL) if end_tokens else 0
    if ended:
        tokens.end_all(session)
    audit_log.record_operator(session, "put_password")
    return Ended(sessions, ended)


def change_email(session: OwnedSession, user: User, email: str) -> None:
    """Change an account's address; links for a forgotten password end. Raises ConflictError if it is taken."""
    user.email, user.pending_email, user.email_confirmed_at = email.lower(), None, None
    try:
        users.touch(session, user)
    except IntegrityError as error:
        raise ConflictError("another account has this address: choose a different one.") from error
    mails.void_mails(session, *MailKind)
    audit_log.record_operator(session, "put_email")


def count_rows(session: OwnedSession) -> RowCounts:
    """Return how much an account holds, deleted rows included."""
    return RowCounts(_count(session, Application), _count(session, Contact))


def _count(session: OwnedSession, table: type[Stored], *conditions: object) -> int:
    counted = select(func.count()).select_from(table).where(*conditions)  # type: ignore[arg-type]  # SQL expressions
    return int(session.execute(counted).scalar_one())


def count_all_rows(session: OwnedSession) -> int:
    """Return the number of rows of an account in all tables, its own row included."""
    counted = (
        session.execute(select(func.count()).select_from(table).where(table.c.user_id == session.user_id))
        for table in erasure.OWNED_TABLES
    )
    return 1 + sum(int(rows.scalar_one()) for rows in counted)
