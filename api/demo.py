"""The demo account, created by the services that requests use.

Three applications are in different phases after an interview. Earlier ones, some of them closed, give the statistics
something to show; they have no steps.
"""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

from sqlmodel import select

from api.demo_rows import delivered, logged
from api.http import examples as ids
from api.models import Application, Contact, Interview, Letter, Reference, Token
from api.models.base import Body
from api.models.contact import ApplicationContactPut
from api.models.event import EventType
from api.models.interview import InterviewerPut
from api.models.letter import LetterSend
from api.models.reference import ApplicationReferencePut
from api.models.token import TokenCreate
from api.models.user import UserCreate
from api.protocol.scopes import Access
from api.rules.calendar import local_date, resolve
from api.security import hash_password
from api.services.accounts import audit_log, tokens, users
from api.services.accounts.authentication import authenticate
from api.services.calendar.feeds import CALENDAR_FEED
from api.services.current_user import current_user
from api.services.facts import links
from api.services.facts.applications import APPLICATION, STAGE
from api.services.facts.contacts import CONTACT
from api.services.facts.crud import FactKind, create, find
from api.services.facts.follow_ups import FOLLOW_UP
from api.services.facts.interviews import INTERVIEW
from api.services.facts.letter_templates import LETTER_TEMPLATE
from api.services.facts.letters import LETTER, send
from api.services.facts.notes import NOTE
from api.services.facts.offers import OFFER
from api.services.facts.references import REFERENCE, link_reference
from api.services.facts.search_activities import SEARCH_ACTIVITY
from api.services.imports import jobs
from api.services.imports.plans import Options
from api.services.steps import queue
from api.services.webhooks.webhooks import WEBHOOK
from api.storage.database import Database
from api.storage.keyset import DEFAULT_LIMIT, PageQuery
from api.storage.raw_sql import RawConnection
from api.storage.session import OwnedSession

ZONE = "America/New_York"
BOARD, SITE, REFERRAL = "Job board", "Company site", "Referral"
FIRST_EARLIER = 201  # the number of the first of their ids
# Company, role, source, work mode, applied so many days ago, then stages and contacts with their days.
EARLIER: tuple[tuple[str, str, str, str, int, dict[str, int]], ...] = (
    ("Birch & Vale", "Copy editor", BOARD, "remote", 75, {"rejected": 70}),
    ("Old Quay Press", "Production editor", BOARD, "onsite", 72, {"no_response": 40}),
    ("Meridian Labs", "Technical writer", REFERRAL, "hybrid", 68, {"interviewing": 60, "rejected": 50}),
    ("Cobalt Media", "Content editor", BOARD, "remote", 64, {"rejected": 62}),
    ("Fern Publishing", "Managing editor", REFERRAL, "onsite", 60, {"interviewing": 51, "offered": 42, "declined": 38}),
    ("Tidewater Health", "Medical writer", SITE, "hybrid", 55, {"no_response": 20}),
    ("Northlight", "UX writer", BOARD, "remote", 52, {"rejected": 38}),
    ("Quill & Co", "Senior editor", REFERRAL, "hybrid", 48, {"interviewing": 43, "withdrawn": 33}),
    ("Saltmarsh Museum", "Publications editor", SITE, "onsite", 45, {"rejected": 30}),
    ("Anchor Foods", "Content writer", BOARD, "hybrid", 40, {}),
    ("Delta Rail", "Technical writer", SITE, "onsite", 34, {"contact": 25}),
    ("Ember Games", "Narrative editor", BOARD, "remote", 28, {"rejected": 27}),
    ("Grove Bank", "Documentation lead", REFERRAL, "hybrid", 21, {"contact": 17}),
    ("Hazel Software", "Technical writer", BOARD, "remote", 14, {}),
    ("Iris Optics", "Content editor", SITE, "onsite", 5, {}),
)


class Story:
    """Records facts at times relative to now."""

    def __init__(self, session: OwnedSession) -> None:
        self.session = session
        self.now = session.now

    def at(self, days: int, clock: str) -> str:
        """Return an instant: `days` from today at local time `clock` in ZONE; today and in the past never after now."""
        instant = resolve(local_date(self.now, ZONE) + timedelta(days=days), time.fromisoformat(clock), ZONE)
        return (min(instant, self.now) if days <= 0 else instant).isoformat()

    def day(self, days: int) -> str:
        """Return the date `days` from today in ZONE."""
        return (local_date(self.now, ZONE) + timedelta(days=days)).isoformat()

    def tell(self, kind: FactKind[Any, Any], number: str, /, *, within: str | None = None, **fields: object) -> None:
        """Record a fact with a fixed id."""
        body: Body = kind.create.model_validate({"id": number, **fields})
        create(self.session, kind, body, within={"application_id": within} if within else None)


