"""Endpoints to list and undo what assistants wrote."""

from typing import Annotated

from fastapi import Path

from api.http.crud import paged
from api.http.deps import Caller, CallerDep, PageDep
from api.http.routes import SIGNED_IN, Routes
from api.models.agent_write import AgentWrite, UndoneWrite, WritePublic
from api.models.page import Page
from api.protocol.scopes import missing_scopes
from api.services.undo.undo import undo
from api.services.write_log.log import entry_to_public, find_entry, visible_entries
from api.storage.keyset import sort_orders

WriteId = Annotated[str, Path(description="The id of the write.", max_length=64)]
ORDER = sort_orders(AgentWrite, "at")["-at"]
routes = Routes("writes", reports_writes=True)


class WritePage(Page[WritePublic]):
    """A page of what assistants wrote, newest first."""


def _own(caller: Caller) -> str | None:
    """Return the token whose writes the caller sees; None: those of all tokens.

    Whoever may read the account sees all of them: sessions, and tokens with that scope, which no assistant has.
    """
    return None if not missing_scopes(("account:read",), caller.token.scopes) else caller.token.id


@routes.get("/v1/writes", scopes=SIGNED_IN, etag=False)
def list_writes(caller: CallerDep, page: PageDep) -> WritePage:
    """List what assistants wrote in the last 24 hours.

    A session, and a token with `account:read`, sees what all assistants wrote, and what was undone; any other token
    only what it wrote itself. What people and their apps write is not listed, and cannot be undone here.
    """
    with caller.reading() as session:
        rows, cursor = paged(caller, session, page, ORDER, visible_entries(session, _own(caller)))
        return WritePage(items=[entry_to_public(row) for row in rows], next_cursor=cursor)


@routes.get("/v1/writes/{write_id}", scopes=SIGNED_IN, etag=False)
def get_write(caller: CallerDep, write_id: WriteId) -> WritePublic:
    """Read what an assistant wrote.

    Which rows it created, changed or deleted, without their contents; and whether it was undone.
    """
    with caller.reading() as session:
        return entry_to_public(find_entry(session, write_id, _own(caller)))


@routes.post("/v1/writes/{write_id}/undo", scopes=SIGNED_IN, errors=[409], etag=False)
def undo_write(caller: CallerDep, write_id: WriteId) -> UndoneWrite:
    """Undo what an assistant wrote.

    All rows of the write become what they were before, and the steps are judged again. If one of them was changed or is
    used since, the response is 409 `changed_since` and nothing changes. It needs the scopes of the operation that made
    the write. Undoing is a write too, with an id of its own, and can be undone within 24 hours. A write that is undone
    already stays so.
    """
    with caller.writing(logged=True) as session:
        entry = find_entry(session, write_id, _own(caller))
        caller.require_scopes(*entry.scopes)
        left = undo(session, entry)
        shown = UndoneWrite.model_validate({**dict(entry_to_public(entry)), "not_restored": left})
        return caller.remember(shown)
