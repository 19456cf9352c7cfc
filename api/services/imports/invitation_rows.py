"""Record invitations: new interviews, and changes of those that were imported before."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from api.models import Application, Contact, ImportRow, Interview
from api.models.contact import ContactCreate
from api.models.interview import InterviewCreate, InterviewerPut, InterviewUpdate
from api.services.facts import crud, links
from api.services.facts.contacts import CONTACT
from api.services.facts.interviews import INTERVIEW
from api.services.imports.table_rows import People
from api.services.imports.written import Written
from api.storage.session import OwnedSession

SET_BACK = (
    *("kind", "start_local", "start_fold", "end_local", "end_fold", "time_zone", "starts_at", "ends_at"),
    *("effective_end_at", "status", "cancelled_at", "cancelled_by", "location", "link", "rescheduled_from"),
    "calendar_sequence",
)
TIMES = frozenset({"time_zone", "starts_at", "ends_at"})


def interview_of(session: OwnedSession, uid: str | None) -> Interview | None:
    """Return the interview that was imported from an invitation, if its application is not deleted."""
    wanted = select(Interview).join(Application, col(Application.id) == Interview.application_id)
    wanted = wanted.where(Interview.calendar_uid == uid, col(Application.deleted_at).is_(None))
    return session.exec(wanted.order_by(col(Interview.id)).limit(1)).first() if uid else None


def changes_of(known: Interview, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an invitation that differ from the interview. One that was held stays so."""
    values = {
        name: datetime.fromisoformat(value) if value and name.endswith("s_at") else value
        for name, value in body.items()
    }
    if "status" in values:
        return {} if known.status == "cancelled" else dict(body)
    changed = {name: body[name] for name in values if getattr(known, name) != values[name]}
    if changed.keys() & TIMES:
        changed |= {name: body[name] for name in TIMES}  # alone, a start moves the end, and a zone moves both
    if known.status == "cancelled":
        changed["status"] = "scheduled"
    return changed


def write_invitation(session: OwnedSession, row: ImportRow, people: People) -> list[Written] | None:
    """Record a row; return the objects that it made or changed, None if it would become something else than planned."""
    plan = row.plan
    known = interview_of(session, plan["uid"])
    application = session.get(Application, (session.user_id, plan["application_id"]))
    if application is None or application.deleted_at is not None or (known and known.id) != row.duplicate_of:
        return None
    if known is None:
        body = InterviewCreate.model_validate(plan["interview"])
        interview = crud.create(session, INTERVIEW, body, within={"application_id": application.id})
        interview.calendar_uid, interview.calendar_sequence = plan["uid"], plan["sequence"]
        session.flush()
        return [
            Written("interview", interview.id, "created", interview.version),
            *_people(session, row, interview, people),
        ]
    changes = changes_of(known, plan["interview"])
    if not changes or plan["sequence"] < (known.calendar_sequence or 0):
        return None
    before = {name: _as_json(getattr(known, name)) for name in SET_BACK}
    crud.change(session, INTERVIEW, known, InterviewUpdate.model_validate(changes))
    known.calendar_sequence = plan["sequence"]
    session.flush()
    return [Written("interview", known.id, "updated", known.version, before), *_people(session, row, known, people)]


def _as_json(value: Any) -> Any:  # noqa: ANN401  # a value of any column
    return value.isoformat() if isinstance(value, datetime) else value


def _people(session: OwnedSession, row: ImportRow, interview: Interview, people: People) -> list[Written]:
    """Record the people of an invitation, if that was accepted; those who are known are linked."""
    made = []
    for person in row.plan["people"] if row.plan["accept_people"] else ():
        body = ContactCreate.model_validate({**person, "details_source": "other"})
        known = people.find(body)
        contact = crud.find(session, Contact, known) if known else crud.create(session, CONTACT, body)
        people.add(contact)
        links.link_interviewer(session, interview, contact, InterviewerPut())
        made.append(Written("contact", contact.id, "linked" if known else "created", contact.version))
    return made