def build(database: Database, now: datetime, *, hasher: Callable[[str], str] = hash_password) -> str:
    """Create the demo account in an empty database; return the secret of its personal token."""
    password_hash = hasher(ids.PASSWORD)
    with database.write(now) as session:
        sign_up = UserCreate(email=ids.EMAIL, password=ids.PASSWORD, full_name="Dana Demo", time_zone=ZONE)
        user = users.sign_up(session, sign_up, password_hash)
        _, secret = tokens.issue_token(session, TokenCreate.model_validate({"name": "demo"}))
        token, _ = tokens.issue_token(session, TokenCreate.model_validate(ids.BODIES["TokenCreate"]))
        _renumber(session, token, ids.TOKEN)
        signed_in, _ = tokens.open_session(session, user, days=30, name="Firefox at home")
        _renumber(session, signed_in, ids.SESSION)
        audit_log.record(session, signed_in, "create_session", f"/v1/sessions/{ids.SESSION}")
        audit_log.record(session, signed_in, "create_token", f"/v1/tokens/{ids.TOKEN}")
        story = Story(session)
        _people(story)
        _just_interviewed(story)
        _interview_ahead(story)
        _offer_on_the_table(story)
        _earlier_applications(story)
        _webhook(story)
        _uploaded_table(story)
        _assistant(story)
        return secret


def queue_lines(database: Database, secret: str, now: datetime) -> list[str]:
    """Return the demo account's queue by urgency, a line for each step; `secret`: of its token."""
    with database.read(now) as session:
        authenticate(session, secret, Access(("steps:read",)))
        wanted, query = queue.QueueFilter(("overdue", "open")), PageQuery(DEFAULT_LIMIT, None, "")
        raw = RawConnection.of(session)
        found, _ = queue.read_page(raw, query, wanted, sort="urgency", now=now, explain=False)
    return [
        f"{'stale' if item['stale'] else item['state']:8} {item['due_at'][:10]}  {item['step']:16} "
        f"{item['application']['company']}"
        for item in found
    ]


def _renumber(session: OwnedSession, token: Token, number: str) -> None:
    row = session.exec(select(Token).where(Token.id == token.id)).one()
    row.id = number
    session.flush()


def _people(story: Story) -> None:
    story.tell(CONTACT, ids.INTERVIEWER, **ids.BODIES["ContactCreate"], learned_at=story.at(-2, "10:00"))
    story.tell(
        CONTACT,
        ids.STATUS_CONTACT,
        full_name="Jo Field",
        job_title="Recruiter",
        company="Larkfield Press",
        role="recruiter",
        phone="+1 212 555 0199",
        learned_at=story.at(-5, "15:00"),
    )
    story.tell(
        CONTACT,
        ids.OFFER_CONTACT,
        full_name="Kim Sato",
        job_title="HR partner",
        phone="+1 646 555 0144",
        learned_at=story.at(-10, "15:30"),
    )
    story.tell(REFERENCE, ids.REFERENCE, **ids.BODIES["ReferenceCreate"], permission_at=story.at(-20, "18:00"))


def _just_interviewed(story: Story) -> None:
    """Record an interview two days ago: there are notes, and the letter is an overdue draft."""
    app = ids.APPLICATION
    story.tell(
        APPLICATION,
        app,
        company="Larkfield Press",
        role="Production editor",
        why_role="Bringing a list through production on time is what I do best and enjoy most.",
        why_company="Larkfield is one of the few houses that still prints its own proofs.",
        source=REFERRAL,
        work_mode="onsite",
        posting_url="https://jobs.example.com/larkfield/production-editor",
        posting_text="What you bring:\n- Five years in book production\n- Calm with printers and authors",
        applied_on=story.day(-12),
        time_zone=ZONE,
        status_contact_id=ids.STATUS_CONTACT,
        status_contact_since=story.at(-2, "11:05"),
    )
    story.tell(
        INTERVIEW,
        ids.INTERVIEW,
        within=app,
        kind="onsite",
        time_zone=ZONE,
        starts_at=story.at(-2, "10:00"),
        ends_at=story.at(-2, "11:00"),
        location="4 Pine Street, 3rd floor",
        next_stage="A second talk with the whole team.",
        stage_learned_at=story.at(-2, "11:05"),
        contact_from={"date": story.day(1)},
        timing_learned_at=story.at(-2, "11:05"),
        told_by=ids.INTERVIEWER,
    )
    _after_the_talk(story)


