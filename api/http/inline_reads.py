"""Run reads of steps on the event loop if they are short and cannot wait, else in a thread.

On SQLite a short read costs less than a switch to a thread. PostgreSQL answers over a socket, so a thread waits.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from fastapi import Response
from fastapi.concurrency import run_in_threadpool

from api.errors import InlineReadError
from api.http.deps import Caller
from api.storage.raw_sql import RawConnection

Read = Callable[[RawConnection], object]


async def read_steps(caller: Caller, read: Read, *, is_short: bool, as_of: datetime | None = None) -> Response:
    """Return the result of `read` as JSON. `is_short`: it reads a few rows by an index and evaluates no rules."""
    if is_short and caller.database.has_inline_connection:
        with suppress(InlineReadError):  # a thread reads instead
            return _answer(caller, read, as_of, inline=True)
    return await run_in_threadpool(_answer, caller, read, as_of, inline=False)


def _answer(caller: Caller, read: Read, as_of: datetime | None, *, inline: bool) -> Response:
    with caller.reading_steps(as_of, inline=inline) as raw:
        return caller.json_document(read(raw))
