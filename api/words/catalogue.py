"""Catalogues: the project's own texts, one JSON file for each language. Values are inserted, never parsed."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Literal

from api.rules.facts import MIDNIGHT, Moment
from api.rules.sentences import fill

Tone = Literal["formal", "friendly"]
MIN_WORDS = 4


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language in one tone."""

    words: Mapping[str, Any]
    tone: str

    def say(self, line: str, **values: str) -> str:
        """Return a line with its placeholders filled in."""
        return fill(self.words[self.tone][line], values)

    @property
    def says_honorifics(self) -> bool:
        """Whether the salutation in this tone uses honorifics."""
        return bool(self.words[self.tone]["honorific"])

    def subject(self, kind: str, **values: str) -> str:
        """Return the subject line for a kind of letter."""
        text: str = self.words["subjects"][kind]
        return text.format_map(values)

    def day(self, day: date, clock: time | None = None, zone: str | None = None) -> str:
        """Format a date with weekday and year, and with the time if there is one; `zone` is the name of its zone."""
        text: str = self.words["date_with_time" if clock else "date"]
        return text.format(
            weekday=self.words["weekdays"][day.weekday()],
            day=day.day,
            month=self.words["months"][day.month - 1],
            year=day.year,
            clock=self.clock(clock, zone) if clock else "",
        )

    def clock(self, clock: time, zone: str | None = None) -> str:
        """Format a time, with the name of its zone if there is one: `14:30 (EST)`."""
        return f"{clock:%H:%M} ({zone})" if zone else f"{clock:%H:%M}"

    def since(self, moment: Moment, zone: str | None = None) -> str:
        """Format a moment as the words after “from”: midnight is the date alone."""
        return self.day(moment.date, None if moment.time == MIDNIGHT else moment.time, zone)

    def until(self, moment: Moment, zone: str | None = None) -> str:
        """Format a moment as the words after “by”: midnight is the end of the day before."""
        if moment.time == MIDNIGHT:
            line: str = self.words["end_of_day"]
            return line.format(date=self.day(moment.last_date))
        return self.day(moment.date, moment.time, zone)

    def full_date(self, day: date) -> str:
        """Format a date without weekday, as in the head of a letter."""
        text: str = self.words["full_date"]
        return text.format(day=day.day, month=self.words["months"][day.month - 1], year=day.year)

    def card(self, name: str) -> Mapping[str, Any]:
        """Return the lines of a card."""
        lines: Mapping[str, Any] = self.words[name]
        return lines

    def card_line(self, card: str, line: str, **values: str) -> str:
        """Return a line of a card with its placeholders filled in."""
        return fill(self.words[card][line], values)

    def moment(self, local: datetime, zone: str | None = None) -> str:
        """Format a local time with its date; `zone` is the name of its zone."""
        return self.day(local.date(), local.time(), zone)

    def listed(self, names: Sequence[str]) -> str:
        """Join names as `a, b and c`."""
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {self.words['and']} {names[-1]}"

    def with_article(self, company: str) -> str:
        """Return a company's name as it stands in a sentence: `the City of Aarhus`, but `Acme`."""
        named = self.words["named_with_the"]
        first, second, *rest = [*company.split(), "", ""]
        needs_article = bool(rest and rest[0]) and first in named["nouns"] and second in named["links"]
        return f"{named['article']} {company}" if needs_article else company

    def in_sentence(self, text: str) -> str:
        """Return a text as it stands after a colon: a capital article (`A trial day`) becomes small."""
        first, _, rest = text.partition(" ")
        return f"{first.lower()} {rest}" if rest and first in self.words["articles"] else text

    def is_phrase(self, jotted: str) -> bool:
        """Tell whether a note is long enough to be said aloud, and does not speak of others."""
        return len(_words(jotted)) >= MIN_WORDS and not self.is_about_them(jotted)

    def is_sentence(self, jotted: str) -> bool:
        """Tell whether a note can be used in a letter as it is: a phrase that starts with `I`, `my`, `you` and so on.

        Notes such as “Knew my series on allotments” are no sentences. The list of first words leaves out some good
        sentences; their notes need a `wording`.
        """
        return self.is_phrase(jotted) and _words(jotted)[0].replace("’", "'") in self.words["sentence_starts"]

    def is_about_them(self, jotted: str) -> bool:
        """Tell whether a line speaks of others in the third person."""
        return bool(set(_words(jotted)) & set(self.words["about_them"]))

    @property
    def cliches(self) -> Sequence[str]:
        """Overused phrases, in small letters."""
        phrases: Sequence[str] = self.words["cliches"]
        return phrases


def _words(text: str) -> list[str]:
    return re.findall(r"[\w'’]+", text.casefold())


@cache
def catalogue(tone: str, language: str = "en") -> Catalogue:
    """Load the texts of a language, once for each tone."""
    path = Path(__file__).with_name(f"{language}.json")
    return Catalogue(json.loads(path.read_text(encoding="utf-8")), tone)
