"""A set of messages to references; `python -m tests.words.vouching` writes them to `references.md`."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time
from pathlib import Path

from api.rules.facts import ENDINGS, Moment
from api.words.catalogue import catalogue
from api.words.material import Conversation, Draft, Material
from api.words.references import Case, Referee, briefing, thanks
from tests.words.corpus import talk

PAGE = Path(__file__).with_name("references.md")
WORDS = catalogue("formal")
ROBIN = Referee(name="Robin Okafor", phone="+1 617 555 0188", best_times="weekday mornings")
POSTING = """Larkfield Press makes forty books a year, most of them by hand.

What you bring:
- Five years in book production
- Calm with printers and with authors
* An eye for paper

What we offer:
- Thirty days of holiday
"""
IN_SENTENCES = (
    "We run buses in Aarhus. You have modelled a network before. We pay well. You must have a driving licence."
)
LEARNED = [
    Material(id="l1", kind="general", text="They care most about deadlines. I liked the dog."),
    Material(id="l2", kind="question", text="Asked how I talk to late authors"),
    Material(id="l3", kind="general", text="They want somebody for less pay"),
]


def told(name: str, *more: Material) -> Conversation:
    """Return an interview of the corpus with further notes."""
    found = talk(name)
    return replace(found, notes=[*found.notes, *more])


BRIEFINGS: dict[str, tuple[Referee, Case, Conversation]] = {
    "everything is known": (
        ROBIN,
        Case(
            stage="interviewing",
            has_met=True,
            location="Boston, Massachusetts",
            posting_url="https://jobs.example.com/larkfield/production-editor",
            posting_text=POSTING,
            check=Moment(date(2026, 3, 6), time(14, 30)),
            zone="America/New_York",
        ),
        told("one-interviewer-everything-noted", *LEARNED),
    ),
    "nothing is known": (
        Referee(name="Dr. Lee", consent="not_given"),
        Case(stage="applied"),
        replace(talk("nothing-noted-at-all"), interviewers=[]),
    ),
    "not applied yet, and asked often": (
        replace(ROBIN, consent="lapsed", is_asked_often=True, phone=None, email="robin@example.com"),
        Case(stage="saved", posting_url="https://jobs.example.com/1"),
        replace(talk("nobody-named"), notes=[]),
    ),
    "a panel of five": (
        replace(ROBIN, name="Jens Madsen", phone="+45 5550 1234", best_times=None),
        Case(stage="interviewing", has_met=True, posting_text=IN_SENTENCES, check=Moment(date(2026, 5, 25))),
        talk("a-panel-of-five"),
    ),
    "doubts with and without an answer": (
        replace(ROBIN, name="Mrs Hillcrest", best_times="after four"),
        Case(stage="interviewing", has_met=True),
        talk("concern-without-an-answer"),
    ),
    "notes without a wording": (ROBIN, Case(stage="offered", has_met=True), talk("positive-without-a-wording")),
    "only private notes": (
        ROBIN,
        Case(stage="interviewing", has_met=True),
        talk("no-note-has-a-wording"),
    ),
    "names in Japanese": (
        replace(ROBIN, name="佐藤 美咲", phone="+81 3 5550 0100", best_times="平日の午前"),
        Case(stage="interviewing", has_met=True, location="諏訪市"),
        talk("a-name-in-japanese-order"),
    ),
}
LEARNED_LATER = talk("one-interviewer-everything-noted")


def messages() -> Iterator[tuple[str, Draft]]:
    """Yield every message with its heading."""
    for name, (who, case, met) in BRIEFINGS.items():
        yield f"Briefing: {name}", briefing(who, case, met, WORDS)
    for stage in (*ENDINGS, "offered", "interviewing"):
        for was_called in (True, False):
            who = replace(ROBIN, was_called=was_called)
            heading = f"Thanks: {stage}, {'called' if was_called else 'not called'}"
            yield heading, thanks(who, Case(stage=stage), LEARNED_LATER, WORDS)


def page() -> str:
    """Return all messages as Markdown, each with the names of missing facts."""
    parts = ["# Messages to references\n"]
    for heading, draft in messages():
        body = "\n".join(f"> {line}".rstrip() for line in draft.body.splitlines())
        missing = ", ".join(draft.missing) or "–"
        parts.append(f"## {heading}\n\n**{draft.subject}**\n\n{body}\n\nMissing: {missing}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stderr.write(f"{PAGE.name} written\n")
