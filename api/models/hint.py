"""Hints: the form of warnings, advice and next actions."""

from pydantic import BaseModel, ConfigDict


class HintPublic(BaseModel):
    """Something to do or to know. `href` may have a `{…}` for an id that you choose."""

    model_config = ConfigDict(from_attributes=True, title="Hint")

    code: str
    text: str
    method: str | None
    href: str | None
