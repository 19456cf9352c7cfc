"""What an employer looks for: lines and sentences quoted from a posting and from notes, never summarised."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.words.catalogue import Catalogue

MAX_PIECES = 6
MAX_SENTENCES = 3
MAX_PIECE_LENGTH = 240
MAX_HEADING_LENGTH = 60
BULLET = re.compile(r"^[\s\-–—*#•·▪◦○●]+")
LISTED = re.compile(r"^\s*[\-–—*•·▪◦○●]")
SENTENCE_END = re.compile(r"(?<=[.!?]) ")


def from_posting(posting: str, words: Catalogue) -> list[str]:
    """Return what a posting asks for: the lines under a heading such as “Requirements”, else matching sentences.

    Return at most six lines or three sentences. A piece of more than 240 characters is left out, not cut.
    """
    said = words.card("looking_for")
    under = list(_under_heading(posting.splitlines(), said["headings"]))
    return under[:MAX_PIECES] or sentences(posting, words)


def sentences(text: str, words: Catalogue) -> list[str]:
    """Return up to three sentences that say what others look for; none about oneself, none about pay."""
    said = words.card("looking_for")
    found = [piece for piece in SENTENCE_END.split(" ".join(text.split())) if _fits(piece) and _tells(piece, said)]
    return found[:MAX_SENTENCES]


def _tells(piece: str, said: Mapping[str, Any]) -> bool:
    plain = f" {' '.join(_plain(piece))} "
    alone = set(plain.split())

    def has(name: str) -> bool:
        return any(f" {sign} " in plain for sign in said[name])

    they_asked = has("asked") and not has("i_asked")
    they_want = has("signs") and not alone & set(said["mine"])
    return (they_asked or they_want) and not alone & set(said["private"])


def _under_heading(lines: Sequence[str], headings: Sequence[str]) -> Iterator[str]:
    """Yield the lines below the first heading that matches, up to the next heading or the end of the list."""
    is_below = is_gap = has_begun = False
    for line in lines:
        plain = BULLET.sub("", line).strip()
        if not is_below:
            is_below = _is_heading(plain, headings)
        elif not plain:
            is_gap = has_begun
        elif plain.endswith(":") or line.startswith("#") or (is_gap and not LISTED.match(line)):
            return
        else:
            has_begun = True
            if _fits(plain):
                yield plain


def _is_heading(plain: str, headings: Sequence[str]) -> bool:
    if len(plain) > MAX_HEADING_LENGTH:
        return False
    name = " ".join(_plain(plain))
    return name in headings or (plain.endswith(":") and name.startswith(tuple(f"{one} " for one in headings)))


def _plain(text: str) -> list[str]:
    return re.findall(r"[\w'’]+", text.casefold().replace("’", "'"))


def _fits(piece: str) -> bool:
    return 0 < len(piece) <= MAX_PIECE_LENGTH
