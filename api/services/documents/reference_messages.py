"""Messages to references (briefing and thanks), and the sheet of references who agreed to be named."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import and_, col, or_, select

from api.models import (
    Application,
    ApplicationContact,
    ApplicationReference,
    Contact,
    Interview,
    InterviewInterviewer,
    Note,
    Reference,
)
from api.models.hint import DraftGapPublic
from api.models.letter import ParagraphPublic
from api.models.reference_message import Addressee, LeftOut, RecordPublic, ReferenceMessage, ReferenceSheet, SheetPerson
from api.rules.facts import Moment
from api.services.current_user import current_user
from api.services.documents.cards import latest_talk
from api.services.documents.compose import MAX_BODY_LENGTH, material_of, person_of
from api.services.facts.crud import find, select_existing
from api.services.facts.links import find_link
from api.services.facts.references import AskCount, ask_counts, consent_of, link_warnings, named_for
from api.storage.session import OwnedSession
from api.words import references
from api.words.catalogue import catalogue
from api.words.material import Conversation, Draft, Person
from api.words.pages import Section
from api.words.references import Case, Referee

CALLING = ("hr", "recruiter", "hiring_manager")
Record = dict[str, bool | datetime | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A reference of an application, with the facts for a message to them."""

    application: Application
    link: ApplicationReference
    person: Reference
    asked: AskCount
    who: Referee
    case: Case
    talk: Conversation


def compose_briefing(
    session: OwnedSession, application: Application, reference_id: str
) -> tuple[ReferenceMessage, str, list[Section]]:
    """Return the briefing for a reference, with its subject and sections. Raises NotFoundError."""
    named = _named(session, application, reference_id)
    talk = replace(named.talk, interviewers=_callers(session, application), notes=_notes(session, application))
    draft = references.briefing(named.who, named.case, talk, catalogue("formal"))
    body: Record = {"job_details_given": True, "company_details_given": True, "briefed_at": session.now}
    if named.link.alerted_at is None:
        body["alerted_at"] = session.now
    if len(draft.body) <= MAX_BODY_LENGTH:
        body["briefing_text"] = draft.body
    return _message(session, named, draft, "briefing", body)


def compose_thanks(
    session: OwnedSession, application: Application, reference_id: str
) -> tuple[ReferenceMessage, str, list[Section]]:
    """Return thanks to a reference with the outcome, with subject and sections. Raises NotFoundError."""
    named = _named(session, application, reference_id)
    draft = references.thanks(named.who, named.case, named.talk, catalogue("formal"))
    return _message(session, named, draft, "thanks", {"thanked_at": session.now})


def _message(
    session: OwnedSession, named: Named, draft: Draft, name: str, body: Record
) -> tuple[ReferenceMessage, str, list[Section]]:
    application, link, person = named.application, named.link, named.person
    shown = ReferenceMessage(
        application_id=application.id,
        reference_id=person.id,
        to=Addressee(name=person.name, phone=person.phone, email=person.email, best_times=person.best_times),
        subject=draft.subject,
        paragraphs=[
            ParagraphPublic(text=one.text, role=one.role, source_note_ids=list(one.source_note_ids))
            for one in draft.paragraphs
        ],
        text=draft.body,
        missing=list(draft.missing),
        gaps=[DraftGapPublic.model_validate(gap) for gap in draft.gaps],
        asked_within_60_days=named.asked.lately,
        warnings=link_warnings(application, link, person, named.asked, session.now),
        record=_record(name, f"/v1/applications/{application.id}/references/{person.id}", body),
    )
    return shown, draft.subject, references.message_sections(draft)


def _record(name: str, href: str, body: Record) -> RecordPublic:
    text: str = catalogue("formal").card(name)["record"]
    return RecordPublic(code=f"record_{name}", text=text, method="PATCH", href=href, body=body)


