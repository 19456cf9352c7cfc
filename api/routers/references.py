"""Endpoints of references, of their links to applications, and of the messages to them."""

from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response

from api.http.crud import (
    DRY_RUN,
    ORDER,
    PARENT,
    ApplicationId,
    check_if_match,
    created,
    deleted,
    linked,
    listed,
    read,
    removed,
    updated,
)
from api.http.deps import CallerDep, DryRun, PageDep
from api.http.negotiation import CARD, CardWanted, card_response
from api.http.routes import Routes
from api.models import Application, ApplicationReference, Reference
from api.models.page import Page
from api.models.reference import (
    ApplicationReferencePublic,
    ApplicationReferencePut,
    ApplicationReferenceUpdate,
    ReferenceCreate,
    ReferencePublic,
    ReferenceUpdate,
)
from api.models.reference_message import ReferenceMessage, ReferenceSheet
from api.services.documents import reference_messages
from api.services.facts.crud import find
from api.services.facts.links import find_link, unlink
from api.services.facts.references import (
    AFFECTED_STEPS,
    REFERENCE,
    application_reference,
    change_application_reference,
    link_reference,
    references_page,
)
from api.storage.keyset import sort_orders

ReferenceOrder = Annotated[Literal["created_at", "-created_at", "name", "-name"], Query(description=ORDER)]
ORDERS = sort_orders(Reference, "created_at", "name")
ReferenceId = Annotated[str, Path(description="The reference's id.", max_length=64)]
LINK = f"{PARENT}/references/{{reference_id}}"
routes = Routes("references", reports_writes=True)


class ReferencePage(Page[ReferencePublic]):
    """A page of references."""


@routes.get("/v1/references", scopes="contacts:read")
def list_references(caller: CallerDep, page: PageDep, sort: ReferenceOrder = "created_at") -> ReferencePage:
    """List references."""
    with caller.reading() as session:
        return ReferencePage.model_construct(**listed(caller, session, REFERENCE, page, ORDERS[sort]))


@routes.post("/v1/references", status_code=201, scopes="contacts:write", errors=[409])
def create_reference(caller: CallerDep, body: ReferenceCreate) -> ReferencePublic:
    """Record a reference.

    A person who speaks for you, in any application. Link the reference to an application to name it there.
    """
    with caller.writing() as session:
        return created(caller, session, REFERENCE, body, at="/v1/references")


@routes.get("/v1/references/{reference_id}", scopes="contacts:read")
def get_reference(caller: CallerDep, reference_id: ReferenceId) -> ReferencePublic:
    """Read a reference."""
    with caller.reading() as session:
        return read(caller, session, REFERENCE, reference_id)


@routes.patch("/v1/references/{reference_id}", scopes="contacts:write")
def update_reference(caller: CallerDep, reference_id: ReferenceId, body: ReferenceUpdate) -> ReferencePublic:
    """Change a reference.

    A merge patch: an absent field stays as it is, null clears it.
    """
    with caller.writing() as session:
        return updated(caller, session, REFERENCE, reference_id, body)


@routes.delete("/v1/references/{reference_id}", scopes="contacts:write", responses=DRY_RUN)
def delete_reference(caller: CallerDep, reference_id: ReferenceId, *, dry_run: DryRun = False) -> Response:
    """Delete a reference.

    The reference is also removed from every application, and step 5 is recomputed there.
    """
    with caller.writing() as session:
        return removed(caller, session, REFERENCE, reference_id, dry_run=dry_run)


class ApplicationReferencePage(Page[ApplicationReferencePublic]):
    """A page of the references named for an application."""


@routes.get(f"{PARENT}/references", scopes="applications:read")
def list_application_references(
    caller: CallerDep, application_id: ApplicationId, page: PageDep
) -> ApplicationReferencePage:
    """List an application's references.

    Sorted by the date on which they were named.
    """
    with caller.reading() as session:
        found, cursor = references_page(session, find(session, Application, application_id), page)
        caller.link_next_page(cursor)
        return ApplicationReferencePage(items=found, next_cursor=cursor)


@routes.get(LINK, scopes="applications:read")
def get_application_reference(
    caller: CallerDep, application_id: ApplicationId, reference_id: ReferenceId
) -> ApplicationReferencePublic:
    """Read what a reference was told.

    About this application, and whether the employer called them.
    """
    with caller.reading() as session:
        shown = application_reference(session, find(session, Application, application_id), reference_id)
        caller.set_etag(shown.etag)
        return shown


