"""The request to compose a letter, the composed letter, and the result of a check."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.models.base import AnyId, Body
from api.models.hint import DraftGaps, SubjectPublic, labelled
from api.models.letter import Channel, LetterPublic
from api.words.catalogue import Tone
from api.words.letters import Purpose

Severity = Literal["error", "warning", "advice"]


class ComposeLetter(Body):
    """The kind of letter, its recipients and its tone."""

    kind: Purpose = "thank_you"
    recipients: Annotated[
        list[AnyId],
        Field(max_length=20, default_factory=list, description="Ids of contacts. Default: the interviewers."),
    ]
    tone: Tone = "formal"
    template_id: Annotated[
        AnyId | None,
        Field(description="One of your letter templates. Its kind and tone are the defaults of `kind` and `tone`."),
    ] = None


class SuggestedChannel(BaseModel):
    """How to send the letter, and why."""

    model_config = ConfigDict(from_attributes=True)

    channel: Channel
    reason: str


class ComposedLetter(LetterPublic):
    """A draft, the parts without material, and the concerns that it does not address."""

    missing: list[str]
    gaps: DraftGaps
    unaddressed_concerns: list[str]
    suggested_channel: SuggestedChannel


class FindingPublic(BaseModel):
    """One thing to check. Only an `error` prevents sending by e-mail."""

    model_config = ConfigDict(from_attributes=True)

    code: Annotated[str, labelled("finding")]
    severity: Severity
    where: str
    detail: str
    fix: str
    subject: SubjectPublic | None


class LetterCheck(BaseModel):
    """The things to check before you send a letter."""

    findings: list[FindingPublic]
    may_be_emailed: bool
