"""Endpoints of the contacts of an application."""

from fastapi import Response

from api.http.crud import DRY_RUN, PARENT, ApplicationId, ContactId, check_if_match, deleted, linked
from api.http.deps import CallerDep, DryRun, PageDep
from api.http.routes import Routes
from api.models import Application, ApplicationContact, Contact
from api.models.contact import ApplicationContactPublic, ApplicationContactPut
from api.models.page import Page
from api.services.facts.crud import NO_STEPS, find
from api.services.facts.links import application_contact, contacts_page, find_link, link_contact, unlink

routes = Routes("contacts", reports_writes=True)


class ApplicationContactPage(Page[ApplicationContactPublic]):
    """A page of the contacts of an application."""


@routes.get(f"{PARENT}/contacts", scopes="applications:read")
def list_application_contacts(
    caller: CallerDep, application_id: ApplicationId, page: PageDep
) -> ApplicationContactPage:
    """List an application's contacts.

    Each with its role in this application. The person to ask about its status is the application's `status_contact_id`.
    """
    with caller.reading() as session:
        found, cursor = contacts_page(session, find(session, Application, application_id), page)
        caller.link_next_page(cursor)
        return ApplicationContactPage(items=found, next_cursor=cursor)


@routes.put(
    f"{PARENT}/contacts/{{contact_id}}",
    scopes="applications:write",
    responses={201: {"model": ApplicationContactPublic, "description": "Linked."}},
)
def put_application_contact(
    caller: CallerDep, application_id: ApplicationId, contact_id: ContactId, body: ApplicationContactPut
) -> ApplicationContactPublic:
    """Link a contact to an application.

    Or replace its role there. The response is 201 for a new link, 200 for an existing one.
    """
    with caller.writing() as session:
        application, contact = find(session, Application, application_id), find(session, Contact, contact_id)
        check_if_match(caller, lambda: application_contact(session, application, contact.id))
        is_new = link_contact(session, application, contact, body)
        new_at = f"/v1/applications/{application.id}/contacts" if is_new else None
        return linked(caller, application_contact(session, application, contact.id), new_at)


@routes.delete(f"{PARENT}/contacts/{{contact_id}}", scopes="applications:write", responses=DRY_RUN)
def delete_application_contact(
    caller: CallerDep, application_id: ApplicationId, contact_id: ContactId, *, dry_run: DryRun = False
) -> Response:
    """Unlink a contact from an application.

    The contact stays, and so do its links to interviews.
    """
    with caller.writing() as session:
        application, contact = find(session, Application, application_id), find(session, Contact, contact_id)
        link = find_link(session, ApplicationContact, application.id, contact.id)
        check_if_match(caller, lambda: application_contact(session, application, contact.id))
        return deleted(session, unlink(session, link, application.id, NO_STEPS), dry_run=dry_run)
