"""People at employers and agencies."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import StringConstraints

from api.http.crud import Resource, add_create, add_item, changed, listed, matched, router
from api.http.deps import CallerDep, PageDep
from api.models import Contact
from api.models.base import IN_QUERY
from api.models.contact import ContactPublic
from api.services.facts.contacts import CONTACT, erase, restore, search_condition
from api.services.facts.crud import find, select_existing
from api.storage.keyset import sort_orders

CONTACTS = Resource(
    kind=CONTACT,
    name="contact",
    plural="contacts",
    sorts=sort_orders(Contact, "created_at", "updated_at"),
    words={
        "create": (
            "Full name, job title and one way to reach them make an interviewer complete for step 2; phone or e-mail "
            "make the person to ask reachable. `learned_at` dates what becomes true."
        ),
        "update": "`learned_at` dates what this request makes true; alone it corrects the two `…_since`.",
        "delete": "For a mistake: steps that relied on it re-open. It can be restored within 30 days.",
    },
)
PAGE = CONTACTS.page()
SORT = CONTACTS.sort()
Piece = Annotated[str, StringConstraints(max_length=200), IN_QUERY]
ContactId = Annotated[str, Path(description="The contact's id.", max_length=64)]
routes = router("contacts")


@routes.get("/v1/contacts", operation_id="list_contacts", response_model=PAGE)
def list_contacts(
    caller: CallerDep,
    page: PageDep,
    *,
    search: Annotated[
        Piece | None, Query(description="Only those with this in their name, company or e-mail address.")
    ] = None,
    sort: SORT = "created_at",  # type: ignore[valid-type]  # made at run time
) -> object:
    """List contacts.

    Answers a page; `search` finds what stands anywhere in a name, a company or an address, in capitals or not.
    """
    with caller.reading() as session:
        mine = select_existing(Contact).where(*search_condition(search))
        return listed(session, caller, CONTACTS, page, str(sort), mine, PAGE)


add_create(routes, CONTACTS, nested=False)
add_item(routes, CONTACTS)


@routes.post("/v1/contacts/{contact_id}/restore", operation_id="restore_contact", response_model=ContactPublic)
def restore_contact(caller: CallerDep, contact_id: ContactId) -> object:
    """Take the deletion of a contact back.

    Within 30 days; its links to interviews and applications come back with it. One that is there stays as it is.
    """
    with caller.writing() as session:
        row = find(session, Contact, contact_id, deleted=True)
        restore(session, row)
        return changed(caller, session, CONTACT, row)


@routes.post("/v1/contacts/{contact_id}/erase", operation_id="erase_contact", response_model=ContactPublic)
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
