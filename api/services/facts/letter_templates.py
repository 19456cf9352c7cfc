"""Letter templates: the user's own texts. They are checked when they are sent, and again when a letter is composed."""

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
