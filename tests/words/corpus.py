"""The corpus of interviews and its letters; `python -m tests.words.corpus` writes them to `letters.md`."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, get_args

from api.rules.facts import Moment
from api.words.catalogue import Tone, catalogue
from api.words.letters import compose
from api.words.material import Conversation, Draft, Material, Person

HERE = Path(__file__).parent
PAGE = HERE / "letters.md"
MORE = ("stage_unknown", "timing_unknown", "is_next_round_arranged", "zone", "other_zones")
# Other kinds of letters: of which interview, and what is different in it.
OTHERS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("follow_up", "one-interviewer-everything-noted", {}),
    ("follow_up", "a-company-with-a-full-stop", {"status": "no_show"}),
    ("follow_up", "a-company-with-an-exclamation-mark", {"status": "cancelled"}),
    ("follow_up", "no-title-known", {"now": "2026-10-01T09:00"}),
    ("follow_up", "a-title-in-the-name", {}),
    ("follow_up", "the-family-name-first", {}),
    ("chase", "the-day-that-they-named-has-passed", {}),
    ("chase", "two-interviewers", {}),
    ("chase", "nothing-noted-at-all", {}),
    ("chase", "a-telephone-screening", {"now": "2026-01-20T09:00", "status": "cancelled"}),
    ("ask_next_stage", "nothing-noted-at-all", {}),
    ("ask_next_stage", "a-company-with-a-full-stop", {}),
    ("ask_next_stage", "a-name-in-arabic", {"is_contact_known": True}),
    ("ask_next_stage", "they-would-not-say-what-comes-next", {"is_contact_known": True}),
    ("ask_next_stage", "no-title-known", {"now": "2026-10-01T09:00"}),
    ("ask_name", "nobody-named", {}),
    ("ask_name", "nobody-named", {"now": "2026-04-13T09:00"}),
    ("missed_appointment", "a-video-talk-across-the-date-line", {"status": "no_show"}),
    ("missed_appointment", "a-company-with-a-full-stop", {"status": "cancelled"}),
    ("withdrawal", "a-company-with-a-full-stop", {}),
    ("withdrawal", "museum", {"status": "cancelled"}),
    ("withdrawal", "a-video-talk-across-the-date-line", {"now": "2026-11-23T09:00"}),
)
TONES: tuple[Tone, ...] = get_args(Tone)
CORPUS: dict[str, dict[str, Any]] = {
    one["id"]: one for one in json.loads((HERE / "corpus.json").read_text(encoding="utf-8"))
}


def talk(name: str) -> Conversation:
    """Return an interview of the corpus."""
    told = CORPUS[name]
    start = datetime.fromisoformat(told["start"])  # local time
    return Conversation(
        start=start,
        now=datetime.fromisoformat(told["now"]) if "now" in told else start + timedelta(hours=2),
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
        contact_by=_moment(told.get("contact_by")),
        hear_by=_moment(told.get("hear_by")),
        why_role=told.get("why_role"),
        why_company=told.get("why_company"),
        **{name: told[name] for name in MORE if name in told},
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


def other_letters() -> Iterator[tuple[str, Draft]]:
    """Yield letters of the other kinds, in both tones, each with its heading."""
    for kind, name, changes in OTHERS:
        now = {"now": datetime.fromisoformat(changes["now"])} if "now" in changes else {}
        met = replace(talk(name), **{**changes, **now})
        state = met.status if met.was_missed else "ahead" if met.is_ahead else "held"
        for tone in TONES:
            yield f"{kind}: {name}, {state} ({tone})", compose(kind, met, met.interviewers[:1], catalogue(tone))


def page() -> str:
    """Return all letters of the corpus as Markdown, each with the names of missing facts."""
    parts = ["# The letters of the corpus\n"]
    for number, name in enumerate(CORPUS):
        tone = TONES[number % 2]
        parts += [_shown(f"{name} ({tone})", draft) for draft in letters(name, tone)]
    parts += ["# Letters of other kinds\n", *(_shown(heading, draft) for heading, draft in other_letters())]
    return "\n".join(parts)


def _shown(heading: str, draft: Draft) -> str:
    body = "\n".join(f"> {line}".rstrip() for line in draft.body.splitlines())
    return f"## {heading}\n\n**{draft.subject}**\n\n{body}\n\nMissing: {', '.join(draft.missing) or '–'}\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stderr.write(f"{PAGE.name} written\n")
