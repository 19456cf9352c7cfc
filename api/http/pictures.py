"""Query parameters of pictures."""

from typing import Annotated, Literal

from fastapi import Query

from api.models.base import Digits

DEFAULT_WIDTH = 860
Theme = Annotated[
    Literal["auto", "light", "dark"],
    Query(description="The colours of SVG and HTML; `auto` follows the reader's device."),
]
Width = Annotated[int, Query(ge=320, le=1_600, description="The width of the SVG in pixels."), Digits]
