"""The end of an account: every row of it, and on SQLite every byte."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import delete, func
from sqlmodel import SQLModel, col, select

from api.errors import ConflictError
from api.models import Application, Contact, User
from api.security import confirmation, hash_token
from api.storage.session import OwnedSession

CONFIRM_WITHIN = timedelta(minutes=10)


def check_confirmation(session: OwnedSession, secret: str, given: str | None) -> None:
    """Raise ConflictError, with a code to repeat, unless the code was repeated: a slip of the hand erases nothing.

    The code belongs to the token that asks and lapses after ten minutes. It is no secret from who has the token.
    """
    until, _, code = (given or "").partition(".")
    if until.isdecimal() and int(until[:12]) >= session.now.timestamp() and code == _code(session, secret, until):
        return
    until = str(int((session.now + CONFIRM_WITHIN).timestamp()))
    counts = {
        name: session.execute(select(func.count()).select_from(table)).scalar_one()
        for name, table in (("applications", Application), ("contacts", Contact))
    }
    raise ConflictError(
        "This erases your account with everything in it, for good: repeat the request with ?confirmation= and the code "
        "of this problem within ten minutes. GET /v1/me/export takes everything out before.",
        code="confirmation_required",
        extra={"confirmation": f"{until}.{_code(session, secret, until)}", "erases": counts},
    )


def _code(session: OwnedSession, secret: str, until: str) -> str:
    return confirmation(hash_token(secret), f"erase|{session.user_id}|{until}")


def erase_account(session: OwnedSession, progress: Callable[[int, int], None] = lambda _done, _tables: None) -> None:
    """Erase the account of a session with all its rows, children first.

    `progress` is told the tables done and all tables.
    """
    tables = [table for table in reversed(SQLModel.metadata.sorted_tables) if "user_id" in table.columns]
    for done, table in enumerate(tables, 1):
        session.execute(delete(table).where(table.c.user_id == session.user_id))
        progress(done, len(tables))
    session.execute(delete(User).where(col(User.id) == session.user_id))
