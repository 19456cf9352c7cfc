"""Index the texts of a whole account in slices: of an older version, or to compare the index with the texts.

A slice holds the user's lock for a short time and commits, so that no other write waits for the whole account.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, delete, select

from api.errors import UnauthorizedError
from api.models import SearchEntry, User
from api.models.base import Stored
from api.services.search.index import write_entries
from api.services.search.texts import SEARCHED, Searched, digest, indexed_terms, is_searched
from api.services.steps import judge
from api.storage.codecs import FIRST_ID
from api.storage.database import Database, lift_statement_timeout
from api.storage.session import ANY_OWNER, OwnedSession
from api.words.terms import TERMS_VERSION

SLICE_SECONDS = 0.03  # and the time of a last batch: other writers wait at most about 50 ms
BATCH_SIZE = 20


@dataclass
class Progress:
    """How far an account is indexed: the kind, the last id of it, and whether all entries were compared too."""

    kind: int = 0
    after: str = FIRST_ID
    texts: int = 0
    differences: int = 0

    @property
    def is_done(self) -> bool:
        """Whether all kinds are done."""
        return self.kind == len(SEARCHED)


def outdated_accounts(session: OwnedSession) -> Sequence[str]:
    """Return the accounts whose index is not complete, of all users: for the background task and the command only."""
    wanted = select(User.id).where(User.search_version < TERMS_VERSION, col(User.erased_at).is_(None))
    return session.exec(wanted.order_by(col(User.id)), execution_options=ANY_OWNER).all()


def rebuild_slice(database: Database, user_id: str, now: datetime, progress: Progress, *, repair: bool = True) -> None:
    """Compare the next texts of an account with their entries, and write those that differ, in one transaction.

    An account that was erased meanwhile is done. `repair`: false only counts the differences.
    """
    try:
        with database.write(now) if repair else database.read(now) as session:
            session.owner = user_id
            lift_statement_timeout(session)
            if repair:
                judge.lock_user(session)
            _rebuild(session, progress, repair=repair)
    except UnauthorizedError:
        progress.kind = len(SEARCHED)


def rebuild(database: Database, user_id: str, now: datetime, *, repair: bool) -> Progress:
    """Compare all texts of an account with their entries, slice by slice."""
    progress = Progress()
    while not progress.is_done:
        rebuild_slice(database, user_id, now, progress, repair=repair)
    return progress


def _rebuild(session: OwnedSession, progress: Progress, *, repair: bool) -> None:
    until = time.monotonic() + SLICE_SECONDS
    while not progress.is_done:
        kind = SEARCHED[progress.kind]
        rows = _next_rows(session, kind, progress.after)
        _compare(session, kind, rows, progress, repair=repair)
        if len(rows) < BATCH_SIZE:
            progress.differences += _remove_entries_of_nothing(session, kind, repair=repair)
            progress.kind, progress.after = progress.kind + 1, FIRST_ID
        else:
            progress.after = rows[-1].id
        if time.monotonic() > until:
            break
    if progress.is_done and repair:
        session.get_one(User, session.user_id).search_version = TERMS_VERSION


def _next_rows(session: OwnedSession, kind: Searched, after: str) -> Sequence[Any]:
    table = kind.table
    wanted = select(table).where(col(table.id) > after).order_by(col(table.id)).limit(BATCH_SIZE)
    return session.exec(wanted).all()


def _compare(session: OwnedSession, kind: Searched, rows: Sequence[Any], progress: Progress, *, repair: bool) -> None:
    ids = [row.id for row in rows]
    entries = select(SearchEntry).where(SearchEntry.noun == kind.noun, col(SearchEntry.object_id).in_(ids))
    known = {entry.object_id: entry for entry in session.exec(entries).all()} if ids else {}
    different: dict[tuple[type[Stored], str], Stored | None] = {}
    for row in rows:
        indexed = indexed_terms(row, session.user_id) if is_searched(row) else []
        entry = known.get(row.id)
        progress.texts += bool(indexed)
        if (entry is not None) != bool(indexed) or (
            entry is not None and (entry.digest, entry.updated_at) != (digest(indexed), row.updated_at)
        ):
            different[(kind.table, row.id)] = row
    progress.differences += len(different)
    if repair:
        write_entries(session, different)


def _remove_entries_of_nothing(session: OwnedSession, kind: Searched, *, repair: bool) -> int:
    """Delete entries whose object is gone; return how many there are."""
    there = select(kind.table.id).where(kind.table.user_id == session.user_id)
    gone = (col(SearchEntry.noun) == kind.noun, col(SearchEntry.object_id).not_in(there))
    found = len(session.exec(select(SearchEntry.object_id).where(*gone)).all())
    if found and repair:
        session.change(delete(SearchEntry).where(*gone))
    return found
