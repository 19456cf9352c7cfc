"""Cards: load the facts for the card of an interview and for the call card."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from api.models import Application, Contact, FollowUp, Interview
from api.models.card import CallCard, CallHours, CallOutcome, CallPerson, CallPoint, PrepCard, UnknownDetails
from api.models.follow_up import FollowUpChannel, Outcome
from api.models.hint import HintPublic
from api.services.current_user import current_user
from api.services.documents.compose import conversation, person_of
from api.services.facts.crud import find
from api.services.policies import policy_of
from api.storage.session import OwnedSession
from api.words import cards
from api.words.cards import Desk, Promise
from api.words.catalogue import Catalogue, catalogue
from api.words.material import Conversation, Person
from api.words.pages import Section

PROMISED = ("contact_from", "contact_by", "hear_by")
BY_MAIL = Outcome.EMAILED


def prep(session: OwnedSession, interview: Interview) -> tuple[PrepCard, str, list[Section]]:
    """Return the card for an interview, with its title and sections."""
    words, talk = catalogue("formal"), conversation(session, interview)
    application = find(session, Application, interview.application_id)
    place = interview.location or interview.link
    asked = cards.questions(talk, words, asks=application.status_contact_id is not None)
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
    return shown, _title("prep_card", talk, words), cards.prep_sections(talk, place, asked, words)


def call(session: OwnedSession, application: Application) -> tuple[CallCard, str, list[Section]]:
    """Return the card for the call, with its title and sections."""
    words = catalogue("formal")
    talk, has_met = latest_talk(session, application)
    whom = _whom(session, application)
    desk, promise = _desk(session, application), _promise(session, application)
    opening = cards.opening(talk, words, has_met=has_met)
    points, promised = cards.points(talk, words.is_phrase), cards.promises(promise, words)
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
        record=HintPublic(
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
    """Return the round that began last and True; before the first round, the facts of the application and False."""
    rounds = select(Interview).where(
        Interview.application_id == application.id,
        col(Interview.starts_at) <= session.now,
        col(Interview.status) != "cancelled",
    )
    latest = session.exec(rounds.order_by(col(Interview.starts_at).desc(), col(Interview.id).desc())).first()
    talk = conversation(session, latest) if latest else _before_any(session, application)
    return talk, latest is not None


def _before_any(session: OwnedSession, application: Application) -> Conversation:
    today = session.now.astimezone(ZoneInfo(application.time_zone))
    return Conversation(
        start=today, company=application.company, role=application.role, me=current_user(session).full_name
    )


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


def _promise(session: OwnedSession, application: Application) -> Promise:
    """Return the dates that the employer named last, at an interview or in a contact afterwards."""
    said: list[tuple[datetime, Any]] = [
        (row.timing_learned_at or row.effective_end_at, row)
        for row in session.exec(select(Interview).where(Interview.application_id == application.id)).all()
    ]
    said += [
        (row.at, row) for row in session.exec(select(FollowUp).where(FollowUp.application_id == application.id)).all()
    ]
    with_dates = [(at, row.id, row) for at, row in said if any(getattr(row, name) for name in PROMISED)]
    if not with_dates:
        return Promise()
    _, _, last = max(with_dates, key=lambda one: one[:2])
    return Promise(**{name: getattr(last, name) for name in PROMISED})


def _outcomes(words: Catalogue) -> list[CallOutcome]:
    return [
        CallOutcome(
            outcome=Outcome(name),
            channel=FollowUpChannel.EMAIL if name == BY_MAIL else FollowUpChannel.PHONE,
            text=text,
        )
        for name, text in words.card("call_card")["outcomes"].items()
    ]
