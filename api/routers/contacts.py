"""Endpoints of contacts: people at employers and agencies."""

from typing import Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import StringConstraints

from api.http.crud import DRY_RUN, ORDER, ContactId, changed, created, etag_of, listed, matched, removed, updated
from api.http.deps import CallerDep, DryRun, PageDep
from api.http.negotiation import CONTACT_CARD, ContactWanted, VcardWanted, format_response, json_response
from api.http.routes import Routes
from api.models import Contact
from api.models.base import IN_QUERY
from api.models.contact import ContactCreate, ContactPublic, ContactUpdate
from api.models.page import Page
from api.services.calendar.files import contact_file
from api.services.facts.contacts import CONTACT, erase, restore, search_condition
from api.services.facts.crud import find, to_public_one
from api.storage.keyset import sort_orders

ContactOrder = Annotated[Literal["created_at", "-created_at", "updated_at", "-updated_at"], Query(description=ORDER)]
ORDERS = sort_orders(Contact, "created_at", "updated_at")
Piece = Annotated[str, StringConstraints(max_length=200), IN_QUERY]
routes = Routes("contacts", reports_writes=True)


class ContactPage(Page[ContactPublic]):
    """A page of contacts."""


@routes.get("/v1/contacts", scopes="contacts:read")
def list_contacts(
    caller: CallerDep,
    page: PageDep,
    *,
    search: Annotated[
        Piece | None, Query(description="Only contacts with this text in their name, company or e-mail address.")
    ] = None,
    sort: ContactOrder = "created_at",
) -> ContactPage:
    """List contacts.

    `search` finds a text anywhere in name, company or e-mail address. Upper and lower case, accents and the width of
    characters make no difference.
    """
    with caller.reading() as session:
        return ContactPage.model_construct(
            **listed(caller, session, CONTACT, page, ORDERS[sort], where=search_condition(search))
        )


@routes.post("/v1/contacts", status_code=201, scopes="contacts:write", errors=[409])
def create_contact(caller: CallerDep, body: ContactCreate) -> ContactPublic:
    """Record a contact.

    Step 2 needs of each interviewer the full name, the job title and one way to reach them, and of the person to ask a
    phone number or an e-mail address. `learned_at` says since when you know these details.
    """
    with caller.writing() as session:
        return created(caller, session, CONTACT, body, at="/v1/contacts")


@routes.get(
    "/v1/contacts/{contact_id}",
    scopes="contacts:read",
    response_model=ContactPublic,
    responses=CONTACT_CARD.content,
)
def get_contact(
    caller: CallerDep, contact_id: ContactId, wanted: ContactWanted = None, vcard_version: VcardWanted = "3.0"
) -> Any:  # noqa: ANN401
    """Read a contact.

    `format=vcf`, or `Accept: text/vcard`, returns a vCard for an address book, without the notes; an erased contact has
    none (404).
    """
    with caller.reading() as session:
        row = find(session, Contact, contact_id)
        if CONTACT_CARD.negotiate(caller.request, wanted) == "vcf":
            return format_response(caller, "vcf", contact_file(row, vcard_version), file="contact")
        shown = to_public_one(session, CONTACT, row)
        return json_response(caller, shown, etag_of(shown))


@routes.patch("/v1/contacts/{contact_id}", scopes="contacts:write", errors=[409])
def update_contact(caller: CallerDep, contact_id: ContactId, body: ContactUpdate) -> ContactPublic:
    """Change a contact.

    A merge patch: an absent field stays as it is, null clears it. `learned_at` says since when you know the details in
    this request; sent alone, it corrects `details_complete_since` and `reachable_since`.

    If an assistant changes a name, e-mail address or phone number that is there, `name_verified` becomes false. While
    an address or the phone number is one that an assistant recorded, the check of a letter warns
    (`address_set_by_agent`), until you send one of them, or `name_verified: true`, with a token of your own.
    """
    with caller.writing() as session:
        return updated(caller, session, CONTACT, contact_id, body)


@routes.delete("/v1/contacts/{contact_id}", scopes="contacts:write", responses=DRY_RUN)
def delete_contact(caller: CallerDep, contact_id: ContactId, *, dry_run: DryRun = False) -> Response:
    """Delete a contact.

    For a contact that was recorded by mistake: it counts as never recorded, so steps that it completed may reopen. It
    can be restored within 30 days. To remove personal data, erase the contact instead.
    """
    with caller.writing() as session:
        return removed(caller, session, CONTACT, contact_id, dry_run=dry_run)


@routes.post("/v1/contacts/{contact_id}/restore", scopes="contacts:write", response_model=ContactPublic)
def restore_contact(caller: CallerDep, contact_id: ContactId) -> object:
    """Restore a deleted contact.

    With its links to interviews and applications, within 30 days after the deletion. A contact that is not deleted
    stays unchanged.
    """
    with caller.writing() as session:
        row = find(session, Contact, contact_id, deleted=True)
        restore(session, row)
        return changed(caller, session, CONTACT, row)


@routes.post(
    "/v1/contacts/{contact_id}/erase",
    scopes="contacts:write",
    agents=False,
    errors=[409],
    if_match=True,
    response_model=ContactPublic,
)
def erase_contact(caller: CallerDep, contact_id: ContactId) -> object:
    """Erase a contact's personal data.

    Name, address and all other personal fields are deleted. A letter that was sent to the contact keeps only that it
    was sent; a draft that was composed and not edited loses its text. Drafts that you wrote or edited stay: their check
    names the paragraphs with the name. Stored texts of briefings with the name are deleted. This cannot be undone. An
    empty contact stays, so that no step changes its state. A deleted contact can be erased too.
    """
    with caller.writing() as session:
        row = matched(caller, session, CONTACT, contact_id, deleted=True)
        erase(session, row)
        shown = changed(caller, session, CONTACT, row)
    caller.database.truncate_wal()
    return shown
