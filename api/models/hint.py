"""The shape of what an answer adds about itself: warnings, advice and next actions alike."""

from pydantic import BaseModel, ConfigDict


class HintPublic(BaseModel):
    """Something to do or to know. `href` may hold a `{…}` where you choose whom."""

    model_config = ConfigDict(from_attributes=True, title="Hint")

    code: str
    text: str
    method: str | None
    href: str | None
