"""Endpoints to export and erase an account, and to list its activity."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated

from fastapi import Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from sqlmodel import col, select

from api.errors import InvalidError, UnavailableError
from api.http.crud import paged
from api.http.deps import CallerDep, PageDep
from api.http.files import NEEDS_SPACE
from api.http.own_password import check_own_password, writing_as_checked
from api.http.routes import Routes
from api.models import Activity
from api.models.activity import ActivityPublic
from api.models.base import IN_QUERY
from api.models.page import Page
from api.models.user import AccountErase
from api.protocol.scopes import READS, WRITES
from api.services.accounts import erasure, export, login_throttle, users
from api.services.current_user import current_user
from api.services.row_etags import row_etag
from api.storage.keyset import sort_orders
from api.workers import erasure as erasure_task

MAX_EXPORTS = 10
CHUNK_BYTES = 65_536
ERASE_SECONDS = 5.0  # the background task deletes what is left
JSON_LINES = "application/jsonl"
ORDER = sort_orders(Activity, "at")["-at"]
Confirmation = Annotated[
    Annotated[str, IN_QUERY] | None,
    Query(max_length=200, description="The `confirmation` in the response to the first request."),
]
routes = Routes("account")


class ActivityPage(Page[ActivityPublic]):
    """A page of activity, newest first."""


@routes.get("/v1/me/activity", scopes="account:read")
def list_activity(
    caller: CallerDep,
    page: PageDep,
    agent: Annotated[
        bool | None, Query(description="Only what assistants did (true) or only the rest (false); by default both.")
    ] = None,
) -> ActivityPage:
    """List what your sessions and tokens did.

    Every sign-in, write and export of the last 90 days: when, by which session or token, which operation, on which
    object. Contents are not recorded. With the token of an assistant, a write may say in the header `X-Afterword-Tool`
    (up to 40 characters a–z and _) with which of the assistant's tools it is made; the list shows it as `tool`.
    """
    wanted = select(Activity)
    if agent is not None:
        wanted = wanted.where(col(Activity.agent) if agent else ~col(Activity.agent))
    with caller.reading() as session:
        rows, cursor = paged(caller, session, page, ORDER, wanted)
        return ActivityPage(items=[ActivityPublic.model_validate(row) for row in rows], next_cursor=cursor)


@routes.get(
    "/v1/me/export",
    scopes=READS,
    errors=NEEDS_SPACE,
    etag=False,
    response_class=StreamingResponse,
    responses={200: {"description": "JSON Lines.", "content": {JSON_LINES: {"schema": {"type": "string"}}}}},
)
def export_account(caller: CallerDep) -> StreamingResponse:
    """Export all your data.

    JSON Lines: first a manifest with the number of rows of each kind, then one row in each line, parents before their
    children. Deleted objects that can still be restored are included, secrets are not. At most ten exports an hour
    (429).
    """
    with caller.writing() as session:
        login_throttle.count_account(session, "export", most=MAX_EXPORTS)
        user_id = session.user_id
    state, now = caller.request.app.state, caller.now

    async def chunks() -> AsyncIterator[bytes]:
        with tempfile.TemporaryFile() as file:
            async with state.exporting:  # one export at a time; a waiting request occupies no thread
                await run_in_threadpool(export.write_export, caller.database, user_id, now, file)
            while chunk := await run_in_threadpool(file.read, CHUNK_BYTES):
                yield chunk

    headers = {"Content-Disposition": f'attachment; filename="afterword-{now:%Y-%m-%d}.jsonl"'}
    return StreamingResponse(chunks(), media_type=JSON_LINES, headers=headers)


@routes.delete("/v1/me", scopes=WRITES, errors=[409, 429])
def delete_me(caller: CallerDep, confirmation: Confirmation = None, body: AccountErase | None = None) -> Response:
    """Erase your account.

    From the response on, nobody can sign in or read anything of it; the rows of a large account are deleted within the
    next minute. This cannot be undone. The response to the first request is 409 with a `confirmation`;
    send the request again with it as a parameter, and with your password, within ten minutes. Export your data before:
    GET /v1/me/export.
    """
    with caller.writing(audited=False) as session:
        user = current_user(session)
        caller.check_if_match(users.user_to_public(session, user), row_etag(session, user))
        erasure.check_confirmation(session, caller.secret, confirmation)
        if user.password_hash is not None and body is None:
            raise InvalidError.at("/password", "missing", "Send the password of your account, too.")
    if user.password_hash is not None and body is not None:
        user = check_own_password(caller, body.password, "/password")
    with writing_as_checked(caller, user, audited=False) as session:
        erasure.begin_erasure(session, current_user(session))
    with suppress(UnavailableError):  # the database is busy
        if erasure.erase_within(caller.database, user.id, caller.now, ERASE_SECONDS):
            return Response(status_code=204)
    caller.wake(erasure_task.TASK)
    return Response(status_code=204)
