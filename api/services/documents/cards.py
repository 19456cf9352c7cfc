"""Cards: load the facts for the card of an interview and for the call card."""

from zoneinfo import ZoneInfo

from sqlmodel import col, select

from api.models import Application, Contact, Interview
from api.models.card import CallCard, CallHours, CallOutcome, CallPerson, CallPoint, PrepCard, UnknownDetails
from api.models.follow_up import FollowUpChannel, Outcome
from api.models.hint import RecordLink
from api.rules.steps.rounds import NOT_HELD
from api.rules.words import zone_name
from api.services.current_user import current_user
from api.services.documents.compose import conversation, facts_of, person_of
from api.services.documents.promises import what_they_said
from api.services.facts.crud import find
from api.services.policies import policy_of
from api.storage.session import OwnedSession
from api.words import cards
from api.words.cards import Desk
from api.words.catalogue import Catalogue, catalogue
from api.words.material import Conversation, Person
from api.words.pages import Section

BY_MAIL = Outcome.EMAILED


def prep(session: OwnedSession, interview: Interview) -> tuple[PrepCard, str, list[Section]]:
    """Return the card for an interview, with its title and sections."""
    words, talk = catalogue("formal"), conversation(session, interview)
    application = find(session, Application, interview.application_id)
    place = interview.location or interview.link
    asked = cards.questions(talk, words)
    user_zone = current_user(session).time_zone
    when = cards.times(interview.starts_at, interview.time_zone, user_zone, words)
    shown = PrepCard(
        interview_id=interview.id,
        application_id=application.id,
        company=application.company,
        role=application.role,
        starts_at=interview.starts_at,
        time_zone=interview.time_zone,
        place=place,
        questions=asked,
        people=[
            UnknownDetails(contact_id=one.person.id, name=one.person.printed, missing=list(one.fields))
            for one in cards.unknown(talk.interviewers)
        ],
        is_anybody_known=bool(talk.interviewers),
    )
    return shown, _title("prep_card", talk, words), cards.prep_sections(talk, when, place, asked, words)


def call(session: OwnedSession, application: Application) -> tuple[CallCard, str, list[Section]]:
    """Return the card for the call, with its title and sections."""
    words = catalogue("formal")
    talk, has_met = latest_talk(session, application)
    whom = _whom(session, application)
    desk = _desk(session, application)
    first = "opening_saved" if application.stage == "saved" else "opening_first"
    opening = cards.opening(talk, words, line="opening" if has_met else first)
    points, promised = cards.points(talk, words.is_phrase), cards.promises(talk, words)
    shown = CallCard(
        application_id=application.id,
        company=application.company,
        role=application.role,
        whom=_person(whom),
        hours=_hours(session, desk, words),
        opening=opening,
        points=[CallPoint(text=text, note_id=note) for note, text in points],
        question=words.card("call_card")["question"],
        promised=promised,
        outcomes=_outcomes(words),
        record=RecordLink(
            code="record_follow_up",
            text="Record the result of the call.",
            method="POST",
            href=f"/v1/applications/{application.id}/follow-ups",
        ),
    )
    sections = cards.call_sections(whom, desk, opening, [text for _, text in points], promised, words)
    return shown, _title("call_card", talk, words), sections


def _title(card: str, talk: Conversation, words: Catalogue) -> str:
    title: str = words.card(card)["title"]
    return title.format(role=talk.role, company=words.with_article(talk.company))


def latest_talk(session: OwnedSession, application: Application) -> tuple[Conversation, bool]:
    """Return the round that began last and True; without one that took place, the application's facts and False."""
    rounds = select(Interview).where(
        Interview.application_id == application.id,
        col(Interview.starts_at) <= session.now,
        col(Interview.status).not_in(NOT_HELD),
    )
    latest = session.exec(rounds.order_by(col(Interview.starts_at).desc(), col(Interview.id).desc())).first()
    talk = conversation(session, latest) if latest else _before_any(session, application)
    return talk, latest is not None


def _before_any(session: OwnedSession, application: Application) -> Conversation:
    facts = facts_of(session, application, what_they_said(session, application))
    return Conversation(**facts, start=facts["now"])


def _whom(session: OwnedSession, application: Application) -> Person | None:
    if application.status_contact_id is None:
        return None
    contact = session.get(Contact, (session.user_id, application.status_contact_id))
    there = contact is not None and contact.deleted_at is None and contact.erased_at is None
    if contact is None or not there:
        return None
    return person_of(contact) if session.shows_contacts else person_of(contact).identity()


def _person(whom: Person | None) -> CallPerson | None:
    if whom is None:
        return None
    return CallPerson(contact_id=whom.id, name=whom.printed, title=whom.title, phone=whom.phone, email=whom.email)


def _desk(session: OwnedSession, application: Application) -> Desk:
    policy = policy_of(current_user(session).policy, application.policy)
    now = session.now.astimezone(ZoneInfo(application.time_zone))
    return Desk(
        now=now,
        zone=application.time_zone,
        zone_name=zone_name(now, application.time_zone),
        opens=policy.business_opens,
        closes=policy.business_closes,
        is_workday=policy.office(application.time_zone).is_business_day(now.date()),
    )


def _hours(session: OwnedSession, desk: Desk, words: Catalogue) -> CallHours:
    return CallHours(
        as_of=session.now,
        local_time=words.moment(desk.now),
        time_zone=desk.zone,
        opens=f"{desk.opens:%H:%M}",
        closes=f"{desk.closes:%H:%M}",
        is_open=desk.is_open,
    )


def _outcomes(words: Catalogue) -> list[CallOutcome]:
    return [
        CallOutcome(
            outcome=Outcome(name),
            channel=FollowUpChannel.EMAIL if name == BY_MAIL else FollowUpChannel.PHONE,
            text=text,
        )
        for name, text in words.card("call_card")["outcomes"].items()
    ]
