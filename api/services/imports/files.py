"""Uploaded files, in pieces in the database until their import has run, and the planned rows of imports."""

import hashlib
from collections.abc import Iterable, Sequence

from sqlmodel import col, delete, func, select

from api.models import ImportChunk, ImportJob, ImportRow
from api.models.import_answers import ImportKind
from api.services.imports.plans import PlannedRow
from api.settings import Settings
from api.storage.session import OwnedSession

PIECE_BYTES = 262_144
MAX_CALENDAR_BYTES = 262_144


def most_bytes(settings: Settings, kind: ImportKind) -> int:
    """Return how many bytes a file of a kind may have."""
    most = {"csv": settings.max_import_bytes, "jsonl": settings.max_restore_bytes, "calendar": MAX_CALENDAR_BYTES}
    return most[kind]


def store_file(session: OwnedSession, import_id: str, content: bytes) -> None:
    """Store a file with an import."""
    for number, at in enumerate(range(0, len(content), PIECE_BYTES)):
        piece = content[at : at + PIECE_BYTES]
        session.add(ImportChunk(user_id=session.user_id, import_id=import_id, number=number, content=piece))


def load_file(session: OwnedSession, import_id: str) -> bytes:
    """Return the file of an import."""
    wanted = select(ImportChunk.content).where(ImportChunk.import_id == import_id).order_by(col(ImportChunk.number))
    return b"".join(session.exec(wanted).all())


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(content).hexdigest()


def add_rows(session: OwnedSession, import_id: str, first: int, rows: Iterable[PlannedRow]) -> None:
    """Store planned rows; `first`: the number of the first one."""
    for number, row in enumerate(rows, start=first):
        session.add(
            ImportRow(
                user_id=session.user_id,
                import_id=import_id,
                row_no=number,
                line_no=row.line_no,
                outcome=row.outcome,
                raw=row.raw,
                plan=row.plan,
                duplicate_of=row.duplicate_of,
                errors=row.errors,
                warnings=row.warnings,
            )
        )


def next_rows(session: OwnedSession, job: ImportJob, limit: int) -> Sequence[ImportRow]:
    """Return the rows after the last one that the run has passed."""
    wanted = select(ImportRow).where(ImportRow.import_id == job.id, col(ImportRow.row_no) > job.rows_done)
    return session.exec(wanted.order_by(col(ImportRow.row_no)).limit(limit)).all()


def delete_file(session: OwnedSession, import_id: str) -> None:
    """Delete the file of an import: at most 128 pieces."""
    session.change(delete(ImportChunk).where(col(ImportChunk.import_id) == import_id))


def count_results(session: OwnedSession, import_id: str) -> dict[str, int]:
    """Return how many rows have each outcome and each result."""
    found = {}
    for column in (ImportRow.outcome, ImportRow.result):
        wanted = select(column, func.count()).where(ImportRow.import_id == import_id).group_by(col(column))
        found.update({name: number for name, number in session.exec(wanted).all() if name is not None})
    return found
