"""What a search asks for: words, phrases and exclusions, as expressions of the databases and as marks of hits.

No input is a syntax error: only `"…"`, `*` at the end and `-` at the beginning of a word have a meaning.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from api.errors import InvalidError
from api.services.search.texts import COMPANY, MIN_END, MIN_PIECE, PHONE, TITLE, WORD, application_term, owner_prefix
from api.words.terms import PHONE as A_NUMBER
from api.words.terms import Term, TermKind, terms

MAX_WORDS = 10
WHOLE = (TermKind.JOB, TermKind.PHONE)  # they stand for the terms at the same place
SEQUENCE = (TermKind.WORD, TermKind.PAIR, TermKind.ALONE)  # of which a phrase consists
PIECE = re.compile(rf'(-?)"([^"]*)"?|(-?)((?:{A_NUMBER})(?=[\s"]|$)|\S+)')


@dataclass(frozen=True, slots=True)
class Wanted:
    """A word, a telephone number or a phrase. `sequence`: the terms of a phrase in their order, empty for others.

    `number`: the digits of a telephone number, which can be written with other spaces or without the country.
    """

    words: tuple[str, ...]
    sequence: tuple[str, ...] = ()
    number: str | None = None
    is_prefix: bool = False
    is_excluded: bool = False

    def marks(self, term: Term) -> bool:
        """Tell whether a term of a text is one of those that were searched for."""
        if self.is_excluded:
            return False
        if term.kind is TermKind.PHONE:
            return self.number is not None and self.number in term.word
        if self.is_prefix and term.word.startswith(self.words[-1]):
            return True
        return term.word in self.words

    def marks_piece(self, term: Term) -> bool:
        """Tell whether a term of a company's name has a word as a piece."""
        return not self.is_excluded and any(len(word) >= MIN_PIECE and word in term.word for word in self.words)


@dataclass(frozen=True, slots=True)
class Query:
    """A search. `needs_texts`: the index cannot tell the order of words, so the texts of what it finds are read."""

    wanted: tuple[Wanted, ...]

    @property
    def needs_texts(self) -> bool:
        """Whether a phrase is wanted or excluded."""
        return any(one.sequence for one in self.wanted)

    def accepts(self, texts: Sequence[str]) -> bool:
        """Tell whether an object with these texts has every phrase, and none that is excluded."""
        phrases = [one for one in self.wanted if one.sequence]
        sequences = [[term.word for term in terms(text) if term.kind in SEQUENCE] for text in texts]
        return all(
            any(_contains(sequence, one.sequence) for sequence in sequences) != one.is_excluded for one in phrases
        )


def _contains(words: Sequence[str], phrase: Sequence[str]) -> bool:
    first, length = phrase[0], len(phrase)
    return any(word == first and tuple(words[at : at + length]) == tuple(phrase) for at, word in enumerate(words))


def parse(text: str) -> Query:
    """Return the search for a text. Raises InvalidError if it asks for nothing, or for too many words."""
    pieces = list(PIECE.finditer(text))
    if len(pieces) > MAX_WORDS:
        raise InvalidError.parameter("q", "too_many_words", f"Search for at most {MAX_WORDS} words.")
    wanted = tuple(one for at, piece in enumerate(pieces) for one in _wanted(piece, is_last=at == len(pieces) - 1))
    if all(one.is_excluded for one in wanted):
        raise InvalidError.parameter("q", "nothing_to_find", "Search for at least one word: letters or digits.")
    return Query(wanted)


