"""Contact with the employer after an interview."""

from api.http.crud import Resource, add_create, add_item, add_list, router
from api.models import FollowUp
from api.services.facts.follow_ups import FOLLOW_UP
from api.storage.keyset import sort_orders

FOLLOW_UPS = Resource(
    kind=FOLLOW_UP,
    name="follow_up",
    plural="follow_ups",
    sorts=sort_orders(FollowUp, "at", "created_at"),
    words={
        "create": (
            "It completes the open call of step 6, whoever got in touch, and opens the next one by the date they gave "
            "or some business days later. `no_answer` only moves the deadline to a retry day."
        ),
        "delete": "The call that it completed re-opens; the one that it opened goes.",
    },
)
routes = router("follow-ups")
add_list(routes, FOLLOW_UPS, nested=True)
add_create(routes, FOLLOW_UPS, nested=True)
add_item(routes, FOLLOW_UPS)
