"""From rows to the facts of the rules: for any number of applications, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlmodel import col, or_, select

from api.db import OwnedSession
from api.models import (
    Application,
    ApplicationReference,
    Contact,
    FollowUp,
    Interview,
    InterviewInterviewer,
    Letter,
    Note,
    Reference,
    SearchActivity,
    StageChange,
    StepOverride,
    User,
)
from api.rules import facts as rules
from api.rules.life import life
from api.rules.policy import Policy
from api.services.owner import me
from api.services.policies import policy_of

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Known:
    """One application with its facts and the policy that counts for it."""

    application: Application
    facts: rules.Facts
    policy: Policy


def gather(
    session: OwnedSession, applications: Sequence[Application], *, now: datetime, search_only: bool = False
) -> list[Known]:
    """Return the facts of the applications as the rules want them.

    `search_only` leaves out what step 7 does not look at. `now` decides what closed other applications; before the
    session's own now, it is read from their stage histories.
    """
    user = me(session)
    ids = [application.id for application in applications]
    by = _Rows(session, ids, search_only=search_only)
    others = elsewhere(session, now)
    return [
        Known(
            application,
            _facts(application, user, by, tuple(fact for owner, fact in others if owner != application.id)),
            policy_of(user.policy, application.policy),
        )
        for application in applications
    ]


class _Rows:
    """Every row under some applications, by application."""

    def __init__(self, session: OwnedSession, ids: Sequence[str], *, search_only: bool) -> None:
        self.stages = _grouped(_under(session, StageChange, ids))
        self.interviews = _grouped(_under(session, Interview, ids))
        self.overrides = _grouped(_under(session, StepOverride, ids))
        self.people: dict[str, list[tuple[InterviewInterviewer, Contact]]] = defaultdict(list)
        self.contacts: dict[str, Contact] = {}
        self.notes: dict[str, list[Note]] = {}
        self.letters: dict[str, list[Letter]] = {}
        self.follow_ups: dict[str, list[FollowUp]] = {}
        self.references: dict[str, list[tuple[ApplicationReference, Reference]]] = defaultdict(list)
        if not search_only:
            self._read_the_rest(session, ids)

    def _read_the_rest(self, session: OwnedSession, ids: Sequence[str]) -> None:
        self.notes = _grouped(_under(session, Note, ids))
        self.letters = _grouped(_under(session, Letter, ids))
        self.follow_ups = _grouped(_under(session, FollowUp, ids))
        interviewers = (
            select(InterviewInterviewer, Contact)
            .join(Interview, col(Interview.id) == InterviewInterviewer.interview_id)
            .join(Contact, col(Contact.id) == InterviewInterviewer.contact_id)
            .where(col(Interview.application_id).in_(ids), col(Contact.deleted_at).is_(None))
        )
        for link, contact in session.exec(interviewers).all():
            self.people[link.interview_id].append((link, contact))
        linked = (
            select(ApplicationReference, Reference)
            .join(Reference, col(Reference.id) == ApplicationReference.reference_id)
            .where(col(ApplicationReference.application_id).in_(ids))
        )
        for named, person in session.exec(linked).all():
            self.references[named.application_id].append((named, person))
        asked = (
            select(Contact)
            .join(Application, col(Application.status_contact_id) == Contact.id)
            .where(col(Application.id).in_(ids), col(Contact.deleted_at).is_(None))
        )
        self.contacts = {contact.id: contact for contact in session.exec(asked).all()}


def _under(session: OwnedSession, table: type[Row], ids: Sequence[str]) -> Sequence[Row]:
    application_id: Any = table.application_id  # type: ignore[attr-defined]  # every table passed has one
    return session.exec(select(table).where(application_id.in_(ids))).all()


def _grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.application_id].append(row)  # type: ignore[attr-defined]  # see _under
    return groups


def _facts(application: Application, user: User, by: _Rows, others: tuple[rules.Elsewhere, ...]) -> rules.Facts:
    key = application.id
    return rules.Facts(
        application_id=key,
        zone=application.time_zone,
        user_zone=user.time_zone,
        stages=tuple(stage_line(line) for line in by.stages.get(key, ())),
        interviews=tuple(_interview(row, by) for row in by.interviews.get(key, ())),
        notes=tuple(_note(row) for row in by.notes.get(key, ())),
        letters=tuple(_letter(row) for row in by.letters.get(key, ())),
        references=tuple(_reference(named, person) for named, person in by.references.get(key, ())),
        follow_ups=tuple(_follow_up(row) for row in by.follow_ups.get(key, ())),
        overrides=tuple(_override(row) for row in by.overrides.get(key, ())),
        elsewhere=others,
        status_contact=_status_contact(application, by.contacts.get(application.status_contact_id or "")),
        reference_check=application.reference_check,
        references_given_at=application.references_given_at,
        references_not_needed_at=application.references_not_needed_at,
    )


def stage_line(row: StageChange) -> rules.StageChange:
    """Return a line of the stage history."""
    return rules.StageChange(id=row.id, stage=row.stage, at=row.at, dated=row.dated)


def _interview(row: Interview, by: _Rows) -> rules.Interview:
    return rules.Interview(
        id=row.id,
        start=row.starts_at,
        end=row.ends_at,
        zone=row.time_zone,
        actual_end=row.actual_end,
        kind=row.kind,
        status=row.status,
        cancelled_at=row.cancelled_at,
        interviewers=tuple(
            rules.Interviewer(
                contact_id=contact.id,
                name=contact.full_name or "",
                details_at=contact.details_complete_since,
                optional=link.optional,
                has_email=contact.email is not None,
                prefers=contact.preferred_channel,
                erased=contact.erased_at is not None,
            )
            for link, contact in by.people.get(row.id, ())
        ),
        stage_learned_at=row.stage_learned_at,
        timing_learned_at=row.timing_learned_at,
        contact_from=row.contact_from,
        contact_by=row.contact_by,
        hear_by=row.hear_by,
        no_positives_at=row.no_positives_at,
        no_concerns_at=row.no_concerns_at,
    )


def _note(row: Note) -> rules.Note:
    return rules.Note(id=row.id, interview_id=row.interview_id, kind=row.kind, noted_at=row.noted_at)


def _letter(row: Letter) -> rules.Letter:
    return rules.Letter(
        id=row.id,
        interview_id=row.interview_id,
        kind=row.kind,
        sent_at=row.sent_at,
        recipients=tuple(row.recipients),
        written=bool(row.body and row.body.strip()),
        channel=row.channel,
    )


def _reference(named: ApplicationReference, person: Reference) -> rules.Reference:
    both = named.job_details_given and named.company_details_given
    return rules.Reference(
        id=person.id,
        name=person.name,
        linked_at=named.linked_at,
        alerted_at=named.alerted_at,
        briefed_at=named.briefed_at if both else None,
        contacted_at=named.contacted_at,
    )


def _follow_up(row: FollowUp) -> rules.FollowUp:
    return rules.FollowUp(
        id=row.id,
        at=row.at,
        direction=row.direction,
        outcome=row.outcome,
        contact_from=row.contact_from,
        contact_by=row.contact_by,
        hear_by=row.hear_by,
    )


def _override(row: StepOverride) -> rules.Override:
    return rules.Override(id=row.id, number=row.number, scope=row.scope, action=row.action, at=row.at)


def _status_contact(application: Application, contact: Contact | None) -> rules.StatusContact | None:
    if contact is None:
        return None
    return rules.StatusContact(
        contact_id=contact.id,
        name=contact.full_name or "",
        phone=contact.phone,
        email=contact.email,
        since=application.status_contact_since,
        reachable_since=contact.reachable_since,
        erased=contact.erased_at is not None,
    )


def elsewhere(session: OwnedSession, now: datetime) -> list[tuple[str | None, rules.Elsewhere]]:
    """Return, with their applications, the facts that can set step 7's deadline of any application.

    The latest of all, and the latest that is not of the same application, are enough: each application leaves out its
    own.
    """
    rounds = _past_rounds(session, now) if now < session.now else _rounds(session)
    return [*_activities(session, now), *rounds]


def _activities(session: OwnedSession, now: datetime) -> list[tuple[str | None, rules.Elsewhere]]:
    """Return the latest activity and the latest of another application; one of a deleted application is a mistake."""
    mine = (
        select(SearchActivity.application_id, SearchActivity.id, SearchActivity.at)
        .join(Application, col(Application.id) == SearchActivity.application_id, isouter=True)
        .where(
            col(SearchActivity.at) <= now,
            or_(col(SearchActivity.application_id).is_(None), col(Application.deleted_at).is_(None)),
        )
        .order_by(col(SearchActivity.at).desc(), col(SearchActivity.id).desc())
        .limit(1)
    )
    first = session.exec(mine).all()
    if first and first[0][0] is not None:
        other = col(SearchActivity.application_id)
        first = [*first, *session.exec(mine.where(or_(other.is_(None), other != first[0][0]))).all()]
    return [(owner, rules.Elsewhere(id=id_, type="search_activity", at=at)) for owner, id_, at in first]


def _live_rounds() -> Any:  # noqa: ANN401  # a statement
    return (
        select(Interview.application_id, Interview.id, Interview.effective_end_at, Application.closed_at)
        .join(Application, col(Application.id) == Interview.application_id)
        .where(col(Interview.status).in_(["scheduled", "held"]), col(Application.deleted_at).is_(None))
    )


def _rounds(session: OwnedSession) -> list[tuple[str | None, rules.Elsewhere]]:
    end = col(Interview.effective_end_at)
    live = (
        _live_rounds()
        .where(or_(col(Application.closed_at).is_(None), col(Application.closed_at) >= end))
        .order_by(end.desc(), col(Interview.id).desc())
        .limit(1)
    )
    first = session.exec(live).all()
    if first:
        first = [*first, *session.exec(live.where(col(Interview.application_id) != first[0][0])).all()]
    return [
        (owner, rules.Elsewhere(id=id_, type="interview", at=at, closed_at=closed)) for owner, id_, at, closed in first
    ]


def _past_rounds(session: OwnedSession, now: datetime) -> list[tuple[str | None, rules.Elsewhere]]:
    """Return all live rounds, with what had closed their applications by then."""
    found = session.exec(_live_rounds()).all()
    lines = _grouped(_under(session, StageChange, [row[0] for row in found]))
    closed = {owner: life([stage_line(line) for line in mine], now).closed_at for owner, mine in lines.items()}
    return [
        (owner, rules.Elsewhere(id=id_, type="interview", at=at, closed_at=closed.get(owner)))
        for owner, id_, at, _ in found
    ]