def _wanted(piece: "re.Match[str]", *, is_last: bool) -> Iterator[Wanted]:
    is_excluded = bool(piece[1] or piece[3])
    if piece[2] is not None:
        found = [term for term in terms(piece[2]) if term.kind is not TermKind.LAST]
        words = _searched(found)
        sequence = tuple(term.word for term in found if term.kind in SEQUENCE)
        if words:
            yield Wanted(words, sequence if len(sequence) > 1 else (), is_excluded=is_excluded)
        return
    written = piece[4]
    found = [term for term in terms(written) if term.kind is not TermKind.LAST]
    words = _searched(found)
    if not words:
        return
    number = next((term.word for term in found if term.kind is TermKind.PHONE), None)
    pairs = tuple(term.word for term in found if term.kind is TermKind.PAIR)
    in_order = pairs if len(pairs) > 1 and len(pairs) == len(words) else ()
    is_prefix = found[-1].kind is not TermKind.PAIR and (
        found[-1].kind is TermKind.ALONE or written.endswith("*") or (is_last and not is_excluded)
    )
    digits = number.lstrip("0") if number else None
    yield Wanted(words, in_order, digits if digits and len(digits) >= MIN_END else None, is_prefix, is_excluded)


def _searched(found: Sequence[Term]) -> tuple[str, ...]:
    """Return the words of terms: C++ stands for its letter, the groups of a telephone number for it."""
    jobs = [(term.start, term.end) for term in found if term.kind is TermKind.JOB]
    return tuple(
        dict.fromkeys(
            term.word
            for term in found
            if term.kind is not TermKind.PHONE
            and (term.kind is TermKind.JOB or not any(start <= term.start < end for start, end in jobs))
        )
    )


class Dialect:
    """How a database writes an expression of terms."""

    def __init__(self, name: str, user_id: str) -> None:
        self.is_sqlite = name == "sqlite"
        self.prefix = owner_prefix(user_id)

    def term(self, form: str, word: str, *, is_prefix: bool = False) -> str:
        """Return a term of the user; all terms consist of letters and digits only."""
        if self.is_sqlite:
            return f'"{self.prefix}{form}{word}"{" *" if is_prefix else ""}'
        return f"'{self.prefix}{form}{word}'{':*' if is_prefix else ''}"

    def all(self, parts: Sequence[str]) -> str:
        """Return the expression that all parts occur."""
        return f"({(' AND ' if self.is_sqlite else ' & ').join(parts)})"

    def any(self, parts: Sequence[str]) -> str:
        """Return the expression that one of the parts occurs."""
        return f"({(' OR ' if self.is_sqlite else ' | ').join(parts)})"

    def without(self, found: str, excluded: Sequence[str]) -> str:
        """Return an expression that excludes others."""
        if not excluded:
            return found
        return f"({found} NOT {self.any(excluded)})" if self.is_sqlite else f"({found} & !{self.any(excluded)})"


def expression(query: Query, dialect: Dialect, application_id: str | None) -> str:
    """Return the expression of what the index finds: a phrase as its words in any order."""
    found = [_one(one, dialect, WORD) for one in query.wanted if not one.is_excluded]
    if application_id is not None:
        found.append(dialect.term("", application_term(application_id)))
    excluded = [_one(one, dialect, WORD) for one in query.wanted if one.is_excluded and not one.sequence]
    return dialect.without(dialect.all(found), excluded)


def title_expression(query: Query, dialect: Dialect) -> str:
    """Return the expression of what has all words in its title."""
    return dialect.all([_one(one, dialect, TITLE) for one in query.wanted if not one.is_excluded])


def _one(wanted: Wanted, dialect: Dialect, form: str) -> str:
    last = len(wanted.words) - 1
    words = dialect.all(
        [
            _word(word, dialect, form, is_prefix=wanted.is_prefix and at == last, of=wanted)
            for at, word in enumerate(wanted.words)
        ]
    )
    if wanted.number is None:
        return words
    return dialect.any([words, dialect.term(PHONE, wanted.number, is_prefix=True)])


def _word(word: str, dialect: Dialect, form: str, *, is_prefix: bool, of: Wanted) -> str:
    """Return the expression of a word; also of a company of whose name it is a piece, unless it is excluded."""
    found = dialect.term(form, word, is_prefix=is_prefix)
    if len(word) < MIN_PIECE or of.is_excluded or of.sequence:
        return found
    return dialect.any([found, dialect.term(COMPANY, word, is_prefix=True)])
