"""Letters: composed from an interview, its notes and what was said about the next stage.

Nothing is invented. A sentence is a line of the catalogue or the person's own; what there is no material for is left
out and named. The same material gives the same letter.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from api.words.catalogue import Catalogue
from api.words.material import Conversation, Draft, Material, Paragraph, Person, drafted

Purpose = Literal["thank_you", "follow_up", "chase", "ask_next_stage", "ask_name", "missed_appointment", "withdrawal"]
MAX_STRENGTHS = 3
ENDINGS = (".", "!", "?", "…", "。", "！", "？", "।", "؟", ":")  # sentences end differently elsewhere
Found = Iterator[Paragraph | str]
Part = Callable[[Conversation, Sequence[Person], Catalogue], Found]


def compose(kind: str, talk: Conversation, recipients: Sequence[Person], words: Catalogue) -> Draft:
    """Compose a letter of a kind to some people.

    Each part yields paragraphs, and names of what is missing: `recipient`, `recipient_title:<contact>`, `specific`,
    `strength`, `wording:<note>`, `answer:<note>`, `why_role`, `why_company`, `next_stage`, `promised_date`.
    """
    found = (one for part in PARTS[kind] for one in part(talk, recipients, words))
    return drafted(words.subject(kind, role=talk.role), found)


def as_sentence(text: str) -> str:
    """Return a person's words as a sentence: on one line, with an end."""
    plain = " ".join(text.split())
    return plain if plain.endswith(ENDINGS) else f"{plain}."


def _salutation(_talk: Conversation, recipients: Sequence[Person], words: Catalogue) -> Found:
    printed = [person.printed if words.says_honorifics else person.name for person in recipients]
    names = [name for name in printed if name]
    if len(names) < max(1, len(recipients)):
        yield "recipient"
    for person in recipients:
        if not person.title:
            yield f"recipient_title:{person.id}"
    line = words.say("salutation", names=words.listed(names)) if names else words.say("salutation_nobody")
    yield Paragraph(line, "salutation")


def _thanks(talk: Conversation, _recipients: Sequence[Person], words: Catalogue) -> Found:
    """Thank for the talk, with one thing that only it had."""
    thanks = words.say("thanks", date=words.day(talk.start.date()), role=talk.role, company=talk.company)
    marked = [note for note in talk.notes if note.kind in ("general", "question") and note.in_letter]
    own = next((note for note in marked if note.wording or words.is_fit(note.text)), None)
    yield from (f"wording:{note.id}" for note in marked if not note.wording)
    if own is None:
        yield "specific"
        yield Paragraph(thanks, "opening")
    else:
        yield Paragraph(f"{thanks} {as_sentence(own.wording or own.text)}", "opening", (own.id,))


def _strengths(talk: Conversation, recipients: Sequence[Person], words: Catalogue) -> Found:
    """Repeat up to three things that went well; each interviewer's letter begins with another.

    What was only jotted down is used where it can stand before their eyes: "she laughed at that" cannot.
    """
    positives = [note for note in talk.notes if note.kind == "positive"]
    notes = [note for note in positives if note.wording or words.is_fit(note.text)]
    yield from (f"wording:{note.id}" for note in positives if not note.wording)
    if not notes:
        yield "strength"
        return
    notes.sort(key=lambda note: not note.in_letter)
    turn = _turn(talk, recipients) % len(notes)
    chosen = (notes[turn:] + notes[:turn])[:MAX_STRENGTHS]
    lead = words.say("strengths_one" if len(chosen) == 1 else "strengths_many")
    yield _quoted(lead, chosen, "strengths")


def _turn(talk: Conversation, recipients: Sequence[Person]) -> int:
    ids = [person.id for person in talk.interviewers]
    return ids.index(recipients[0].id) if len(recipients) == 1 and recipients[0].id in ids else 0


def _concerns(talk: Conversation, _recipients: Sequence[Person], words: Catalogue) -> Found:
    """Answer what was left open, in the person's own words: what was noted about a doubt is for nobody else's eyes."""
    open_ = [note for note in talk.notes if note.kind == "concern" and note.in_letter]
    yield from (f"answer:{note.id}" for note in open_ if not note.wording)
    answered = [note for note in open_ if note.wording]
    if answered:
        yield _quoted(words.say("concerns_one" if len(answered) == 1 else "concerns_many"), answered, "concerns")


