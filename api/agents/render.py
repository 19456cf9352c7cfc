"""Answers as text for a model and as data for a program, within fixed bounds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.agents.delimiters import clean, mark

Structure = dict[str, object]
MAX_BYTES = 24_000  # hosts refuse longer answers
LONG_TEXT = 600  # characters
ROOM_FOR_END = 400  # bytes for the sentence that says what was left out
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


def cut(text: str, whole: str | None = None, *, at: int = LONG_TEXT) -> str:
    """Return a delimited text, cut with its length if it is long. `whole`: the resource that has all of it."""
    if len(text) <= at:
        return mark(text)
    where = f", whole in {whole}" if whole else ""
    return f"{mark(text[:at].rstrip())} (cut: {len(text):,} characters{where})"


def shortened(text: str | None, *, at: int = LONG_TEXT) -> str | None:
    """Return a text for data, cut if it is long."""
    return text if text is None or len(text) <= at else f"{text[:at].rstrip()}…"


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
        room -= len(json.dumps(entry, ensure_ascii=False).encode()) + 2
        if room < 0:
            break
        kept.append(entry)
    return kept
