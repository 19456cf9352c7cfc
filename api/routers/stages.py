"""Endpoints of the dated stage history of an application."""

from typing import Annotated, Literal

from fastapi import Path, Query, Response

from api.http.crud import DRY_RUN, ORDER, PARENT, ApplicationId, created, listed, read, removed, updated
from api.http.deps import CallerDep, DryRun, PageDep
from api.http.routes import Routes
from api.models import StageChange
from api.models.application import StageCreate, StagePublic, StageUpdate
from api.models.page import Page
from api.services.facts.applications import STAGE
from api.storage.keyset import ascending

StageOrder = Annotated[Literal["at"], Query(description=ORDER)]
ORDERS = {"at": ascending(StageChange.dated, StageChange.at, StageChange.id)}
StageId = Annotated[str, Path(description="The stage's id.", max_length=64)]
routes = Routes("stages", reports_writes=True)


class StagePage(Page[StagePublic]):
    """A page of stages."""


@routes.get(f"{PARENT}/stages", scopes="applications:read")
def list_stages(caller: CallerDep, page: PageDep, application_id: ApplicationId, sort: StageOrder = "at") -> StagePage:
    """List stages."""
    with caller.reading() as session:
        return StagePage.model_construct(**listed(caller, session, STAGE, page, ORDERS[sort], under=application_id))


@routes.post(f"{PARENT}/stages", status_code=201, scopes="applications:write", errors=[409])
def create_stage(caller: CallerDep, application_id: ApplicationId, body: StageCreate) -> StagePublic:
    """Record a stage.

    The newest entry is the stage of the application. An ending (`accepted`, `declined`, `rejected`, `withdrawn` or
    `no_response`) closes it: an open step becomes `missed` if its deadline has passed, else `not_applicable`. Another
    stage after that reopens the application. `offered` ends step 6.
    """
    with caller.writing() as session:
        return created(caller, session, STAGE, body, at="/v1/stages", under=application_id)


@routes.get("/v1/stages/{stage_id}", scopes="applications:read")
def get_stage(caller: CallerDep, stage_id: StageId) -> StagePublic:
    """Read a stage."""
    with caller.reading() as session:
        return read(caller, session, STAGE, stage_id)


@routes.patch("/v1/stages/{stage_id}", scopes="applications:write")
def update_stage(caller: CallerDep, stage_id: StageId, body: StageUpdate) -> StagePublic:
    """Change a stage.

    A merge patch: an absent field stays as it is, null clears it.
    """
    with caller.writing() as session:
        return updated(caller, session, STAGE, stage_id, body)


@routes.delete("/v1/stages/{stage_id}", scopes="applications:write", errors=[409], responses=DRY_RUN)
def delete_stage(caller: CallerDep, stage_id: StageId, *, dry_run: DryRun = False) -> Response:
    """Delete a stage.

    The entry counts as never recorded, so closed steps may reopen. The only entry of a history cannot be deleted (409).
    """
    with caller.writing() as session:
        return removed(caller, session, STAGE, stage_id, dry_run=dry_run)
