"""Cards: what to ask before you leave an interview, and what to say when you call the employer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from api.rules.facts import Moment
from api.words.catalogue import Catalogue
from api.words.letters import as_sentence
from api.words.material import Conversation, Person
from api.words.pages import Section

MAX_POINTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """An interviewer with the details that are not known yet: `full_name`, `job_title`, `reach`."""

    person: Person
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """The dates that the employer named."""

    contact_from: Moment | None = None
    contact_by: Moment | None = None
    hear_by: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The employer's local time with its zone, and their office hours."""

    now: datetime
    zone: str
    opens: time
    closes: time
    is_workday: bool

    @property
    def is_open(self) -> bool:
        """Whether the office is open now: from `opens` up to but not including `closes`, on a working day."""
        return self.is_workday and self.opens <= self.now.time() < self.closes


def unknown(people: Sequence[Person]) -> list[Unknown]:
    """Return the interviewers for whom a detail that step 2 requires is missing."""
    found = []
    for person in people:
        has = {
            "full_name": person.name,
            "job_title": person.title,
            "reach": person.email or person.phone or person.postal_address,
        }
        if fields := tuple(name for name, value in has.items() if not value):
            found.append(Unknown(person=person, fields=fields))
    return found


def questions(talk: Conversation, words: Catalogue, *, asks: bool) -> list[str]:
    """Return the closing questions that are not answered yet; `asks`: whether the person to ask is known."""
    said = words.card("prep_card")
    timing = talk.contact_from or talk.hear_by or talk.timing_unknown
    open_ = [("next_stage", talk.next_stage), ("who", asks), ("timing", timing)]
    return [str(said[name]) for name, known in open_ if not known]


def prep_sections(talk: Conversation, place: str | None, asked: Sequence[str], words: Catalogue) -> list[Section]:
    """Return the card for the interview as headings with lines."""
    said = words.card("prep_card")
    where = (place,) if place else ()
    people = tuple(_lacking(one, words) for one in unknown(talk.interviewers))
    if not talk.interviewers:
        people = (said["nobody"],)
    return [
        (said["when"], (words.moment(talk.start), *where)),
        (said["questions"], tuple(asked) or (said["nothing"],)),
        (said["people"], people or (said["nothing"],)),
    ]


def _lacking(one: Unknown, words: Catalogue) -> str:
    said = words.card("prep_card")
    fields = words.listed([said["fields"][name] for name in one.fields])
    return f"{one.person.printed or said['somebody']}: {fields}."


def opening(talk: Conversation, words: Catalogue, *, has_met: bool) -> str:
    """Return the first two sentences of the call; `has_met`: whether an interview has begun."""
    line: str = words.card("call_card")["opening" if has_met else "opening_first"]
    return line.format(me=talk.me, role=talk.role, date=words.day(talk.start.date()))


def points(talk: Conversation, fits: Callable[[str], bool], most: int = MAX_POINTS) -> list[tuple[str, str]]:
    """Return the first positive notes as sentences with their ids; `fits` decides whether a bare `text` is used."""
    usable = [note for note in talk.notes if note.kind == "positive" and (note.wording or fits(note.text))]
    return [(note.id, as_sentence(note.wording or note.text)) for note in usable[:most]]


def promises(promise: Promise, words: Catalogue) -> list[str]:
    """Return a sentence for each date that the employer named, or one that says there is none."""
    return list(_promises(promise, words)) or [str(words.card("call_card")["no_promise"])]


def _promises(promise: Promise, words: Catalogue) -> Iterator[str]:
    said = words.card("call_card")
    for name in ("contact_from", "contact_by", "hear_by"):
        moment: Moment | None = getattr(promise, name)
        if moment is not None:
            yield str(said[name]).format(date=words.day(moment.date, moment.time))


def call_sections(
    whom: Person | None, desk: Desk, begin: str, say: Sequence[str], promised: Sequence[str], words: Catalogue
) -> list[Section]:
    """Return the card for the call as headings with lines."""
    said = words.card("call_card")
    reach = tuple(filter(None, (whom.phone, whom.email))) if whom else ()
    person = (", ".join(filter(None, (whom.printed, whom.title))), *reach) if whom else (said["nobody"],)
    return [
        (said["whom"], (*person, hours_line(desk, words))),
        (said["say"], (begin,)),
        (said["points"], tuple(say)),
        (said["ask"], (said["question"],)),
        (said["promised"], tuple(promised)),
        (said["note"], tuple(f"☐ {text}" for text in said["outcomes"].values())),
    ]


def hours_line(desk: Desk, words: Catalogue) -> str:
    """Return the employer's local time, their office hours, and whether they are at work now."""
    said = words.card("call_card")
    line: str = said["now"]
    return line.format(
        now=words.moment(desk.now),
        zone=desk.zone,
        opens=f"{desk.opens:%H:%M}",
        closes=f"{desk.closes:%H:%M}",
        state=said["open" if desk.is_open else "closed"],
    )
