"""Hints: the form of warnings, advice and next actions."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.models.base import AnyId
from api.words.catalogue import catalogue

LABELS: dict[str, dict[str, str]] = catalogue("formal").words["labels"]
SubjectType = Literal["contact", "reference", "note"]


def labelled(name: str) -> Any:  # noqa: ANN401  # what `Field` returns
    """Return the declaration of a text in a response whose values are those of an enum of `/v1/meta`."""
    return Field(json_schema_extra={"enum": list(LABELS[name])})


ScopeName = Annotated[str, labelled("scope")]


class SubjectPublic(BaseModel):
    """The object that a hint, a gap or a finding is about."""

    model_config = ConfigDict(from_attributes=True)

    type: SubjectType
    id: AnyId


class LinkPublic(BaseModel):
    """An operation. `href` may have a `{…}` for an id that you choose."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    text: str
    method: str | None
    href: str | None


class RecordLink(LinkPublic):
    """The operation that records that something was done."""

    code: Annotated[str, labelled("record")]


class HintPublic(LinkPublic):
    """Something to do or to know. `href` may have a `{…}` for an id that you choose.

    `code` ends with an id where the hint is about one of several people; `action` and `subject` say the same in two
    fields.
    """

    action: Annotated[str, labelled("hint")]
    subject: SubjectPublic | None


class GapPublic(BaseModel):
    """A part of a step that is not done."""

    code: Annotated[str, labelled("gap")]
    subject: SubjectPublic | None


class DraftGapPublic(BaseModel):
    """A fact without which a text was composed, and the contact or note that it is about."""

    model_config = ConfigDict(from_attributes=True)

    code: Annotated[str, labelled("draft_gap")]
    subject: SubjectPublic | None


DraftGaps = Annotated[
    list[DraftGapPublic], Field(description="The same as `missing`, each with the object that it is about.")
]
