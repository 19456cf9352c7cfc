"""Hints: the form of warnings, advice and next actions."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.models.base import AnyId
from api.words.catalogue import catalogue

LABELS: dict[str, dict[str, str]] = catalogue("formal").words["labels"]
HINT_ACTIONS, GAP_CODES = tuple(LABELS["hint"]), tuple(LABELS["gap"])
SubjectType = Literal["contact", "reference", "note"]


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


class HintPublic(LinkPublic):
    """Something to do or to know. `href` may have a `{…}` for an id that you choose.

    `code` ends with an id where the hint is about one of several people; `action` and `subject` say the same in two
    fields.
    """

    action: Annotated[str, Field(json_schema_extra={"enum": list(HINT_ACTIONS)})]
    subject: SubjectPublic | None


class GapPublic(BaseModel):
    """A part of a step that is not done."""

    code: Annotated[str, Field(json_schema_extra={"enum": list(GAP_CODES)})]
    subject: SubjectPublic | None
