"""Debriefs: record people, notes and the next stage in one transaction, with the functions of their own endpoints."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from api.errors import ProblemError
from api.models import Application, Contact, Interview, Note
from api.models.application import ApplicationUpdate
from api.models.contact import ContactCreate, ContactFields, ContactUpdate
from api.models.debrief import Debrief, DebriefNote
from api.models.interview import DebriefPerson, InterviewerPut, InterviewUpdate
from api.models.note import NoteCreate
from api.services.facts.applications import APPLICATION
from api.services.facts.contacts import CONTACT
from api.services.facts.crud import change, check_links, create, find
from api.services.facts.interviews import INTERVIEW
from api.services.facts.links import link_interviewer
from api.services.facts.notes import NOTE
from api.storage.session import OwnedSession

KINDS = {"positives": "positive", "concerns": "concern", "remarks": "general"}
PERSONAL = frozenset(ContactFields.model_fields)
LEARNED = ("actual_end", "next_stage", "contact_from", "contact_by", "hear_by")
STAGE = {"next_stage", "next_stage_unknown"}
TIMING = {"contact_from", "contact_by", "hear_by", "timing_unknown"}


def debrief(session: OwnedSession, interview: Interview, body: Debrief) -> tuple[list[Contact], list[Note]]:
    """Record a debrief; fields that it leaves out stay as they are."""
    people = record_people(session, interview, body.people, at=body.at)
    notes = [
        _note(session, interview, body, name, number) for name in KINDS for number in range(len(getattr(body, name)))
    ]
    _learn(session, interview, body)
    return people, notes


def record_people(
    session: OwnedSession, interview: Interview, people: Sequence[DebriefPerson], *, at: datetime | None = None
) -> list[Contact]:
    """Record people as interviewers. `at`: when this was known; by default now.

    The pointers of errors begin with /people.
    """
    recorded = []
    for number, person in enumerate(people):
        with _prefixed_pointers(f"/people/{number}"):
            recorded.append(_person(session, interview, person, at))
    return recorded


def _person(session: OwnedSession, interview: Interview, person: DebriefPerson, at: datetime | None) -> Contact:
    """Record one person as an interviewer and, if `is_status_contact`, as the person to ask."""
    learned = {"learned_at": at} if at else {}
    given = {name: getattr(person, name) for name in person.model_fields_set & PERSONAL}
    if person.contact_id is None:
        contact = create(session, CONTACT, ContactCreate.model_validate({**given, **learned}))
    else:
        check_links(session, {"contact_id": Contact}, {"contact_id": person.contact_id}, None)
        contact = find(session, Contact, person.contact_id)
        if given:
            contact = change(session, CONTACT, contact, ContactUpdate.model_validate({**given, **learned}))
    link_interviewer(session, interview, contact, InterviewerPut(optional=person.optional))
    if person.is_status_contact:
        since = {"status_contact_since": at} if at else {}
        asked = ApplicationUpdate.model_validate({"status_contact_id": contact.id, **since})
        change(session, APPLICATION, find(session, Application, interview.application_id), asked)
    return contact


def _note(session: OwnedSession, interview: Interview, body: Debrief, name: str, number: int) -> Note:
    said: DebriefNote = getattr(body, name)[number]
    values: dict[str, Any] = {"kind": KINDS[name], "interview_id": interview.id, "noted_at": body.at}
    if name == "remarks":
        values["address_in_letter"] = True
    made = NoteCreate.model_validate({**values, "text": said.text, "wording": said.wording})
    with _prefixed_pointers(f"/{name}/{number}"):
        return create(session, NOTE, made, within={"application_id": interview.application_id})


def _learn(session: OwnedSession, interview: Interview, body: Debrief) -> None:
    """Write what was learned about the next stage, and the two ticks, to the interview."""
    given = {name: getattr(body, name) for name in LEARNED if getattr(body, name) is not None}
    given |= {name: True for name in ("next_stage_unknown", "timing_unknown") if getattr(body, name)}
    at = body.at or session.now
    dated = {
        "stage_learned_at": bool(STAGE & given.keys()),
        "timing_learned_at": bool(TIMING & given.keys()),
        "no_positives_at": body.no_positives,
        "no_concerns_at": body.no_concerns,
    }
    given |= {name: at for name, is_so in dated.items() if is_so}
    if given:
        change(session, INTERVIEW, interview, InterviewUpdate.model_validate(given))


@contextmanager
def _prefixed_pointers(pointer: str) -> Iterator[None]:
    """Prefix the pointers of errors, so that they point into the body of the debrief."""
    try:
        yield
    except ProblemError as error:
        error.errors = tuple(
            replace(one, name=f"{pointer}{one.name}") if one.where == "pointer" else one for one in error.errors
        )
        raise
