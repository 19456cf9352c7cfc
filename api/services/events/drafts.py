"""Drafts of events: what is known in a transaction, before the events are numbered and written at its end."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from api.models.event import EventType
from api.storage.session import OwnedSession

DRAFTS = "drafts_of_events"  # the key in `session.info`
Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that is to be written. `application_id`: the application whose name and stage are added to the data."""

    type: EventType
    at: datetime
    data: Data = field(default_factory=dict)
    application_id: str | None = None
    test_of: str | None = None  # the webhook to which alone it is sent, as an example


def add_draft(session: OwnedSession, draft: Draft) -> None:
    """Have an event written at the end of the transaction."""
    session.info.setdefault(DRAFTS, []).append(draft)


def take_drafts(session: OwnedSession) -> list[Draft]:
    """Return the drafts of the transaction, and forget them."""
    found: list[Draft] = session.info.pop(DRAFTS, [])
    return found
