"""What was done to keep other doors open."""

from typing import Annotated, Literal

from fastapi import Path, Query, Response

from api.http.crud import DRY_RUN, ORDER, created, listed, read, removed, updated
from api.http.deps import CallerDep, DryRun, PageDep
from api.http.routes import Routes
from api.models import SearchActivity
from api.models.page import Page
from api.models.search_activity import SearchActivityCreate, SearchActivityPublic, SearchActivityUpdate
from api.services.facts.search_activities import SEARCH_ACTIVITY
from api.storage.keyset import sort_orders

SearchActivityId = Annotated[str, Path(description="The search activity's id.", max_length=64)]
SearchActivityOrder = Annotated[Literal["-at", "at"], Query(description=ORDER)]
ORDERS = dict(reversed(sort_orders(SearchActivity, "at").items()))
routes = Routes("search-activities", reports_writes=True)


class SearchActivityPage(Page[SearchActivityPublic]):
    """A page of search activities."""


@routes.get("/v1/search-activities", scopes="steps:read")
def list_search_activities(caller: CallerDep, page: PageDep, sort: SearchActivityOrder = "-at") -> SearchActivityPage:
    """List search activities."""
    with caller.reading() as session:
        return SearchActivityPage.model_construct(**listed(caller, session, SEARCH_ACTIVITY, page, ORDERS[sort]))


@routes.post("/v1/search-activities", status_code=201, scopes="steps:write", errors=[404, 409])
def create_search_activity(caller: CallerDep, body: SearchActivityCreate) -> SearchActivityPublic:
    """Record a search activity.

    It counts for step 7 of every application but its own, for as many days as the policy says.
    """
    with caller.writing() as session:
        return created(caller, session, SEARCH_ACTIVITY, body, at="/v1/search-activities")


@routes.get("/v1/search-activities/{search_activity_id}", scopes="steps:read")
def get_search_activity(caller: CallerDep, search_activity_id: SearchActivityId) -> SearchActivityPublic:
    """Read a search activity."""
    with caller.reading() as session:
        return read(caller, session, SEARCH_ACTIVITY, search_activity_id)


@routes.patch("/v1/search-activities/{search_activity_id}", scopes="steps:write")
def update_search_activity(
    caller: CallerDep, search_activity_id: SearchActivityId, body: SearchActivityUpdate
) -> SearchActivityPublic:
    """Change a search activity.

    A merge patch: an absent field stays as it is, null clears it.
    """
    with caller.writing() as session:
        return updated(caller, session, SEARCH_ACTIVITY, search_activity_id, body)


@routes.delete("/v1/search-activities/{search_activity_id}", scopes="steps:write", responses=DRY_RUN)
def delete_search_activity(
    caller: CallerDep, search_activity_id: SearchActivityId, *, dry_run: DryRun = False
) -> Response:
    """Delete a search activity.

    The search activity counts as never recorded, so step 7 of the other applications may be due earlier again.
    """
    with caller.writing() as session:
        return removed(caller, session, SEARCH_ACTIVITY, search_activity_id, dry_run=dry_run)