def _after_the_talk(story: Story) -> None:
    app, session = ids.APPLICATION, story.session
    interview, person = find(session, Interview, ids.INTERVIEW), find(session, Contact, ids.INTERVIEWER)
    links.link_interviewer(session, interview, person, InterviewerPut())
    links.link_contact(
        session,
        find(session, Application, app),
        person,
        ApplicationContactPut.model_validate({"role": "interviewer"}),
    )
    _noted(story, app)
    named = ApplicationReferencePut.model_validate({"linked_at": story.at(-3, "12:00")})
    link_reference(session, find(session, Application, app), find(session, Reference, ids.REFERENCE), named)


def _noted(story: Story, app: str) -> None:
    """Record a positive note, a concern, a draft of the letter, a template and a calendar feed."""
    noted: dict[str, Any] = {"within": app, "interview_id": ids.INTERVIEW, "noted_at": story.at(-2, "13:00")}
    story.tell(
        NOTE,
        ids.POSITIVE,
        kind="positive",
        text="She wrote down how we cut proof rounds in half.",
        wording="At Old Harbour I cut our proof rounds from six to three without a single recall.",
        **noted,
    )
    story.tell(
        NOTE,
        ids.CONCERN,
        kind="concern",
        text="Never led more than two people.",
        wording="You asked about leading a larger team: for the spring list I coordinated eight freelancers.",
        **noted,
    )
    story.tell(
        LETTER,
        ids.DRAFT,
        within=app,
        interview_id=ids.INTERVIEW,
        channel="email",
        subject="Thank you for showing me the proof room",
        body="Dear Ms Ruiz, thank you for …",
        recipients=[ids.INTERVIEWER],
        note_ids=[ids.POSITIVE, ids.CONCERN],
    )
    story.tell(LETTER_TEMPLATE, ids.TEMPLATE, **ids.BODIES["LetterTemplateCreate"])
    story.tell(CALENDAR_FEED, ids.FEED, **ids.BODIES["CalendarFeedCreate"])


def _interview_ahead(story: Story) -> None:
    """Record a video interview in three days with an employer in another zone."""
    story.tell(
        APPLICATION,
        ids.UPCOMING,
        company="Juniper Health",
        role="Content lead",
        source=SITE,
        work_mode="remote",
        applied_on=story.day(-6),
        time_zone="Europe/Berlin",
    )
    story.tell(
        INTERVIEW,
        ids.NEXT_INTERVIEW,
        within=ids.UPCOMING,
        kind="video",
        time_zone=ZONE,
        starts_at=story.at(3, "09:00"),
        ends_at=story.at(3, "10:00"),
    )


def _offer_on_the_table(story: Story) -> None:
    """Record an interview with a letter and a call in time, and an offer that needs an answer within five days."""
    app = ids.OFFERED
    story.tell(
        APPLICATION,
        app,
        company="Harbour Analytics",
        role="Technical writer",
        source=BOARD,
        work_mode="hybrid",
        applied_on=story.day(-30),
        time_zone=ZONE,
        status_contact_id=ids.OFFER_CONTACT,
        status_contact_since=story.at(-10, "15:30"),
        references_not_needed_at=story.at(-9, "09:00"),
    )
    story.tell(
        INTERVIEW,
        ids.LAST_INTERVIEW,
        within=app,
        kind="panel",
        time_zone=ZONE,
        starts_at=story.at(-10, "14:00"),
        ends_at=story.at(-10, "15:00"),
        next_stage="A decision within two weeks.",
        stage_learned_at=story.at(-10, "15:00"),
        timing_unknown=True,
        timing_learned_at=story.at(-10, "15:00"),
        no_concerns_at=story.at(-10, "16:00"),
    )
    _after_the_panel(story)
    offer: dict[str, Any] = {"respond_by": story.at(5, "17:00"), "pay": 68000, "currency": "USD"}
    story.tell(STAGE, ids.STAGE, within=app, stage="offered", at=story.at(-1, "16:00"))
    story.tell(OFFER, ids.OFFER, within=app, received_at=story.at(-1, "16:00"), **offer)


