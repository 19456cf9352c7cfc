"""Letters and reports as PDF, made by Typst if the extra `pdf` is installed. Texts are its data, never markup."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from api.words.letter_sheet import TURNING, Sheet, laid_out

try:
    import typst
except ImportError:  # the extra is not installed
    typst = None  # type: ignore[assignment]  # IS_AVAILABLE is checked before it is used

IS_AVAILABLE = typst is not None
LETTER, JOB_SEARCH = (Path(__file__).with_name(name) for name in ("letter.typ", "job_search.typ"))
MAX_LENGTH, MAX_REPORT_LENGTH = 60_000, 500_000
MAX_REPORT_ROWS = 1_000  # 2 s and 110 MB; memory grows with the rows
_REPORTS = Lock()
MAX_MARKS = 16
MARKS = ("Mn", "Me", "Cf")
# Joiners without end make the whole text one grapheme cluster, on which Typst fails, so a long word gets zero-width
# spaces. Typst breaks the lines of Thai, Lao, Khmer, Burmese, Chinese, Japanese and Korean, which have no spaces.
ENDLESS = re.compile(r"[^\s\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ud7ff\uff00-\uffef]{200}(?=\S)")
BREAK = "\u200b"


class NoPdfError(Exception):
    """The document is too long for a PDF, or Typst failed on it."""


@cache
def _fonts() -> "typst.Fonts":
    """Load the fonts of the machine and of Typst, once per process because the search is slow."""
    return typst.Fonts()


def letter_pdf(sheet: Sheet) -> bytes:
    """Return a letter as a PDF on A4; the same letter gives the same bytes. Raises NoPdfError."""
    return _made(LETTER, laid_out(sheet), MAX_LENGTH)


def report_pdf(report: Mapping[str, Any]) -> bytes:
    """Return a report of a job search, laid out, as a PDF on A4; one at a time. Raises NoPdfError."""
    if len(report["rows"]) + len(report["undated"]) > MAX_REPORT_ROWS:
        raise NoPdfError
    with _REPORTS:
        return _made(JOB_SEARCH, report, MAX_REPORT_LENGTH)


def _made(layout: Path, parts: Mapping[str, Any], most: int) -> bytes:
    """Return the parts of a document in a layout. Raises NoPdfError for more than `most` characters of JSON."""
    data = json.dumps(_bounded(parts), ensure_ascii=False)
    if len(data) > most:
        raise NoPdfError
    try:
        made = typst.compile(layout.read_bytes(), font_paths=_fonts(), sys_inputs={"data": data})
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise NoPdfError from error  # a panic of Typst is not an Exception; only this document fails
    if not isinstance(made, bytes):
        raise NoPdfError
    return made


def _bounded(value: Any) -> Any:  # noqa: ANN401  # any part of a document
    """Remove bidirectional controls and excess combining marks, which slow Typst down, and break up endless words."""
    if isinstance(value, str):
        return ENDLESS.sub(rf"\g<0>{BREAK}", "".join(_sparsely_marked(TURNING.sub("", value))))
    if isinstance(value, list):
        return [_bounded(one) for one in value]
    return {name: _bounded(one) for name, one in value.items()} if isinstance(value, dict) else value


def _sparsely_marked(text: str) -> Iterator[str]:
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in MARKS else 0
        if marks <= MAX_MARKS:
            yield character
