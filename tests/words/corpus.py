"""The corpus of interviews and its thank-you letters; `python -m tests.words.corpus` writes them to `letters.md`."""

import json
import sys
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, get_args

from api.rules.facts import Moment
from api.words.catalogue import Tone, catalogue
from api.words.letters import compose
from api.words.material import Conversation, Draft, Material, Person

HERE = Path(__file__).parent
PAGE = HERE / "letters.md"
TONES: tuple[Tone, ...] = get_args(Tone)
CORPUS: dict[str, dict[str, Any]] = {
    one["id"]: one for one in json.loads((HERE / "corpus.json").read_text(encoding="utf-8"))
}


def talk(name: str) -> Conversation:
    """Return an interview of the corpus."""
    told = CORPUS[name]
    return Conversation(
        start=datetime.fromisoformat(told["start"]),  # local time
        company=told["company"],
        role=told["role"],
        me=told["me"],
        interviewers=[
            Person(id=f"p{number}", honorific=honorific, name=full_name, title=title, email="a@example.com")
            for number, (honorific, full_name, title) in enumerate(told["people"])
        ],
        notes=[
            Material(id=f"n{number}", kind=kind, text=text, wording=wording, in_letter=in_letter)
            for number, (kind, text, wording, in_letter) in enumerate(told["notes"])
        ],
        next_stage=told.get("next_stage"),
        contact_from=_moment(told.get("contact_from")),
        hear_by=_moment(told.get("hear_by")),
        timing_unknown=told.get("timing_unknown", False),
        why_role=told.get("why_role"),
        why_company=told.get("why_company"),
    )


def _moment(text: str | None) -> Moment | None:
    if text is None:
        return None
    day, _, clock = text.partition("T")
    return Moment(date.fromisoformat(day), time.fromisoformat(clock) if clock else None)


def letters(name: str, tone: str) -> list[Draft]:
    """Return one thank-you letter to each interviewer, or one without recipient if nobody is named."""
    met = talk(name)
    each = [[person] for person in met.interviewers] or [[]]
    return [compose("thank_you", met, recipients, catalogue(tone)) for recipients in each]


def page() -> str:
    """Return all letters of the corpus as Markdown, each with the names of missing facts."""
    parts = ["# The letters of the corpus\n"]
    for number, name in enumerate(CORPUS):
        tone = TONES[number % 2]
        for draft in letters(name, tone):
            body = "\n".join(f"> {line}".rstrip() for line in draft.body.splitlines())
            parts.append(
                f"## {name} ({tone})\n\n**{draft.subject}**\n\n{body}\n\nMissing: {', '.join(draft.missing) or '–'}\n"
            )
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stderr.write(f"{PAGE.name} written\n")
