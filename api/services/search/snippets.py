"""Pieces of texts with what was searched for, as parts: no markup to escape, and no offsets to count."""

from collections.abc import Iterator, Sequence
from typing import Any

from api.models.search import Snippet, SnippetPart
from api.services.search.queries import Query
from api.services.search.texts import Searched
from api.words.terms import terms

MAX_SNIPPETS = 2
LENGTH, BEFORE = 160, 40  # characters of a snippet, and at most so many of them before the first hit
Span = tuple[int, int]


def snippets(row: Any, kind: Searched, query: Query) -> list[Snippet]:  # noqa: ANN401  # a row of the kind's table
    """Return a piece of each of the first two fields with a hit."""
    found = []
    for field in kind.fields:
        text = getattr(row, field)
        parts = _parts(text, query, is_company=kind.noun == "application" and field == "company") if text else []
        if parts:
            found.append(Snippet(field=field, parts=parts))
        if len(found) == MAX_SNIPPETS:
            break
    return found


def _parts(text: str, query: Query, *, is_company: bool) -> list[SnippetPart]:
    """Return the parts of a piece of a text that begins before its first hit; none without a hit."""
    hits = _hits(text, query, is_company=is_company)
    first = next(hits, None)
    if first is None:
        return []
    start = _start(text, first[0])
    end = min(len(text), start + LENGTH)
    spans = [first]
    for hit in hits:
        if hit[0] >= end:
            break
        spans.append(hit)
    return list(_cut(text, start, end, _merged(spans)))


def _hits(text: str, query: Query, *, is_company: bool) -> Iterator[Span]:
    """Yield where a text has what was searched for, in its order."""
    for term in terms(text):
        if any(one.marks(term) or (is_company and one.marks_piece(term)) for one in query.wanted):
            yield term.start, term.end


def _start(text: str, hit: int) -> int:
    """Return where to begin: at a word, at most 40 characters before the hit."""
    if hit <= BEFORE:
        return 0
    space = text.find(" ", hit - BEFORE, hit)
    return hit - BEFORE if space < 0 else space + 1


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Return spans in order, those that overlap as one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _cut(text: str, start: int, end: int, spans: Sequence[Span]) -> Iterator[SnippetPart]:
    at = start
    for first, last in spans:
        if first > at:
            yield SnippetPart(text=text[at:first], hit=False)
        yield SnippetPart(text=text[first : min(last, end)], hit=True)
        at = min(last, end)
    if at < end:
        yield SnippetPart(text=text[at:end], hit=False)
