"""Responses that are files: written to an unnamed temporary file in one read transaction, then sent from there.

So memory does not grow with the account, a slow client keeps no transaction open, and what fails while the file is
written is answered with a problem.
"""

import errno
import io
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import IO, Annotated, Literal, TypeVar

from fastapi import Depends, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from api.errors import StorageFullError
from api.http.deps import Caller
from api.http.negotiation import MEDIA_TYPES, VARY
from api.rules.calendar import local_date
from api.services.accounts import login_throttle
from api.services.current_user import current_user
from api.services.reports.exports import Export
from api.storage.deadline import check_deadline
from api.storage.session import OwnedSession
from api.words.csv_text import DELIMITERS, write_csv

NEEDS_SPACE = (507,)  # the problem of an operation whose file does not fit on the disk
MAX_FILES = 60  # of an account in an hour, exports and reports together
CHUNK_BYTES, ROWS_BETWEEN_CHECKS = 65_536, 500
CSV = "text/csv; charset=utf-8"
T = TypeVar("T")
FULL = (errno.ENOSPC, errno.EDQUOT)
Write = Callable[[OwnedSession, IO[bytes]], None]


@dataclass(frozen=True, slots=True)
class CsvLayout:
    """What separates the columns of a CSV file, and whether it begins with a byte order mark."""

    delimiter: str
    bom: bool


async def _csv_layout(
    delimiter: Annotated[
        Literal["comma", "semicolon", "tab"],
        Query(description="What separates the columns of CSV; Excel expects a semicolon in much of Europe."),
    ] = "comma",
    *,
    bom: Annotated[bool, Query(description="Begin CSV with a byte order mark, by which Excel knows UTF-8.")] = False,
) -> CsvLayout:
    return CsvLayout(DELIMITERS[delimiter], bom)


CsvLayoutDep = Annotated[CsvLayout, Depends(_csv_layout)]


def count_file(caller: Caller) -> date:
    """Count a file of the caller's account and record it in its activity; return the user's local date.

    Raises TooManyRequestsError beyond 60 an hour.
    """
    with caller.writing() as session:
        login_throttle.count_account(session, "file", most=MAX_FILES)
        return local_date(caller.now, current_user(session).time_zone)


async def csv_response(caller: Caller, export: Export, day: date, layout: CsvLayout) -> StreamingResponse:
    """Return an exported table as a CSV file. `day` is part of the file's name."""

    def write(session: OwnedSession, file: IO[bytes]) -> None:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        rows = _unless_late(export.rows(session))
        write_csv(text, export.header, rows, delimiter=layout.delimiter, bom=layout.bom)
        text.detach()

    return await file_response(caller, write, name=f"afterword-{export.name}-{day}.csv", media_type=CSV)


async def chunks_response(
    caller: Caller, chunks: Callable[[OwnedSession], Iterator[bytes]], *, name: str, kind: str
) -> StreamingResponse:
    """Return a calendar (`ics`) or vCards (`vcf`) as a file. `name`: of the file, without its extension."""

    def write(session: OwnedSession, file: IO[bytes]) -> None:
        file.writelines(_unless_late(chunks(session)))

    media_type = f"{MEDIA_TYPES[kind]}; charset=utf-8"
    return await file_response(caller, write, name=f"afterword-{name}.{kind}", media_type=media_type)


async def file_response(caller: Caller, write: Write, *, name: str, media_type: str) -> StreamingResponse:
    """Return what `write` writes to a file. One file is written at a time; requests that wait occupy no thread."""
    async with caller.request.app.state.exporting:
        file = await run_in_threadpool(_written, caller, write)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(file.seek(0, io.SEEK_END)),
        **VARY,
    }
    file.seek(0)
    return StreamingResponse(_chunks(file), media_type=media_type, headers=headers)


def _written(caller: Caller, write: Write) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115  # closed when it is sent, or with its last reference
    try:
        with caller.reading() as session:
            write(session, file)
        file.flush()
    except OSError as error:
        file.close()
        if error.errno in FULL:
            raise StorageFullError from error
        raise
    return file


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while chunk := await run_in_threadpool(file.read, CHUNK_BYTES):
            yield chunk


def _unless_late(rows: Iterator[T]) -> Iterator[T]:
    """Yield rows until the deadline of the request. Raises UnavailableError."""
    for number, row in enumerate(rows):
        if number % ROWS_BETWEEN_CHECKS == 0:
            check_deadline()
        yield row
