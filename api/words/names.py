"""Names of people: how they are printed with their honorific, and whether a salutation spells them as recorded.

A family name is never guessed from a full name: some people have one name, and others write the family name first.
"""

import re
import unicodedata
from collections.abc import Sequence

from api.words.terms import fold


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


SAME_TITLE = {"doctor": "dr", "professor": "prof", "mister": "mr", "mistress": "mrs"}
CIVIL = frozenset({"mr", "mrs", "ms", "miss", "mx"})
ACADEMIC = frozenset({"dr", "prof"})
TITLES = CIVIL | ACADEMIC | {"sir", "dame", "madam", "herr", "frau", "chef", "rev"}
# Honorifics that follow the name: `Kenichi Tanaka-san`, `田中 健一様`, `김서연 씨`.
FOLLOWING = frozenset({"san", "sama", "kun", "chan", "ssi", "nim", "ji"})
JOINED, SPACED = ("CJK", "HIRAGANA", "KATAKANA"), ("HANGUL",)
AFTER_COMMA = _set("jr sr ii iii iv phd md dds dvm jd mba msc bsc ma ba cpa pe rn esq")
GREETED = _set(
    "dear hello hi hey greetings to good morning afternoon evening day and team hiring recruiting recruitment people "
    "talent committee panel department all everyone everybody both colleagues friends ladies gentlemen manager"
)
PARTICLES = _set(
    "van von der den de da do dos das di del della du la le las los ten ter zu zur zum af av el al bin ibn ben bint y "
    "e i und"
)
APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼʻ‛`´′＇"), "'")
HYPHENS = dict.fromkeys(map(ord, "‐‑‒–−－"), "-")
SIGNS = {**APOSTROPHES, **HYPHENS}
BETWEEN = re.compile(r"[\s,;:!?()\"“”/&]+")
GREETING = re.compile(r"(?:dear|hello|hi|hey|greetings|good\s+(?:morning|afternoon|evening|day))\b", re.IGNORECASE)
SALUTATION_ENDS = re.compile(r"[,:;!–—،、，：！]|\s-\s")
MAX_SALUTATION, MAX_APART, LETTERS_FOR_EACH = 200, 3, 3


def printed_name(honorific: str | None, name: str | None) -> str | None:
    """Return honorific and full name as recorded, or None without a name. A title in both is printed once."""
    if not name or not honorific:
        return name or None
    if (joint := _follows(honorific)) is not None:
        after = honorific.removeprefix("-")
        return name if name.casefold().endswith(after.casefold()) else f"{name}{joint}{after}"
    titles, words = [_title(word) for word in honorific.split()], name.split()
    last = 0
    while last < len(words) - 1 and _title(words[last]) in {*titles, *TITLES}:
        last += 1
    own = [_title(word) for word in words[:last]]
    is_replaced = set(titles) <= CIVIL and not ACADEMIC.isdisjoint(own)  # in English, `Dr` stands instead of `Ms`
    if set(titles) <= set(own) or is_replaced or titles == [_title(word) for word in words]:
        return name
    while words[1:] and _title(words[0]) in titles:
        del words[0]
    return " ".join([honorific, *words])


def _title(word: str) -> str:
    plain = word.casefold().replace(".", "")
    return SAME_TITLE.get(plain, plain)


def _follows(honorific: str) -> str | None:
    """Return what joins a name and an honorific that follows it, or None if the honorific precedes the name."""
    if honorific.startswith("-") or honorific.casefold() in FOLLOWING:
        return "-"
    script = unicodedata.name(honorific[0], "")
    return "" if script.startswith(JOINED) else " " if script.startswith(SPACED) else None


def is_list_form(name: str) -> bool:
    """Tell whether a name is written as in a list, family name first with a comma: `Berg, Anna`."""
    _, comma, rest = name.partition(",")
    first = next(iter(rest.split()), "")
    return bool(comma and first) and "." not in first and _title(first.strip(",")) not in AFTER_COMMA


def same_form(text: str) -> str:
    """Return a text with one form for equivalent characters, apostrophes and hyphens, without invisible ones."""
    plain = unicodedata.normalize("NFKC", text.translate(SIGNS))
    return "".join(one for one in plain if unicodedata.category(one) != "Cf")


def misspelled(body: str, names: Sequence[str]) -> list[int]:
    """Return the positions of the names that the salutation of a letter spells differently, but nearly so.

    Of the salutation only words count that are in no recipient's name: `Petrova` is no slip for `Petra`. A name is
    compared only if no word of the salutation is exactly this name.
    """
    parts = [[part for word in _words(name) for part in (word, *word.split("-"))] for name in names]
    known = [part for each in parts for part in each]
    written = _words(_salutation(same_form(body)))
    rest = [word for word in written if not _is_known(word, known)]
    open_ = [[part for part in each if not any(_is_same(word, part) for word in written)] for each in parts]
    return [at for at, each in enumerate(open_) if any(_is_near(word, part) for word in rest for part in each)]


def _salutation(body: str) -> str:
    """Return the names after the greeting in the first line; empty if the letter starts in another way."""
    first = body.strip().partition("\n")[0].strip()[:MAX_SALUTATION]
    greeting = GREETING.match(first)
    if greeting is None and not (_title(first.partition(" ")[0]) in TITLES and SALUTATION_ENDS.search(first)):
        return ""
    said, *more = SALUTATION_ENDS.split(first[greeting.end() :] if greeting else first)
    for piece in more:  # `Dear Mr Frost, Ms Gomes and Mr Sato,` but not `Dear Mr Frost, thank you`
        words = _words(piece)
        if not all(word[0].isupper() or word in PARTICLES or word in GREETED for word in words):
            break
        said += f", {piece}"
    return said


def _words(text: str) -> list[str]:
    """Split a text into words without greetings, titles, stops and initials."""
    words = (word.strip(".'-") for word in BETWEEN.split(same_form(text)))
    return [word for word in words if len(word) > 1 and word.casefold() not in GREETED and _title(word) not in TITLES]


def _is_known(word: str, known: Sequence[str]) -> bool:
    """Tell whether a word, or each piece of a word with hyphens, is a part of a name."""
    return any(_is_same(word, part) for part in known) or (
        "-" in word and all(_is_known(piece, known) for piece in word.split("-"))
    )


def _is_same(word: str, part: str) -> bool:
    """Tell whether a word is this part of a name. Capitals count, but not in particles or in a name all in one case."""
    if not _has_case(part):
        return word.startswith(part)  # an honorific may follow without a space
    if word == part:
        return True
    is_free = part.casefold() in PARTICLES or part.isupper() or part.islower() or word.isupper()
    return is_free and word.casefold() == part.casefold()


def _has_case(text: str) -> bool:
    return text.lower() != text.upper()


def _is_near(word: str, part: str) -> bool:
    """Tell whether a word is another spelling of a part: one letter differs for each three, at most three."""
    one, other = word.casefold(), part.casefold()
    longest = max(len(one), len(other))
    if longest < LETTERS_FOR_EACH and not {one, other} <= PARTICLES:
        return False
    most = min(MAX_APART, max(1, longest // LETTERS_FOR_EACH))
    return abs(len(one) - len(other)) <= most and _letters_apart(one, other) <= most


def _letters_apart(one: str, other: str) -> int:
    """Return how many letters are added, missing, different or exchanged with their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        next_ = [at]
        for to, wanted in enumerate(other, 1):
            cost = min(row[to] + 1, next_[to - 1] + 1, row[to - 1] + (letter != wanted))
            if at > 1 < to and letter == other[to - 2] and one[at - 2] == wanted:
                cost = min(cost, before[to - 2] + 1)
            next_.append(cost)
        before, row = row, next_
    return row[-1]


def contains_name(text: str, name: str | None) -> bool:
    """Tell whether a text contains a full name, in any case, with or without accents."""
    found = fold(" ".join((name or "").split()))
    return bool(found) and _contains_words(fold(" ".join(text.split())), found)


def contains_part(text: str, name: str | None) -> bool:
    """Tell whether a text contains a part of a name that identifies: no title, no particle, no initial."""
    parts = [word for word in _words(name or "") if word.casefold() not in PARTICLES]
    return any(_contains_words(text, part) for part in parts)


def _contains_words(text: str, words: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(same_form(words))}(?!\w)", same_form(text)) is not None


def same_firm(one: str, other: str) -> bool:
    """Tell whether two names of companies may be of one company: all words of one are in the other."""
    words, others = (set(re.findall(r"\w+", fold(name))) for name in (one, other))
    return not words or not others or words <= others or others <= words
