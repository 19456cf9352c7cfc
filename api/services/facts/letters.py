"""Letters: drafts, sending with a snapshot of the recipients, and corrections of sent letters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, cast
from sqlmodel import col, or_, select, update

from api.errors import ConflictError, FieldError, InvalidError
from api.models import Application, Contact, Interview, Letter, Note
from api.models.letter import LetterCreate, LetterPublic, LetterSend
from api.rules.evaluate import steps_affected_by
from api.rules.hints import hint
from api.rules.steps.rounds import NOT_HELD
from api.services.facts.crud import FactKind, bump_version, by_id, find
from api.services.facts.dating import Change, check_past
from api.services.steps import judge
from api.storage.session import OwnedSession
from api.words.checks import PLACEHOLDER
from api.words.letter_mail import usable_address
from api.words.letters import MISSED_ROLE, match_paragraphs
from api.words.material import Paragraph
from api.words.names import printed_name

AFFECTED_STEPS = steps_affected_by("letters")
TEXTS = ("subject", "body")
CORRECTABLE = frozenset({"sent_at", "channel", "delivered_at"})
EARLY = "It was sent before the interview began, so it does not count: correct sent_at if that is wrong."

ERASED = "The text named a person whose data you erased, so it was deleted: compose the letter again, or write it."
NAME_LEFT = "A paragraph names a person whose data you erased: the check says which. Delete the name or the letter."
NOT_TAKEN_PLACE = "The interview of this draft did not take place: check that the text says nothing else."
NOT_BEGUN = "The interview of this draft has not begun: check that the text does not speak of it as past."


# Columns with ids that are no foreign keys.
LISTS: Mapping[type[Any], tuple[Any, ...]] = {
    Contact: (Letter.recipients, Letter.named_contacts, Letter.snapshot),
    Note: (Letter.note_ids,),
}


def letters_with(table: type[Any], id_: str) -> ColumnElement[bool] | None:
    """Return the condition of the letters that have the id of a row in a list; None for tables without such lists."""
    lists = LISTS.get(table)
    return or_(*(cast(col(column), Text).contains(id_) for column in lists)) if lists else None


def _validate(session: OwnedSession, row: Letter, change: Change) -> None:
    row.recipients = list(dict.fromkeys(row.recipients))
    row.note_ids = list(dict.fromkeys(row.note_ids))
    if change.is_new or "body" in change.sent:
        row.paragraphs = _paragraphs(row)
    if not change.is_new:
        row.is_as_composed = row.is_as_composed and all(getattr(row, name) == change.before[name] for name in TEXTS)
        row.text_erased_at = None if row.body else row.text_erased_at
    if change.is_new:
        if row.sent_at is not None:
            _snapshot_recipients(session, row)
    elif change.before["sent_at"] is None:
        _still_a_draft(row, change)
    elif extra := change.sent.keys() - CORRECTABLE:
        detail = "A letter that was sent stays as it is: only sent_at, channel and delivered_at can be corrected."
        errors = [FieldError("pointer", f"/{name}", "letter_sent", detail) for name in sorted(extra)]
        raise ConflictError(detail, errors=errors, code="letter_sent")


def _paragraphs(row: Letter) -> list[dict[str, Any]]:
    """Return the paragraphs of a body; a paragraph whose text is unchanged keeps its role and its source notes."""
    return paragraphs_to_json(match_paragraphs(row.body, paragraphs_from_json(row)))


def paragraphs_to_json(paragraphs: Iterable[Paragraph]) -> list[dict[str, Any]]:
    """Encode paragraphs for the column of a letter."""
    return [{**asdict(one), "source_note_ids": list(one.source_note_ids)} for one in paragraphs]


def paragraphs_from_json(row: Letter) -> list[Paragraph]:
    """Decode the stored paragraphs of a letter."""
    return [
        Paragraph(one["text"], one["role"], tuple(one["source_note_ids"]), one.get("names_erased", False))
        for one in row.paragraphs or ()
    ]


def _still_a_draft(row: Letter, change: Change) -> None:
    for name in ("sent_at", "delivered_at"):
        if change.sent.get(name) is not None:
            detail = f"This is a draft: send it with POST /v1/letters/{row.id}/send."
            raise InvalidError.at(f"/{name}", "not_sent", detail)


def send(session: OwnedSession, row: Letter, body: LetterSend) -> None:
    """Mark a draft as sent, with a snapshot of its recipients. Raises ConflictError if it was sent before."""
    if row.sent_at is not None:
        detail = f"It was already sent: correct sent_at with PATCH /v1/letters/{row.id}."
        raise ConflictError(detail, code="letter_sent")
    row.sent_at = check_past(session, body.sent_at, "/sent_at") if body.sent_at else session.now
    row.channel = body.channel or row.channel
    _snapshot_recipients(session, row)
    bump_version(session, row)
    judge.judge_applications(session, [row.application_id], only=AFFECTED_STEPS)


def _snapshot_recipients(session: OwnedSession, row: Letter) -> None:
    company = find(session, Application, row.application_id).company
    snapshot = _recipients(row, by_id(session, Contact, row.recipients), company)
    if row.channel == "email" and any(entry["address"] is None for entry in snapshot):
        detail = "A letter by e-mail needs an address: add the recipient's, or choose another channel."
        raise InvalidError.at("/channel", "recipient_without_address", detail)
    if row.channel == "email" and not all(usable_address(entry["address"] or "") for entry in snapshot):
        detail = "No mail can be sent to the address of a recipient: correct it, or choose another channel."
        raise InvalidError.at("/channel", "recipient_address_unusable", detail)
    if row.channel == "email" and PLACEHOLDER.search(row.body or ""):
        detail = "The letter has a blank that is not filled in: GET /v1/letters/{letter_id}/check shows where."
        raise InvalidError.at("/channel", "placeholder_left", detail)
    row.snapshot = snapshot


def _recipients(row: Letter, contacts: dict[str, Contact], company: str) -> list[dict[str, str | None]]:
    known = [contacts[id_] for id_ in row.recipients if id_ in contacts]
    return [
        {
            "contact_id": contact.id,
            "name": printed_name(contact.honorific, contact.full_name),
            "title": contact.job_title,
            "company": contact.company or company,
            "address": contact.email if row.channel in (None, "email") else contact.postal_address,
        }
        for contact in known
    ]


def _before_delete(session: OwnedSession, row: Letter) -> None:
    kept = {"addressed_by_letter_id": None, "version": Note.version + 1, "updated_at": session.now}
    ours = update(Note).where(col(Note.addressed_by_letter_id) == row.id).values(**kept)
    session.execute(ours, execution_options={"synchronize_session": "fetch"})


def _extras(session: OwnedSession, rows: Sequence[Letter]) -> list[dict[str, Any]]:
    contacts = by_id(session, Contact, [id_ for row in rows if row.sent_at is None for id_ in row.recipients])
    rounds = select(Interview.id, Interview.starts_at, Interview.status).where(
        col(Interview.id).in_({row.interview_id for row in rows if row.interview_id})
    )
    begun = {id_: (start, status) for id_, start, status in session.exec(rounds).all()}
    companies = {id_: one.company for id_, one in by_id(session, Application, (r.application_id for r in rows)).items()}
    return [
        {
            "recipients": _shown(row, contacts, companies[row.application_id]),
            "status": "sent" if row.sent_at else "draft",
            "warnings": [
                *_erasure_warnings(row),
                *_warnings(row, begun.get(row.interview_id or ""), session.now),
            ],
        }
        for row in rows
    ]


def _shown(row: Letter, contacts: dict[str, Contact], company: str) -> list[dict[str, str | None]]:
    """Return the recipients; snapshots of old letters have no company."""
    return (
        [{"company": None, **entry} for entry in row.snapshot] if row.sent_at else _recipients(row, contacts, company)
    )


def _erasure_warnings(row: Letter) -> list[dict[str, str]]:
    """Return the hints about a draft whose text was deleted with a person, or still names one who was erased."""
    if row.sent_at is not None:
        return []
    if row.text_erased_at is not None:
        return [hint("text_erased", ERASED, "PATCH", f"/v1/letters/{row.id}")]
    if any(one.get("names_erased") for one in row.paragraphs or ()):
        return [hint("erased_name_left", NAME_LEFT, "GET", f"/v1/letters/{row.id}/check")]
    return []


def _warnings(row: Letter, round_: tuple[datetime, str] | None, now: datetime) -> list[dict[str, str]]:
    """Return the hints about a letter and its interview: sent too early, or a draft about what did not take place."""
    if round_ is None:
        return []
    start, status = round_
    if row.sent_at is not None:
        early = hint("evidence_before_interview", EARLY, "PATCH", f"/v1/letters/{row.id}")
        return [early] if row.sent_at < start else []
    if any(one["role"] == MISSED_ROLE for one in row.paragraphs or ()):
        return []
    check = f"/v1/letters/{row.id}/check"
    if status in NOT_HELD:
        return [hint("interview_not_held", NOT_TAKEN_PLACE, "GET", check)]
    return [hint("interview_ahead", NOT_BEGUN, "GET", check)] if now < start else []


LETTER = FactKind(
    table=Letter,
    create=LetterCreate,
    public=LetterPublic,
    affected_steps=AFFECTED_STEPS,
    links={"interview_id": Interview, "recipients": Contact, "note_ids": Note},
    validate=_validate,
    extras=_extras,
    before_delete=_before_delete,
)
