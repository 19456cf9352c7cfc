"""Answers as text for a model and as data for a program, within fixed bounds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.agents.delimiters import clean, mark

Structure = dict[str, object]
MAX_BYTES = 24_000  # hosts refuse longer answers
LONG_TEXT = 600  # characters
ROOM_FOR_END = 700  # bytes for the sentence that says what was left out
LEFT_OUT = "… more is recorded than fits here."


@dataclass(frozen=True)
class Answer:
    """An answer of a tool: the same as text and as data. An error has no data."""

    text: str
    structure: Structure | None
    is_error: bool


def refused(text: str) -> Answer:
    """Return an answer that says what to do instead."""
    return Answer(text, None, is_error=True)


def answered(text: str, structure: Mapping[str, object]) -> Answer:
    """Return an answer. Absent things have no key, and no value is null."""
    return Answer(text, {name: value for name, value in structure.items() if value is not None}, is_error=False)


def present(**fields: Any) -> Structure:  # noqa: ANN401  # values of JSON
    """Return the fields that are neither null nor empty, what people wrote without invisible characters."""
    return {name: cleaned(value) for name, value in fields.items() if value not in (None, "", [], {})}


def cleaned(value: Any) -> Any:  # noqa: ANN401  # values of JSON
    """Return a JSON value with all texts cleaned, and without nulls in objects."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {name: cleaned(one) for name, one in value.items() if one is not None}
    return [cleaned(one) for one in value] if isinstance(value, list | tuple) else value


def head(text: str, at: int = LONG_TEXT) -> str:
    """Return the beginning of a text: so many characters, and of a long one not more than twice as many bytes."""
    if at <= LONG_TEXT:
        return text[:at]
    return text[:at].encode(errors="ignore")[: 2 * at].decode(errors="ignore")


def cut(text: str, whole: str | None = None, *, at: int = LONG_TEXT) -> str:
    """Return a delimited text, cut with its length if it is long. `whole`: the resource that has all of it."""
    shown = head(text, at)
    if len(shown) == len(text):
        return mark(text)
    where = f", whole in {whole}" if whole else ""
    return f"{mark(shown.rstrip())} (cut: {len(text):,} characters{where})"


def shortened(text: str | None, *, at: int = LONG_TEXT) -> str | None:
    """Return a text for data, cut if it is long."""
    if text is None or len(head(text, at)) == len(text):
        return text
    return f"{head(text, at).rstrip()}…"


def size_of(data: object) -> int:
    """Return the bytes of data as JSON."""
    return len(json.dumps(data, ensure_ascii=False).encode())


class Lines:
    """The lines of an answer, as many as have room."""

    def __init__(self, *first: str) -> None:
        self.lines: list[str] = list(first)
        self.used = sum(map(_size, first))
        self.is_full = False

    def add(self, *lines: str) -> bool:
        """Add lines that belong together, all or none; return whether they had room."""
        needed = sum(map(_size, lines))
        if self.is_full or self.used + needed > MAX_BYTES - ROOM_FOR_END:
            self.is_full = True
            return False
        self.lines += lines
        self.used += needed
        return True

    def text(self) -> str:
        """Return all lines, and whether something was left out."""
        return "\n".join([*self.lines, LEFT_OUT] if self.is_full else self.lines)


def _size(line: str) -> int:
    return len(line.encode()) + 1


def fitting(entries: list[Structure], room: int) -> list[Structure]:
    """Return the first entries that have room, measured in bytes of JSON."""
    kept: list[Structure] = []
    for entry in entries:
        room -= size_of(entry) + 2
        if room < 0:
            break
        kept.append(entry)
    return kept
