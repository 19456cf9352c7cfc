"""Letters as PDF, made by Typst if the extra `pdf` is installed. Typst gets the texts as data, never as markup."""

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from api.words.letter_sheet import TURNING, Sheet, laid_out

try:
    import typst
except ImportError:  # the extra is not installed
    typst = None  # type: ignore[assignment]  # IS_AVAILABLE is checked before it is used

IS_AVAILABLE = typst is not None
LAYOUT = Path(__file__).with_name("letter.typ")
MAX_LENGTH = 60_000
MAX_MARKS = 16
MARKS = ("Mn", "Me", "Cf")
# Joiners without end make the whole text one grapheme cluster, on which Typst fails, so a long word gets zero-width
# spaces. Typst breaks the lines of Thai, Lao, Khmer, Burmese, Chinese, Japanese and Korean, which have no spaces.
ENDLESS = re.compile(r"[^\s\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ud7ff\uff00-\uffef]{200}(?=\S)")
BREAK = "\u200b"


class NoPdfError(Exception):
    """The letter is too long for a PDF, or Typst failed on it."""


@cache
def _fonts() -> "typst.Fonts":
    """Load the fonts of the machine and of Typst, once per process because the search is slow."""
    return typst.Fonts()


def letter_pdf(sheet: Sheet) -> bytes:
    """Return a letter as a PDF on A4; the same letter gives the same bytes. Raises NoPdfError."""
    letter = json.dumps(_bounded(laid_out(sheet)), ensure_ascii=False)
    if len(letter) > MAX_LENGTH:
        raise NoPdfError
    try:
        made = typst.compile(LAYOUT.read_bytes(), font_paths=_fonts(), sys_inputs={"letter": letter})
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise NoPdfError from error  # a panic of Typst is not an Exception; only this letter fails
    if not isinstance(made, bytes):
        raise NoPdfError
    return made


def _bounded(value: Any) -> Any:  # noqa: ANN401  # any part of a letter
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
