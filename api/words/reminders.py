"""Reminders in words: what to write down after an interview, a letter that is due, a webhook that was switched off."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from api.rules.sentences import count
from api.rules.words import deadline, rfc3339, wall
from api.words import cards
from api.words.catalogue import Catalogue
from api.words.mailing import Line, Link, Mailing, Part
from api.words.material import Person

NOTES = {
    "positives": Line("What went well", ("One thing is enough. It goes into the thank-you letter.",)),
    "concerns": Line("What needs a better answer", ("A question that you could answer better in the letter.",)),
}
SWITCHED_OFF = {
    "failures": "Every attempt to deliver an event to it has failed for five days.",
    "gone": "It answered 410, which says that it does not want any more events.",
}


@dataclass(frozen=True, slots=True)
class Pages:
    """Where people go from a mail: the address of the server, the pattern of the frontend's pages, the foot."""

    public_url: str
    app_url: str
    foot: Sequence[str | Link] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The interview of a reminder; `due_at` is the deadline of the step. `page`: its page in the frontend."""

    id: str
    employer: str
    ended_at: datetime
    zone: str
    due_at: datetime
    due_zone: str
    page: str | None
    is_full: bool

    @property
    def ended(self) -> str:
        """The sentence of which interview this is."""
        at = wall(self.ended_at, self.zone)
        return f"{self.employer}: your interview ended at {at}." if self.is_full else f"Your interview ended at {at}."

    @property
    def until(self) -> str:
        """The deadline, as the words after “until”."""
        return deadline(rfc3339(self.due_at), self.due_zone)


@dataclass(frozen=True, slots=True)
class DraftOf:
    """A draft of the letter; `is_written`: it has a text."""

    id: str
    is_written: bool
    page: str | None


def after_interview(
    talk: Round,
    missing: Collection[str],
    asked: Sequence[str],
    people: Sequence[Person],
    words: Catalogue,
    pages: Pages,
) -> Mailing:
    """Return the reminder after an interview: notes, open questions, people, and where to record them."""
    return Mailing(
        subject="Afterword: write down your interview today",
        title="Write down your interview today",
        intro=(talk.ended, f"Write it down while you remember it: your notes are due by {talk.until}."),
        parts=(
            Part("Your notes", [NOTES[part] for part in NOTES if part in missing]),
            Part("What did they say?", [Line(question) for question in asked]),
            Part("The people", list(_people(talk, people, words))),
            Part("Record it", [_record_at(talk, pages)]),
        ),
        foot=pages.foot,
    )


def _people(talk: Round, people: Sequence[Person], words: Catalogue) -> Iterator[Line]:
    lacking = cards.unknown(people)
    if not people or (lacking and not talk.is_full):
        yield Line("Whom did you meet?", ("Names as they write them, job titles, and one way to reach each person.",))
        return
    fields = words.card("prep_card")["fields"]
    for one in lacking:
        name = one.person.printed or words.card("prep_card")["somebody"]
        yield Line(name, (f"Missing: {words.listed([fields[field] for field in one.fields])}.",))


def _record_at(talk: Round, pages: Pages) -> Line:
    call = f"POST {pages.public_url}/v1/interviews/{talk.id}/debrief"
    return Line("All of it in one request", (call,), talk.page)


def letter_due(talk: Round, recipients: Sequence[str], draft: DraftOf | None, pages: Pages) -> Mailing:
    """Return the reminder before a thank-you letter is due: until when, what is missing, and how to go on."""
    return Mailing(
        subject="Afterword: a thank-you letter is due",
        title="A thank-you letter is due",
        intro=(talk.ended, f"You have until {talk.until} to send it."),
        parts=(
            Part("What is missing", list(_missing(talk, recipients))),
            Part("How to go on", list(_steps_to_letter(talk, draft, pages))),
        ),
        foot=pages.foot,
    )


def _missing(talk: Round, recipients: Sequence[str]) -> Iterator[Line]:
    if not recipients:
        yield Line("No thank-you letter is recorded as sent.")
    elif talk.is_full:
        yield from (Line(f"A letter to {name}") for name in recipients)
    else:
        yield Line(f"{count(len(recipients), 'letter')} to people whom you met.")


def _steps_to_letter(talk: Round, draft: DraftOf | None, pages: Pages) -> Iterator[Line]:
    letters = f"{pages.public_url}/v1/letters"
    if draft is None:
        call = f"POST {pages.public_url}/v1/interviews/{talk.id}/letters/compose"
        yield Line("Compose it from your notes", (call,), talk.page)
    else:
        head = "There is a draft" if draft.is_written else "There is a draft without a text"
        yield Line(head, (f"GET {letters}/{draft.id}",), draft.page)
    sent = draft.id if draft else "{letter_id}"
    yield Line("Send it yourself, then record that", (f"POST {letters}/{sent}/send",))


def webhook_disabled(url: str, reason: str) -> Mailing:
    """Return the mail that a webhook was switched off; of its address it names only the host, the rest is secret."""
    host = urlsplit(url).hostname or "its host"
    return Mailing(
        subject="Afterword: a webhook was switched off",
        title="A webhook was switched off",
        intro=(
            f"Afterword sends no more events to your webhook at {host}. {SWITCHED_OFF[reason]}",
            "Switch it on again when it can receive events: PATCH /v1/webhooks/{webhook_id} with "
            '{"enabled": true}. Events of the last 30 days can be sent again.',
        ),
        parts=(),
    )
