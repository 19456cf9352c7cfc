"""Letter templates: a person's own words. They are looked through at the door, and again before they are filled in."""

from api.models import LetterTemplate
from api.models.letter_template import LetterTemplateCreate, LetterTemplatePublic, LetterTemplateUpdate
from api.services.facts.crud import Kind

LETTER_TEMPLATE = Kind(
    table=LetterTemplate,
    noun="letter template",
    create=LetterTemplateCreate,
    update=LetterTemplateUpdate,
    public=LetterTemplatePublic,
    touches=lambda *_: [],
)
