"""A letter as PDF: set by Typst where the extra `pdf` is installed. Texts are handed over as data, never as markup."""

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
    typst = None  # type: ignore[assignment]  # what is asked before it is used

IS_AVAILABLE = typst is not None
LAYOUT = Path(__file__).with_name("letter.typ")
MAX_LENGTH = 60_000
MAX_MARKS = 16
MARKS = ("Mn", "Me", "Cf")
# Joiners without end make one character of everything, on which Typst fails. What is written without spaces – Thai,
# Lao, Khmer and Burmese, Chinese, Japanese, Korean – has breaks of its own.
ENDLESS = re.compile(r"[^\s\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ud7ff\uff00-\uffef]{200}(?=\S)")
BREAK = "\u200b"


class NoPdfError(Exception):
    """A letter that is too long for a PDF, or that Typst fails on."""


@cache
def _fonts() -> "typst.Fonts":
    """Return the machine's fonts and those that come with Typst: looked through once, which takes a moment."""
    return typst.Fonts()


def letter_pdf(sheet: Sheet) -> bytes:
    """Return a letter on A4: the same letter is the same file. Raises UnsettableError."""
    letter = json.dumps(_bounded(laid_out(sheet)), ensure_ascii=False)
    if len(letter) > MAX_LENGTH:
        raise NoPdfError
    try:
        made = typst.compile(LAYOUT.read_bytes(), font_paths=_fonts(), sys_inputs={"letter": letter})
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise NoPdfError from error  # a fault within Typst is no Exception but stops only this letter
    if not isinstance(made, bytes):
        raise NoPdfError
    return made


def _bounded(value: Any) -> Any:  # noqa: ANN401  # any part of a letter
    """Return a letter without turns of direction and without marks beyond what any script has: they keep Typst busy."""
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
