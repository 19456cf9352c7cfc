"""Events of facts: listeners see every write of an application, interview, letter, follow-up or offer.

What was before the transaction is compared with what is there at its end, so that a row that is written in several
steps gives one event.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import event, inspect
from sqlmodel import col, select

from api.models import Application, FollowUp, Interview, Letter, Offer, StageChange
from api.models.event import EventType, Listens
from api.rules.words import rfc3339
from api.services.events.drafts import Data, Draft
from api.storage.session import OwnedSession

WRITTEN = "written_facts"  # the key in `session.info`
# The columns of which events tell, by table.
WATCHED: Mapping[type[Any], tuple[str, ...]] = {
    Application: ("stage", "deleted_at"),
    Interview: ("starts_at", "ends_at", "status"),
    Letter: ("sent_at",),
    FollowUp: (),
    Offer: ("decision",),
}


@dataclass(slots=True)
class WrittenFact:
    """A row that the transaction wrote. `before`: the values of watched columns, of those that changed."""

    row: Any
    is_new: bool = False
    is_deleted: bool = False
    before: dict[str, Any] = field(default_factory=dict)

    def changed(self, name: str) -> bool:
        """Tell whether a watched column has another value than before the transaction."""
        return name in self.before and self.before[name] != getattr(self.row, name)


@event.listens_for(OwnedSession, "before_flush")
def _collect(session: OwnedSession, _context: object, _instances: object) -> None:
    """Remember which facts this flush writes, and what they were before."""
    if not session.listens & Listens.WEBHOOKS or session.is_import:
        return
    facts: dict[tuple[type[Any], str], WrittenFact] = session.info.setdefault(WRITTEN, {})
    for row in (*session.new, *session.dirty, *session.deleted):
        names = WATCHED.get(type(row))
        if names is None:
            continue
        fact = facts.setdefault((type(row), row.id), WrittenFact(row, is_new=row in session.new))
        fact.is_deleted = row in session.deleted
        state: Any = inspect(row)
        for name in names:
            was = state.attrs[name].history.deleted
            if was and name not in fact.before:
                fact.before[name] = was[0]


def take_fact_drafts(session: OwnedSession) -> list[Draft]:
    """Return the events of the facts that the transaction wrote, and forget these."""
    facts: dict[tuple[type[Any], str], WrittenFact] = session.info.pop(WRITTEN, {})
    return [draft for fact in facts.values() for draft in _drafts(session, fact)]


def deleted_applications(drafts: list[Draft]) -> set[str]:
    """Return the applications that the transaction deleted: nobody is told of each of their steps."""
    return {str(one.application_id) for one in drafts if one.type is EventType.APPLICATION_DELETED}


def _drafts(session: OwnedSession, fact: WrittenFact) -> Iterator[Draft]:
    if fact.is_new and fact.is_deleted:
        return
    row = fact.row
    application_id = row.id if isinstance(row, Application) else row.application_id
    for type_, data in _events(session, fact):
        yield Draft(type_, session.now, data, application_id)


def _events(session: OwnedSession, fact: WrittenFact) -> Iterator[tuple[EventType, Data]]:
    row = fact.row
    match row:
        case Application():
            yield from _of_application(session, fact)
        case Interview():
            yield from _of_interview(fact)
        case Letter():
            was_sent = not fact.is_new and fact.before.get("sent_at", row.sent_at) is not None
            if not fact.is_deleted and row.sent_at is not None and not was_sent:
                yield EventType.LETTER_SENT, {"letter": letter_data(row)}
        case FollowUp():
            if fact.is_new:
                yield EventType.FOLLOW_UP_RECORDED, {"follow_up": follow_up_data(row)}
        case Offer():
            yield from _of_offer(fact)


def _of_application(session: OwnedSession, fact: WrittenFact) -> Iterator[tuple[EventType, Data]]:
    row = fact.row
    if fact.is_new:
        yield EventType.APPLICATION_CREATED, {}
    elif fact.changed("stage"):
        yield EventType.APPLICATION_STAGE_CHANGED, _stage_data(session, row, str(fact.before["stage"]))
    if fact.changed("deleted_at"):
        type_ = EventType.APPLICATION_RESTORED if row.deleted_at is None else EventType.APPLICATION_DELETED
        yield type_, {"application": application_data(row)} if fact.is_deleted else {}


def _stage_data(session: OwnedSession, row: Application, before: str) -> Data:
    """Return the two stages, and when the present one began; `dated`: whether that was recorded."""
    wanted = select(StageChange).where(StageChange.application_id == row.id, StageChange.stage == row.stage)
    newest = session.exec(wanted.order_by(col(StageChange.at).desc(), col(StageChange.id).desc()).limit(1)).first()
    at, is_dated = (newest.at, newest.dated) if newest else (session.now, False)
    return {"from": before, "to": row.stage, "at": rfc3339(at), "dated": is_dated}


def _of_interview(fact: WrittenFact) -> Iterator[tuple[EventType, Data]]:
    row, data = fact.row, {"interview": interview_data(fact.row), "previous": None}
    if fact.is_deleted:
        yield EventType.INTERVIEW_DELETED, data
    elif fact.is_new:
        yield EventType.INTERVIEW_SCHEDULED, data
    elif fact.changed("status") and row.status == "cancelled":
        yield EventType.INTERVIEW_CANCELLED, data
    elif fact.changed("starts_at") or fact.changed("ends_at"):
        start, end = (fact.before.get(name, getattr(row, name)) for name in ("starts_at", "ends_at"))
        previous = {"starts_at": rfc3339(start), "ends_at": _at(end)}
        yield EventType.INTERVIEW_RESCHEDULED, {**data, "previous": previous}


def _of_offer(fact: WrittenFact) -> Iterator[tuple[EventType, Data]]:
    row = fact.row
    if fact.is_deleted:
        return
    if fact.is_new:
        yield EventType.OFFER_RECEIVED, {"offer": offer_data(row)}
    if row.decision is not None and (fact.is_new or fact.changed("decision")):
        yield EventType.OFFER_DECIDED, {"offer": offer_data(row)}


def _at(instant: datetime | None) -> str | None:
    return rfc3339(instant) if instant else None


def application_data(row: Application) -> Data:
    """Return an application that is deleted for good, which has no page any more."""
    return {"id": row.id, "company": row.company, "role": row.role, "stage": row.stage, "app_url": None}


def interview_data(row: Interview) -> Data:
    """Return an interview for receivers, without people and places."""
    return {
        "id": row.id,
        "round_no": row.round_no,
        "kind": row.kind,
        "status": row.status,
        "starts_at": rfc3339(row.starts_at),
        "ends_at": rfc3339(row.effective_end_at),
        "time_zone": row.time_zone,
    }


def letter_data(row: Letter) -> Data:
    """Return a letter for receivers, without its text and recipients."""
    return {
        "id": row.id,
        "kind": row.kind,
        "interview_id": row.interview_id,
        "at": _at(row.sent_at),
        "channel": row.channel,
    }


def follow_up_data(row: FollowUp) -> Data:
    """Return a follow-up for receivers, without the person."""
    return {
        "id": row.id,
        "direction": row.direction,
        "at": rfc3339(row.at),
        "channel": row.channel,
        "outcome": row.outcome,
    }


def offer_data(row: Offer) -> Data:
    """Return an offer for receivers, without the pay."""
    return {
        "id": row.id,
        "received_at": rfc3339(row.received_at),
        "respond_by": _at(row.respond_by),
        "decision": row.decision,
        "decided_at": _at(row.decided_at),
    }