def _after_the_panel(story: Story) -> None:
    app, session = ids.OFFERED, story.session
    story.tell(
        LETTER,
        ids.SENT,
        within=app,
        interview_id=ids.LAST_INTERVIEW,
        channel="hand",
        body="Dear all, thank you for …",
    )
    interview, person = find(session, Interview, ids.LAST_INTERVIEW), find(session, Contact, ids.OFFER_CONTACT)
    links.link_interviewer(session, interview, person, InterviewerPut())
    praise = "They liked the before and after of the style guide."
    noted: dict[str, Any] = {"interview_id": ids.LAST_INTERVIEW, "noted_at": story.at(-10, "16:00")}
    story.tell(NOTE, ids.LAST_POSITIVE, within=app, kind="positive", text=praise, **noted)
    send(session, find(session, Letter, ids.SENT), LetterSend.model_validate({"sent_at": story.at(-10, "20:00")}))
    spoke: dict[str, Any] = {
        "direction": "out",
        "channel": "phone",
        "outcome": "spoke",
        "contact_id": ids.OFFER_CONTACT,
    }
    story.tell(
        FOLLOW_UP, ids.FOLLOW_UP, within=app, at=story.at(-7, "11:00"), summary="An offer is on its way.", **spoke
    )
    story.tell(
        SEARCH_ACTIVITY, ids.ACTIVITY, kind="networking", at=story.at(-4, "18:00"), note="Met two editors at a fair."
    )


def _earlier_applications(story: Story) -> None:
    """Record applications without an interview ahead: most are closed, some still wait for an answer."""
    for number, (company, role, source, work_mode, applied, later) in enumerate(EARLIER, FIRST_EARLIER):
        app = ids.demo_id(number)
        more: dict[str, Any] = {"source": source, "work_mode": work_mode, "time_zone": ZONE}
        story.tell(APPLICATION, app, company=company, role=role, applied_on=story.day(-applied), **more)
        row = find(story.session, Application, app)
        row.created_at = row.updated_at = story.now - timedelta(days=applied)
        for place, (what, days) in enumerate(later.items(), 10 * number):
            at = story.at(-days, "11:00")
            if what == "contact":
                written: dict[str, Any] = {"direction": "in", "channel": "email", "outcome": "status"}
                story.tell(FOLLOW_UP, ids.demo_id(place), within=app, at=at, **written)
            else:
                story.tell(STAGE, ids.demo_id(place), within=app, stage=what, at=at)


def _webhook(story: Story) -> None:
    """Add a webhook at an address that does not exist, and two events that it once got."""
    story.tell(WEBHOOK, ids.WEBHOOK, **ids.BODIES["WebhookCreate"])
    delivered(story.session, EventType.PING, 1, (ids.FIRST_EVENT, ids.FIRST_DELIVERY, ids.FIRST_ATTEMPT))
    delivered(story.session, EventType.STEP_OVERDUE, 2, (ids.EVENT, ids.DELIVERY, ids.ATTEMPT))
    current_user(story.session).event_count = 2
    story.session.flush()


def _assistant(story: Story) -> None:
    """Log a call and the search activity as written by an assistant, whose token was revoked since."""
    session, call, search = story.session, f"/v1/follow-ups/{ids.FOLLOW_UP}", f"/v1/search-activities/{ids.ACTIVITY}"
    applications, steps = "applications:write", "steps:write"
    session.add(logged(session, ids.FIRST_WRITE, "follow_up", call, scope=applications, tool="log_contact_made"))
    session.add(logged(session, ids.WRITE, "search_activity", search, scope=steps, tool="log_search"))


def _uploaded_table(story: Story) -> None:
    """Upload a table that waits to be imported."""
    content, options = ids.TABLE.encode(), Options(default_role="Editor")
    job, rows = jobs.new_job(story.session, "csv", content, options, "applications.csv")
    job.id = ids.IMPORT
    jobs.store_job(story.session, (job, rows), content, run=False)
