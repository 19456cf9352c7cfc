"""What composing a letter is told, and what it and a check answer."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.models.base import AnyId, Body
from api.models.letter import Channel, LetterPublic
from api.words.catalogue import Tone
from api.words.letters import Purpose


class ComposeLetter(Body):
    """Which letter, to whom, and in which tone."""

    kind: Purpose = "thank_you"
    recipients: Annotated[
        list[AnyId], Field(max_length=20, default_factory=list, description="Ids of contacts; none: the interviewers.")
    ]
    tone: Tone = "formal"
    template_id: Annotated[
        AnyId | None,
        Field(description="A letter template of yours: its text, for its kind, and in its tone if you send none."),
    ] = None


class SuggestedChannel(BaseModel):
    """Which way it should go, and why."""

    model_config = ConfigDict(from_attributes=True)

    channel: Channel
    reason: str


class ComposedLetter(LetterPublic):
    """A draft, what there was no material for, and the concerns that it leaves open."""

    missing: list[str]
    unaddressed_concerns: list[str]
    suggested_channel: SuggestedChannel


class FindingPublic(BaseModel):
    """One thing to look at; only an `error` keeps an e-mail back."""

    model_config = ConfigDict(from_attributes=True, title="Finding")

    code: str
    severity: Literal["error", "warning", "advice"]
    where: str
    detail: str
    fix: str


class LetterCheck(BaseModel):
    """Everything worth a look before a letter goes out."""

    findings: list[FindingPublic]
    may_be_emailed: bool
