"""Folding: equal for texts that people call the same, and stable."""

import sys
import unicodedata
from typing import Literal

import pytest

from api.words.terms import fold

ALIKE = [
    ("José", "Jose\u0301", "JOSE"),
    ("Straße", "STRASSE", "straße"),
    ("Zürich AG", "zu\u0308rich ag", "ZURICH AG", "Ｚürich　AG"),
    ("Łódź", "lodz", "ŁO\u0301DZ\u0301"),
    ("Ørsted", "orsted"),
    ("Æsir", "aesir", "ÆSIR"),
    ("Ǽgir", "Æ\u0301gir", "aegir"),
    ("ﬁnance", "FINANCE"),
    ("İstanbul", "istanbul", "ISTANBUL", "ıstanbul"),
    ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
    ("한국", unicodedata.normalize("NFD", "한국")),
    ("ｶﾞｽ", "ガス", "カ\u3099ス"),
    ("O’Brien", "O'Brien", "Oʼbrien"),
    ("Jean‐Luc", "Jean-Luc", "JEAN–LUC"),
    ("+1 212", "\u202d+1\u00a0212\u202c"),
]
FORMS: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")
UNLIKE = [("Acme", "Acne"), ("ガス", "カラス"), ("Müller", "Mueller"), ("100%", "100_")]


@pytest.mark.parametrize("texts", ALIKE, ids=lambda texts: texts[0])
def test_texts_that_are_the_same_are_folded_to_one(texts: tuple[str, ...]) -> None:
    assert len({fold(one) for one in texts}) == 1


@pytest.mark.parametrize("texts", UNLIKE, ids=lambda texts: texts[0])
def test_other_texts_stay_apart(texts: tuple[str, ...]) -> None:
    assert len({fold(one) for one in texts}) == len(texts)


def folds_alike(text: str) -> bool:
    """Tell whether a text, its folded text and its four normal forms are folded to the same text."""
    folded = fold(text)
    others = {folded, *(unicodedata.normalize(form, text) for form in FORMS)} - {text}
    return all(fold(other) == folded for other in others)


def test_every_character_is_folded_alike_in_every_form_and_only_once() -> None:
    """Many at once, because one after the other takes ten times as long; an "x" keeps them apart."""
    texts = [f"x{chr(number)}" for number in [*range(0xD800), *range(0xE000, sys.maxunicode + 1)]]
    blocks = [texts[first : first + 1_000] for first in range(0, len(texts), 1_000)]
    unlike = [block for block in blocks if not folds_alike("".join(block))]
    found = [f"U+{ord(text[1]):04X}" for block in unlike for text in block if not folds_alike(text)]
    assert not unlike, found
