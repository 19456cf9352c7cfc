"""Applications, their policy and their stage history."""

from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from fastapi import Query
from pydantic import BaseModel, Field, StringConstraints
from sqlmodel import col, select

from api.errors import InvalidError
from api.http.crud import (
    PARENT,
    ApplicationId,
    Resource,
    add_create,
    add_item,
    add_list,
    changed,
    etag_of,
    paged,
    router,
)
from api.http.deps import CallerDep, PageDep
from api.models import Application, StageChange
from api.models.application import Stage
from api.models.base import IN_QUERY, Instant
from api.models.policy import PolicyOverrides, PolicyPublic
from api.protocol.etags import etag
from api.services.current_user import current_user
from api.services.facts.applications import APPLICATION, STAGE, restore
from api.services.facts.crud import change, find, id_filter, to_public, to_public_one
from api.services.facts.expand import ExpandedApplication, expand_applications
from api.services.policies import policy_with_origins
from api.storage.keyset import ascending, sort_orders

APPLICATIONS = Resource(
    kind=APPLICATION,
    name="application",
    plural="applications",
    sorts={
        **dict(reversed(sort_orders(Application, "created_at").items())),
        **sort_orders(Application, "updated_at"),
        "company": ((col(Application.company_key), False), (col(Application.id), False)),  # type: ignore[dict-item]
        "-company": ((col(Application.company_key), True), (col(Application.id), True)),  # type: ignore[dict-item]
    },
    words={
        "create": (
            "Its first stage is the first line of the stage history; `applied_on` also writes a search activity, which "
            "covers step 7 of your other applications. Stage and ending are changed at its stages, not here."
        ),
        "update": "Stage and ending are read-only here: POST …/stages changes them.",
        "delete": "With everything under it; it can be restored within 30 days.",
    },
)
STAGES = Resource(
    kind=STAGE,
    name="stage",
    plural="stages",
    sorts={"at": ascending(StageChange.dated, StageChange.at, StageChange.id)},
    words={
        "create": (
            "The newest line is the application's stage. An ending closes it: open steps become missed or not "
            "applicable; a live stage after an ending reinstates it. `offered` ends step 6."
        ),
        "delete": "The last line left cannot go (409).",
    },
)
Beginning = Annotated[str, StringConstraints(max_length=200), IN_QUERY]
Expandable = Literal["contacts", "interviews", "steps", "next_action"]
ALSO_NEEDED = {"steps": "steps:read", "next_action": "steps:read"}
ONE = "|".join(get_args(Expandable))
Expansions = Annotated[str, Field(json_schema_extra={"pattern": f"^(({ONE})(,({ONE}))*)?$"})]
Expand = Annotated[
    Expansions | None,
    Query(
        description="Comma list of contacts, interviews, steps, next_action: shown in the same answer. The last two "
        "need `steps:read` as well.",
        max_length=100,
    ),
]
routes = router("applications")


class ApplicationPage(BaseModel):
    """A page of applications."""

    items: list[ExpandedApplication]
    next_cursor: str | None


def _wanted(expand: str | None) -> frozenset[str]:
    names = frozenset(filter(None, (expand or "").split(",")))
    allowed = get_args(Expandable)
    if not names <= set(allowed):
        raise InvalidError.parameter("expand", "unknown_expansion", f"Use a comma list of {', '.join(allowed)}.")
    return names


@routes.get("/v1/applications", operation_id="list_applications")
def list_applications(  # noqa: PLR0913  # one parameter a filter
    caller: CallerDep,
    page: PageDep,
    *,
    stage: Annotated[Stage | None, Query(description="Only those that stand here.")] = None,
    company: Annotated[Beginning | None, Query(description="Only companies that begin like this.")] = None,
    archived: Annotated[bool | None, Query(description="Only archived ones, or only others; without it both.")] = None,
    status_contact_id: Annotated[
        str | None, Query(max_length=64, description="Only those where you ask this contact.")
    ] = None,
    updated_since: Annotated[Instant | None, Query(description="Only those changed at or after this instant.")] = None,
    sort: Annotated[
        Literal["-created_at", "created_at", "updated_at", "-updated_at", "company", "-company"],
        Query(description="The order; equal ones are ordered by id."),
    ] = "-created_at",
    expand: Expand = None,
) -> ApplicationPage:
    """List applications.

    Answers a page; `expand` adds contacts, interviews, steps and the next action of each.
    """
    wanted = _wanted(expand)
    mine = select(Application).where(*_filters(stage, company, archived, status_contact_id, updated_since))
    with caller.reading() as session:
        caller.require_scopes(*(ALSO_NEEDED[name] for name in wanted & ALSO_NEEDED.keys()))
        rows, cursor = paged(session, caller, page, APPLICATIONS.sorts[sort], mine)
        items = expand_applications(session, to_public(session, APPLICATION, rows), rows, wanted)
        return ApplicationPage.model_construct(items=items, next_cursor=cursor)


