"""Letter templates: the user's own text for a kind of letter, with names to be filled in."""

from typing import Annotated

from pydantic import MISSING, AfterValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy import Index
from sqlmodel import Field as Column

from api.models.base import Body, Id, Line, Shown, Stored, Text, owned_by_user
from api.models.type_notes import Says
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
    """A template. Letters made from it do not refer to it, and stay when it is deleted."""

    __tablename__ = "letter_template"
    __table_args__ = (owned_by_user(), Index("ix_letter_template_created", "user_id", "created_at", "id"))

    name: str = Column(max_length=200)
    kind: str = Column(max_length=32)
    tone: str = Column(max_length=16)
    subject: str | None = Column(default=None, max_length=200)
    body: str


TemplateTone = Annotated[Tone, Field(description="The tone of the pieces of text that the template includes.")]
TemplateSubject = Annotated[
    Annotated[Line, AfterValidator(_template), Says(format="letter-template-line")] | None,
    Field(description="It can use the same names. Default: the subject of this kind of letter."),
]
FILLED_IN = f"`{{{{ name }}}}` and `{{% if name %}}…{{% else %}}…{{% endif %}}` with {', '.join(NAMES)}."
# Requests have a checked template and responses plain text, with the same description.
BODY = Field(description=f"Text with {FILLED_IN}")
TemplateBody = Annotated[Text, AfterValidator(_template), Says(format="letter-template"), BODY]


class LetterTemplateCreate(Body):
    """Your own text for a kind of letter."""

    name: Line
    kind: Purpose = "thank_you"
    tone: TemplateTone = "formal"
    subject: TemplateSubject = None
    body: TemplateBody
    id: Id | None = None


class LetterTemplateUpdate(Body):
    """A merge patch: an absent field stays as it is, null clears it. Your own text for a kind of letter."""

    name: Line | MISSING = MISSING
    kind: Purpose | MISSING = MISSING
    tone: TemplateTone | MISSING = MISSING
    subject: TemplateSubject | MISSING = MISSING
    body: TemplateBody | MISSING = MISSING


class LetterTemplatePublic(Shown):
    """Your own text for a kind of letter."""

    name: str
    kind: Purpose
    tone: TemplateTone
    subject: TemplateSubject
    body: Annotated[str, BODY]
