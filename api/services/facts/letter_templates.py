"""Letter templates: a person's own words. They are looked through at the door, and again before they are filled in."""

from api.models import LetterTemplate
from api.models.letter_template import LetterTemplateCreate, LetterTemplatePublic
from api.services.facts.crud import NO_STEPS, FactKind

LETTER_TEMPLATE = FactKind(
    table=LetterTemplate,
    create=LetterTemplateCreate,
    public=LetterTemplatePublic,
    affected_steps=NO_STEPS,
    affected_applications=lambda *_: [],
)
