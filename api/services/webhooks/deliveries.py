"""Deliveries as their owner sees them: the log of a webhook, one delivery with its attempts, and a replay."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from api.models import Delivery, DeliveryAttempt, Event, Webhook
from api.models.delivery import AttemptPublic, DeliveryDetail, DeliveryPublic, DeliveryState
from api.models.event import EventPublic
from api.services.events.journal import WAKE_WEBHOOKS
from api.services.facts.crud import find
from api.storage.codecs import to_db_instant
from api.storage.raw_sql import RawConnection
from api.storage.session import OwnedSession

MAX_SHOWN = 50


def deliveries_of(
    webhook_id: str, *, state: str | None, type_: str | None, since: datetime | None, until: datetime | None
) -> Any:  # noqa: ANN401  # a statement
    """Return the statement of the deliveries of a webhook that match filters; `until` is exclusive."""
    conditions = [
        *([] if state is None else [col(Delivery.state) == state]),
        *([] if type_ is None else [col(Delivery.type) == type_]),
        *([] if since is None else [col(Delivery.created_at) >= since]),
        *([] if until is None else [col(Delivery.created_at) < until]),
    ]
    return select(Delivery).where(Delivery.webhook_id == webhook_id, *conditions)


def events(*, type_: str | None, since: datetime | None) -> Any:  # noqa: ANN401  # a statement
    """Return the statement of the events that match filters."""
    wanted = select(Event)
    wanted = wanted if type_ is None else wanted.where(Event.type == type_)
    return wanted if since is None else wanted.where(col(Event.at) >= since)


def event_to_public(row: Event) -> EventPublic:
    """Return an event as it is sent."""
    return EventPublic.model_validate(json.loads(row.body))


def deliveries_to_public(rows: Sequence[Delivery]) -> list[DeliveryPublic]:
    """Return deliveries as the API shows them."""
    return [DeliveryPublic.model_validate(row) for row in rows]


def delivery_detail(session: OwnedSession, row: Delivery) -> DeliveryDetail:
    """Return a delivery with its event and its attempts."""
    newest = select(DeliveryAttempt).where(DeliveryAttempt.delivery_id == row.id)
    newest = newest.order_by(col(DeliveryAttempt.at).desc(), col(DeliveryAttempt.id).desc()).limit(MAX_SHOWN)
    return DeliveryDetail(
        **DeliveryPublic.model_validate(row).model_dump(),
        event=event_to_public(find(session, Event, row.event_id)),
        attempts=[AttemptPublic.model_validate(one) for one in session.exec(newest).all()],
    )


def lock_webhook(session: OwnedSession, webhook_id: str) -> None:
    """Lock a webhook before its deliveries, in the order of the workers; otherwise two transactions could deadlock."""
    session.exec(select(Webhook.id).where(Webhook.id == webhook_id).with_for_update()).one_or_none()


def replay(session: OwnedSession, row: Delivery) -> None:
    """Have a delivery attempted again now, whatever became of it; all attempts of the schedule are made again."""
    lock_webhook(session, row.webhook_id)
    row.state, row.tries, row.next_at = DeliveryState.PENDING.value, 0, session.now
    session.flush()
    RawConnection.of(session).execute(WAKE_WEBHOOKS, ids=[row.webhook_id], now=to_db_instant(session.now))
    session.has_deliveries = True
