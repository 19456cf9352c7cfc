"""Look up the token of a request before its body is parsed or its endpoint is called, without a thread where possible.

One statement on two or three index entries. It runs on the event loop if it cannot block: on SQLite by the inline
connection, on PostgreSQL by an asynchronous one; else in a thread.
"""

from contextlib import AbstractContextManager, suppress
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from api.errors import InlineReadError, UnavailableError
from api.http.call_limit import remember_account
from api.http.credentials import credentials
from api.http.headers import request_now
from api.services.accounts.authentication import TOKEN, AuthenticatedToken, find_token, find_token_async
from api.storage.raw_sql import CompiledStatement, RawConnection


async def look_up_token(request: Request, statement: CompiledStatement = TOKEN) -> AuthenticatedToken:
    """Return the token of a request. Raises as `find_token` does.

    `statement`: `TOKEN`, or `TOKEN_WITH_STATE` for the version of the steps as well.
    """
    found = await _found(request, statement)
    request.scope["owner"] = found.user_id
    remember_account(request, credentials(request), found.user_id)
    return found


async def _found(request: Request, statement: CompiledStatement) -> AuthenticatedToken:
    state, secret, needed = request.app.state, credentials(request), request.scope["route"].access
    if state.database.has_inline_connection:
        with suppress(InlineReadError):
            return _find_token(request, state.database.inline_connection(), statement)
    elif state.async_connection is not None:
        with suppress(UnavailableError):  # the connection is lost; a thread uses another one
            return await find_token_async(state.async_connection, secret, needed, request_now(request), statement)
    return await run_in_threadpool(_find_token, request, state.database.driver_connection(), statement)


def _find_token(
    request: Request, driver: AbstractContextManager[Any], statement: CompiledStatement
) -> AuthenticatedToken:
    with driver as connection:
        raw = RawConnection(connection, request.app.state.database.engine.dialect, request_now(request))
        return find_token(raw, credentials(request), request.scope["route"].access, statement=statement)
