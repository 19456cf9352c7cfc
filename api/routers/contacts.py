"""People at employers and agencies."""

from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import StringConstraints

from api.http.crud import DRY_RUN, ORDER, ContactId, changed, created, listed, matched, read, removed, updated
from api.http.deps import CallerDep, DryRun, PageDep
from api.http.routes import Routes
from api.models import Contact
from api.models.base import IN_QUERY
from api.models.contact import ContactCreate, ContactPublic, ContactUpdate
from api.models.page import Page
from api.services.facts.contacts import CONTACT, erase, restore, search_condition
from api.services.facts.crud import find
from api.storage.keyset import sort_orders

ContactOrder = Annotated[Literal["created_at", "-created_at", "updated_at", "-updated_at"], Query(description=ORDER)]
ORDERS = sort_orders(Contact, "created_at", "updated_at")
Piece = Annotated[str, StringConstraints(max_length=200), IN_QUERY]
routes = Routes("contacts")


class ContactPage(Page[ContactPublic]):
    """A page of contact objects."""


@routes.get("/v1/contacts", scopes="contacts:read")
def list_contacts(
    caller: CallerDep,
    page: PageDep,
    *,
    search: Annotated[
        Piece | None, Query(description="Only those with this in their name, company or e-mail address.")
    ] = None,
    sort: ContactOrder = "created_at",
) -> ContactPage:
    """List contacts.

    Answers a page; `search` finds what stands anywhere in a name, a company or an address, in capitals or not.
    """
    with caller.reading() as session:
        return ContactPage.model_construct(
            **listed(caller, session, CONTACT, page, ORDERS[sort], where=search_condition(search))
        )


@routes.post("/v1/contacts", status_code=201, scopes="contacts:write", errors=[409])
def create_contact(caller: CallerDep, body: ContactCreate) -> ContactPublic:
    """Record a contact.

    Records a contact and judges what it touches. Full name, job title and one way to reach them make an interviewer
    complete for step 2; phone or e-mail make the person to ask reachable. `learned_at` dates what becomes true.
    """
    with caller.writing() as session:
        return created(caller, session, CONTACT, body, at="/v1/contacts")


@routes.get("/v1/contacts/{contact_id}", scopes="contacts:read")
def get_contact(caller: CallerDep, contact_id: ContactId) -> ContactPublic:
    """Read a contact.

    Answers one contact with its version as ETag.
    """
    with caller.reading() as session:
        return read(caller, session, CONTACT, contact_id)


@routes.patch("/v1/contacts/{contact_id}", scopes="contacts:write", errors=[409])
def update_contact(caller: CallerDep, contact_id: ContactId, body: ContactUpdate) -> ContactPublic:
    """Change a contact.

    Lays a merge patch over the contact and judges what it touches: absent stays, null clears. `learned_at` dates
    what this request makes true; alone it corrects the two `…_since`.
    """
    with caller.writing() as session:
        return updated(caller, session, CONTACT, contact_id, body)


@routes.delete("/v1/contacts/{contact_id}", scopes="contacts:write", responses=DRY_RUN)
def delete_contact(caller: CallerDep, contact_id: ContactId, *, dry_run: DryRun = False) -> Response:
    """Delete a contact.

    Takes the contact back as if it had never been recorded; steps that it completed may re-open. For a mistake:
    steps that relied on it re-open. It can be restored within 30 days.
    """
    with caller.writing() as session:
        return removed(caller, session, CONTACT, contact_id, dry_run=dry_run)


@routes.post("/v1/contacts/{contact_id}/restore", scopes="contacts:write", response_model=ContactPublic)
def restore_contact(caller: CallerDep, contact_id: ContactId) -> object:
    """Take the deletion of a contact back.

    Within 30 days; its links to interviews and applications come back with it. One that is there stays as it is.
    """
    with caller.writing() as session:
        row = find(session, Contact, contact_id, deleted=True)
        restore(session, row)
        return changed(caller, session, CONTACT, row)


@routes.post(
    "/v1/contacts/{contact_id}/erase",
    scopes="contacts:write",
    errors=[409],
    if_match=True,
    response_model=ContactPublic,
)
def erase_contact(caller: CallerDep, contact_id: ContactId) -> object:
    """Blank a person for good.

    For privacy: name, address and everything personal go, also from sent letters; a contact that was deleted can be
    erased too. A tombstone stays, so that no step changes its state. It cannot be undone.
    """
    with caller.writing() as session:
        row = matched(caller, session, CONTACT, contact_id, deleted=True)
        erase(session, row)
        shown = changed(caller, session, CONTACT, row)
    caller.database.truncate_wal()
    return shown
