"""Formats: the same answer as data, as text, as a page or as a file, by `format` or by what the caller accepts."""

import base64
import hashlib
from collections.abc import Sequence
from typing import Annotated, Any, Literal, get_args

from fastapi import Query, Request, Response
from pydantic import BaseModel

from api.errors import ProblemError
from api.http.deps import Caller
from api.protocol.etags import hashed_etag
from api.words import letter_sheet, pages, pdf

MEDIA_TYPES = {
    "json": "application/json",
    "text": "text/plain",
    "markdown": "text/markdown",
    "html": "text/html",
    "eml": "message/rfc822",
    "mailto": "text/uri-list",
    "pdf": "application/pdf",
}
FORMAT_QUERY = Query(alias="format", description="The format, instead of `Accept`.")
VARY = {"Vary": "Accept"}
STYLES = " ".join(
    f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
    for style in (pages.STYLE, letter_sheet.STYLE)
)
POLICY = f"default-src 'none'; style-src {STYLES}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
NO_PDF = (
    "This server makes no PDF: ask for `html` and print that, or let its operator install afterword[pdf] and restart."
)


class NotAcceptableError(ProblemError):
    """Nothing that the caller accepts is to be had."""

    code = "not_acceptable"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers=VARY)


def as_pdf(letter: letter_sheet.Sheet) -> bytes:
    """Return a letter as PDF. Raises NotAcceptableError for one that cannot be set."""
    try:
        return pdf.letter_pdf(letter)
    except pdf.NoPdfError as error:
        raise NotAcceptableError("This letter cannot be made a PDF: ask for `html` and print that.") from error


class Formats:
    """The formats of one answer: `json` is what it is by default."""

    def __init__(self, *names: str) -> None:
        self.names = names
        content = {MEDIA_TYPES[name]: {"schema": {"type": "string"}} for name in names if name != "json"}
        self.content: dict[int | str, dict[str, Any]] = {200: {"content": content}}

    def negotiate(self, request: Request, wanted: str | None) -> str:
        """Return the format to answer in: what the caller likes best, of equals the first. Raises NotAcceptableError.

        A PDF is passed over where the server makes none, and refused where nothing else will do.
        """
        there = {MEDIA_TYPES[name]: name for name in self.names if name != "pdf" or pdf.IS_AVAILABLE}
        liked = [MEDIA_TYPES[wanted]] if wanted is not None else _accepted(request)
        for kind in liked:
            found = there.get(kind) or next((there[one] for one in there if _covers(kind, one)), None)
            if found is not None:
                return found
        if MEDIA_TYPES["pdf"] in liked and "pdf" in self.names:
            raise NotAcceptableError(NO_PDF)
        raise NotAcceptableError(f"Accept one of {', '.join(there)}, or send `format`.")


def _accepted(request: Request) -> list[str]:
    """Return the media types and ranges that are accepted, by their weight and then in the order of their naming."""
    weighed = []
    for part in ",".join(request.headers.getlist("accept") or ["*/*"]).split(","):
        kind, *options = [piece.strip().lower() for piece in part.split(";")]
        weighed.append((next((_weight(one) for one in options if one.startswith("q=")), 1.0), kind))
    return [kind for weight, kind in sorted(weighed, key=lambda one: -one[0]) if weight > 0]


def _weight(option: str) -> float:
    digits = option.removeprefix("q=")
    return float(digits) if digits.replace(".", "", 1).isdecimal() and digits.isascii() else 1.0


def _covers(accepted: str, kind: str) -> bool:
    """Tell whether a range such as `text/*` has a media type in it."""
    return accepted == "*/*" or (accepted.endswith("/*") and kind.startswith(accepted[:-1]))


def format_response(caller: Caller, kind: str, content: str | bytes, *, file: str | None = None) -> Response:
    """Return an answer in another format than JSON, with a version of its own. `file`: its name when it is saved."""
    tag = hashed_etag(kind, content)
    caller.set_etag(tag, vary="Accept")
    headers = {"ETag": tag, **VARY}
    if kind == "html":
        headers["Content-Security-Policy"] = POLICY
    if file is not None and kind in ("eml", "pdf"):
        headers["Content-Disposition"] = f'attachment; filename="{file}.{kind}"'
    return Response(content, media_type=MEDIA_TYPES[kind], headers=headers)


def json_response(caller: Caller, shown: BaseModel, tag: str) -> BaseModel:
    """Return an answer as JSON, with its version."""
    caller.headers.update(VARY)
    caller.set_etag(tag, vary="Accept")
    return shown


CardFormat = Literal["json", "text", "html"]
CARD = Formats(*get_args(CardFormat))
CardWanted = Annotated[CardFormat | None, FORMAT_QUERY]


def card_response(
    caller: Caller,
    wanted: CardFormat | None,
    shown: BaseModel,
    title: str,
    sections: Sequence[pages.Section],
    *,
    is_sheet: bool = False,
) -> Any:  # noqa: ANN401  # data, or an answer in another format
    """Return an answer in a format of cards, as headings with lines where it is not data."""
    kind = CARD.negotiate(caller.request, wanted)
    if kind == "json":
        return json_response(caller, shown, hashed_etag(kind, shown.model_dump_json()))
    is_text = kind == "text"
    content = pages.text(title, sections) if is_text else pages.page(title, sections, is_sheet=is_sheet)
    return format_response(caller, kind, content)
