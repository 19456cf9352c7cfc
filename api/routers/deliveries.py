"""Endpoints of deliveries: what was sent to a webhook, with what result, and sending it again."""

from typing import Annotated

from fastapi import Path

from api.http.deps import CallerDep
from api.http.routes import Routes
from api.models import Delivery
from api.models.delivery import DeliveryDetail
from api.services.facts.crud import find
from api.services.webhooks import deliveries

DeliveryId = Annotated[str, Path(description="The delivery's id.", max_length=64)]
ONE = "/v1/deliveries/{delivery_id}"
routes = Routes("webhooks")


@routes.get(ONE, scopes=("account:read", "applications:read", "steps:read"), etag=False)
def get_delivery(caller: CallerDep, delivery_id: DeliveryId) -> DeliveryDetail:
    """Read a delivery.

    With the event as it is sent, and each attempt with its result.
    """
    with caller.reading() as session:
        return deliveries.delivery_detail(session, find(session, Delivery, delivery_id))


@routes.post(f"{ONE}/replay", scopes=("account:write", "applications:read", "steps:read"), etag=False)
def replay_delivery(caller: CallerDep, delivery_id: DeliveryId) -> DeliveryDetail:
    """Send an event again.

    The same bytes with the same `webhook-id` are sent within seconds, and again by the schedule if that fails; to a
    webhook that is switched off, once it is on again.
    """
    with caller.writing() as session:
        delivery = find(session, Delivery, delivery_id)
        deliveries.replay(session, delivery)
        return caller.remember(deliveries.delivery_detail(session, delivery))
