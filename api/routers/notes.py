"""Endpoints of notes."""

from typing import Annotated, Literal

from fastapi import Path, Query, Response

from api.http.crud import DRY_RUN, ORDER, PARENT, ApplicationId, created, listed, read, removed, updated
from api.http.deps import CallerDep, DryRun, PageDep
from api.http.routes import Routes
from api.models import Note
from api.models.note import NoteCreate, NotePublic, NoteUpdate
from api.models.page import Page
from api.services.facts.notes import NOTE
from api.storage.keyset import sort_orders

NoteId = Annotated[str, Path(description="The note's id.", max_length=64)]
NoteOrder = Annotated[Literal["noted_at", "-noted_at", "created_at", "-created_at"], Query(description=ORDER)]
ORDERS = sort_orders(Note, "noted_at", "created_at")
routes = Routes("notes", reports_writes=True)


class NotePage(Page[NotePublic]):
    """A page of notes."""


@routes.get(f"{PARENT}/notes", scopes="applications:read")
def list_notes(
    caller: CallerDep, page: PageDep, application_id: ApplicationId, sort: NoteOrder = "noted_at"
) -> NotePage:
    """List notes."""
    with caller.reading() as session:
        return NotePage.model_construct(**listed(caller, session, NOTE, page, ORDERS[sort], under=application_id))


@routes.post(f"{PARENT}/notes", status_code=201, scopes="applications:write", errors=[409])
def create_note(caller: CallerDep, application_id: ApplicationId, body: NoteCreate) -> NotePublic:
    """Record a note.

    A `positive` and a `concern` of an interview, noted after it began, complete step 3.
    """
    with caller.writing() as session:
        return created(caller, session, NOTE, body, at="/v1/notes", under=application_id)


@routes.get("/v1/notes/{note_id}", scopes="applications:read")
def get_note(caller: CallerDep, note_id: NoteId) -> NotePublic:
    """Read a note."""
    with caller.reading() as session:
        return read(caller, session, NOTE, note_id)


@routes.patch("/v1/notes/{note_id}", scopes="applications:write")
def update_note(caller: CallerDep, note_id: NoteId, body: NoteUpdate) -> NotePublic:
    """Change a note.

    A merge patch: an absent field stays as it is, null clears it.
    """
    with caller.writing() as session:
        return updated(caller, session, NOTE, note_id, body)


@routes.delete("/v1/notes/{note_id}", scopes="applications:write", responses=DRY_RUN)
def delete_note(caller: CallerDep, note_id: NoteId, *, dry_run: DryRun = False) -> Response:
    """Delete a note.

    The note counts as never recorded. If it was the last `positive` or `concern` of an interview, step 3 reopens with
    its old deadline.
    """
    with caller.writing() as session:
        return removed(caller, session, NOTE, note_id, dry_run=dry_run)
