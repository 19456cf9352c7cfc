"""Erasure of an account with all its rows. To remove them from SQLite's files, the caller then truncates the WAL.

The first transaction ends the account: from then on it has no credentials and no address. Its rows are deleted in
slices, children first, because other accounts cannot write on SQLite while one is erased. A background task finishes
what a request or a crash left.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, delete, func
from sqlmodel import SQLModel, col, select

from api.errors import ConflictError
from api.models import Application, Contact, Mail, Token, User
from api.security import confirmation, hash_token
from api.storage.database import Database, lift_statement_timeout
from api.storage.owned_rows import delete_some
from api.storage.session import ANY_OWNER, OwnedSession

SLICE_SECONDS = 0.03  # and the time of a last batch: other writers wait at most about 50 ms
ROWS_PER_BATCH = 200
SLOW_ROWS_PER_BATCH = 20  # of the index of the search: SQLite overwrites every term of a text
NOWHERE = "erased.invalid"
ACCOUNT: Any = SQLModel.metadata.tables[str(User.__tablename__)]
OWNED_TABLES = [table for table in reversed(SQLModel.metadata.sorted_tables) if "user_id" in table.columns]
ENDED = select(User.id).where(col(User.erased_at).is_not(None)).order_by(col(User.id))
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


def begin_erasure(session: OwnedSession, user: User) -> None:
    """End an account: its credentials and mails are deleted, and nobody finds it any more. Its rows follow in slices.

    The address is free at once.
    """
    for table in (Token, Mail):
        session.change(delete(table))
    user.email, user.pending_email, user.full_name = f"{user.id}@{NOWHERE}", None, ""
    user.password_hash, user.recompute_after, user.erased_at = None, None, session.now
    session.flush()


def erase_slice(database: Database, user_id: str, now: datetime) -> int:
    """Delete some rows of an ended account in a transaction of its own; return how many, 0 if the account is gone."""
    deleted, until = 0, time.monotonic() + SLICE_SECONDS
    with database.write(now) as session:
        session.owner = user_id
        lift_statement_timeout(session)
        for table in OWNED_TABLES:
            while batch := _delete_batch(session, table):
                deleted += batch
                if time.monotonic() > until:
                    return deleted
        return deleted + session.change(delete(ACCOUNT).where(ACCOUNT.c.id == user_id))


def erase_within(database: Database, user_id: str, now: datetime, seconds: float) -> bool:
    """Delete the rows of an ended account, slice by slice, for a time; return whether the account is gone."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not erase_slice(database, user_id, now):
            database.truncate_wal()
            return True
    return False


def ended_accounts(session: OwnedSession, limit: int) -> Sequence[str]:
    """Return ended accounts that still have rows, of all users: for the background task only."""
    return session.exec(ENDED.limit(limit), execution_options=ANY_OWNER).all()


def _delete_batch(session: OwnedSession, table: Table) -> int:
    most = min(ROWS_PER_BATCH, SLOW_ROWS_PER_BATCH) if table.name == "search_entry" else ROWS_PER_BATCH
    return delete_some(session, table, most)
