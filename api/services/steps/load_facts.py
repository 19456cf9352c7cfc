"""From rows to the facts of the rules: for any number of applications, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from api.errors import UnauthorizedError
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
    StepOverride,
    User,
)
from api.rules import facts as rules
from api.rules.evaluate import LOOKS_AT
from api.rules.outcome import STEPS
from api.rules.policy import Policy
from api.services.policies import policy_of
from api.services.steps.load_elsewhere import STAGES, elsewhere, stage, under
from api.storage.codecs import canonical, document, instant, known_instant, moment
from api.storage.raw_sql import IDS, OWNER, Plain, Row, Rows, picked


@dataclass(frozen=True, slots=True)
class Known:
    """One application with its facts and the policy that counts for it."""

    id: str
    facts: rules.Facts
    policy: Policy


ME = Plain(picked(User.time_zone, User.policy).where(col(User.id) == OWNER), owned=False)
APPLICATIONS = Plain(
    picked(
        Application.id,
        Application.time_zone,
        Application.policy,
        Application.reference_check,
        Application.references_given_at,
        Application.references_not_needed_at,
    ).where(col(Application.id).in_(IDS), col(Application.deleted_at).is_(None))
)
INTERVIEWS = under(
    Interview,
    "id",
    "starts_at",
    "ends_at",
    "time_zone",
    "actual_end",
    "kind",
    "status",
    "cancelled_at",
    "stage_learned_at",
    "timing_learned_at",
    "contact_from",
    "contact_by",
    "hear_by",
    "no_positives_at",
    "no_concerns_at",
)
OVERRIDES = under(StepOverride, "id", "number", "scope", "action", "at")
NOTES = under(Note, "id", "interview_id", "kind", "noted_at")
LETTERS = under(Letter, "id", "interview_id", "kind", "sent_at", "recipients", "body", "channel")
FOLLOW_UPS = under(FollowUp, "id", "at", "direction", "outcome", "contact_from", "contact_by", "hear_by")
INTERVIEWERS = Plain(
    picked(
        InterviewInterviewer.interview_id,
        Contact.id,
        Contact.full_name,
        Contact.details_complete_since,
        InterviewInterviewer.optional,
        Contact.email,
        Contact.preferred_channel,
        Contact.erased_at,
    )
    .join(Contact, col(Contact.id) == InterviewInterviewer.contact_id)
    .where(
        col(InterviewInterviewer.interview_id).in_(select(Interview.id).where(col(Interview.application_id).in_(IDS))),
        col(Contact.deleted_at).is_(None),
    )
)
REFERENCES = Plain(
    picked(
        ApplicationReference.application_id,
        Reference.id,
        Reference.name,
        ApplicationReference.linked_at,
        ApplicationReference.alerted_at,
        ApplicationReference.briefed_at,
        ApplicationReference.contacted_at,
        ApplicationReference.job_details_given,
        ApplicationReference.company_details_given,
    )
    .join(Reference, col(Reference.id) == ApplicationReference.reference_id)
    .where(col(ApplicationReference.application_id).in_(IDS))
)
ASKED = Plain(
    picked(
        Application.id,
        Contact.id,
        Contact.full_name,
        Contact.phone,
        Contact.email,
        Application.status_contact_since,
        Contact.reachable_since,
        Contact.erased_at,
    )
    .join(Contact, col(Application.status_contact_id) == Contact.id)
    .where(col(Application.id).in_(IDS), col(Contact.deleted_at).is_(None))
)


def gather(rows: Rows, ids: Sequence[str], *, now: datetime, only: Collection[int] = STEPS) -> list[Known]:
    """Return the facts of those of the applications that are not deleted, as the rules want them.

    `only` leaves out what other numbers look at. `now` decides what closed other applications; before the real now, it
    is read from their stage histories.
    """
    seen = {name for number in only for name in LOOKS_AT[number]}
    under = _Under(rows, ids, seen)
    others = elsewhere(rows, now) if "elsewhere" in seen else []
    known = []
    for row in under.applications:
        key = canonical(row[0])
        apart = tuple(fact for owner, fact in others if owner != key)
        policy = policy_of(under.user_policy, document(row[2]))
        known.append(Known(key, _facts(key, row, under, apart), policy))
    return known


class _Under:
    """Every fact under some applications, by application; people by round."""

    def __init__(self, rows: Rows, ids: Sequence[str], seen: Collection[str]) -> None:
        wanted = {name: fact for name, fact in FACTS.items() if name in seen or name in ALWAYS}
        statements = [ME, APPLICATIONS, INTERVIEWS, *(statement for statement, _ in wanted.values())]
        me, self.applications, interviews, *found = rows.several(statements, ids=ids)
        if not me:
            raise UnauthorizedError
        self.user_zone, user_policy = me[0]
        self.user_policy = document(user_policy)
        self.facts = {name: _grouped(mine, made) for (name, (_, made)), mine in zip(wanted.items(), found, strict=True)}
        self.facts["interviews"] = _grouped(interviews, self._interview)

    def of(self, name: str, owner: str) -> tuple[Any, ...]:
        """Return the facts of a kind, of one application or round."""
        return tuple(self.facts[name].get(owner, ())) if name in self.facts else ()

    def _interview(self, id_: str, *columns: Any) -> rules.Interview:  # noqa: ANN401  # whatever a column holds
        (start, end, zone, actual, kind, status, cancelled, stage, timing, since, by, hear, positives, concerns) = (
            columns
        )
        return rules.Interview(
            id=canonical(id_),
            start=instant(start),
            end=known_instant(end),
            zone=zone,
            actual_end=known_instant(actual),
            kind=kind,
            status=status,
            cancelled_at=known_instant(cancelled),
            interviewers=self.of("people", id_),
            stage_learned_at=known_instant(stage),
            timing_learned_at=known_instant(timing),
            contact_from=moment(since),
            contact_by=moment(by),
            hear_by=moment(hear),
            no_positives_at=known_instant(positives),
            no_concerns_at=known_instant(concerns),
        )


def _grouped(rows: Iterable[Row], made: Callable[..., Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for owner, *columns in rows:
        found[owner].append(made(*columns))
    return found


def _facts(key: str, row: Row, under: _Under, others: tuple[rules.Elsewhere, ...]) -> rules.Facts:
    id_, zone, _, check, given_at, not_needed_at = row
    return rules.Facts(
        application_id=key,
        zone=zone,
        user_zone=under.user_zone,
        stages=under.of("stages", id_),
        interviews=under.of("interviews", id_),
        notes=under.of("notes", id_),
        letters=under.of("letters", id_),
        references=under.of("references", id_),
        follow_ups=under.of("follow_ups", id_),
        overrides=under.of("overrides", id_),
        elsewhere=others,
        status_contact=next(iter(under.of("status_contact", id_)), None),
        reference_check=moment(check),
        references_given_at=known_instant(given_at),
        references_not_needed_at=known_instant(not_needed_at),
    )


def _interviewer(
    id_: str,
    name: str | None,
    complete: str | None,
    optional: bool,  # noqa: FBT001  # a column
    email: str | None,
    prefers: str | None,
    erased: str | None,
) -> rules.Interviewer:
    return rules.Interviewer(
        contact_id=canonical(id_),
        name=name or "",
        details_at=known_instant(complete),
        optional=bool(optional),
        has_email=email is not None,
        prefers=prefers,
        erased=erased is not None,
    )


def _note(id_: str, interview_id: str | None, kind: str, noted_at: str) -> rules.Note:
    return rules.Note(
        id=canonical(id_), interview_id=interview_id and canonical(interview_id), kind=kind, noted_at=instant(noted_at)
    )


def _letter(
    id_: str,
    interview_id: str | None,
    kind: str,
    sent_at: str | None,
    recipients: str,
    body: str | None,
    channel: str | None,
) -> rules.Letter:
    return rules.Letter(
        id=canonical(id_),
        interview_id=interview_id and canonical(interview_id),
        kind=kind,
        sent_at=known_instant(sent_at),
        recipients=tuple(document(recipients)),
        written=bool(body and body.strip()),
        channel=channel,
    )


def _reference(id_: str, name: str, linked: str, *columns: Any) -> rules.Reference:  # noqa: ANN401  # columns
    alerted, briefed, contacted, job, company = columns
    return rules.Reference(
        id=canonical(id_),
        name=name,
        linked_at=instant(linked),
        alerted_at=known_instant(alerted),
        briefed_at=known_instant(briefed) if job and company else None,
        contacted_at=known_instant(contacted),
    )


def _follow_up(id_: str, at: str, direction: str, outcome: str, *moments: str | None) -> rules.FollowUp:
    since, by, hear = map(moment, moments)
    return rules.FollowUp(
        id=canonical(id_),
        at=instant(at),
        direction=direction,
        outcome=outcome,
        contact_from=since,
        contact_by=by,
        hear_by=hear,
    )


def _override(id_: str, number: int, scope: str, action: str, at: str) -> rules.Override:
    return rules.Override(id=canonical(id_), number=number, scope=scope, action=action, at=instant(at))


def _status_contact(
    id_: str,
    name: str | None,
    phone: str | None,
    email: str | None,
    *instants: str | None,
) -> rules.StatusContact:
    since, reachable, erased = map(known_instant, instants)
    return rules.StatusContact(
        contact_id=canonical(id_),
        name=name or "",
        phone=phone,
        email=email,
        since=since,
        reachable_since=reachable,
        erased=erased is not None,
    )


ALWAYS = ("stages", "overrides")
FACTS: dict[str, tuple[Plain, Callable[..., Any]]] = {
    "stages": (STAGES, stage),
    "overrides": (OVERRIDES, _override),
    "people": (INTERVIEWERS, _interviewer),
    "notes": (NOTES, _note),
    "letters": (LETTERS, _letter),
    "follow_ups": (FOLLOW_UPS, _follow_up),
    "references": (REFERENCES, _reference),
    "status_contact": (ASKED, _status_contact),
}
