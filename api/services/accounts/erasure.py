"""Erasure of an account with all its rows. To remove them from SQLite's files, the caller then truncates the WAL."""

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
    """Raise ConflictError with a confirmation code, unless the request has a valid one: nobody erases by mistake.

    The code is bound to the token and is valid for ten minutes. It is no protection against somebody with the token,
    who can request it.
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
        "This erases your account and all its data and cannot be undone: to confirm, send the request again within ten "
        "minutes with ?confirmation= and the code in this problem, and with your password in the body. Export your "
        "data before: GET /v1/me/export.",
        code="confirmation_required",
        extra={"confirmation": f"{until}.{_code(session, secret, until)}", "erases": counts},
    )


def _code(session: OwnedSession, secret: str, until: str) -> str:
    return confirmation(hash_token(secret), f"erase|{session.user_id}|{until}")


def erase_account(session: OwnedSession, progress: Callable[[int, int], None] = lambda _done, _tables: None) -> None:
    """Delete the user of a session and all rows of the user, children first.

    `progress` gets the number of tables done and of all tables.
    """
    tables = [table for table in reversed(SQLModel.metadata.sorted_tables) if "user_id" in table.columns]
    for done, table in enumerate(tables, 1):
        session.execute(delete(table).where(table.c.user_id == session.user_id))
        progress(done, len(tables))
    session.execute(delete(User).where(col(User.id) == session.user_id))
