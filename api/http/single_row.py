"""Look up one row of a request by a statement on index entries, without a thread where possible."""

from contextlib import AbstractContextManager, suppress
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from api.errors import InlineReadError, UnavailableError
from api.http.headers import request_now
from api.storage.raw_sql import CompiledStatement, RawConnection, Row


async def look_up_row(request: Request, statement: CompiledStatement, **values: str) -> Row | None:
    """Return the first row of a statement: on the event loop if it cannot block, else in a thread.

    On SQLite the inline connection reads it, on PostgreSQL an asynchronous one.
    """
    state = request.app.state
    if state.database.has_inline_connection:
        with suppress(InlineReadError):
            return _first(request, state.database.inline_connection(), statement, values)
    elif state.async_connection is not None:
        with suppress(UnavailableError):  # the connection is lost; a thread uses another one
            row: Row | None = await state.async_connection.first(statement, **values)
            return row
    return await run_in_threadpool(_first, request, state.database.driver_connection(), statement, values)


def _first(
    request: Request, driver: AbstractContextManager[Any], statement: CompiledStatement, values: dict[str, str]
) -> Row | None:
    with driver as connection:
        raw = RawConnection(connection, request.app.state.database.engine.dialect, request_now(request))
        return raw.first(statement, **values)