def _filters(
    stage: Stage | None,
    company: str | None,
    archived: bool | None,  # noqa: FBT001  # a filter
    status_contact_id: str | None,
    updated_since: datetime | None,
) -> list[Any]:
    conditions: list[Any] = [col(Application.deleted_at).is_(None)]
    if stage is not None:
        conditions.append(Application.stage == stage.value)
    if company:
        conditions.append(col(Application.company_key).startswith(company.casefold(), autoescape=True))
    if archived is not None:
        is_archived = col(Application.archived_at).is_not(None)
        conditions.append(is_archived if archived else ~is_archived)
    if status_contact_id is not None:
        conditions.append(Application.status_contact_id == id_filter("status_contact_id", status_contact_id))
    if updated_since is not None:
        conditions.append(col(Application.updated_at) >= updated_since)
    return conditions


add_create(routes, APPLICATIONS, nested=False)


@routes.get(PARENT, operation_id="get_application")
def get_application(caller: CallerDep, application_id: ApplicationId, expand: Expand = None) -> ExpandedApplication:
    """Read an application.

    With its version as ETag; `expand` adds contacts, interviews, steps and the next action, and leaves out the ETag.
    """
    wanted = _wanted(expand)
    with caller.reading() as session:
        caller.require_scopes(*(ALSO_NEEDED[name] for name in wanted & ALSO_NEEDED.keys()))
        row = find(session, Application, application_id)
        shown = to_public_one(session, APPLICATION, row)
        if not wanted:
            caller.set_etag(etag_of(shown))
        return expand_applications(session, [shown], [row], wanted)[0]


add_item(routes, APPLICATIONS, without=["get"])


@routes.post(f"{PARENT}/restore", operation_id="restore_application", response_model=APPLICATION.public)
def restore_application(caller: CallerDep, application_id: ApplicationId) -> object:
    """Take the deletion of an application back.

    Within 30 days, with everything under it; its steps are judged anew. One that is there stays as it is.
    """
    with caller.writing() as session:
        row = find(session, Application, application_id, deleted=True)
        restore(session, row)
        return changed(caller, session, APPLICATION, row)


@routes.get(f"{PARENT}/policy", operation_id="get_application_policy", response_model=PolicyPublic)
def get_policy(caller: CallerDep, application_id: ApplicationId) -> object:
    """Read an application's policy.

    Every figure as it counts here, with its origin: the system's default, yours, or this application's.
    """
    with caller.reading() as session:
        row = find(session, Application, application_id)
        user = current_user(session)
        caller.set_etag(etag(row.version, [user.version]))
        return policy_with_origins(user.policy, row.policy)


@routes.patch(f"{PARENT}/policy", operation_id="update_application_policy", response_model=PolicyPublic)
def patch_policy(caller: CallerDep, application_id: ApplicationId, body: PolicyOverrides) -> object:
    """Change an application's policy.

    A merge patch: null goes back to your own or the default figure, lists replace. All its steps are judged anew.
    """
    with caller.writing() as session:
        row, user = find(session, Application, application_id), current_user(session)
        caller.check_if_match(policy_with_origins(user.policy, row.policy), etag(row.version, [user.version]))
        change(session, APPLICATION, row, APPLICATION.update.model_validate({"policy": body}))
        caller.headers["ETag"] = etag(row.version, [user.version])
        return policy_with_origins(user.policy, row.policy)


stages = router("stages")
add_list(stages, STAGES, nested=True)
add_create(stages, STAGES, nested=True)
add_item(stages, STAGES)
