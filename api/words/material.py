"""What a letter is made from, as plain data: nothing here knows a table or the clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from api.rules.calendar import POST_TAKES
from api.rules.facts import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody a letter goes to, as printed on their card."""

    id: str
    name: str | None = None
    honorific: str | None = None
    title: str | None = None
    email: str | None = None
    phone: str | None = None
    postal_address: str | None = None
    preferred_channel: str | None = None
    name_verified: bool = False

    @property
    def printed(self) -> str | None:
        """Honorific and name as they write them; no part of a name is guessed to be the family's."""
        return " ".join(filter(None, (self.honorific, self.name))) if self.name else None

    def identity(self) -> "Person":
        """Return the person with the name alone, without title and ways to reach them."""
        return Person(id=self.id, name=self.name, honorific=self.honorific)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """One note: `text` as it was jotted down, `wording` as it may stand in a letter."""

    id: str
    kind: str
    text: str
    wording: str | None = None
    in_letter: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """An interview with what was said and noted. `start` is the wall time of the interview's own zone."""

    start: datetime
    company: str
    role: str
    me: str
    interviewers: Sequence[Person] = ()
    notes: Sequence[Material] = ()
    next_stage: str | None = None
    contact_from: Moment | None = None
    hear_by: Moment | None = None
    timing_unknown: bool = False
    why_role: str | None = None
    why_company: str | None = None

    def post_is_in_time(self, sent: date) -> bool:
        """Tell whether a letter by post arrives before they decide, or before one rings."""
        ends = [moment.date for moment in (self.contact_from, self.hear_by) if moment]
        return not ends or sent + POST_TAKES <= min(ends)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A piece of a letter: the part that it plays, and the notes that it rests on."""

    text: str
    role: str
    source_note_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter, what could not be said for want of material, and the concerns that it leaves open."""

    subject: str
    paragraphs: tuple[Paragraph, ...]
    missing: tuple[str, ...] = ()

    @property
    def unaddressed_concerns(self) -> tuple[str, ...]:
        """The notes of concerns that nothing answers."""
        return tuple(one.removeprefix("answer:") for one in self.missing if one.startswith("answer:"))

    @property
    def body(self) -> str:
        """The text: one paragraph after the other, an empty line between them."""
        return "\n\n".join(paragraph.text for paragraph in self.paragraphs)

    @property
    def note_ids(self) -> list[str]:
        """The notes that it rests on, in the order of their use."""
        return list(dict.fromkeys(id_ for paragraph in self.paragraphs for id_ in paragraph.source_note_ids))


def drafted(subject: str, found: Iterable[Paragraph | str]) -> Draft:
    """Return what the parts of a text yield as a draft: paragraphs, and names of what is missing."""
    paragraphs: list[Paragraph] = []
    missing: list[str] = []
    for one in found:
        if isinstance(one, Paragraph):
            paragraphs.append(one)
        else:
            missing.append(one)
    return Draft(subject, tuple(paragraphs), tuple(missing))
