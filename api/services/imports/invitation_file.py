"""Calendar invitations: of which application each is, and whether it is a new interview or changes one."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlmodel import col, select

from api.models import Application, ApplicationContact, Contact, Interview, InterviewInterviewer
from api.models.contact import ContactCreate
from api.models.import_answers import RowAnswer
from api.models.interview import InterviewCreate
from api.services.facts.interviews import LONGEST
from api.services.imports.invitation_rows import changes_of, interview_of
from api.services.imports.plans import ROWS_AT_ONCE, Context, PlannedRow, question
from api.storage.session import OwnedSession
from api.words.invitations import Invitation, Moment, Person, invitations, is_meeting_link
from api.words.terms import fold

MAX_CANDIDATES = 20
FREE_MAIL = {
    *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "me.com"),
    *("gmx.de", "gmx.net", "web.de", "t-online.de", "orange.fr", "free.fr", "proton.me", "protonmail.com", "aol.com"),
}
KINDS = [("onsite", "At their place"), ("video", "A video call"), ("phone", "A phone call"), ("panel", "With a panel")]


class InvitationReader:
    """Reads a calendar file. Raises TableError."""

    def __init__(self, content: bytes, context: Context) -> None:
        self.questions: list[dict[str, Any]] = []
        self.recognised: dict[str, Any] = {"encoding": "utf-8"}
        self._context = context
        self._answers = {one.row_no: one for one in context.options.rows}
        self._meetings: Iterator[tuple[int, Invitation]] = iter(enumerate(invitations(content), start=1))

    def next_rows(self, session: OwnedSession) -> list[PlannedRow]:
        """Return the next rows with their plans, none at the end."""
        return [self._row(session, number, one) for number, one in islice(self._meetings, ROWS_AT_ONCE)]

    def _row(self, session: OwnedSession, number: int, meeting: Invitation) -> PlannedRow:
        answer = self._answers.get(number, RowAnswer(row_no=number))
        begins = meeting.start.local.isoformat(timespec="minutes") if meeting.start else ""
        row = PlannedRow(number, [meeting.uid or "", meeting.summary, begins])
        for code, detail in meeting.faults:
            row.fail(code, detail)
        if row.errors:
            return row
        if answer.action == "skip":
            row.outcome = "skip"
            return row
        known = interview_of(session, meeting.uid)
        if known is None and meeting.is_cancelled:
            row.outcome = "skip"
            row.warn("not_restored", "It cancels a meeting that you have not recorded.")
            return row
        if known is not None and meeting.sequence < (known.calendar_sequence or 0):
            row.outcome, row.duplicate_of = "same", known.id
            row.warn("sequence_too_low", "You have a later version of this invitation.")
            return row
        self._plan(session, row, number, meeting, answer, known)
        return row

    def _plan(  # what a row follows from
        self,
        session: OwnedSession,
        row: PlannedRow,
        number: int,
        meeting: Invitation,
        answer: RowAnswer,
        known: Interview | None,
    ) -> None:
        application_id = known.application_id if known is not None else self._application(session, row, number, meeting)
        kind = answer.kind or _kind(meeting) or (known.kind if known is not None else None)
        if meeting.needs_zone and self._context.options.time_zone is None and not meeting.is_cancelled:
            asked = "The file defines its time zone in a way that cannot be read: in which zone is the meeting?"
            self.questions.append(question("time_zone", asked, field="time_zone", options=[], row_no=number))
            row.outcome = "question"
        if kind is None and not meeting.is_cancelled:
            asked = "How does the interview take place?"
            self.questions.append(question("kind", asked, field="rows", options=KINDS, row_no=number))
            row.outcome = "question"
        if application_id is None or row.outcome == "question":
            row.outcome = "question"
            return
        zone = session.get_one(Application, (session.user_id, application_id)).time_zone
        row.plan = {
            "application_id": application_id,
            "uid": meeting.uid,
            "sequence": meeting.sequence,
            "interview": self._body(row, meeting, kind, zone),
            "people": list(_contacts(self._others(meeting))),
            "accept_people": answer.accept_people,
        }
        if known is not None and not row.errors:
            row.duplicate_of = known.id
            row.outcome = "update" if changes_of(known, row.plan["interview"]) else "same"

    def _body(self, row: PlannedRow, meeting: Invitation, kind: str | None, zone: str) -> dict[str, Any]:
        """Return the body of the interview, checked by the model of its request."""
        if meeting.is_cancelled:
            stamp = min(meeting.stamp or self._context.now, self._context.now)
            return {"status": "cancelled", "cancelled_at": stamp.isoformat()}
        start, end = meeting.start, meeting.end
        assert start is not None  # noqa: S101  # otherwise it has a fault
        zone = start.zone or self._context.options.time_zone or zone
        begins = self._instant(row, start, zone)
        ends = begins + meeting.length if meeting.length else self._instant(row, end, zone) if end else None
        if meeting.is_all_day:
            row.warn("time_assumed", "The meeting has no time: it is recorded from 09:00 to 17:00.")
        if ends is not None and not begins < ends <= begins + LONGEST:
            row.fail("broken_time", "It must end after its start, within 24 hours.")
        body = {
            "kind": kind,
            "time_zone": zone,
            "starts_at": f"{begins:%Y-%m-%dT%H:%M:%SZ}",
            "ends_at": f"{ends:%Y-%m-%dT%H:%M:%SZ}" if ends else None,
            "location": meeting.location,
            "link": meeting.link,
        }
        try:
            InterviewCreate.model_validate(body)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            row.fail(str(first["type"]), f"{first['msg'].rstrip('.')}.", str(first["loc"][0]) if first["loc"] else None)
        return body

    def _instant(self, row: PlannedRow, moment: Moment, zone: str) -> datetime:
        """Return the instant of a time; one without a zone is in the zone of the application, or the one sent."""
        notes = {
            "zone_assumed": f"The file names no known time zone: the time is read in {zone}.",
            "zone_worked_out": "The time zone is one that the file defines itself: check the time.",
        }
        if moment.note is not None and moment.note not in {one["code"] for one in row.warnings}:
            row.warn(moment.note, notes[moment.note])
        if moment.instant is not None:
            return moment.instant
        return moment.local.replace(tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))

    def _others(self, meeting: Invitation) -> list[Person]:
        return [one for one in meeting.people if one.email.casefold() != self._context.email.casefold()]

    def _application(self, session: OwnedSession, row: PlannedRow, number: int, meeting: Invitation) -> str | None:
        """Return the application of a meeting: the one that was sent, or the only one that fits; else ask."""
        answer = self._answers.get(number)
        wanted = (answer.application_id if answer else None) or self._context.options.application_id
        if wanted is not None:
            return wanted
        found = _candidates(session, meeting, [one.email for one in self._others(meeting)])
        if len(found) == 1:
            return found[0][0]
        options = found or _live(session)
        asked = f"Of which application is “{meeting.summary[:80]}”?"
        self.questions.append(question("application", asked, field="rows", options=options, row_no=number))
        row.outcome = "question"
        return None


def _contacts(people: Iterable[Person]) -> Iterator[dict[str, str | None]]:
    """Yield the people who can be contacts: not those with a name or an address that no contact can have."""
    for one in people:
        body = {"full_name": one.name, "email": one.email}
        with suppress(ValidationError):
            ContactCreate.model_validate({**body, "details_source": "other"})
            yield body


def _kind(meeting: Invitation) -> str | None:
    if is_meeting_link(meeting.link):
        return "video"
    return "phone" if meeting.is_phone else "onsite" if meeting.location else None


def _candidates(session: OwnedSession, meeting: Invitation, emails: list[str]) -> list[tuple[str, str]]:
    """Return the live applications that fit: by a person, else by a domain, else by the company in the title."""
    live = _live_statement()
    folded = {one.casefold() for one in emails}
    domains = {domain for one in folded if "." in (domain := one.rpartition("@")[2])} - FREE_MAIL
    by_person = set(_applications_of_people(session, folded))
    found = [(row.id, _named(row)) for row in session.exec(live.where(col(Application.id).in_(by_person)))]
    if found:
        return found
    others = list(session.exec(live))
    by_domain = [(row.id, _named(row)) for row in others if _is_at(row.posting_url, domains)]
    if by_domain:
        return by_domain[:MAX_CANDIDATES]
    title = f" {fold(meeting.summary)} "
    named = [(row.id, _named(row)) for row in others if row.company_key and _contains(title, row.company_key)]
    return named[:MAX_CANDIDATES]


def _applications_of_people(session: OwnedSession, emails: set[str]) -> Iterator[str]:
    if not emails:
        return
    people = [
        id_
        for id_, email in session.exec(
            select(Contact.id, Contact.email).where(col(Contact.email).is_not(None), col(Contact.deleted_at).is_(None))
        )
        if email is not None and email.casefold() in emails
    ]
    linked = select(ApplicationContact.application_id).where(col(ApplicationContact.contact_id).in_(people))
    met = select(Interview.application_id).join(
        InterviewInterviewer, col(InterviewInterviewer.interview_id) == Interview.id
    )
    yield from session.exec(linked)
    yield from session.exec(met.where(col(InterviewInterviewer.contact_id).in_(people)))
    yield from session.exec(select(Application.id).where(col(Application.status_contact_id).in_(people)))


def _live_statement() -> Any:  # noqa: ANN401  # a statement
    live = (col(Application.closed_at).is_(None), col(Application.deleted_at).is_(None))
    return select(Application).where(*live)


def _live(session: OwnedSession) -> list[tuple[str, str]]:
    newest = _live_statement().order_by(col(Application.created_at).desc()).limit(MAX_CANDIDATES)
    return [(row.id, _named(row)) for row in session.exec(newest)]


def _named(row: Application) -> str:
    return f"{row.company}, {row.role}"


def _is_at(address: str | None, domains: Collection[str]) -> bool:
    """Tell whether the host of an address is one of some domains, or belongs to one."""
    try:
        host = urlsplit(address or "").hostname or ""
    except ValueError:
        return False
    return any(f".{host}".endswith(f".{domain}") for domain in domains)


def _contains(text: str, name: str) -> bool:
    """Tell whether a text contains a name as whole words."""
    at = text.find(name)
    return at > 0 and not text[at - 1].isalnum() and not text[at + len(name) : at + len(name) + 1].isalnum()