def _quoted(lead: str, notes: Sequence[Material], role: str) -> Paragraph:
    said = " ".join([lead, *(as_sentence(note.wording or note.text) for note in notes)])
    return Paragraph(said, role, tuple(note.id for note in notes))


def _motivation(talk: Conversation, _recipients: Sequence[Person], _words: Catalogue) -> Found:
    given = [text for text in (talk.why_role, talk.why_company) if text]
    yield from (name for name in ("why_role", "why_company") if not getattr(talk, name))
    if given:
        yield Paragraph(" ".join(map(as_sentence, given)), "motivation")


def _next(talk: Conversation, _recipients: Sequence[Person], words: Catalogue) -> Found:
    lines = []
    if talk.next_stage and not words.is_about_them(talk.next_stage):
        lines.append(as_sentence(words.say("next_stage", stage=talk.next_stage)))
    else:
        yield "next_stage"
    if talk.contact_from:
        lines.append(words.say("contact_from", date=words.day(talk.contact_from.date, talk.contact_from.time)))
    elif talk.hear_by:
        lines.append(words.say("hear_by", date=words.day(talk.hear_by.date)))
    elif not talk.timing_unknown:  # who would not say is not asked again in a letter of thanks
        lines.append(words.say("ask_timing"))
    if lines:
        yield Paragraph(" ".join(lines), "next")


def _line(name: str) -> Part:
    """Return the part that is one line of the catalogue."""

    def part(talk: Conversation, _recipients: Sequence[Person], words: Catalogue) -> Found:
        day = words.day(talk.start.date())
        values = {"date": day, "date_and_time": words.moment(talk.start), "role": talk.role, "company": talk.company}
        yield Paragraph(words.say(name, **values, full_name=talk.me), LINE_ROLES.get(name, "opening"))

    return part


def _chase(talk: Conversation, recipients: Sequence[Person], words: Catalogue) -> Found:
    """Ask after a date that they gave and let pass; without one it is a question after silence."""
    if talk.hear_by is None:
        yield "promised_date"
        yield from _line("follow_up")(talk, recipients, words)
        return
    promised = words.day(talk.hear_by.date)
    day = words.day(talk.start.date())
    text = words.say("chase", date=day, promised=promised, role=talk.role, company=talk.company)
    yield Paragraph(text, "opening")


LINE_ROLES = {"close": "close", "close_withdrawal": "close", "signature": "signature"}
CLOSE, CLOSE_WITHDRAWAL, SIGNATURE = _line("close"), _line("close_withdrawal"), _line("signature")
PIECES: dict[str, Part] = {
    "salutation": _salutation,
    "thanks": _thanks,
    "strengths": _strengths,
    "concerns": _concerns,
    "motivation": _motivation,
    "next": _next,
    "close": CLOSE,
    "signature": SIGNATURE,
}
PARTS: dict[str, tuple[Part, ...]] = {
    "thank_you": tuple(PIECES.values()),
    "follow_up": (_salutation, _line("follow_up"), _motivation, CLOSE, SIGNATURE),
    "chase": (_salutation, _chase, CLOSE, SIGNATURE),
    "ask_next_stage": (_salutation, _line("ask_next_stage"), SIGNATURE),
    "ask_name": (_salutation, _line("ask_name"), SIGNATURE),
    "missed_appointment": (_salutation, _line("missed_appointment"), SIGNATURE),
    "withdrawal": (_salutation, _line("withdrawal"), CLOSE_WITHDRAWAL, SIGNATURE),
}


def match_paragraphs(body: str | None, before: Sequence[Paragraph]) -> tuple[Paragraph, ...]:
    """Return a text's paragraphs: those that stand as they were composed keep their sources, others are one's own."""
    known = {paragraph.text: paragraph for paragraph in before}
    pieces = [piece.strip() for piece in (body or "").replace("\r\n", "\n").split("\n\n")]
    return tuple(known.get(piece, Paragraph(piece, "own")) for piece in pieces if piece)
