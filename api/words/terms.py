"""The normal form in which texts are compared, of filters on text and of the columns that they read, and its terms.

Both databases store it, so they answer alike. Their own functions differ: SQLite changes the case of A to Z only, and
what PostgreSQL does depends on the locale of the server.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

PLAIN = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "‐": "-",
        "–": "-",
    }
)
DROPPED = ("Mn", "Cf")  # marks such as accents, and characters that are not shown, such as marks of direction


def fold(text: str) -> str:
    """Return a text without differences of case, accents, width and encoding: "Ąbc", "ＡＢＣ" and "abc" are the same.

    It can be empty, and up to 18 times as long as the text: one character can stand for a whole phrase.
    """
    if text.isascii():
        return text.lower()
    lower = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(character for character in lower if unicodedata.category(character) not in DROPPED)
    return unicodedata.normalize("NFC", kept.translate(PLAIN))


TERMS_VERSION = 1  # increase it when the terms of a text change: all accounts are then indexed again
MAX_TERM = 40  # characters; longer ones are cut
MAX_PHONE = 20  # digits
JOB_WORDS = {"c++": "cplusplus", "c#": "csharp", "f#": "fsharp", ".net": "dotnet", "node.js": "nodejs"}
JOB_WORD = r"c\+\+|[cf]\#|(?<![^\W_])\.net(?![^\W_])|node\.js(?![^\W_])"
PHONE = r"\+?[0-9](?:[ \xa0()./-]{0,3}[0-9]){6,}"
PIECE = re.compile(
    rf"(?P<job>{JOB_WORD})|(?P<phone>{PHONE})|[^\x00-/:-@\[-`{{-\x7f\s]+",
    re.IGNORECASE,
)
ASCII_WORD = re.compile("[0-9A-Za-z]+")
NOT_DIGITS = re.compile("[^0-9]")
# Scripts that put no spaces between words, and Korean, which adds endings to words: every two characters are a term.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u3131-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]"
)
FOLLOWING_JAMO = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff]")


class TermKind(IntEnum):
    """What a term stands for.

    `LAST`: the last of several characters of a script without spaces; a pair begins with each of the others. `JOB` and
    `PHONE`: a word with its signs, digits together; the words and groups in them are terms too.
    """

    WORD = 0
    PAIR = 1
    LAST = 2
    ALONE = 3
    JOB = 4
    PHONE = 5


class Term(NamedTuple):
    """A term, folded, and the place in the original text from which it comes."""

    word: str
    start: int
    end: int
    kind: TermKind = TermKind.WORD


def terms(text: str) -> Iterator[Term]:
    """Yield the terms of a text in its order: for the index, for a query, and to mark what was found."""
    for piece in PIECE.finditer(text):
        start, written = piece.start(), piece.group()
        if piece["job"]:
            yield Term(JOB_WORDS[fold(written)], start, piece.end(), TermKind.JOB)
            yield from _ascii_words(written, start)
        elif piece["phone"]:
            digits = NOT_DIGITS.sub("", written)
            if len(digits) <= MAX_PHONE:
                yield Term(digits, start, piece.end(), TermKind.PHONE)
            yield from _ascii_words(written, start)
        elif written.isascii():
            yield Term(written[:MAX_TERM].lower(), start, piece.end())
        else:
            yield from _split(written, start)


def _ascii_words(text: str, at: int) -> Iterator[Term]:
    for word in ASCII_WORD.finditer(text):
        yield Term(word.group()[:MAX_TERM].lower(), at + word.start(), at + word.end())


def _split(text: str, at: int) -> Iterator[Term]:
    """Yield the terms of a piece with other characters than those of ASCII: words, and pairs of characters."""
    word, start, end = "", at, at
    run: list[Term] = []
    for cluster_start, cluster_end in _clusters(text):
        folded = _fold_cluster(text[cluster_start:cluster_end])
        first, last = at + cluster_start, at + cluster_end
        is_unspaced = bool(UNSPACED.match(folded))
        if word and (is_unspaced or " " in folded):
            yield Term(word[:MAX_TERM], start, end)
            word = ""
        if run and folded and not is_unspaced:
            yield from _pairs(run)
            run = []
        if is_unspaced:
            run += [Term(character, first, last) for character in folded if character != " "]
        elif " " in folded:
            yield from (Term(part[:MAX_TERM], first, last) for part in folded.split())
        elif folded:
            start = start if word else first
            word, end = word + folded, last
    if word:
        yield Term(word[:MAX_TERM], start, end)
    yield from _pairs(run)


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each character with the marks that belong to it."""
    start = 0
    for at in range(1, len(text)):
        character = text[at]
        if not (unicodedata.category(character)[0] == "M" or FOLLOWING_JAMO.match(character)):
            yield start, at
            start = at
    yield start, len(text)


@lru_cache(maxsize=4_096)
def _fold_cluster(cluster: str) -> str:
    """Return a folded character with its marks: a space for what separates words, nothing for what is not shown."""
    folded = fold(cluster)
    kept = "".join(one if one.isalnum() or unicodedata.category(one)[0] == "M" else " " for one in folded)
    return kept if kept.strip() or not folded else " "


def _pairs(run: list[Term]) -> Iterator[Term]:
    for first, second in pairwise(run):
        yield Term(first.word + second.word, first.start, second.end, TermKind.PAIR)
    if run:
        yield run[-1]._replace(kind=TermKind.LAST if len(run) > 1 else TermKind.ALONE)
