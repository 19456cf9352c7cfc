"""Rows of the demo account that no service of a request makes: what was delivered, and what an assistant wrote."""

import json
from datetime import timedelta
from typing import Any

from api.http import examples as ids
from api.models import AgentWrite
from api.models.delivery import Delivery, DeliveryAttempt, DeliveryState
from api.models.event import Event, EventType
from api.models.event_data import EXAMPLES, event_example
from api.rules.words import rfc3339
from api.services.write_log.images import Image, digest, read_rows
from api.storage.session import OwnedSession

# The ids in the examples of events, and those of the demo account in their place.
OF_EXAMPLES = {
    EXAMPLES[EventType.STEP_OVERDUE]["application"]["id"]: ids.APPLICATION,
    EXAMPLES[EventType.STEP_OVERDUE]["step"]["id"]: ids.STEP,
    EXAMPLES[EventType.INTERVIEW_SCHEDULED]["interview"]["id"]: ids.INTERVIEW,
}


def delivered(session: OwnedSession, type_: EventType, sequence: int, made_ids: tuple[str, str, str]) -> None:
    """Add an event with its delivery; `made_ids`: of event, delivery and attempt."""
    event_id, delivery_id, attempt_id = made_ids
    at = session.now - timedelta(hours=4 - sequence)
    mine: dict[str, Any] = {"user_id": session.user_id}
    known: dict[str, Any] = {"type": type_.value, "sequence": sequence}
    example = {**event_example(type_), "id": event_id, "sequence": sequence, "timestamp": rfc3339(at)}
    text = json.dumps(example, sort_keys=True)
    for shown, mine_id in OF_EXAMPLES.items():
        text = text.replace(shown, mine_id)
    session.add(Event(**mine, **known, id=event_id, at=at, body=text.encode()))
    session.flush()
    delivered = {"state": DeliveryState.DELIVERED.value, "tries": 1, "last_status": 204, "delivered_at": at}
    linked = {"webhook_id": ids.WEBHOOK, "event_id": event_id, "created_at": at}
    session.add(Delivery(**mine, **known, **delivered, **linked, id=delivery_id))
    session.flush()
    session.add(DeliveryAttempt(**mine, id=attempt_id, delivery_id=delivery_id, at=at, status=204, duration_ms=87))


def logged(session: OwnedSession, write_id: str, table: str, address: str, *, scope: str, tool: str) -> AgentWrite:
    """Return the entry of the log of a fact, as if an assistant had recorded it with a tool."""
    key = (address.rpartition("/")[2],)
    image = Image(table, key, "created", None, digest(read_rows(session, table, [key])[key]))
    return AgentWrite(
        user_id=session.user_id,
        id=write_id,
        at=session.now,
        token_id=ids.REVOKED,
        token_name="assistant",  # noqa: S106  # a name, no secret
        operation=f"create_{table}",
        tool=tool,
        object=address,
        scopes=[scope],
        images=[image.to_json()],
        size=len(json.dumps([image.to_json()])),
    )
