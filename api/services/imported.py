"""What other services know of imports: an erased person is forgotten in them, and what they hold expires."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select, tuple_, update

from api.models import ImportChunk, ImportJob, ImportObject, ImportRow
from api.storage.owned_rows import delete_some
from api.storage.session import Owned, OwnedSession

CONTENTS = (ImportObject, ImportRow, ImportChunk)


def erase_person(session: OwnedSession, contact_id: str) -> None:
    """Empty what imports hold of a person: the rows that made, changed or linked the contact."""
    about = (col(ImportObject.noun) == "contact", col(ImportObject.object_id) == contact_id)
    rows = select(ImportObject.import_id, ImportObject.row_no).where(*about, ImportObject.user_id == session.user_id)
    key: Any = tuple_(col(ImportRow.import_id), col(ImportRow.row_no))
    emptied = update(ImportRow).where(key.in_(rows)).values(raw=[], plan={}, errors=[], warnings=[])
    session.change(emptied)
    session.change(update(ImportObject).where(*about).values(before={}))


def expired_jobs(session: OwnedSession) -> Any:  # noqa: ANN401  # a condition
    """Return the condition of imports whose contents have expired: drafts after a day, others after 30 days."""
    return col(ImportJob.contents_until) <= session.now


def delete_expired(session: OwnedSession, most: int) -> int:
    """Delete at most so many rows of expired contents of the session's owner; return how many.

    A draft is deleted after its contents; an import that has run stays, with its counts.
    """
    wanted = select(ImportJob).where(expired_jobs(session)).order_by(col(ImportJob.id)).limit(1)
    job = session.exec(wanted).first()
    if job is None:
        return 0
    if deleted := delete_contents(session, job.id, most):
        return deleted
    if job.finished_at is None:
        session.delete(job)
    else:
        job.contents_until = None
    session.flush()
    return 1


def delete_contents(session: OwnedSession, import_id: str, most: int, tables: Sequence[type[Owned]] = CONTENTS) -> int:
    """Delete at most so many rows of what an import holds; return how many."""
    for table in tables:
        part: Any = table
        if deleted := delete_some(session, table, most, part.import_id == import_id):
            return deleted
    return 0
