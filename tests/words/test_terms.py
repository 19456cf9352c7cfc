"""Folding: equal for texts that people call the same, and stable."""

import sys
import unicodedata

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
UNLIKE = [("Acme", "Acne"), ("ガス", "カラス"), ("Müller", "Mueller"), ("100%", "100_")]


@pytest.mark.parametrize("texts", ALIKE, ids=lambda texts: texts[0])
def test_texts_that_are_the_same_are_folded_to_one(texts: tuple[str, ...]) -> None:
    assert len({fold(one) for one in texts}) == 1


@pytest.mark.parametrize("texts", UNLIKE, ids=lambda texts: texts[0])
def test_other_texts_stay_apart(texts: tuple[str, ...]) -> None:
    assert len({fold(one) for one in texts}) == len(texts)


def test_every_character_is_folded_alike_in_every_form_and_only_once() -> None:
    found = {}
    for number in [*range(0xD800), *range(0xE000, sys.maxunicode + 1)]:
        text = f"x{chr(number)}"
        folded = fold(text)
        forms = (unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD"))
        if {fold(folded), *map(fold, forms)} != {folded}:
            found[f"U+{number:04X}"] = folded
    assert found == {}
