"""Composed letters: load the facts of an interview, compose the text, store it as a draft, and check it."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from api.errors import InvalidError
from api.models import Application, Contact, Interview, InterviewInterviewer, Letter, LetterTemplate, Note
from api.models.base import Stored
from api.models.composed_letter import ComposeLetter
from api.models.letter import LetterCreate
from api.rules.calendar import local_date
from api.services.current_user import current_user
from api.services.documents.promises import Told, earlier_starts, what_they_said
from api.services.documents.recipients import elsewhere
from api.services.facts.crud import by_id, check_links, create, find, select_existing
from api.services.facts.letters import LETTER, paragraphs_from_json, paragraphs_to_json
from api.storage.session import OwnedSession
from api.words.catalogue import catalogue
from api.words.channels import Suggestion, suggest
from api.words.check_facts import UntrueLetterError, check_facts, refuse_untrue
from api.words.checks import Finding, Written, check_letter
from api.words.letters import compose
from api.words.material import Conversation, Draft, Material, Person
from api.words.names import contains_name
from api.words.templates import OwnTemplate, TemplateFaultError, compose_own, names_in

MAX_BODY_LENGTH = 20_000
MAX_SUBJECT_LENGTH = 200
KIND = {"thank_you": "thank_you", "follow_up": "follow_up", "chase": "follow_up"}


def conversation(session: OwnedSession, interview: Interview) -> Conversation:
    """Load an interview with its people, ordered by `created_at`, and its notes, ordered by `noted_at`."""
    application = find(session, Application, interview.application_id)
    met = select(InterviewInterviewer.contact_id).where(InterviewInterviewer.interview_id == interview.id)
    people = session.exec(
        select_existing(Contact).where(col(Contact.id).in_(met)).order_by(Contact.created_at, Contact.id)
    ).all()
    wanted = select(Note).where(Note.interview_id == interview.id).order_by(col(Note.noted_at), col(Note.id))
    told = what_they_said(session, application, interview)
    return Conversation(
        **facts_of(session, application, told, interview),
        start=interview.starts_at.astimezone(ZoneInfo(application.time_zone)),
        interviewers=[person_of(contact) for contact in people],
        notes=[material_of(note) for note in session.exec(wanted).all()],
        next_stage=interview.next_stage,
        stage_unknown=interview.next_stage_unknown,
        is_next_round_arranged=told.is_next_arranged,
        status=interview.status,
    )


def facts_of(
    session: OwnedSession, application: Application, told: Told, interview: Interview | None = None
) -> dict[str, Any]:
    """Return the facts of a conversation that come from the application, with the newest dates and the zones."""
    user, zone = current_user(session), application.time_zone
    starts = earlier_starts(interview, zone) if interview else ()
    return {
        "company": application.company,
        "role": application.role,
        "me": user.full_name,
        **told.promise._asdict(),
        "timing_unknown": told.would_not_say,
        "older_dates": (*told.older, *starts),
        "is_contact_known": application.status_contact_id is not None,
        "why_role": application.why_role,
        "why_company": application.why_company,
        "now": session.now.astimezone(ZoneInfo(zone)),
        "zone": zone,
        "other_zones": (user.time_zone, interview.time_zone if interview else zone),
    }


def person_of(contact: Contact) -> Person:
    """Convert a contact for the composers."""
    return Person(
        id=contact.id,
        name=contact.full_name,
        honorific=contact.honorific,
        title=contact.job_title,
        email=contact.email,
        phone=contact.phone,
        postal_address=contact.postal_address,
        preferred_channel=contact.preferred_channel,
        name_verified=contact.name_verified,
        address_by_agent=contact.address_by_agent,
        is_erased=contact.erased_at is not None,
    )


def material_of(note: Note) -> Material:
    """Convert a note for the composers."""
    return Material(id=note.id, kind=note.kind, text=note.text, wording=note.wording, in_letter=note.address_in_letter)


def compose_draft(session: OwnedSession, interview: Interview, body: ComposeLetter) -> tuple[Letter, Draft, Suggestion]:
    """Compose a letter and store it as a draft; return it with its draft text and the suggested channel."""
    links: dict[str, type[Stored]] = {"recipients": Contact, "template_id": LetterTemplate}
    check_links(session, links, body.model_dump(include=set(links)), interview.application_id)
    talk = conversation(session, interview)
    recipients = _people(session, body.recipients) if body.recipients else list(talk.interviewers)
    kind, draft = _drafted(session, talk, recipients, body)
    if len(draft.body) > MAX_BODY_LENGTH:
        detail = f"The letter would have more than {MAX_BODY_LENGTH:,} characters: give the notes a shorter `wording`."
        raise InvalidError(detail)
    made = LetterCreate(
        interview_id=interview.id,
        kind=KIND.get(kind, "other"),
        subject=draft.subject[:MAX_SUBJECT_LENGTH],
        body=draft.body,
        recipients=[person.id for person in recipients],
        note_ids=draft.note_ids,
        checklist={},
    )
    letter = create(session, LETTER, made, within={"application_id": interview.application_id})
    letter.paragraphs = paragraphs_to_json(draft.paragraphs)
    letter.is_as_composed = True
    letter.named_contacts = sorted({*letter.recipients, *_named(talk, draft)})
    session.flush()
    return letter, draft, suggest(talk, recipients, local_date(session.now, talk.zone))


def _named(talk: Conversation, draft: Draft) -> set[str]:
    """Return the ids of the interviewers whom the text of a letter names."""
    text = f"{draft.subject}\n{draft.body}"
    return {person.id for person in talk.interviewers if contains_name(text, person.name)}


def _drafted(
    session: OwnedSession, talk: Conversation, recipients: Sequence[Person], body: ComposeLetter
) -> tuple[str, Draft]:
    """Return the kind of a letter and its draft, from the user's template if `template_id` names one."""
    if body.template_id is None:
        _refuse_untrue(body.kind, talk)
        return body.kind, compose(body.kind, talk, recipients, catalogue(body.tone))
    row = find(session, LetterTemplate, body.template_id)
    if "kind" in body.model_fields_set and body.kind != row.kind:
        detail = "The template is for another kind of letter: omit `kind`, or choose another template."
        raise InvalidError.at("/kind", "template_of_another_kind", detail)
    words = catalogue(body.tone if "tone" in body.model_fields_set else row.tone)
    own = OwnTemplate(row.kind, row.subject, row.body)
    try:
        _refuse_untrue(row.kind, talk, names_in(own.body))
        return row.kind, compose_own(own, talk, recipients, words, MAX_BODY_LENGTH)
    except TemplateFaultError as fault:
        raise InvalidError.at("/template_id", fault.code, fault.detail) from fault