@routes.put(
    LINK, scopes="applications:write", responses={201: {"model": ApplicationReferencePublic, "description": "Linked."}}
)
def put_application_reference(
    caller: CallerDep, application_id: ApplicationId, reference_id: ReferenceId, body: ApplicationReferencePut
) -> ApplicationReferencePublic:
    """Name a reference for an application.

    Or replace what it was told; an absent date keeps its old value. Step 5 is complete when every linked reference was
    told that a call may come, and was briefed on job and company. The response is 201 for a new link, 200 for an
    existing one.
    """
    with caller.writing() as session:
        application, person = find(session, Application, application_id), find(session, Reference, reference_id)
        check_if_match(caller, lambda: application_reference(session, application, person.id))
        is_new = link_reference(session, application, person, body)
        new_at = f"/v1/applications/{application.id}/references/{person.id}" if is_new else None
        return linked(caller, application_reference(session, application, person.id), new_at)


@routes.patch(LINK, scopes="applications:write", response_model=ApplicationReferencePublic)
def update_application_reference(
    caller: CallerDep,
    application_id: ApplicationId,
    reference_id: ReferenceId,
    body: ApplicationReferenceUpdate,
) -> ApplicationReferencePublic:
    """Change what a reference was told.

    A merge patch. `briefed_at` defaults to now when both details are given, and is cleared when one of them is taken
    back.
    """
    with caller.writing() as session:
        application, person = find(session, Application, application_id), find(session, Reference, reference_id)
        check_if_match(caller, lambda: application_reference(session, application, person.id))
        link = find_link(session, ApplicationReference, application.id, person.id)
        change_application_reference(session, link, body)
        shown = application_reference(session, application, person.id)
        caller.headers["ETag"] = shown.etag
        return shown


@routes.delete(LINK, scopes="applications:write", responses=DRY_RUN)
def delete_application_reference(
    caller: CallerDep, application_id: ApplicationId, reference_id: ReferenceId, *, dry_run: DryRun = False
) -> Response:
    """Unlink a reference from an application.

    The reference stays; step 5 is recomputed.
    """
    with caller.writing() as session:
        application, person = find(session, Application, application_id), find(session, Reference, reference_id)
        check_if_match(caller, lambda: application_reference(session, application, person.id))
        link = find_link(session, ApplicationReference, application.id, person.id)
        return deleted(session, unlink(session, link, application.id, AFFECTED_STEPS), dry_run=dry_run)


@routes.get(f"{LINK}/briefing", scopes="applications:read", response_model=ReferenceMessage, responses=CARD.content)
def get_reference_briefing(
    caller: CallerDep,
    application_id: ApplicationId,
    reference_id: ReferenceId,
    wanted: CardWanted = None,
) -> Any:  # noqa: ANN401
    """Read what to tell a reference.

    A message to send: which job, who may call and when, what they look for, and which strengths to mention. A concern
    appears only as your own answer to it. The message is composed from your notes; a part without material is listed in
    `missing`. Nothing is stored: `record` says how to record that you sent it. `Accept` or `format` selects JSON, text,
    or HTML to print.
    """
    with caller.reading() as session:
        made = reference_messages.compose_briefing(session, find(session, Application, application_id), reference_id)
    return card_response(caller, wanted, *made, is_sheet=True)


@routes.get(f"{LINK}/thanks", scopes="applications:read", response_model=ReferenceMessage, responses=CARD.content)
def get_reference_thanks(
    caller: CallerDep,
    application_id: ApplicationId,
    reference_id: ReferenceId,
    wanted: CardWanted = None,
) -> Any:  # noqa: ANN401
    """Read a thank-you message to a reference.

    It says how the application ended and whether the employer called them; while it is open, `missing` has `outcome`.
    `record` says how to record that you sent it. `Accept` or `format` selects JSON, text, or HTML to print.
    """
    with caller.reading() as session:
        made = reference_messages.compose_thanks(session, find(session, Application, application_id), reference_id)
    return card_response(caller, wanted, *made, is_sheet=True)


@routes.get(
    f"{PARENT}/reference-sheet", scopes="applications:read", response_model=ReferenceSheet, responses=CARD.content
)
def get_reference_sheet(caller: CallerDep, application_id: ApplicationId, wanted: CardWanted = None) -> Any:  # noqa: ANN401
    """Read the reference sheet.

    To hand over: the references of this application whose permission is valid now, and how to reach them. Only the JSON
    says who is left out, and why. `Accept` or `format` selects JSON, text, or HTML to print.
    """
    with caller.reading() as session:
        made = reference_messages.reference_sheet(session, find(session, Application, application_id))
    return card_response(caller, wanted, *made, is_sheet=True)
