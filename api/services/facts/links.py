"""Links between facts: interviewers of a round, and contacts of an application."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from sqlmodel import col, func, select

from api.errors import NotFoundError
from api.models import Application, ApplicationContact, Contact, Interview, InterviewInterviewer
from api.models.contact import ApplicationContactPublic, ApplicationContactPut, ContactPublic
from api.models.interview import InterviewerPublic, InterviewerPut
from api.rules.evaluate import steps_affected_by
from api.services import quotas
from api.services.facts.contacts import CONTACT
from api.services.facts.crud import find, to_public
from api.services.row_etags import row_etag
from api.services.steps import judge
from api.services.steps.judge import Reopened
from api.storage.keyset import PageQuery, ascending
from api.storage.session import Owned, OwnedSession, mark_changed

Shown = TypeVar("Shown")
Paged = tuple[list[Shown], str | None]


def find_link(session: OwnedSession, table: type[Any], first: str, second: str) -> Any:  # noqa: ANN401  # any link table
    """Return the link of two rows of the user. Raises NotFoundError."""
    row = session.get(table, (session.user_id, first, second))
    if row is None:
        raise NotFoundError
    return row


def unlink(session: OwnedSession, row: Owned, application_id: str, affected_steps: Collection[int]) -> list[Reopened]:
    """Delete a link and judge the steps that read it; return the steps that this reopened."""
    session.delete(row)
    if isinstance(row, InterviewInterviewer):
        mark_changed(session, find(session, Interview, row.interview_id))
    return judge.judge_applications(session, [application_id], only=affected_steps)


def interviewers(session: OwnedSession, interview: Interview, page: PageQuery) -> Paged[InterviewerPublic]:
    """Return a page of a round's interviewers."""
    people: Any = (
        select(InterviewInterviewer, Contact)
        .join(Contact, col(Contact.id) == InterviewInterviewer.contact_id)
        .where(InterviewInterviewer.interview_id == interview.id, col(Contact.deleted_at).is_(None))
    )
    keys = ascending(InterviewInterviewer.contact_id)
    rows, cursor = page.read_cursor(session.user_id, keys, session.now).rows(session, people)
    return [_interviewer(session, link, contact) for link, contact in rows], cursor


def interviewers_of_application(
    session: OwnedSession, application: Application, page: PageQuery
) -> Paged[InterviewerPublic]:
    """Return a page of the interviewers of all rounds of an application, in the order of the rounds' ids."""
    people: Any = (
        select(InterviewInterviewer, Contact)
        .join(Interview, col(Interview.id) == InterviewInterviewer.interview_id)
        .join(Contact, col(Contact.id) == InterviewInterviewer.contact_id)
        .where(Interview.application_id == application.id, col(Contact.deleted_at).is_(None))
    )
    keys = ascending(InterviewInterviewer.interview_id, InterviewInterviewer.contact_id)
    rows, cursor = page.read_cursor(session.user_id, keys, session.now).rows(session, people)
    return [_interviewer(session, link, contact) for link, contact in rows], cursor


def _interviewer(session: OwnedSession, link: InterviewInterviewer, contact: Contact) -> InterviewerPublic:
    return InterviewerPublic(
        interview_id=link.interview_id,
        contact_id=contact.id,
        optional=link.optional,
        full_name=contact.full_name,
        job_title=contact.job_title,
        details_complete_since=contact.details_complete_since,
        etag=row_etag(session, link, [contact.incarnation, contact.version]),
    )


def interviewer(session: OwnedSession, interview: Interview, contact_id: str) -> InterviewerPublic:
    """Return one interviewer of a round. Raises NotFoundError."""
    contact = find(session, Contact, contact_id)
    return _interviewer(session, find_link(session, InterviewInterviewer, interview.id, contact.id), contact)


def link_interviewer(session: OwnedSession, interview: Interview, contact: Contact, body: InterviewerPut) -> bool:
    """Link a contact to a round, or change the link; return whether it is new."""
    keys = {"interview_id": interview.id, "contact_id": contact.id}
    is_new = _put(session, InterviewInterviewer, keys, {"optional": body.optional})
    mark_changed(session, interview)
    judge.judge_applications(session, [interview.application_id], only=steps_affected_by("people"))
    return is_new


def contacts_page(session: OwnedSession, application: Application, page: PageQuery) -> Paged[ApplicationContactPublic]:
    """Return a page of an application's contacts with their roles."""
    keys = ascending(ApplicationContact.contact_id)
    rows, cursor = page.read_cursor(session.user_id, keys, session.now).rows(session, _with_roles([application.id]))
    return _application_contacts(session, rows), cursor


def application_contacts(
    session: OwnedSession, ids: Sequence[str], *, most: int
) -> dict[str, list[ApplicationContactPublic]]:
    """Return at most so many contacts of each application with their roles, by application id."""
    of, order = col(ApplicationContact.application_id), col(ApplicationContact.contact_id)
    place = func.row_number().over(partition_by=of, order_by=order).label("place")
    first = select(of, order, place).join(Contact, col(Contact.id) == order)
    kept = first.where(of.in_(ids), col(Contact.deleted_at).is_(None)).subquery()
    same = (kept.c.application_id == of) & (kept.c.contact_id == order)
    wanted = _with_roles(ids).join(kept, same).where(kept.c.place <= most)
    rows = session.exec(wanted.order_by(order)).all()
    found: dict[str, list[ApplicationContactPublic]] = {id_: [] for id_ in ids}
    for shown in _application_contacts(session, rows):
        found[shown.application_id].append(shown)
    return found


def _with_roles(ids: Sequence[str]) -> Any:  # noqa: ANN401  # a statement
    return (
        select(ApplicationContact, Contact)
        .join(Contact, col(Contact.id) == ApplicationContact.contact_id)
        .where(col(ApplicationContact.application_id).in_(ids), col(Contact.deleted_at).is_(None))
    )


def _application_contacts(session: OwnedSession, rows: Sequence[Any]) -> list[ApplicationContactPublic]:
    contacts = to_public(session, CONTACT, [contact for _, contact in rows])
    return [
        _application_contact(session, link, contact, shown)
        for (link, contact), shown in zip(rows, contacts, strict=True)
    ]


def _application_contact(
    session: OwnedSession, link: ApplicationContact, contact: Contact, shown: ContactPublic
) -> ApplicationContactPublic:
    return ApplicationContactPublic(
        application_id=link.application_id,
        contact_id=link.contact_id,
        role=link.role,
        contact=shown,
        etag=row_etag(session, link, [contact.incarnation, contact.version]),
    )


def application_contact(session: OwnedSession, application: Application, contact_id: str) -> ApplicationContactPublic:
    """Return one contact of an application with its role. Raises NotFoundError."""
    contact = find(session, Contact, contact_id)
    link = find_link(session, ApplicationContact, application.id, contact.id)
    return _application_contact(session, link, contact, to_public(session, CONTACT, [contact])[0])


def link_contact(
    session: OwnedSession, application: Application, contact: Contact, body: ApplicationContactPut
) -> bool:
    """Give a contact a role in an application; return whether the link is new."""
    keys = {"application_id": application.id, "contact_id": contact.id}
    return _put(session, ApplicationContact, keys, {"role": body.role})


def _put(session: OwnedSession, table: type[Any], keys: dict[str, str], values: dict[str, Any]) -> bool:
    row = session.get(table, (session.user_id, *keys.values()))
    if row is None:
        quotas.check(session, table, keys)
        session.add(table(user_id=session.user_id, **keys, **values))
    else:
        for name, value in values.items():
            setattr(row, name, value)
        row.version += 1
    session.flush()
    return row is None
