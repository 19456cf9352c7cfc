"""Cards: what to ask before you leave an interview, and what to say when you call the employer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from api.rules.facts import Moment
from api.rules.words import zone_name
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
class Desk:
    """The employer's local time with the name of its zone, and their office hours."""

    now: datetime
    zone: str
    zone_name: str
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


def questions(talk: Conversation, words: Catalogue) -> list[str]:
    """Return the closing questions that are not answered yet; that they would not say is an answer."""
    said = words.card("prep_card")
    open_ = [("next_stage", talk.is_stage_known), ("who", talk.is_contact_known), ("timing", talk.is_timing_known)]
    return [str(said[name]) for name, known in open_ if not known]


def times(start: datetime, zone: str, user_zone: str, words: Catalogue) -> list[str]:
    """Return the start of an interview with its zone, and the user's own time if their clock shows another."""
    found = []
    for name in (zone, user_zone):
        local = start.astimezone(ZoneInfo(name))
        found.append((local.utcoffset(), words.moment(local, zone_name(start, name))))
    (there, text), (here, own) = found
    return [text] if there == here else [text, words.card_line("prep_card", "your_time", time=own)]


def prep_sections(
    talk: Conversation, when: Sequence[str], place: str | None, asked: Sequence[str], words: Catalogue
) -> list[Section]:
    """Return the card for the interview as headings with lines; `when`: its times, as `times` returns them."""
    said = words.card("prep_card")
    where = (place,) if place else ()
    people = tuple(_lacking(one, words) for one in unknown(talk.interviewers))
    if not talk.interviewers:
        people = (said["nobody"],)
    return [
        (said["when"], (*when, *where)),
        (said["questions"], tuple(asked) or (said["nothing"],)),
        (said["people"], people or (said["nothing"],)),
    ]


def _lacking(one: Unknown, words: Catalogue) -> str:
    said = words.card("prep_card")
    fields = words.listed([said["fields"][name] for name in one.fields])
    return f"{one.person.printed or said['somebody']}: {fields}."


def opening(talk: Conversation, words: Catalogue, *, line: str = "opening") -> str:
    """Return the first two sentences of the call; `line`: `opening` if an interview took place."""
    return words.card_line("call_card", line, me=talk.me, role=talk.role, date=words.day(talk.start.date()))


def points(talk: Conversation, fits: Callable[[str], bool], most: int = MAX_POINTS) -> list[tuple[str, str]]:
    """Return the first positive notes as sentences with their ids; `fits` decides whether a bare `text` is used."""
    usable = [note for note in talk.notes if note.kind == "positive" and (note.wording or fits(note.text))]
    return [(note.id, as_sentence(note.wording or note.text)) for note in usable[:most]]


def promises(talk: Conversation, words: Catalogue) -> list[str]:
    """Return a sentence for each date that the employer named last, or one that says there is none."""
    return list(_promises(talk, words)) or [str(words.card("call_card")["no_promise"])]


def _promises(talk: Conversation, words: Catalogue) -> Iterator[str]:
    for name in ("contact_from", "contact_by", "hear_by"):
        moment: Moment | None = getattr(talk, name)
        if moment is not None:
            said = words.since if name == "contact_from" else words.until
            yield words.card_line("call_card", name, date=said(moment, talk.zone_at(moment.date, moment.time)))


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
        zone=desk.zone_name,
        opens=f"{desk.opens:%H:%M}",
        closes=f"{desk.closes:%H:%M}",
        state=said["open" if desk.is_open else "closed"],
    )
