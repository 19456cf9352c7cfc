"""Endpoints of applications and their policy."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import Field
from sqlmodel import col, select

from api.errors import InvalidError
from api.http.crud import DRY_RUN, ORDER, PARENT, ApplicationId, changed, etag_of, paged, removed, updated
from api.http.deps import CallerDep, DryRun, PageDep
from api.http.filters import ApplicationFilterDep
from api.http.routes import Routes
from api.models import Application
from api.models.application import (
    ApplicationCreate,
    ApplicationPublic,
    ApplicationSummary,
    ApplicationUpdate,
    PossibleDuplicate,
    RecordedApplication,
)
from api.models.page import Page
from api.models.policy import PolicyOverrides, PolicyPublic
from api.protocol.etags import hashed_etag
from api.services.current_user import current_user
from api.services.facts.application_counts import count_applications
from api.services.facts.applications import APPLICATION, restore
from api.services.facts.crud import change, create, find, to_public, to_public_one
from api.services.facts.expand import ExpandedApplication, expand_applications
from api.services.facts.expand_one import LISTS, WholeApplication, expand_application
from api.services.imports.duplicates import possible_duplicate
from api.services.policies import policy_with_origins
from api.services.row_etags import row_etag
from api.services.steps.recompute import is_recomputing
from api.storage.keyset import Key, sort_orders
from api.storage.session import OwnedSession

ApplicationOrder = Annotated[
    Literal["-created_at", "created_at", "updated_at", "-updated_at", "company", "-company"], Query(description=ORDER)
]
ORDERS: dict[str, tuple[Key, ...]] = {
    **dict(reversed(sort_orders(Application, "created_at").items())),
    **sort_orders(Application, "updated_at"),
    "company": ((col(Application.company_key), False), (col(Application.id), False)),  # type: ignore[dict-item]
    "-company": ((col(Application.company_key), True), (col(Application.id), True)),  # type: ignore[dict-item]
}
EXPANDABLE = ("contacts", "interviews", "steps", "headline", "next_action")
EXPANDABLE_IN_ONE = (*EXPANDABLE, *LISTS)
ALSO_NEEDED = dict.fromkeys(("steps", "headline", "next_action"), "steps:read")
ADDED = "add these to the response. `steps`, `headline` and `next_action` also need the scope `steps:read`."


def _comma_list(names: Sequence[str]) -> str:
    one = "|".join(names)
    return f"^(({one})(,({one}))*)?$"


Expand = Annotated[
    Annotated[str, Field(json_schema_extra={"pattern": _comma_list(EXPANDABLE)})] | None,
    Query(description=f"A comma list of {', '.join(EXPANDABLE)}: {ADDED}", max_length=100),
]
ExpandOne = Annotated[
    Annotated[str, Field(json_schema_extra={"pattern": _comma_list(EXPANDABLE_IN_ONE)})] | None,
    Query(description=f"A comma list of {', '.join(EXPANDABLE_IN_ONE)}: {ADDED}", max_length=200),
]
routes = Routes("applications", reports_writes=True)


class ApplicationPage(Page[ExpandedApplication]):
    """A page of applications."""


def _wanted(expand: str | None, allowed: Sequence[str]) -> frozenset[str]:
    names = frozenset(filter(None, (expand or "").split(",")))
    if not names <= set(allowed):
        raise InvalidError.parameter("expand", "unknown_expansion", f"Use a comma list of {', '.join(allowed)}.")
    return names


@routes.get("/v1/applications", scopes="applications:read")
def list_applications(
    caller: CallerDep,
    page: PageDep,
    only: ApplicationFilterDep,
    *,
    sort: ApplicationOrder = "-created_at",
    expand: Expand = None,
) -> ApplicationPage:
    """List applications.

    `expand` adds contacts, interviews, steps, the headline of the seven steps and the next action of each; lists are
    cut at 50 entries, and `more` has the addresses of those that are longer.
    """
    wanted = _wanted(expand, EXPANDABLE)
    mine = select(Application).where(*only.conditions())
    with caller.reading() as session:
        caller.require_scopes(*(ALSO_NEEDED[name] for name in wanted & ALSO_NEEDED.keys()))
        rows, cursor = paged(caller, session, page, ORDERS[sort], mine)
        items = expand_applications(session, to_public(session, APPLICATION, rows), rows, wanted)
        return ApplicationPage.model_construct(items=items, next_cursor=cursor)


@routes.get("/v1/applications/summary", scopes="applications:read")
def get_application_summary(caller: CallerDep) -> ApplicationSummary:
    """Read the summary of the applications.

    How many there are by stage, how many are live, closed and archived. A deleted application is not counted.
    """
    with caller.reading() as session:
        shown = count_applications(session)
        caller.set_etag(hashed_etag(shown.model_dump_json()))
        return shown


@routes.post("/v1/applications", status_code=201, scopes="applications:write", errors=[404, 409])
def create_application(caller: CallerDep, body: ApplicationCreate) -> RecordedApplication:
    """Record an application.

    `stage` becomes the first entry of the stage history; later changes are made at its stages. `applied_on` also
    records a search activity, which counts for step 7 of your other applications. It is recorded also if you have one
    for the same posting, or for the same role at the same company: `possible_duplicate` then says which.
    """
    with caller.writing() as session:
        row = create(session, APPLICATION, body)
        shown, other = to_public_one(session, APPLICATION, row), possible_duplicate(session, row)
        caller.created(f"/v1/applications/{row.id}", etag_of(shown))
        same = None if other is None else PossibleDuplicate(id=other, href=f"/v1/applications/{other}")
        recorded = RecordedApplication.model_validate({**dict(shown), "possible_duplicate": same})
        return caller.remember(recorded, status=201)


@routes.get(PARENT, scopes="applications:read")
def get_application(caller: CallerDep, application_id: ApplicationId, expand: ExpandOne = None) -> WholeApplication:
    """Read an application.

    `expand` adds everything that belongs to it, the headline of the seven steps and the next action; the response then
    has no `ETag`. Lists are cut at 50 entries, or earlier if their texts are very long, and `more` has the addresses of
    those that are longer.
    """
    wanted = _wanted(expand, EXPANDABLE_IN_ONE)
    with caller.reading() as session:
        caller.require_scopes(*(ALSO_NEEDED[name] for name in wanted & ALSO_NEEDED.keys()))
        row = find(session, Application, application_id)
        shown = to_public_one(session, APPLICATION, row)
        if not wanted:
            caller.set_etag(etag_of(shown))
        return expand_application(session, shown, row, wanted)


@routes.patch("/v1/applications/{application_id}", scopes="applications:write")
def update_application(caller: CallerDep, application_id: ApplicationId, body: ApplicationUpdate) -> ApplicationPublic:
    """Change an application.

    A merge patch: an absent field stays as it is, null clears it. Stage and end are read-only here: record them with
    POST …/stages.
    """
    with caller.writing() as session:
        return updated(caller, session, APPLICATION, application_id, body)


@routes.delete("/v1/applications/{application_id}", scopes="applications:write", responses=DRY_RUN)
def delete_application(caller: CallerDep, application_id: ApplicationId, *, dry_run: DryRun = False) -> Response:
    """Delete an application.

    The application and everything in it count as never recorded, so step 7 of other applications may be due earlier. It
    can be restored within 30 days.
    """
    with caller.writing() as session:
        return removed(caller, session, APPLICATION, application_id, dry_run=dry_run)


@routes.post(f"{PARENT}/restore", scopes="applications:write", response_model=APPLICATION.public)
def restore_application(caller: CallerDep, application_id: ApplicationId) -> object:
    """Restore a deleted application.

    With everything in it, within 30 days after the deletion; its steps are recomputed. An application that is not
    deleted stays unchanged.
    """
    with caller.writing() as session:
        row = find(session, Application, application_id, deleted=True)
        restore(session, row)
        return changed(caller, session, APPLICATION, row)


@routes.get(f"{PARENT}/policy", scopes="applications:read", response_model=PolicyPublic)
def get_application_policy(caller: CallerDep, application_id: ApplicationId) -> object:
    """Read an application's policy.

    Each setting as it applies here, and whether it is the default, yours, or this application's.
    """
    with caller.reading() as session:
        shown, tag = _policy(session, find(session, Application, application_id))
        caller.set_etag(tag)
        return shown


@routes.patch(f"{PARENT}/policy", scopes="applications:write", response_model=PolicyPublic)
def update_application_policy(caller: CallerDep, application_id: ApplicationId, body: PolicyOverrides) -> object:
    """Change an application's policy.

    A merge patch: null restores your own setting or the default, and a list replaces the old one. All steps of the
    application are recomputed.
    """
    with caller.writing() as session:
        row = find(session, Application, application_id)
        caller.check_if_match(*_policy(session, row))
        change(session, APPLICATION, row, ApplicationUpdate(policy=body))
        shown, caller.headers["ETag"] = _policy(session, row)
        return shown


def _policy(session: OwnedSession, row: Application) -> tuple[PolicyPublic, str]:
    user, recomputing = current_user(session), is_recomputing(session)
    tag = row_etag(session, row, [user.version, *[True] * recomputing])
    return policy_with_origins(user.policy, row.policy, recomputing=recomputing), tag
