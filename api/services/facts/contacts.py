"""Contacts: since when they are complete and reachable, which applications they affect, and erasure."""

from datetime import datetime
from typing import Any

from sqlmodel import col, select

from api.errors import ConflictError, InvalidError
from api.models import Application, Contact, Interview, InterviewInterviewer
from api.models.contact import ContactCreate, ContactPublic
from api.rules.evaluate import steps_affected_by
from api.services import idempotent_responses, imported, quotas
from api.services.facts import letter_erasure
from api.services.facts.crud import FactKind, bump_version
from api.services.facts.dating import Change, check_past
from api.services.steps import judge
from api.services.write_log import log
from api.storage.session import OwnedSession
from api.words.terms import fold

AFFECTED_STEPS = steps_affected_by("people", "status_contact")
LETTER_STEPS = steps_affected_by("letters")
PERSONAL = (
    "full_name",
    "honorific",
    "job_title",
    "company",
    "role",
    "email",
    "phone",
    "postal_address",
    "preferred_channel",
    "details_source",
    "notes",
)
ADDRESSES = ("email", "phone", "postal_address")
COMPARED = ("full_name", "email", "phone")  # with a card or a signature, when the name is verified
IDENTIFYING = ("full_name", "email", "phone", "postal_address", "company")


def _validate(session: OwnedSession, row: Contact, change: Change) -> None:
    if row.erased_at is not None:
        raise ConflictError("This contact was erased: record a new one instead.", code="contact_erased")
    if not any(getattr(row, name) for name in IDENTIFYING):
        detail = "Send a name, a company, an e-mail address, a phone number or a postal address."
        raise InvalidError.at("/full_name", "nobody", detail)
    row.search_key = search_key(row.full_name, row.company, row.email)
    learned = change.sent.get("learned_at")
    at = check_past(session, learned, "/learned_at") if learned else session.now
    corrects = set(change.sent) == {"learned_at"} and learned is not None
    complete = bool(row.full_name and row.job_title and (row.email or row.phone or row.postal_address))
    row.details_complete_since = _since(row.details_complete_since, at, there=complete, corrects=corrects)
    reachable = bool(row.email or row.phone)
    row.reachable_since = _since(row.reachable_since, at, there=reachable, corrects=corrects)
    _mark_address(session, row, change)


def _mark_address(session: OwnedSession, row: Contact, change: Change) -> None:
    """Set whether the address is one that an assistant wrote and nobody has confirmed since.

    An assistant cannot confirm it, neither with `name_verified`. If it changes what was compared, that is undone.
    """
    if not session.is_agent:
        if change.sent.get("name_verified") or any(name in change.sent for name in ADDRESSES):
            row.address_by_agent = False
        return
    changed = {name: getattr(row, name) for name in ADDRESSES if change.moved([name], row)}
    if any(changed.values()):
        row.address_by_agent = True
    elif not any(getattr(row, name) for name in ADDRESSES):
        row.address_by_agent = False
    if any(change.before.get(name) and change.moved([name], row) for name in COMPARED):
        row.name_verified = False


def _since(since: datetime | None, learned: datetime, *, there: bool, corrects: bool) -> datetime | None:
    """Return since when it is true: the old date, unless it becomes true now or the request corrects the date."""
    if not there:
        return None
    return learned if since is None or corrects else since


def search_condition(piece: str | None) -> list[Any]:
    """Return the condition that name, company or e-mail contain a text, folded. It scans the user's contacts."""
    return [] if piece is None else [col(Contact.search_key).contains(fold(piece), autoescape=True)]


def search_key(*texts: str | None) -> str:
    """Return what a search of contacts reads: each text in a line of its own, folded."""
    return "\n".join(fold(one) for one in texts if one)


def affected_applications(session: OwnedSession, row: Contact) -> list[str]:
    """Return the applications in which the contact is an interviewer or the person to ask."""
    interviewing = (
        select(Interview.application_id)
        .join(InterviewInterviewer, col(InterviewInterviewer.interview_id) == Interview.id)
        .where(InterviewInterviewer.contact_id == row.id)
    )
    asked = select(Application.id).where(Application.status_contact_id == row.id)
    return sorted({*session.exec(interviewing).all(), *session.exec(asked).all()})


def restore(session: OwnedSession, row: Contact) -> None:
    """Restore a contact if it is deleted. Raises QuotaExceededError."""
    if row.deleted_at is None:
        return
    quotas.check(session, Contact)
    row.deleted_at = None
    bump_version(session, row)
    judge.judge_applications(session, affected_applications(session, row), only=AFFECTED_STEPS)


def erase(session: OwnedSession, row: Contact) -> None:
    """Erase the personal data and keep the row: the two `…_since` stay, so that no step changes its state.

    Stored responses that show the contact are emptied. Letters and briefings lose their text, or are marked.
    """
    if row.erased_at is None:
        session.max_bytes = None  # an account that is full can erase; its activity grows by a row for each contact
    idempotent_responses.erase_showing(session, row.id)
    log.delete_naming(session, row.id, row.full_name)
    imported.erase_person(session, row.id)
    drafts_of = letter_erasure.erase_from_letters(session, row)
    for name in PERSONAL:
        setattr(row, name, None)
    row.search_key = search_key(row.full_name, row.company, row.email)
    row.name_verified = row.address_by_agent = False
    row.erased_at = row.erased_at or session.now
    bump_version(session, row)
    session.flush()
    judge.judge_applications(session, affected_applications(session, row), only=AFFECTED_STEPS)
    judge.judge_applications(session, sorted(drafts_of), only=LETTER_STEPS)


CONTACT = FactKind(
    table=Contact,
    create=ContactCreate,
    public=ContactPublic,
    affected_steps=AFFECTED_STEPS,
    validate=_validate,
    affected_applications=affected_applications,
)
