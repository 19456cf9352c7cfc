"""Letters in printable form: a draft with the contacts as they are now, a sent letter with their snapshot."""

import re
import unicodedata

from api.models import Application, Contact, Letter
from api.rules.calendar import local_date
from api.services.current_user import current_user
from api.services.facts.crud import by_id, find
from api.services.facts.letters import paragraphs_from_json
from api.storage.session import OwnedSession
from api.words.catalogue import catalogue
from api.words.letter_sheet import Addressee, Sheet
from api.words.letters import match_paragraphs
from api.words.names import printed_name

MAX_NAME_LENGTH = 40


def sheet_of(session: OwnedSession, letter: Letter) -> Sheet:
    """Return a letter with its date in the application's zone: the day of sending, or today for a draft.

    Without `contacts:read`, it shows only the names of the recipients.
    """
    user, application = current_user(session), find(session, Application, letter.application_id)
    day = local_date(letter.sent_at or session.now, application.time_zone)
    to = _as_they_were(letter) if letter.sent_at else _as_they_are(session, letter, application.company)
    return Sheet(
        sender=user.full_name,
        sender_email=user.email,
        date=catalogue("formal").full_date(day),
        to=to if session.shows_contacts else [Addressee(name=one.name) for one in to],
        subject=letter.subject or "",
        paragraphs=match_paragraphs(letter.body, paragraphs_from_json(letter)),
        sent_at=letter.sent_at,
    )


def _as_they_were(letter: Letter) -> list[Addressee]:
    by_mail = letter.channel in (None, "email")
    return [
        Addressee(
            name=one["name"],
            title=one["title"],
            company=one.get("company"),
            email=one["address"] if by_mail else None,
            postal_address=None if by_mail else one["address"],
        )
        for one in letter.snapshot
    ]


def _as_they_are(session: OwnedSession, letter: Letter, company: str) -> list[Addressee]:
    known = by_id(session, Contact, letter.recipients)
    return [
        Addressee(
            name=printed_name(one.honorific, one.full_name),
            title=one.job_title,
            company=one.company or company,
            postal_address=one.postal_address,
            email=one.email,
        )
        for one in (known[id_] for id_ in letter.recipients if id_ in known)
    ]


def file_name(session: OwnedSession, letter: Letter) -> str:
    """Return a file name without extension, such as `letter-acme`: ASCII letters, digits and hyphens only."""
    company = find(session, Application, letter.application_id).company
    plain = unicodedata.normalize("NFKD", company).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain)[:MAX_NAME_LENGTH].strip("-")
    return "-".join(filter(None, ("letter", words)))
