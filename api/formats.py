"""Formats: the same answer as data, as text or as a page, by `format` or by what the caller accepts."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from pydantic import BaseModel

from api.errors import ProblemError
from api.words.paper import STYLE, Section, page, text

Format = Literal["json", "text", "html"]
Wanted = Annotated[
    Format | None, Query(alias="format", description="Instead of `Accept`: `json`, `text`, or `html` to print.")
]
KINDS: dict[str, Format] = {"application/json": "json", "text/plain": "text", "text/html": "html"}
ANYTHING = {"*/*": "json", "application/*": "json", "text/*": "text"}
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {"schema": {"type": "string"}} for kind in ("text/plain", "text/html")}}
}


class NotAcceptableError(ProblemError):
    """Nothing that the caller accepts is to be had."""

    code = "not_acceptable"


def chosen(request: Request, wanted: Format | None) -> Format:
    """Return the format to answer in: the first that the caller names and we have. Raises NotAcceptableError."""
    if wanted is not None:
        return wanted
    named = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "*/*").split(",")]
    known = {**KINDS, **ANYTHING}
    for kind in named:
        if kind in known:
            return known[kind]  # type: ignore[return-value]  # both maps hold formats
    raise NotAcceptableError(f"Accept one of {', '.join(KINDS)}, or send `format`.")


def formatted(wanted: Format, shown: BaseModel, as_text: Callable[[], str], as_page: Callable[[], str]) -> Any:  # noqa: ANN401
    """Return an answer in a format."""
    if wanted == "json":
        return shown
    if wanted == "text":
        return Response(as_text(), media_type="text/plain")
    return Response(as_page(), media_type="text/html", headers={"Content-Security-Policy": POLICY})


def on_paper(
    wanted: Format, shown: BaseModel, title: str, sections: Sequence[Section], *, is_sheet: bool = False
) -> Any:  # noqa: ANN401
    """Return an answer in a format, with headings and lines where it is not data."""
    return formatted(wanted, shown, lambda: text(title, sections), lambda: page(title, sections, is_sheet=is_sheet))