def _refuse_untrue(kind: str, talk: Conversation, parts: Sequence[str] | None = None) -> None:
    try:
        refuse_untrue(kind, talk, parts)
    except UntrueLetterError as untrue:
        raise InvalidError.at("/kind", untrue.code, untrue.detail) from untrue


def findings(session: OwnedSession, letter: Letter) -> list[Finding]:
    """Check a letter before it is sent."""
    interview = find(session, Interview, letter.interview_id) if letter.interview_id else None
    application = find(session, Application, letter.application_id)
    other = select(Application.company).where(
        Application.id != application.id,
        Application.company != application.company,
        col(Application.deleted_at).is_(None),
    )
    written = Written(
        kind=letter.kind,
        company=application.company,
        channel=letter.channel,
        body=letter.body or "",
        paragraphs=paragraphs_from_json(letter),
        recipients=_people(session, letter.recipients),
        others=sorted(set(session.exec(other).all())),
        today=local_date(session.now, application.time_zone),
        elsewhere=elsewhere(session, application, letter.recipients),
        is_text_erased=letter.text_erased_at is not None,
    )
    words, talk = catalogue("formal"), conversation(session, interview) if interview else None
    found = check_letter(written, talk, words)
    return [*found, *check_facts(written, talk, words)] if talk else found


def _people(session: OwnedSession, ids: Sequence[str]) -> list[Person]:
    found = by_id(session, Contact, ids)
    return [person_of(found[id_]) for id_ in ids if id_ in found]
