"""Catalogues: every word that is ours, one file a language. Values are filled in, never read as templates."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Literal

Tone = Literal["formal", "friendly"]
MIN_WORDS = 4


@dataclass(frozen=True)
class Catalogue:
    """The words of one language in one tone."""

    words: Mapping[str, Any]
    tone: str

    def say(self, line: str, **values: str) -> str:
        """Return a line with its blanks filled in."""
        text: str = self.words[self.tone][line]
        return text.format_map(values)

    @property
    def says_honorifics(self) -> bool:
        """Whether a salutation in this tone has them."""
        return bool(self.words[self.tone]["honorific"])

    def subject(self, kind: str, **values: str) -> str:
        """Return the subject of a kind of letter."""
        text: str = self.words["subjects"][kind]
        return text.format_map(values)

    def day(self, day: date, clock: time | None = None) -> str:
        """Write a date, with its time where one is given."""
        text: str = self.words["date_with_time" if clock else "date"]
        return text.format(
            weekday=self.words["weekdays"][day.weekday()],
            day=day.day,
            month=self.words["months"][day.month - 1],
            clock=f"{clock:%H:%M}" if clock else "",
        )

    def full_date(self, day: date) -> str:
        """Write a date with its year, as it stands on a letter."""
        text: str = self.words["full_date"]
        return text.format(day=day.day, month=self.words["months"][day.month - 1], year=day.year)

    def card(self, name: str) -> Mapping[str, Any]:
        """Return the lines of a card."""
        lines: Mapping[str, Any] = self.words[name]
        return lines

    def moment(self, instant: datetime) -> str:
        """Write a wall time with its date."""
        return self.day(instant.date(), instant.time())

    def listed(self, names: Sequence[str]) -> str:
        """Write several names as one enumeration."""
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {self.words['and']} {names[-1]}"

    def is_fit(self, jotted: str) -> bool:
        """Tell whether a jotted line can stand in a letter to them: it is a sentence's length, and not about them."""
        return len(_words(jotted)) >= MIN_WORDS and not self.is_about_them(jotted)

    def is_about_them(self, jotted: str) -> bool:
        """Tell whether a line speaks of others in the third person."""
        return bool(set(_words(jotted)) & set(self.words["about_them"]))

    @property
    def cliches(self) -> Sequence[str]:
        """Phrases that anybody could have sent, in small letters."""
        phrases: Sequence[str] = self.words["cliches"]
        return phrases


def _words(text: str) -> list[str]:
    return re.findall(r"[\w'’]+", text.casefold())


@cache
def catalogue(tone: str, language: str = "en") -> Catalogue:
    """Return a language's words in a tone."""
    path = Path(__file__).with_name(f"{language}.json")
    return Catalogue(json.loads(path.read_text(encoding="utf-8")), tone)
