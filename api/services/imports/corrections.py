"""The rows of an import that have errors, as a CSV file to correct and send again."""

import io
from collections.abc import Iterator, Sequence
from typing import IO

from sqlmodel import col, or_, select

from api.models import ImportJob, ImportRow
from api.storage.session import OwnedSession
from api.words.csv_text import safe, write_csv

ADDED = ("afterword_line", "afterword_error")
AT_ONCE = 500


def write_corrections(session: OwnedSession, import_id: str, file: IO[bytes]) -> None:
    """Write the rows with errors, in the delimiter of the upload; in UTF-8, because the errors need it."""
    job = session.get_one(ImportJob, (session.user_id, import_id))
    header = job.recognised.get("header", [])
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    delimiter = job.recognised.get("delimiter") or ","
    write_csv(text, [*map(safe, header), *ADDED], _rows(session, import_id, len(header)), delimiter=delimiter, bom=True)
    text.detach()


def _rows(session: OwnedSession, import_id: str, width: int) -> Iterator[Sequence[str | int]]:
    wrong = or_(col(ImportRow.outcome) == "error", col(ImportRow.result) == "failed")
    wanted = select(ImportRow).where(ImportRow.import_id == import_id, wrong).order_by(col(ImportRow.row_no))
    for row in session.exec(wanted, execution_options={"yield_per": AT_ONCE}):
        cells = [*row.raw, *([""] * (width - len(row.raw)))]
        told = " ".join(f"{one['column']}: {one['detail']}" if one["column"] else one["detail"] for one in row.errors)
        yield [*cells, row.line_no, told]
