"""What is left in letters and briefings of a person whose personal data is erased.

A sent letter to the person keeps only that it was sent. A draft that was composed and not edited loses its text. In
other drafts the paragraphs that name the person are marked, for the check of the letter.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import Text, cast
from sqlmodel import col, or_, select

from api.models import ApplicationReference, InterviewInterviewer, Letter
from api.models.contact import Contact
from api.services.facts.crud import bump_version
from api.services.facts.letters import paragraphs_from_json, paragraphs_to_json
from api.storage.session import OwnedSession
from api.words.material import Paragraph
from api.words.names import contains_name, contains_part

BLANK = {"name": None, "title": None, "company": None, "address": None}
COMPOSED_WITH_NAMES = frozenset({"salutation", "template"})


def erase_from_letters(session: OwnedSession, person: Contact) -> set[str]:
    """Erase a person from letters and briefings; return the applications of the drafts that lost their text.

    Call it before the name of the person is deleted.
    """
    met = select(InterviewInterviewer.interview_id).where(InterviewInterviewer.contact_id == person.id)
    rounds = set(session.exec(met).all())
    changed = set()
    for letter in session.exec(_that_may_name(person, rounds)).all():
        is_to = _is_to(letter, person.id, rounds)
        if letter.sent_at is not None:
            if is_to:
                _erase_text(session, letter)
                letter.snapshot = [
                    {**one, **BLANK} if one["contact_id"] == person.id else one for one in letter.snapshot
                ]
        elif letter.is_as_composed and (_names(letter, person.id) or _contains(letter, person.full_name)):
            _erase_text(session, letter)
            changed.add(letter.application_id)
        else:
            _mark(session, letter, person, is_to=is_to)
    _erase_from_briefings(session, person.full_name)
    return changed


def _that_may_name(person: Contact, rounds: set[str]) -> Any:  # noqa: ANN401  # a statement
    columns = (Letter.recipients, Letter.named_contacts, Letter.snapshot)
    linked = [cast(col(column), Text).contains(person.id) for column in columns]
    return select(Letter).where(or_(col(Letter.sent_at).is_(None), col(Letter.interview_id).in_(rounds), *linked))


def _names(letter: Letter, person_id: str) -> bool:
    return person_id in letter.recipients or person_id in letter.named_contacts


def _is_to(letter: Letter, person_id: str, rounds: set[str]) -> bool:
    """Tell whether a letter is addressed to a person or names them; one without recipients is to all interviewers."""
    in_snapshot = any(one["contact_id"] == person_id for one in letter.snapshot)
    return in_snapshot or _names(letter, person_id) or (not letter.recipients and letter.interview_id in rounds)


def _contains(letter: Letter, name: str | None) -> bool:
    return any(contains_name(text, name) for text in (letter.subject, letter.body) if text and name)


def _erase_text(session: OwnedSession, letter: Letter) -> None:
    if letter.subject is None and letter.body is None:
        return
    letter.subject = letter.body = None
    letter.paragraphs = []
    letter.is_as_composed = False
    letter.text_erased_at = session.now
    bump_version(session, letter)


def _mark(session: OwnedSession, letter: Letter, person: Contact, *, is_to: bool) -> None:
    """Mark the paragraphs that name a person, and delete a subject that does: a subject cannot be marked."""
    before = paragraphs_from_json(letter)
    after = [replace(one, names_erased=one.names_erased or _is_about(one, person, is_to=is_to)) for one in before]
    if after != before:
        letter.paragraphs = paragraphs_to_json(after)
    if letter.subject and contains_name(letter.subject, person.full_name):
        letter.subject = None
        bump_version(session, letter)


def _is_about(paragraph: Paragraph, person: Contact, *, is_to: bool) -> bool:
    """Tell whether a paragraph names a person; in a letter to them a part of the name is enough."""
    was_composed = paragraph.role in COMPOSED_WITH_NAMES
    return contains_name(paragraph.text, person.full_name) or (
        is_to and (was_composed or contains_part(paragraph.text, person.full_name))
    )


def _erase_from_briefings(session: OwnedSession, name: str | None) -> None:
    """Delete the stored texts of briefings that name a person; that a reference was briefed stays."""
    if name is None:
        return
    wanted = select(ApplicationReference).where(col(ApplicationReference.briefing_text).is_not(None))
    for link in session.exec(wanted).all():
        if contains_name(link.briefing_text or "", name):
            link.briefing_text = None
            link.version += 1
