"""References: the people, and what each was told about which application."""

from typing import Annotated, Any

from fastapi import Path, Request, Response
from pydantic import BaseModel

from api.http.crud import (
    DRY_RUN,
    PARENT,
    ApplicationId,
    Resource,
    add_create,
    add_item,
    add_list,
    check_if_match,
    deleted,
    linked,
    router,
)
from api.http.deps import CallerDep, DryRun, PageDep
from api.http.negotiation import CARD, CardWanted, card_response
from api.models import Application, ApplicationReference, Reference
from api.models.reference import ApplicationReferencePublic, ApplicationReferencePut, ApplicationReferenceUpdate
from api.models.reference_message import ReferenceMessage, ReferenceSheet
from api.services.documents import reference_messages
from api.services.facts.crud import find
from api.services.facts.links import find_link, unlink
from api.services.facts.references import (
    FACT_NAME,
    REFERENCE,
    application_reference,
    change_application_reference,
    put_application_reference,
    references_page,
)
from api.storage.keyset import sort_orders

REFERENCES = Resource(
    kind=REFERENCE,
    name="reference",
    plural="references",
    sorts=sort_orders(Reference, "created_at", "name"),
    words={
        "create": "Somebody who speaks for you, whatever the application; name them for one by linking them there.",
        "delete": "Gone from every application too; step 5 is judged anew there.",
    },
)
ReferenceId = Annotated[str, Path(description="The reference's id.", max_length=64)]
LINK = f"{PARENT}/references/{{reference_id}}"
routes = router("references")
add_list(routes, REFERENCES, nested=False)
add_create(routes, REFERENCES, nested=False)
add_item(routes, REFERENCES)


class ApplicationReferencePage(BaseModel):
    """A page of the references named for an application."""

    items: list[ApplicationReferencePublic]
    next_cursor: str | None


@routes.get(f"{PARENT}/references", operation_id="list_application_references")
def list_named(caller: CallerDep, application_id: ApplicationId, page: PageDep) -> ApplicationReferencePage:
    """List an application's references.

    In the order in which they were named.
    """
    with caller.reading() as session:
        found, cursor = references_page(session, find(session, Application, application_id), page)
        caller.link_next_page(cursor)
        return ApplicationReferencePage(items=found, next_cursor=cursor)


@routes.get(LINK, operation_id="get_application_reference")
def get_named(
    caller: CallerDep, application_id: ApplicationId, reference_id: ReferenceId
) -> ApplicationReferencePublic:
    """Read what a reference was told.

    About this application, and whether the employer rang.
    """
    with caller.reading() as session:
        shown = application_reference(session, find(session, Application, application_id), reference_id)
        caller.set_etag(shown.etag)
        return shown


@routes.put(
    LINK,
    operation_id="put_application_reference",
    responses={201: {"model": ApplicationReferencePublic, "description": "Linked."}},
)
def put_named(
    caller: CallerDep, application_id: ApplicationId, reference_id: ReferenceId, body: ApplicationReferencePut
) -> ApplicationReferencePublic:
    """Name a reference for an application.

    Or replace what it was told; an absent date keeps the old one. Step 5 is complete when every reference was alerted
    and briefed on job and company. 201 when the link is new, 200 when it was there.
    """
    with caller.writing() as session:
        application, person = find(session, Application, application_id), find(session, Reference, reference_id)
        check_if_match(caller, lambda: application_reference(session, application, person.id))
        is_new = put_application_reference(session, application, person, body)
        shown = application_reference(session, application, person.id)
        linked(caller, shown, f"/v1/applications/{application.id}/references/{person.id}" if is_new else None)
        return shown


@routes.patch(LINK, operation_id="update_application_reference", response_model=ApplicationReferencePublic)
def patch_named(
    caller: CallerDep,
    application_id: ApplicationId,
    reference_id: ReferenceId,
    body: ApplicationReferenceUpdate,  # type: ignore[valid-type]  # made at run time
) -> ApplicationReferencePublic:
    """Change what a reference was told.

    A merge patch; `briefed_at` defaults to now when both details are given, and goes when they do.
    """
    with caller.writing() as session:
        application, person = find(session, Application, application_id), find(session, Reference, reference_id)
        check_if_match(caller, lambda: application_reference(session, application, person.id))
        link = find_link(session, ApplicationReference, application.id, person.id)
        change_application_reference(session, link, body)
        shown = application_reference(session, application, person.id)
        caller.headers["ETag"] = shown.etag
        return shown


@routes.delete(
    LINK, operation_id="delete_application_reference", status_code=204, response_class=Response, responses=DRY_RUN
)
def delete_named(
    caller: CallerDep, application_id: ApplicationId, reference_id: ReferenceId, *, dry_run: DryRun = False
) -> Response:
    """Take a reference back from an application.

    The person stays; step 5 is judged anew.
    """
    with caller.writing() as session:
        application, person = find(session, Application, application_id), find(session, Reference, reference_id)
        check_if_match(caller, lambda: application_reference(session, application, person.id))
        link = find_link(session, ApplicationReference, application.id, person.id)
        return deleted(session, unlink(session, link, application.id, FACT_NAME), dry_run=dry_run)


@routes.get(
    f"{LINK}/briefing",
    operation_id="get_reference_briefing",
    response_model=ReferenceMessage,
    responses=CARD.content,
)
def briefing(
    request: Request,
    caller: CallerDep,
    application_id: ApplicationId,
    reference_id: ReferenceId,
    wanted: CardWanted = None,
) -> Any:  # noqa: ANN401
    """Read what to tell a reference.

    A message ready to send: which job, who may ring and when, what they look for, which strengths to speak to, and
    which doubt may come up – by your own answer to it; the doubt itself is told to nobody. Made of what was noted; what
    there is no material for is in `missing`. Nothing is kept: `record` says how to note down that it was sent. As JSON,
    text, or a page to print: by `Accept` or `format`.
    """
    with caller.reading() as session:
        made = reference_messages.compose_briefing(session, find(session, Application, application_id), reference_id)
        kind = CARD.negotiate(request, wanted)
    return card_response(caller, kind, *made, is_sheet=True)


@routes.get(
    f"{LINK}/thanks", operation_id="get_reference_thanks", response_model=ReferenceMessage, responses=CARD.content
)
def thanks(
    request: Request,
    caller: CallerDep,
    application_id: ApplicationId,
    reference_id: ReferenceId,
    wanted: CardWanted = None,
) -> Any:  # noqa: ANN401
    """Read thanks to a reference.

    A message ready to send that says how it ended, and whether they were rung; `outcome` is in `missing` while it is
    open. `record` dates the thanks. As JSON, text, or a page to print: by `Accept` or `format`.
    """
    with caller.reading() as session:
        made = reference_messages.compose_thanks(session, find(session, Application, application_id), reference_id)
        kind = CARD.negotiate(request, wanted)
    return card_response(caller, kind, *made, is_sheet=True)


@routes.get(
    f"{PARENT}/reference-sheet",
    operation_id="get_reference_sheet",
    response_model=ReferenceSheet,
    responses=CARD.content,
)
def sheet(request: Request, caller: CallerDep, application_id: ApplicationId, wanted: CardWanted = None) -> Any:  # noqa: ANN401
    """Read the reference sheet.

    To hand over: only those named for this application whose permission holds now, and how they are reached. Who is
    left out, and why, is told in JSON only. As JSON, text, or a page to print: by `Accept` or `format`.
    """
    with caller.reading() as session:
        made = reference_messages.reference_sheet(session, find(session, Application, application_id))
        kind = CARD.negotiate(request, wanted)
    return card_response(caller, kind, *made, is_sheet=True)
