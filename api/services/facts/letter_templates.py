"""Letter templates: a person's own words. They are looked through at the door, and again before they are filled in."""

from api.models import LetterTemplate
from api.models.letter_template import LetterTemplateCreate, LetterTemplatePublic, LetterTemplateUpdate
from api.services.facts.crud import FactKind

LETTER_TEMPLATE = FactKind(
    table=LetterTemplate,
    noun="letter template",
    create=LetterTemplateCreate,
    update=LetterTemplateUpdate,
    public=LetterTemplatePublic,
    affected_applications=lambda *_: [],
)
