"""Endpoints of follow-ups: contact with the employer after an interview."""

from typing import Annotated, Literal

from fastapi import Path, Query, Response

from api.http.crud import DRY_RUN, ORDER, PARENT, ApplicationId, created, listed, read, removed, updated
from api.http.deps import CallerDep, DryRun, PageDep
from api.http.routes import Routes
from api.models import FollowUp
from api.models.follow_up import FollowUpCreate, FollowUpPublic, FollowUpUpdate
from api.models.page import Page
from api.services.facts.follow_ups import FOLLOW_UP
from api.storage.keyset import sort_orders

FollowUpId = Annotated[str, Path(description="The follow-up's id.", max_length=64)]
FollowUpOrder = Annotated[Literal["at", "-at", "created_at", "-created_at"], Query(description=ORDER)]
ORDERS = sort_orders(FollowUp, "at", "created_at")
routes = Routes("follow-ups", reports_writes=True)


class FollowUpPage(Page[FollowUpPublic]):
    """A page of follow-ups."""


@routes.get(f"{PARENT}/follow-ups", scopes="applications:read")
def list_follow_ups(
    caller: CallerDep, page: PageDep, application_id: ApplicationId, sort: FollowUpOrder = "at"
) -> FollowUpPage:
    """List follow-ups."""
    with caller.reading() as session:
        return FollowUpPage.model_construct(
            **listed(caller, session, FOLLOW_UP, page, ORDERS[sort], under=application_id)
        )


@routes.post(f"{PARENT}/follow-ups", status_code=201, scopes="applications:write", errors=[409])
def create_follow_up(caller: CallerDep, application_id: ApplicationId, body: FollowUpCreate) -> FollowUpPublic:
    """Record a follow-up.

    It completes the open call of step 6, whichever side got in touch. The next call opens on the date that they gave,
    or some business days later. `no_answer` completes nothing: it moves the deadline to the day of the next try. If the
    employer is in touch after the end of the application, the response has the warning `application_closed`.
    """
    with caller.writing() as session:
        return created(caller, session, FOLLOW_UP, body, at="/v1/follow-ups", under=application_id)


@routes.get("/v1/follow-ups/{follow_up_id}", scopes="applications:read")
def get_follow_up(caller: CallerDep, follow_up_id: FollowUpId) -> FollowUpPublic:
    """Read a follow-up."""
    with caller.reading() as session:
        return read(caller, session, FOLLOW_UP, follow_up_id)


@routes.patch("/v1/follow-ups/{follow_up_id}", scopes="applications:write")
def update_follow_up(caller: CallerDep, follow_up_id: FollowUpId, body: FollowUpUpdate) -> FollowUpPublic:
    """Change a follow-up.

    A merge patch: an absent field stays as it is, null clears it.
    """
    with caller.writing() as session:
        return updated(caller, session, FOLLOW_UP, follow_up_id, body)


@routes.delete("/v1/follow-ups/{follow_up_id}", scopes="applications:write", responses=DRY_RUN)
def delete_follow_up(caller: CallerDep, follow_up_id: FollowUpId, *, dry_run: DryRun = False) -> Response:
    """Delete a follow-up.

    The follow-up counts as never recorded: the call that it completed reopens, and the call that it opened is removed.
    """
    with caller.writing() as session:
        return removed(caller, session, FOLLOW_UP, follow_up_id, dry_run=dry_run)
