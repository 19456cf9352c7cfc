"""Write the events of a transaction at its end, with a delivery to each webhook that takes them: an outbox.

The account is locked, so its events are numbered in the order of the commits. An account that nobody listens to costs
nothing here.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, case, event, or_
from sqlmodel import col, delete, insert, select, update

from api.models import Application, Delivery, Event, User, Webhook
from api.models.base import new_id
from api.models.delivery import IS_PENDING, DeliveryState
from api.models.event import EventType, Listens
from api.protocol.app_links import app_link
from api.rules.words import rfc3339
from api.services.events import notices
from api.services.events.drafts import Data, Draft, take_drafts
from api.services.events.facts import deleted_applications, take_fact_drafts
from api.services.events.steps import event_of, is_moved, step_draft
from api.services.steps.changes import StepChange, WrittenSteps, announced, take_written_steps
from api.storage.codecs import from_db_id, from_db_json, to_db_id, to_db_instant
from api.storage.raw_sql import ID, IDS, INSTANT, OWNER, CompiledStatement, RawConnection, Row, param, select_as_text
from api.storage.session import OwnedSession

MAX_STEP_EVENTS = 100  # of one transaction; more become one `steps.recomputed`
MAX_EVENTS = 20_000  # of an account; older ones are deleted
MAX_PENDING = 10_000  # of a webhook; older ones are discarded
RETENTION = timedelta(days=30)
TRIMMED_EVERY = 100  # events
NOW = param("now", INSTANT)

COUNT = CompiledStatement(
    update(User)
    .where(col(User.id) == OWNER)
    .values(event_count=User.event_count + param("count", Integer()))
    .returning(col(User.event_count)),
    owned=False,
)
ADD_RECOMPUTED = CompiledStatement(
    update(User)
    .where(col(User.id) == OWNER)
    .values(recomputed_steps=User.recomputed_steps + param("count", Integer()))
    .returning(col(User.recomputed_steps)),
    owned=False,
)
RESET_RECOMPUTED = CompiledStatement(update(User).where(col(User.id) == OWNER).values(recomputed_steps=0), owned=False)
APPLICATIONS = CompiledStatement(
    select_as_text(Application.id, Application.company, Application.role, Application.stage).where(
        col(Application.id).in_(IDS)
    )
)
RECEIVERS = CompiledStatement(
    select_as_text(Webhook.id, Webhook.event_types).where(col(Webhook.enabled)).order_by(col(Webhook.id))
)
COLUMNS_OF_EVENT = {column.name: param(column.name, column.type) for column in Event.__table__.c}
INSERT_EVENT = CompiledStatement(insert(Event).values(COLUMNS_OF_EVENT), owned=False)
COLUMNS_OF_DELIVERY = {
    name: param(name, Delivery.__table__.c[name].type)
    for name in (
        "user_id",
        "id",
        "webhook_id",
        "event_id",
        "sequence",
        "type",
        "state",
        "tries",
        "next_at",
        "created_at",
    )
}
INSERT_DELIVERY = CompiledStatement(insert(Delivery).values(COLUMNS_OF_DELIVERY), owned=False)
FIRST_TRY = case((col(Webhook.resume_at) > NOW, col(Webhook.resume_at)), else_=NOW)
IS_LATER = or_(col(Webhook.next_at).is_(None), col(Webhook.next_at) > FIRST_TRY)
# Updates, and so locks, the rows of all webhooks, also of those that are due already: a worker that gives one back at
# the same time would not see the delivery yet, and let the webhook rest.
WAKE_WEBHOOKS = CompiledStatement(
    update(Webhook)
    .where(col(Webhook.user_id) == OWNER, col(Webhook.id).in_(IDS), col(Webhook.enabled))
    .values(next_at=case((IS_LATER, FIRST_TRY), else_=col(Webhook.next_at))),
    owned=False,
)
TRIM_EVENTS = CompiledStatement(
    delete(Event).where(col(Event.user_id) == OWNER, col(Event.sequence) <= param("through", Integer())), owned=False
)
LAST_KEPT = (
    select(Delivery.sequence)
    .where(col(Delivery.user_id) == OWNER, col(Delivery.webhook_id) == param("webhook_id", ID))
    .where(IS_PENDING)
    .order_by(col(Delivery.sequence).desc())
    .offset(param("kept", Integer()))
    .limit(1)
    .scalar_subquery()
)
DISCARD = CompiledStatement(
    update(Delivery)
    .where(
        col(Delivery.user_id) == OWNER,
        col(Delivery.webhook_id) == param("webhook_id", ID),
        IS_PENDING,
        col(Delivery.sequence) <= LAST_KEPT,
    )
    .values(state=DeliveryState.DISCARDED.value, next_at=None),
    owned=False,
)


@dataclass(frozen=True, slots=True)
class _Receiver:
    """A webhook, with the types that it takes; all, if there are none."""

    id: str
    types: Collection[str]

    def takes(self, draft: Draft) -> bool:
        if draft.test_of is not None:
            return draft.test_of == from_db_id(self.id)
        return not self.types or draft.type.value in self.types


@event.listens_for(OwnedSession, "before_commit")
def write_events(session: OwnedSession) -> None:
    """Write the notices and the events of what the transaction did.

    What facts and steps have become is put into words only for webhooks, and not in an import, which has an event of
    its own.
    """
    if session.owner is None or not session.listens:
        return
    session.flush()
    raw, written, drafts = RawConnection.of(session), take_written_steps(session), take_drafts(session)
    has_webhooks = bool(session.listens & Listens.WEBHOOKS)
    tells_all = has_webhooks and not session.is_import
    if tells_all and written.has_moved_search:
        _add_moved_searches(raw, written)
    moved = {id_: change for id_, change in written.changes.items() if is_moved(change)}
    if tells_all:
        facts = take_fact_drafts(session)
        steps = _step_drafts(session, raw, written, moved, without=deleted_applications(facts))
        drafts = [*facts, *steps, *drafts]
    _follow_steps(raw, written, list(moved))
    if drafts and has_webhooks:
        _write(session, raw, drafts)


def _follow_steps(raw: RawConnection, written: WrittenSteps, moved: Sequence[str]) -> None:
    """Bring the notices in line with the steps."""
    if moved:
        notices.renew(raw, moved)
    if written.has_moved_search:
        notices.renew_moved(raw)
    notices.add_missing(raw, written.recomputed)


def _step_drafts(
    session: OwnedSession,
    raw: RawConnection,
    written: WrittenSteps,
    moved: Mapping[str, StepChange],
    *,
    without: Collection[str],
) -> list[Draft]:
    """Return the drafts of the events of steps, or of a recomputation as a whole; the notices are those of before.

    `without`: applications of whose steps nothing is told.
    """
    events = [(id_, change) for id_, change in moved.items() if _application_of(change) not in without]
    if written.is_recomputation:
        return _recomputation(session, raw, written, len(events))
    if len(events) > MAX_STEP_EVENTS:
        return [_recomputed(session.now, "write", len(events))]
    known = written.announced | announced(raw, [id_ for id_, change in events if change.before])
    return [
        step_draft(type_, change, known.get(id_), session.now, session.app_url)
        for id_, change in events
        if (type_ := event_of(change)) is not None
    ]


def _add_moved_searches(raw: RawConnection, written: WrittenSteps) -> None:
    """Add the steps 7 that an UPDATE moved to the changes; their notices still have the dates of before."""
    for row, notice in notices.moved_steps(raw):
        written.add(to_db_id(row.id), row._replace(due_at=notice.due_at), row)


def _application_of(change: StepChange) -> str:
    row = change.before or change.after
    return from_db_id(row.application_id) if row else ""


def _recomputation(session: OwnedSession, raw: RawConnection, written: WrittenSteps, count: int) -> list[Draft]:
    """Count the steps of a slice; return the one event of the whole recomputation at its end."""
    if not count and not written.is_complete:
        return []
    found = raw.first(ADD_RECOMPUTED, count=count)
    if not written.is_complete or found is None or not found[0]:
        return []
    raw.execute(RESET_RECOMPUTED)
    return [_recomputed(session.now, "recomputation", found[0])]


def _recomputed(now: datetime, cause: str, count: int) -> Draft:
    return Draft(EventType.STEPS_RECOMPUTED, now, {"cause": cause, "count": count})


def send_example(session: OwnedSession, webhook_id: str, type_: EventType, data: Data) -> str:
    """Write an event with the data of an example for one webhook; return the id of its delivery."""
    draft = Draft(type_, session.now, data, test_of=webhook_id)
    return from_db_id(_write(session, RawConnection.of(session), [draft])[0]["id"])


def _write(session: OwnedSession, raw: RawConnection, drafts: Sequence[Draft]) -> list[dict[str, Any]]:
    """Write numbered events with their deliveries, and have these sent; return the deliveries."""
    counted = raw.first(COUNT, count=len(drafts))
    last = counted[0] if counted else 0
    events = _numbered(raw, drafts, last - len(drafts), session.app_url)
    raw.execute_many(INSERT_EVENT, events)
    receivers = [_Receiver(id_, from_db_json(types)) for id_, types in raw.all(RECEIVERS)]
    now = to_db_instant(session.now)
    deliveries = [
        {
            "id": to_db_id(new_id()),
            "webhook_id": to_db_id(receiver.id),
            "event_id": one["id"],
            "sequence": one["sequence"],
            "type": one["type"],
            "state": DeliveryState.PENDING.value,
            "tries": 0,
            "next_at": now,
            "created_at": now,
        }
        for receiver in receivers
        for draft, one in zip(drafts, events, strict=True)
        if receiver.takes(draft)
    ]
    raw.execute_many(INSERT_DELIVERY, deliveries)
    woken = sorted({one["webhook_id"] for one in deliveries})
    raw.execute(WAKE_WEBHOOKS, ids=list(map(from_db_id, woken)), now=now)
    session.has_deliveries = bool(woken)
    if last % TRIMMED_EVERY < len(drafts):
        _trim(raw, last, woken)
    return deliveries


def _numbered(raw: RawConnection, drafts: Sequence[Draft], before: int, app_url: str) -> list[dict[str, Any]]:
    ids = sorted({one.application_id for one in drafts if one.application_id})
    applications = {
        str(one["id"]): one for one in (_application(row, app_url) for row in raw.all(APPLICATIONS, ids=ids))
    }
    return [_event(draft, before + number, applications) for number, draft in enumerate(drafts, start=1)]


def _application(row: Row, app_url: str) -> dict[str, str | None]:
    id_, company, role, stage = from_db_id(row[0]), *row[1:]
    url = app_link(app_url, "application", id_)
    return {"id": id_, "company": company, "role": role, "stage": stage, "app_url": url}


def _event(draft: Draft, sequence: int, applications: Mapping[str, Mapping[str, object]]) -> dict[str, Any]:
    id_ = new_id()
    data = dict(draft.data)
    if draft.application_id is not None:
        data["application"] = applications.get(draft.application_id) or data["application"]
    document = {
        "id": id_,
        "type": draft.type.value,
        "timestamp": rfc3339(draft.at),
        "sequence": sequence,
        "test": draft.test_of is not None,
        "data": data,
    }
    return {
        "id": to_db_id(id_),
        "sequence": sequence,
        "type": draft.type.value,
        "at": to_db_instant(draft.at),
        "body": json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode(),
    }


def _trim(raw: RawConnection, last: int, webhook_ids: Sequence[str]) -> None:
    """Delete the events of an account beyond the limit, and discard the deliveries of webhooks beyond theirs."""
    raw.execute(TRIM_EVENTS, through=last - MAX_EVENTS)
    for id_ in webhook_ids:
        raw.execute(DISCARD, webhook_id=id_, kept=MAX_PENDING)
