"""Judging a whole account in slices: after a change of its policy or zone, or of the rules.

A slice holds the user's lock for a short time and commits, so that no other write waits for the whole account. The
account stores how far it came, so that the next slice goes on there, also after a crash. Until the last slice, rows
that were not reached are shown as they are, with `recomputing` in the answer.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from sqlmodel import col, select

from api.errors import UnauthorizedError
from api.models import Application, User
from api.services.steps import judge
from api.services.steps.changes import written_steps
from api.storage.codecs import from_db_id, to_db_id
from api.storage.database import Database
from api.storage.raw_sql import ID, OWNER, ROW_LIMIT, CompiledStatement, RawConnection, param, select_as_text
from api.storage.session import ANY_OWNER, OwnedSession

SLICE_SECONDS = 0.03  # and the time of a last batch: other writers wait at most about 50 ms
BATCH_SIZE = 5  # applications
POSITION = CompiledStatement(select_as_text(User.recompute_after).where(col(User.id) == OWNER), owned=False)
NEXT_APPLICATIONS = CompiledStatement(
    select_as_text(Application.id)
    .where(col(Application.id) > param("after", ID), col(Application.deleted_at).is_(None))
    .order_by(col(Application.id))
    .limit(ROW_LIMIT)
)
ACCOUNTS = select(User.id).where(col(User.recompute_after).is_not(None)).order_by(col(User.id))


def begin(session: OwnedSession) -> bool:
    """Judge the account from its first application on, for the time of a slice; return whether that was enough.

    The session holds the user's lock. The background task judges what is left.
    """
    judge.defer(session)
    return _judge_slice(session)


def run_slice(database: Database, user_id: str, now: datetime) -> bool:
    """Judge the next applications of an account in a transaction of its own; return whether the account is done.

    An account that was erased meanwhile is done.
    """
    with suppress(UnauthorizedError), database.write(now) as session:
        session.owner = user_id
        judge.lock_user(session)
        return _judge_slice(session)
    return True


def run_to_end(database: Database, user_id: str, clock: Callable[[], datetime]) -> None:
    """Judge a whole account, slice by slice; others write in between. Does nothing if the account was erased."""
    is_done = True
    with suppress(UnauthorizedError), database.write(clock()) as session:
        session.owner = user_id
        judge.lock_user(session)
        is_done = begin(session)
    while not is_done:
        is_done = run_slice(database, user_id, clock())


def _judge_slice(session: OwnedSession) -> bool:
    """Judge batches until the time is up, and store the position; return whether the account is done.

    A batch updates stored ends of interviews, which step 7 of other applications reads: after the last batch, the
    deadlines that follow from them are updated for all.
    """
    raw, until = RawConnection.of(session), time.monotonic() + SLICE_SECONDS
    after, written = _position(raw), written_steps(session)
    written.is_recomputation = True
    while after is not None:
        ids = [from_db_id(row[0]) for row in raw.all(NEXT_APPLICATIONS, after=to_db_id(after), limit=BATCH_SIZE)]
        judge.judge_applications(session, ids)
        written.recomputed.extend(ids)
        after = ids[-1] if len(ids) == BATCH_SIZE else None
        if time.monotonic() > until:
            break
    judge.set_position(raw, after)
    if after is None:
        judge.judge_elsewhere(session)
    written.is_complete = _position(raw) is None
    return written.is_complete


def _position(raw: RawConnection) -> str | None:
    row = raw.first(POSITION)
    return from_db_id(row[0]) if row and row[0] else None


def is_recomputing(session: OwnedSession) -> bool:
    """Tell whether rows of the account may still be those from before a change."""
    return _position(RawConnection.of(session)) is not None


def waiting_accounts(session: OwnedSession, limit: int) -> Sequence[str]:
    """Return accounts that are not done, of all users: for the background task only."""
    return session.exec(ACCOUNTS.limit(limit), execution_options=ANY_OWNER).all()
