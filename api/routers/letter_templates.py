"""Letter templates: a person's own words, to be filled in when a letter is composed."""

from api.http.crud import Resource, add_create, add_item, add_list, router
from api.models import LetterTemplate
from api.services.facts.letter_templates import LETTER_TEMPLATE
from api.storage.keyset import sort_orders

LETTER_TEMPLATES = Resource(
    kind=LETTER_TEMPLATE,
    name="letter_template",
    plural="letter_templates",
    sorts=sort_orders(LetterTemplate, "created_at"),
    words={
        "create": "Text, names in double braces and conditions on names; anything else is refused with its line.",
        "update": "Letters that were made with it stay as they are.",
        "delete": "Letters that were made with it stay as they are.",
    },
)
routes = router("letters")
add_list(routes, LETTER_TEMPLATES, nested=False)
add_create(routes, LETTER_TEMPLATES, nested=False)
add_item(routes, LETTER_TEMPLATES)
