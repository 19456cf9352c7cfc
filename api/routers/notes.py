"""Notes of an application."""

from api.http.crud import Resource, add_create, add_item, add_list, router
from api.models import Note
from api.services.facts.notes import NOTE
from api.storage.keyset import sort_orders

NOTES = Resource(
    kind=NOTE,
    name="note",
    plural="notes",
    sorts=sort_orders(Note, "noted_at", "created_at"),
    words={
        "create": "A `positive` and a `concern` of an interview, noted after it began, complete step 3.",
        "delete": "With the last `positive` or `concern` of an interview gone, step 3 re-opens with its old deadline.",
    },
)
routes = router("notes")
add_list(routes, NOTES, nested=True)
add_create(routes, NOTES, nested=True)
add_item(routes, NOTES)
