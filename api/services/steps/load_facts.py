"""Load rows as the facts of the rules: up to 500 applications in a constant number of queries."""

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
from api.rules.evaluate import STEP_INPUTS
from api.rules.outcome import STEPS
from api.rules.policy import Policy
from api.services.policies import policy_of
from api.services.steps.load_elsewhere import STAGES, load_elsewhere, of_applications, stage_from_row
from api.storage.codecs import from_db_id, from_db_instant, from_db_instant_or_none, from_db_json, from_db_moment
from api.storage.raw_sql import IDS, OWNER, CompiledStatement, RawConnection, Row, select_as_text


@dataclass(frozen=True, slots=True)
class ApplicationFacts:
    """One application with its facts and its effective policy."""

    id: str
    facts: rules.Facts
    policy: Policy


USER_SETTINGS = CompiledStatement(select_as_text(User.time_zone, User.policy).where(col(User.id) == OWNER), owned=False)
APPLICATIONS = CompiledStatement(
    select_as_text(
        Application.id,
        Application.time_zone,
        Application.policy,
        Application.reference_check,
        Application.references_given_at,
        Application.references_not_needed_at,
    ).where(col(Application.id).in_(IDS), col(Application.deleted_at).is_(None))
)
INTERVIEWS = of_applications(
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
OVERRIDES = of_applications(StepOverride, "id", "number", "scope", "action", "at")
NOTES = of_applications(Note, "id", "interview_id", "kind", "noted_at")
LETTERS = of_applications(Letter, "id", "interview_id", "kind", "sent_at", "recipients", "body", "channel")
FOLLOW_UPS = of_applications(FollowUp, "id", "at", "direction", "outcome", "contact_from", "contact_by", "hear_by")
INTERVIEWERS = CompiledStatement(
    select_as_text(
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
REFERENCES = CompiledStatement(
    select_as_text(
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
STATUS_CONTACTS = CompiledStatement(
    select_as_text(
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


def load_facts(
    raw: RawConnection, ids: Sequence[str], *, now: datetime, only: Collection[int] = STEPS
) -> list[ApplicationFacts]:
    """Return the facts of applications, as objects of the rules; deleted applications are left out.

    `only`: facts that these step numbers do not read are not loaded. If `now` is in the past, the instant at which
    another application was closed comes from its stage history, otherwise from `closed_at`.
    """
    seen = {name for number in only for name in STEP_INPUTS[number]}
    under = _LoadedRows(raw, ids, seen)
    others = load_elsewhere(raw, now) if "elsewhere" in seen else []
    known = []
    for row in under.applications:
        key = from_db_id(row[0])
        apart = tuple(fact for owner, fact in others if owner != key)
        policy = policy_of(under.user_policy, from_db_json(row[2]))
        known.append(ApplicationFacts(key, _facts_of(key, row, under, apart), policy))
    return known


class _LoadedRows:
    """The loaded facts of some applications, by application; interviewers by round."""

    def __init__(self, raw: RawConnection, ids: Sequence[str], seen: Collection[str]) -> None:
        wanted = {name: fact for name, fact in FACTS.items() if name in seen or name in ALWAYS_LOADED}
        statements = [USER_SETTINGS, APPLICATIONS, INTERVIEWS, *(statement for statement, _ in wanted.values())]
        me, self.applications, interviews, *found = raw.all_pipelined(statements, ids=ids)
        if not me:
            raise UnauthorizedError
        self.user_zone, user_policy = me[0]
        self.user_policy = from_db_json(user_policy)
        self.facts = {name: _grouped(mine, made) for (name, (_, made)), mine in zip(wanted.items(), found, strict=True)}
        self.facts["interviews"] = _grouped(interviews, self._interview)

    def of(self, name: str, owner: str) -> tuple[Any, ...]:
        """Return the facts of one kind of an application or a round."""
        return tuple(self.facts[name].get(owner, ())) if name in self.facts else ()

    def _interview(self, id_: str, *columns: Any) -> rules.Interview:  # noqa: ANN401  # whatever a column holds
        (start, end, zone, actual, kind, status, cancelled, stage, timing, since, by, hear, positives, concerns) = (
            columns
        )
        return rules.Interview(
            id=from_db_id(id_),
            start=from_db_instant(start),
            end=from_db_instant_or_none(end),
            zone=zone,
            actual_end=from_db_instant_or_none(actual),
            kind=kind,
            status=status,
            cancelled_at=from_db_instant_or_none(cancelled),
            interviewers=self.of("people", id_),
            stage_learned_at=from_db_instant_or_none(stage),
            timing_learned_at=from_db_instant_or_none(timing),
            contact_from=from_db_moment(since),
            contact_by=from_db_moment(by),
            hear_by=from_db_moment(hear),
            no_positives_at=from_db_instant_or_none(positives),
            no_concerns_at=from_db_instant_or_none(concerns),
        )


def _grouped(rows: Iterable[Row], made: Callable[..., Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for owner, *columns in rows:
        found[owner].append(made(*columns))
    return found


def _facts_of(key: str, row: Row, under: _LoadedRows, others: tuple[rules.Elsewhere, ...]) -> rules.Facts:
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
        reference_check=from_db_moment(check),
        references_given_at=from_db_instant_or_none(given_at),
        references_not_needed_at=from_db_instant_or_none(not_needed_at),
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
        contact_id=from_db_id(id_),
        name=name or "",
        details_at=from_db_instant_or_none(complete),
        optional=bool(optional),
        has_email=email is not None,
        prefers=prefers,
        erased=erased is not None,
    )


def _note(id_: str, interview_id: str | None, kind: str, noted_at: str) -> rules.Note:
    return rules.Note(
        id=from_db_id(id_),
        interview_id=interview_id and from_db_id(interview_id),
        kind=kind,
        noted_at=from_db_instant(noted_at),
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
        id=from_db_id(id_),
        interview_id=interview_id and from_db_id(interview_id),
        kind=kind,
        sent_at=from_db_instant_or_none(sent_at),
        recipients=tuple(from_db_json(recipients)),
        written=bool(body and body.strip()),
        channel=channel,
    )


def _reference(id_: str, name: str, linked: str, *columns: Any) -> rules.Reference:  # noqa: ANN401  # columns
    alerted, briefed, contacted, job, company = columns
    return rules.Reference(
        id=from_db_id(id_),
        name=name,
        linked_at=from_db_instant(linked),
        alerted_at=from_db_instant_or_none(alerted),
        briefed_at=from_db_instant_or_none(briefed) if job and company else None,
        contacted_at=from_db_instant_or_none(contacted),
    )


def _follow_up(id_: str, at: str, direction: str, outcome: str, *moments: str | None) -> rules.FollowUp:
    since, by, hear = map(from_db_moment, moments)
    return rules.FollowUp(
        id=from_db_id(id_),
        at=from_db_instant(at),
        direction=direction,
        outcome=outcome,
        contact_from=since,
        contact_by=by,
        hear_by=hear,
    )


def _override(id_: str, number: int, scope: str, action: str, at: str) -> rules.Override:
    return rules.Override(id=from_db_id(id_), number=number, scope=scope, action=action, at=from_db_instant(at))


def _status_contact(
    id_: str,
    name: str | None,
    phone: str | None,
    email: str | None,
    *instants: str | None,
) -> rules.StatusContact:
    since, reachable, erased = map(from_db_instant_or_none, instants)
    return rules.StatusContact(
        contact_id=from_db_id(id_),
        name=name or "",
        phone=phone,
        email=email,
        since=since,
        reachable_since=reachable,
        erased=erased is not None,
    )


ALWAYS_LOADED = ("stages", "overrides")
FACTS: dict[str, tuple[CompiledStatement, Callable[..., Any]]] = {
    "stages": (STAGES, stage_from_row),
    "overrides": (OVERRIDES, _override),
    "people": (INTERVIEWERS, _interviewer),
    "notes": (NOTES, _note),
    "letters": (LETTERS, _letter),
    "follow_ups": (FOLLOW_UPS, _follow_up),
    "references": (REFERENCES, _reference),
    "status_contact": (STATUS_CONTACTS, _status_contact),
}
