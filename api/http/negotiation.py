"""Content negotiation: JSON, text, HTML or a file, by the `format` parameter or the Accept header."""

import base64
import hashlib
from collections.abc import Sequence
from typing import Annotated, Any, Literal, get_args

from fastapi import Query, Request, Response
from pydantic import BaseModel

from api.errors import ProblemError
from api.http.deps import Caller
from api.protocol.etags import hashed_etag
from api.words import job_search_page, letter_sheet, pages, pdf
from api.words.pictures import page as picture_page
from api.words.pictures import svg
from api.words.vcard import VcardVersion

MEDIA_TYPES = {
    "json": "application/json",
    "text": "text/plain",
    "markdown": "text/markdown",
    "html": "text/html",
    "eml": "message/rfc822",
    "mailto": "text/uri-list",
    "pdf": "application/pdf",
    "ics": "text/calendar",
    "vcf": "text/vcard",
    "svg": "image/svg+xml",
    "csv": "text/csv",
}
FORMAT_QUERY = Query(alias="format", description="The format, instead of `Accept`.")
VARY = {"Vary": "Accept"}
STYLES = " ".join(
    f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
    for style in (pages.STYLE, letter_sheet.STYLE, job_search_page.STYLE, picture_page.STYLE, svg.STYLE)
)
POLICY = f"default-src 'none'; style-src {STYLES}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
INLINE_STYLES = POLICY.replace(f"style-src {STYLES}", "style-src-attr 'unsafe-inline'")  # as mail programs need them
NO_PDF = "This server makes no PDF: request `html` and print that, or ask the operator to install afterword[pdf]."


class NotAcceptableError(ProblemError):
    """No available format is acceptable to the caller."""

    code = "not_acceptable"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers=VARY)


def as_pdf(letter: letter_sheet.Sheet) -> bytes:
    """Return a letter as PDF. Raises NotAcceptableError if it cannot be typeset."""
    try:
        return pdf.letter_pdf(letter)
    except pdf.NoPdfError as error:
        raise NotAcceptableError("This letter cannot be made into a PDF: request `html` and print that.") from error


class Formats:
    """The formats of one operation. `default`: the one for callers that accept none of them, instead of a 406."""

    def __init__(self, *names: str, default: str | None = None) -> None:
        self.names = names
        self.default = default
        content = {MEDIA_TYPES[name]: {"schema": {"type": "string"}} for name in names if name != "json"}
        self.content: dict[int | str, dict[str, Any]] = {200: {"content": content}}

    def negotiate(self, request: Request, wanted: str | None) -> str:
        """Return the format that the caller prefers; of equal ones the first. Raises NotAcceptableError.

        On a server without PDF support, `pdf` is skipped; it is refused if no other format is acceptable.
        """
        there = {MEDIA_TYPES[name]: name for name in self.names if name != "pdf" or pdf.IS_AVAILABLE}
        liked = [MEDIA_TYPES[wanted]] if wanted is not None else _accepted(request)
        for kind in liked:
            found = there.get(kind) or next((there[one] for one in there if _covers(kind, one)), None)
            if found is not None:
                return found
        if self.default is not None:
            return self.default
        if MEDIA_TYPES["pdf"] in liked and "pdf" in self.names:
            raise NotAcceptableError(NO_PDF)
        raise NotAcceptableError(f"Accept one of {', '.join(there)}, or send `format`.")


def _accepted(request: Request) -> list[str]:
    """Return the accepted media types and ranges, sorted by weight, then in the order of the header."""
    weighed = []
    for part in ",".join(request.headers.getlist("accept") or ["*/*"]).split(","):
        kind, *options = [piece.strip().lower() for piece in part.split(";")]
        weighed.append((next((_weight(one) for one in options if one.startswith("q=")), 1.0), kind))
    return [kind for weight, kind in sorted(weighed, key=lambda one: -one[0]) if weight > 0]


def _weight(option: str) -> float:
    digits = option.removeprefix("q=")
    return float(digits) if digits.replace(".", "", 1).isdecimal() and digits.isascii() else 1.0


def _covers(accepted: str, kind: str) -> bool:
    """Tell whether a range such as `text/*` contains a media type."""
    return accepted == "*/*" or (accepted.endswith("/*") and kind.startswith(accepted[:-1]))


def format_response(
    caller: Caller, kind: str, content: str | bytes, *, file: str | None = None, policy: str = POLICY
) -> Response:
    """Return a response in another format than JSON, with its own ETag.

    `file`: the name for saving, no extension. `policy`: the Content-Security-Policy of a page.
    """
    tag = hashed_etag(kind, content)
    caller.set_etag(tag, vary="Accept")
    headers = {"ETag": tag, **VARY}
    if kind in ("html", "svg"):
        headers["Content-Security-Policy"] = policy
    if file is not None and kind in ("eml", "pdf", "csv", "ics", "vcf"):
        headers["Content-Disposition"] = f'attachment; filename="{file}.{kind}"'
    return Response(content, media_type=MEDIA_TYPES[kind], headers=headers)


def json_response(caller: Caller, shown: BaseModel, tag: str) -> BaseModel:
    """Return a model to be sent as JSON; set its ETag and `Vary`."""
    caller.headers.update(VARY)
    caller.set_etag(tag, vary="Accept")
    return shown


CalendarFormat = Literal["json", "ics"]
CALENDAR = Formats(*get_args(CalendarFormat), default="json")
CalendarWanted = Annotated[CalendarFormat | None, FORMAT_QUERY]
ContactFormat = Literal["json", "vcf"]
CONTACT_CARD = Formats(*get_args(ContactFormat), default="json")
ContactWanted = Annotated[ContactFormat | None, FORMAT_QUERY]
VcardWanted = Annotated[VcardVersion, Query(description="The version of vCards; older programs read only 3.0.")]
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
) -> Any:  # noqa: ANN401  # a model, or a response in another format
    """Return a card in the negotiated format; text and HTML are made of headings and lines."""
    kind = CARD.negotiate(caller.request, wanted)
    if kind == "json":
        shown = caller.visible(shown)
        return json_response(caller, shown, hashed_etag(kind, shown.model_dump_json()))
    is_text = kind == "text"
    content = pages.text(title, sections) if is_text else pages.page(title, sections, is_sheet=is_sheet)
    return format_response(caller, kind, content)
