"""Helpers for the endpoints of all kinds of facts: pages, ETags, preconditions, deletions."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Path, Response
from pydantic import BaseModel
from pydantic_core import to_json
from sqlalchemy import Select
from sqlmodel import select

from api.http.compression import JSON
from api.http.deps import Caller
from api.models import Application
from api.models.base import Body
from api.models.step import DeletionPreview
from api.rules.answers import to_record
from api.rules.words import rfc3339
from api.services.facts.crud import (
    FactKind,
    FactPublic,
    FactRow,
    change,
    create,
    find,
    find_application_id,
    remove,
    select_existing,
    to_public,
    to_public_one,
)
from api.services.steps.judge import Reopened
from api.services.steps.render import load_other_applications, render_step
from api.storage.keyset import Key, PageQuery
from api.storage.raw_sql import RawConnection
from api.storage.session import OwnedSession

Link = TypeVar("Link", bound=BaseModel)
PARENT = "/v1/applications/{application_id}"
ApplicationId = Annotated[str, Path(description="The application's id.", max_length=64)]
InterviewId = Annotated[str, Path(description="The interview's id.", max_length=64)]
ContactId = Annotated[str, Path(description="The contact's id.", max_length=64)]
ORDER = "The sort order; equal values are sorted by id."
DRY_RUN: dict[int | str, dict[str, Any]] = {
    200: {"model": DeletionPreview, "description": "The steps that the deletion would reopen."}
}


def paged(
    caller: Caller, session: OwnedSession, page: PageQuery, keys: Sequence[Key], statement: Select[Any]
) -> tuple[list[Any], str | None]:
    """Return the rows of a page and the cursor of the next one; set the `Link` header to the next page."""
    rows, cursor = page.read_cursor(session.user_id, keys, caller.now).rows(session, statement)
    caller.link_next_page(cursor)
    return [row for (row,) in rows], cursor


def listed(
    caller: Caller,
    session: OwnedSession,
    kind: FactKind[FactRow, FactPublic],
    page: PageQuery,
    keys: Sequence[Key],
    *,
    under: str | None = None,
    where: Sequence[Any] = (),
) -> dict[str, Any]:
    """Return the fields of a response with a page of facts; `under`: those of one application."""
    table: Any = kind.table
    statement = select_existing(table).where(*where)
    if under is not None:
        statement = select(table).where(table.application_id == check_application(session, under))
    rows, cursor = paged(caller, session, page, keys, statement)
    return {"items": to_public(session, kind, rows), "next_cursor": cursor}


def check_application(session: OwnedSession, application_id: str) -> str:
    """Return an application's id as it is stored. Raises NotFoundError if the user has no such application."""
    find_application_id(session, Application, application_id)
    return application_id.lower()


def created(
    caller: Caller,
    session: OwnedSession,
    kind: FactKind[FactRow, FactPublic],
    body: Body,
    *,
    at: str,
    under: str | None = None,
) -> FactPublic:
    """Create an object, `under` an application or none; return it and set `Location` and `ETag`. `at`: its list."""
    within = None if under is None else {"application_id": check_application(session, under)}
    row = create(session, kind, body, within=within)
    shown = to_public_one(session, kind, row)
    caller.created(f"{at}/{row.id}", etag_of(shown))
    return caller.remember(shown, status=201)


def read(caller: Caller, session: OwnedSession, kind: FactKind[FactRow, FactPublic], id_: str) -> FactPublic:
    """Return an object and set its `ETag`. Raises NotModifiedError if the caller has this version."""
    shown = to_public_one(session, kind, find(session, kind.table, id_))
    caller.set_etag(etag_of(shown))
    return shown


def matched(
    caller: Caller, session: OwnedSession, kind: FactKind[FactRow, FactPublic], id_: str, *, deleted: bool = False
) -> FactRow:
    """Return the row of an id. Raises PreconditionFailedError if If-Match does not name its version."""
    row = find(session, kind.table, id_, deleted=deleted)
    check_if_match(caller, lambda: to_public_one(session, kind, row))
    return row


def changed(caller: Caller, session: OwnedSession, kind: FactKind[FactRow, FactPublic], row: FactRow) -> FactPublic:
    """Return a changed object with its new version."""
    session.flush()
    shown = to_public_one(session, kind, row)
    caller.headers["ETag"] = etag_of(shown)
    return caller.remember(shown)


def updated(
    caller: Caller, session: OwnedSession, kind: FactKind[FactRow, FactPublic], id_: str, body: Body
) -> FactPublic:
    """Check If-Match and apply a merge patch to an object; return it and set its new `ETag`."""
    row = matched(caller, session, kind, id_)
    return changed(caller, session, kind, change(session, kind, row, body))


def removed(
    caller: Caller, session: OwnedSession, kind: FactKind[FactRow, FactPublic], id_: str, *, dry_run: bool
) -> Response:
    """Check If-Match and delete an object; return the response of `deleted`."""
    return deleted(session, remove(session, kind, matched(caller, session, kind, id_)), dry_run=dry_run)


def deleted(session: OwnedSession, reopened: list[Reopened], *, dry_run: bool) -> Response:
    """Return 204 for a deletion; a dry run rolls it back and returns the steps that it would reopen."""
    if not dry_run:
        return Response(status_code=204)
    session.dry_run = True
    others, now = load_other_applications(RawConnection.of(session), session.now), rfc3339(session.now)
    steps = [render_step(one.application_id, to_record(one.instance), others, now) for one in reopened]
    return Response(to_json({"reopened_steps": steps}), media_type=JSON)


def check_if_match(caller: Caller, show: Callable[[], BaseModel]) -> None:
    """Raise PreconditionFailedError if If-Match does not name the version of the object; `show` returns the object."""
    if caller.preconditions.if_match is not None:
        shown = show()
        caller.check_if_match(shown, etag_of(shown))


def linked(caller: Caller, shown: Link, new_at: str | None) -> Link:
    """Return a link and set its `ETag`; for a new one set the status 201 and `Location`."""
    if new_at is not None:
        caller.response.status_code = 201
        caller.headers["Location"] = new_at
    caller.headers["ETag"] = etag_of(shown)
    return shown


def etag_of(shown: object) -> str:
    """Return the `etag` field of a response model."""
    tag: str = shown.etag  # type: ignore[attr-defined]  # every model of an object has one
    return tag
