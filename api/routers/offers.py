"""Offers of an application."""

from api.http.crud import Resource, add_create, add_item, add_list, router
from api.models import Offer
from api.services.facts.offers import OFFER
from api.storage.keyset import sort_orders

OFFERS = Resource(
    kind=OFFER,
    name="offer",
    plural="offers",
    sorts=sort_orders(Offer, "received_at", "created_at"),
    words={
        "create": (
            "It does not move the stage: until you record `offered` at the stages, the answer carries the warning "
            "`stage_not_offered` with the address that does. One that wants an answer shows as advice elsewhere."
        ),
    },
)
routes = router("offers")
add_list(routes, OFFERS, nested=True)
add_create(routes, OFFERS, nested=True)
add_item(routes, OFFERS)
