"""What was done to keep other doors open."""

from api.http.crud import Resource, add_create, add_item, add_list, router
from api.models import SearchActivity
from api.services.facts.search_activities import SEARCH_ACTIVITY
from api.storage.keyset import sort_orders

SEARCH_ACTIVITIES = Resource(
    kind=SEARCH_ACTIVITY,
    name="search_activity",
    plural="search_activities",
    sorts=dict(reversed(sort_orders(SearchActivity, "at").items())),
    words={
        "create": "It covers step 7 of every application but its own, for as many days as the policy says.",
        "delete": "Step 7 of the other applications falls due earlier again.",
    },
)
routes = router("search-activities")
add_list(routes, SEARCH_ACTIVITIES, nested=False)
add_create(routes, SEARCH_ACTIVITIES, nested=False)
add_item(routes, SEARCH_ACTIVITIES)
