"""Input and output types of the composers: plain data, independent of tables and of the clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from api.rules.calendar import POST_TAKES
from api.rules.facts import Moment
from api.rules.hints import gaps
from api.rules.steps.rounds import NOT_HELD as MISSED
from api.rules.words import zone_beside
from api.words.names import printed_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A contact, as letters and cards use it."""

    id: str
    name: str | None = None
    honorific: str | None = None
    title: str | None = None
    email: str | None = None
    phone: str | None = None
    postal_address: str | None = None
    preferred_channel: str | None = None
    name_verified: bool = False
    address_by_agent: bool = False
    is_erased: bool = False

    @property
    def printed(self) -> str | None:
        """Honorific and full name as recorded, with a title in both only once; a family name is never guessed."""
        return printed_name(self.honorific, self.name)

    def identity(self) -> "Person":
        """Return the person with the name alone, without title and ways to reach them."""
        return Person(id=self.id, name=self.name, honorific=self.honorific)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A note: `text` as the user recorded it, `wording` the sentence for letters."""

    id: str
    kind: str
    text: str
    wording: str | None = None
    in_letter: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """An interview with its people, notes and dates, as the employer reads about it.

    `start`, `now` and all moments are local times in `zone`, the employer's; `other_zones` are those of the interview
    and of the user. `contact_from`, `contact_by` and `hear_by` are the newest dates that the employer named. Without
    `now`, no date has passed. `older_dates` are days that were recorded before, and hold no more.
    """

    start: datetime
    company: str
    role: str
    me: str
    interviewers: Sequence[Person] = ()
    notes: Sequence[Material] = ()
    next_stage: str | None = None
    stage_unknown: bool = False
    contact_from: Moment | None = None
    contact_by: Moment | None = None
    hear_by: Moment | None = None
    timing_unknown: bool = False
    is_contact_known: bool = False
    is_next_round_arranged: bool = False
    why_role: str | None = None
    why_company: str | None = None
    status: str = "scheduled"
    now: datetime | None = None
    zone: str = "UTC"
    other_zones: Sequence[str] = ()
    older_dates: Sequence[date] = ()

    @property
    def is_ahead(self) -> bool:
        """Whether the interview is arranged and has not begun."""
        return not self.was_missed and self.now is not None and self.now < self.start

    @property
    def was_missed(self) -> bool:
        """Whether the interview was cancelled or did not take place."""
        return self.status in MISSED

    @property
    def is_stage_known(self) -> bool:
        """Whether it is known what comes next, or they would not say."""
        return bool(self.next_stage) or self.stage_unknown or self.is_next_round_arranged

    @property
    def is_timing_known(self) -> bool:
        """Whether a date for the answer or for a call is known, or they would not say."""
        return any((self.contact_from, self.contact_by, self.hear_by, self.timing_unknown))

    def is_past(self, moment: Moment | None) -> bool:
        """Tell whether a moment has passed; False without one."""
        return moment is not None and self.now is not None and moment.is_past(self.now)

    def zone_at(self, day: date, clock: time | None) -> str | None:
        """Return the name of the zone of a time, if a clock of another zone that matters shows a different time."""
        return zone_beside(day, clock, self.zone, self.other_zones) if clock else None

    def post_is_in_time(self, sent: date) -> bool:
        """Tell whether a letter that is posted on `sent` arrives by `hear_by` and by `contact_from`."""
        ends = [moment.date for moment in (self.contact_from, self.hear_by) if moment]
        return not ends or sent + POST_TAKES <= min(ends)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph with its role in the letter and the ids of its source notes.

    `names_erased`: it names a person whose personal data was erased.
    """

    text: str
    role: str
    source_note_ids: tuple[str, ...] = ()
    names_erased: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A composed text. `missing` names the facts for which nothing is recorded."""

    subject: str
    paragraphs: tuple[Paragraph, ...]
    missing: tuple[str, ...] = ()

    @property
    def gaps(self) -> list[dict[str, Any]]:
        """The same as `missing`, each divided into its code and the contact or note that it is about."""
        return gaps(self.missing)

    @property
    def unaddressed_concerns(self) -> tuple[str, ...]:
        """The ids of the concern notes that have no answer."""
        return tuple(one.removeprefix("answer:") for one in self.missing if one.startswith("answer:"))

    @property
    def body(self) -> str:
        """The paragraphs, separated by empty lines."""
        return "\n\n".join(paragraph.text for paragraph in self.paragraphs)

    @property
    def note_ids(self) -> list[str]:
        """The ids of all source notes, in the order of their use."""
        return list(dict.fromkeys(id_ for paragraph in self.paragraphs for id_ in paragraph.source_note_ids))


def drafted(subject: str, found: Iterable[Paragraph | str]) -> Draft:
    """Collect what the parts of a text yield, paragraphs and names of missing facts, in a draft."""
    paragraphs: list[Paragraph] = []
    missing: list[str] = []
    for one in found:
        if isinstance(one, Paragraph):
            paragraphs.append(one)
        else:
            missing.append(one)
    return Draft(subject, tuple(paragraphs), tuple(missing))
