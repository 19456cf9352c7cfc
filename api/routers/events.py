"""Endpoints of events: what happened to the account, as it is sent to webhooks."""

from typing import Annotated

from fastapi import Path, Query

from api.http.crud import paged
from api.http.deps import CallerDep, PageDep
from api.http.routes import Routes
from api.models import Event
from api.models.base import Instant
from api.models.event import EventPublic, EventType
from api.models.page import Page
from api.services.facts.crud import find
from api.services.webhooks import deliveries
from api.storage.keyset import sort_orders

EventId = Annotated[str, Path(description="The event's id.", max_length=64)]
OfType = Annotated[EventType | None, Query(description="Only events of this type.")]
Since = Annotated[Instant | None, Query(description="Only events of this instant or later ones.")]
NEWEST = sort_orders(Event, "sequence")["-sequence"]
READ = ("applications:read", "steps:read")
routes = Routes("webhooks")


class EventPage(Page[EventPublic]):
    """A page of events."""


@routes.get("/v1/events", scopes=READ, etag=False)
def list_events(
    caller: CallerDep,
    page: PageDep,
    type: OfType = None,  # noqa: A002  # the name in the query
    since: Since = None,
) -> EventPage:
    """List events.

    Newest first, of the last 30 days, at most 20,000. Events are stored while the account has a webhook that is
    switched on, or that was switched off because it failed.
    """
    with caller.reading() as session:
        rows, cursor = paged(caller, session, page, NEWEST, deliveries.events(type_=type, since=since))
        return EventPage.model_construct(items=list(map(deliveries.event_to_public, rows)), next_cursor=cursor)


@routes.get("/v1/events/{event_id}", scopes=READ, etag=False)
def get_event(caller: CallerDep, event_id: EventId) -> EventPublic:
    """Read an event."""
    with caller.reading() as session:
        return deliveries.event_to_public(find(session, Event, event_id))