def _named(session: OwnedSession, application: Application, reference_id: str) -> Named:
    person = find(session, Reference, reference_id)
    link: ApplicationReference = find_link(session, ApplicationReference, application.id, person.id)
    asked = ask_counts(session, [person.id]).get(person.id, AskCount())
    talk, has_met = latest_talk(session, application)
    who = replace(_referee(session, person), is_asked_often=asked.is_often, was_called=link.contacted_at is not None)
    case = Case(
        stage=application.stage,
        has_met=has_met,
        location=application.location,
        posting_url=application.posting_url,
        posting_text=application.posting_text,
        check=_check(session, application),
        zone=application.time_zone,
    )
    return Named(application=application, link=link, person=person, asked=asked, who=who, case=case, talk=talk)


def _check(session: OwnedSession, application: Application) -> Moment | None:
    """Return the announced date of the reference check, or None after it in the application's zone."""
    check, now = application.reference_check, session.now.astimezone(ZoneInfo(application.time_zone))
    return check if check is not None and not check.is_past(now) else None


def _notes(session: OwnedSession, application: Application) -> list[Any]:
    """Return all notes of an application, of every round, ordered by `noted_at`."""
    mine = select(Note).where(Note.application_id == application.id).order_by(col(Note.noted_at), col(Note.id))
    return [material_of(note) for note in session.exec(mine).all()]


def _callers(session: OwnedSession, application: Application) -> list[Person]:
    """Return the people who may call: interviewers of rounds that were not cancelled, and contacts in CALLING roles."""
    met = (
        select(InterviewInterviewer.contact_id)
        .join(Interview, col(Interview.id) == InterviewInterviewer.interview_id)
        .where(Interview.application_id == application.id, col(Interview.status) != "cancelled")
    )
    hiring = select(ApplicationContact.contact_id).where(
        ApplicationContact.application_id == application.id, col(ApplicationContact.role).in_(CALLING)
    )
    asked = and_(col(Contact.id) == application.status_contact_id, col(Contact.role).in_(CALLING))
    wanted = select_existing(Contact).where(
        or_(col(Contact.id).in_(met), col(Contact.id).in_(hiring), asked), col(Contact.erased_at).is_(None)
    )
    found = session.exec(wanted.order_by(Contact.created_at, Contact.id)).all()
    people = [person_of(contact) for contact in found]
    return people if session.shows_contacts else [person.identity() for person in people]


def reference_sheet(session: OwnedSession, application: Application) -> tuple[ReferenceSheet, str, list[Section]]:
    """Return the sheet of references who may be named now, ordered by `linked_at`, with title and sections."""
    ordered = named_for(application).order_by(ApplicationReference.linked_at, ApplicationReference.reference_id)
    people = [person for _, person in session.exec(ordered).all()]
    consents = [(person, consent_of(person, session.now)) for person in people]
    may = [person for person, consent in consents if consent == "given"]
    shown = ReferenceSheet(
        application_id=application.id,
        company=application.company,
        role=application.role,
        people=[SheetPerson.model_validate({"reference_id": one.id, **_details(one)}) for one in may],
        left_out=[
            LeftOut(reference_id=person.id, name=person.name, why=consent)
            for person, consent in consents
            if consent != "given"
        ],
        record=_record("reference_sheet", f"/v1/applications/{application.id}", {"references_given_at": session.now}),
    )
    words = catalogue("formal")
    title: str = words.card("reference_sheet")["title"]
    referees = [_referee(session, one) for one in may]
    sections = references.sheet_sections(referees, application.role, application.company, words)
    return shown, title.format(me=current_user(session).full_name), sections


def _details(person: Reference) -> Mapping[str, str | None]:
    names = ("name", "title", "company", "relation", "phone", "email", "best_times")
    return {name: getattr(person, name) for name in names}


def _referee(session: OwnedSession, person: Reference) -> Referee:
    consent = consent_of(person, session.now)
    if not session.shows_contacts:
        return Referee(name=person.name, consent=consent, is_hidden=True)
    return Referee(**_details(person), consent=consent)  # type: ignore[arg-type]  # name is there
