"""Letter templates: a person's own words for a kind of letter, with names to be filled in."""

from typing import Annotated

from pydantic import MISSING, AfterValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy import Index
from sqlmodel import Field as Column

from api.models.base import Body, Id, Line, Says, Shown, Stored, Text, owned_by_user
from api.words.catalogue import Tone
from api.words.letters import Purpose
from api.words.templates import NAMES, TemplateFaultError, names_in


def _template(value: str) -> str:
    try:
        names_in(value)
    except TemplateFaultError as fault:
        raise PydanticCustomError(fault.code, "{detail}", {"detail": fault.detail}) from fault
    return value


class LetterTemplate(Stored, table=True):
    """A template. What was made with it are letters of their own, and stay when it goes."""

    __tablename__ = "letter_template"
    __table_args__ = (owned_by_user(), Index("ix_letter_template_created", "user_id", "created_at", "id"))

    name: str = Column(max_length=200)
    kind: str = Column(max_length=32)
    tone: str = Column(max_length=16)
    subject: str | None = Column(default=None, max_length=200)
    body: str


TemplateTone = Annotated[Tone, Field(description="In which tone the pieces are that it asks for.")]
TemplateSubject = Annotated[
    Annotated[Line, AfterValidator(_template), Says(format="letter-template-line")] | None,
    Field(description="With the same names; none: the subject of its kind."),
]
FILLED_IN = f"`{{{{ name }}}}` and `{{% if name %}}…{{% else %}}…{{% endif %}}` with {', '.join(NAMES)}."
# Sent as a checked template and answered as plain text: the description alone is the same.
BODY = Field(description=f"Text with {FILLED_IN}")
TemplateBody = Annotated[Text, AfterValidator(_template), Says(format="letter-template"), BODY]


class LetterTemplateCreate(Body):
    """A text of your own for a kind of letter."""

    name: Line
    kind: Purpose = "thank_you"
    tone: TemplateTone = "formal"
    subject: TemplateSubject = None
    body: TemplateBody
    id: Id | None = None


class LetterTemplateUpdate(Body):
    """A merge patch: absent leaves alone, null clears. A text of your own for a kind of letter."""

    name: Line | MISSING = MISSING
    kind: Purpose | MISSING = MISSING
    tone: TemplateTone | MISSING = MISSING
    subject: TemplateSubject | MISSING = MISSING
    body: TemplateBody | MISSING = MISSING


class LetterTemplatePublic(Shown):
    """A text of your own for a kind of letter."""

    name: str
    kind: Purpose
    tone: TemplateTone
    subject: TemplateSubject
    body: Annotated[str, BODY]
