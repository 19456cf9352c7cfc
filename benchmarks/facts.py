"""Generate realistic facts of accounts: the same number and instant always give the same rows.

Of a hundred applications, some have a future interview, some a recent one, some wait for an answer, and the rest are
closed. Some letters were sent in time, some late, some never, so that the queue has overdue steps.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from api.models import (
    Application,
    ApplicationContact,
    ApplicationReference,
    Contact,
    FollowUp,
    Interview,
    InterviewInterviewer,
    Letter,
    Note,
    Offer,
    Reference,
    SearchActivity,
    StageChange,
    StepOverride,
)
from api.rules.facts import Moment
from api.services.facts.applications import company_key
from api.services.facts.contacts import search_key
from benchmarks import words

Row = dict[str, Any]
EACH = 100
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
USER_ZONE = "America/New_York"
# Each table comes after those that it refers to.
TABLES: tuple[Any, ...] = (
    Contact,
    Reference,
    Application,
    StageChange,
    Interview,
    InterviewInterviewer,
    ApplicationContact,
    ApplicationReference,
    Letter,
    Note,
    FollowUp,
    Offer,
    StepOverride,
    SearchActivity,
)
# Default values of each table's columns, without nulls.
BLANK: Mapping[Any, Row] = {
    table: {
        name: info.get_default(call_default_factory=True)
        for name, info in table.model_fields.items()
        if not info.is_required() and info.get_default(call_default_factory=True) is not None
    }
    for table in TABLES
}
STORED = frozenset(table for table in TABLES if "created_at" in table.model_fields)
FATES = ("ahead", "fresh", "waiting", "offered", "closed")
SHARES = (13, 9, 41, 2, 35)
ENDINGS = ("rejected", "rejected", "no_response", "withdrawn")


class Account:
    """Generates the rows of one account as of an instant."""

    def __init__(self, user_id: str, number: int, now: datetime) -> None:
        self.user_id, self.now = user_id, now
        self.random = Random(number)
        self.rows: dict[Any, list[Row]] = defaultdict(list)
        self.references: list[str] = []

    def add(self, table: Any, made_at: datetime, /, **values: object) -> Row:
        """Add a row that was created at this instant."""
        row = {**BLANK[table], "user_id": self.user_id, **values}
        if table in STORED:
            row |= {"id": self.id(made_at), "created_at": made_at, "updated_at": made_at}
        self.rows[table].append(row)
        return row

    def id(self, at: datetime) -> str:
        """Return a UUIDv7 of an instant, from the seeded random generator."""
        chance = self.random.getrandbits(74)
        digits = f"{int(at.timestamp() * 1000):012x}7{chance >> 62:03x}{chance & (1 << 62) - 1 | 1 << 63:016x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def past(self, at: datetime) -> datetime:
        """Return an instant, but not later than now."""
        return min(at, self.now)

    def happens(self, share: float) -> bool:
        return self.random.random() < share

    def pick(self, choices: tuple[Any, ...]) -> Any:
        return choices[int(self.random.random() * len(choices))]

    def name(self) -> str:
        return f"{self.pick(words.FIRST)} {self.pick(words.LAST)}"


def account(user_id: str, number: int, now: datetime, applications: int = EACH) -> dict[Any, list[Row]]:
    """Return the rows of one account by table."""
    made = Account(user_id, number, now)
    for _ in range(3):
        at = now - 90 * DAY
        person = made.add(Reference, at, name=made.name(), phone="+1 617 555 0188", relation="My manager")
        made.references.append(person["id"])
    for _ in range(applications):
        _application(made)
    for weeks in range(4):
        at = now - timedelta(weeks=weeks, days=2, hours=made.random.randrange(12))
        made.add(SearchActivity, at, at=at, kind=made.pick(("search", "networking", "agency", "event")))
    return made.rows


def _application(made: Account) -> None:
    """Add one application with all its facts, from the application to its current stage."""
    fate = made.random.choices(FATES, SHARES)[0]
    zone = made.pick(words.ZONES)
    last = _begin(made, fate, zone)
    rounds = 2 if made.happens(0.12) else 1
    first = last - 9 * DAY * (rounds - 1)
    applied = min(first, made.now) - timedelta(days=10 + made.random.randrange(20))
    company = f"{made.pick(words.NAMES)} {made.pick(words.TRADES)}"
    row = made.add(
        Application,
        applied,
        company=company,
        company_key=company_key(company),
        role=made.pick(words.ROLES),
        source=made.pick(words.SOURCES),
        why_role="Bringing a list through production on time is what I do best.",
        applied_on=applied.date(),
        time_zone=zone,
        stage="interviewing",
    )
    _stages(made, row, fate, applied, first, last)
    made.add(SearchActivity, applied, at=applied, kind="applied", application_id=row["id"])
    people = _people(made, row, fate, last)
    for number in range(rounds):
        begins = first + 9 * DAY * number
        _round(made, row, people, number + 1, begins, fate if number == rounds - 1 else "closed")
    if fate != "ahead":
        _afterwards(made, row, people, fate, last)


def _begin(made: Account, fate: str, zone: str) -> datetime:
    """Return the start of the last round: on a weekday, at a full or half hour in its zone."""
    span = {"ahead": (-9, -1), "fresh": (1, 2), "waiting": (4, 24), "offered": (8, 20), "closed": (20, 70)}[fate]
    day = (made.now - made.random.randint(*span) * DAY).date()
    if day.weekday() > 4:
        day += timedelta(days=2) if fate == "ahead" else timedelta(days=-2)
    clock = time(9 + made.random.randrange(7), 30 * made.random.randrange(2))
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)


def _stages(made: Account, row: Row, fate: str, applied: datetime, first: datetime, last: datetime) -> None:
    made.add(StageChange, applied, application_id=row["id"], stage="applied", at=applied)
    invited = made.past(first - 4 * DAY)
    made.add(StageChange, invited, application_id=row["id"], stage="interviewing", at=invited)
    if fate == "offered":
        _offer(made, row, last)
    if fate == "closed":
        ended = made.past(last + timedelta(days=5 + made.random.randrange(12)))
        ending = made.pick(ENDINGS)
        made.add(StageChange, ended, application_id=row["id"], stage=ending, at=ended)
        row |= {"stage": ending, "closed_at": ended, "closed_outcome": ending}


def _offer(made: Account, row: Row, last: datetime) -> None:
    at = made.past(last + timedelta(days=5, hours=made.random.randrange(9)))
    made.add(StageChange, at, application_id=row["id"], stage="offered", at=at)
    respond_by = at + timedelta(days=14 + made.random.randrange(14))
    made.add(Offer, at, application_id=row["id"], received_at=at, respond_by=respond_by, pay=61_000.0, currency="USD")
    row |= {"stage": "offered", "offered_at": at}


def _people(made: Account, row: Row, fate: str, last: datetime) -> list[Row]:
    """Add the interviewers and, for half of the applications, a status contact."""
    learned = made.past(last + (30 * HOUR if made.happens(0.2) else 2 * HOUR))
    complete = fate != "ahead" and made.happens(0.8)
    found = [_person(made, row, "interviewer", learned, complete=complete)]
    if made.happens(0.3):
        found.append(_person(made, row, "hiring_manager", learned, complete=complete))
    if made.happens(0.5):
        recruiter = _person(made, row, "recruiter", row["created_at"], complete=True)
        row |= {"status_contact_id": recruiter["id"], "status_contact_since": row["created_at"]}
    return found


def _person(made: Account, row: Row, role: str, at: datetime, *, complete: bool) -> Row:
    name = made.name()
    email = f"person{made.random.randrange(10_000)}@example.com" if complete else None
    person = made.add(
        Contact,
        at,
        full_name=name,
        job_title=made.pick(words.TITLES) if complete else None,
        company=row["company"],
        role=role,
        email=email,
        search_key=search_key(name, row["company"], email),
        phone="+1 212 555 0199" if complete else None,
        details_source="card" if complete else None,
        details_complete_since=at if complete else None,
        reachable_since=at if complete else None,
    )
    made.add(ApplicationContact, at, application_id=row["id"], contact_id=person["id"], role=role)
    return person


def _round(made: Account, row: Row, people: list[Row], number: int, begins: datetime, fate: str) -> None:
    ends = begins + HOUR * (1 + (made.random.random() < 0.3))
    made_at = made.past(begins - 4 * DAY)
    zone = ZoneInfo(row["time_zone"])
    interview = made.add(
        Interview,
        made_at,
        application_id=row["id"],
        round_no=number,
        kind=made.pick(("onsite", "video", "phone", "panel")),
        start_local=begins.astimezone(zone).replace(tzinfo=None, fold=0),
        end_local=ends.astimezone(zone).replace(tzinfo=None, fold=0),
        end_fold=0,
        time_zone=row["time_zone"],
        starts_at=begins,
        ends_at=ends,
        effective_end_at=ends,
        status="scheduled",
    )
    for person in people:
        made.add(InterviewInterviewer, made_at, interview_id=interview["id"], contact_id=person["id"])
    if fate != "ahead":
        _learned(made, interview, ends)
        letter = _letter(made, row, interview, people, ends)
        _notes(made, row, interview, letter, ends)


def _learned(made: Account, interview: Row, ends: datetime) -> None:
    """Add the next stage and a promised date to most interviews."""
    at = made.past(ends + HOUR / 6)
    if made.happens(0.8):
        interview |= {"next_stage": made.pick(words.NEXT), "stage_learned_at": at, "timing_learned_at": at}
        promised = Moment((ends + timedelta(days=4 + made.random.randrange(6))).date())
        interview |= (
            {made.pick(("contact_from", "hear_by", "hear_by")): promised}
            if made.happens(0.7)
            else {"timing_unknown": True}
        )


def _notes(made: Account, row: Row, interview: Row, letter: Row | None, ends: datetime) -> None:
    at = made.past(ends + HOUR * (26 if made.happens(0.15) else 2))
    common: Row = {"application_id": row["id"], "interview_id": interview["id"], "noted_at": at}
    answered = letter["id"] if letter is not None and letter["sent_at"] is not None else None
    if made.happens(0.9):
        made.add(Note, at, kind="positive", text=made.pick(words.POSITIVES), **common)
    if made.happens(0.75):
        text = made.pick(words.CONCERNS)
        made.add(Note, at, kind="concern", text=text, address_in_letter=True, addressed_by_letter_id=answered, **common)
    elif made.happens(0.5):
        interview["no_concerns_at"] = at
    if made.happens(0.5):
        made.add(Note, at, kind="general", text=made.pick(words.REMARKS), **common)


def _letter(made: Account, row: Row, interview: Row, people: list[Row], ends: datetime) -> Row | None:
    """Add the thank-you letter: most in time, some late, some drafts, some missing."""
    chance = made.random.random()
    if chance > 0.86:
        return None
    at = made.past(ends + HOUR * (40 if chance > 0.6 else 4 + int(chance * 20)))
    day = f"{ends:%d %B}"
    return made.add(
        Letter,
        at,
        application_id=row["id"],
        interview_id=interview["id"],
        kind="thank_you",
        channel="email",
        subject=f"Thank you for our talk about the {row['role']}",
        body=words.LETTER.format(name=people[0]["full_name"], day=day, company=row["company"]),
        recipients=[person["id"] for person in people],
        sent_at=at if chance < 0.76 else None,
    )


def _afterwards(made: Account, row: Row, people: list[Row], fate: str, last: datetime) -> None:
    """Add named references, and follow-ups."""
    at = made.past(last + 20 * HOUR)
    if made.happens(0.6):
        told = at if made.happens(0.8) else None
        made.add(
            ApplicationReference,
            at,
            application_id=row["id"],
            reference_id=made.pick(tuple(made.references)),
            linked_at=at,
            alerted_at=told,
            alert_channel="phone" if told else None,
            job_details_given=told is not None,
            company_details_given=told is not None,
            briefed_at=told,
        )
    elif made.happens(0.4):
        row["references_not_needed_at"] = at
    elif made.happens(0.2):
        skipped: Row = {"number": 5, "scope": "application", "action": "skip", "at": at}
        made.add(StepOverride, at, application_id=row["id"], **skipped)
    called = last + timedelta(days=6 + made.random.randrange(6))
    if called < made.now and fate != "fresh" and made.happens(0.45):
        outcome = made.pick(("no_answer", "left_message", "emailed", "spoke", "spoke"))
        hear_by = Moment((called + 5 * DAY).date()) if outcome == "spoke" else None
        kept: Row = {"channel": "phone", "outcome": outcome, "hear_by": hear_by, "contact_id": people[0]["id"]}
        made.add(FollowUp, called, application_id=row["id"], at=called, direction="out", **kept)
        if outcome == "spoke" and made.happens(0.3) and called + 3 * DAY < made.now:
            heard: Row = {"channel": "email", "outcome": "status", "summary": "They need another week."}
            made.add(FollowUp, called, application_id=row["id"], at=called + 3 * DAY, direction="in", **heard)
