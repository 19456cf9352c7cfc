"""Letters, composed from an interview, its notes and the facts about the next stage.

Every sentence is a line of the catalogue or a text of the user. A part without facts is left out and named in
`missing`. The same facts give the same letter.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from api.rules.facts import MIDNIGHT, Moment
from api.rules.sentences import ends_sentence
from api.words.catalogue import Catalogue
from api.words.material import Conversation, Draft, Material, Paragraph, Person, drafted

Purpose = Literal["thank_you", "follow_up", "chase", "ask_next_stage", "ask_name", "missed_appointment", "withdrawal"]
MAX_STRENGTHS = 3
MISSED_ROLE = "missed"
Found = Iterator[Paragraph | str]
Part = Callable[[Conversation, Sequence[Person], Catalogue], Found]


def compose(kind: str, talk: Conversation, recipients: Sequence[Person], words: Catalogue) -> Draft:
    """Compose a letter of a kind to some people.

    Each part yields paragraphs, and the names of facts that are missing: `recipient`, `recipient_title:<contact>`,
    `specific`, `strength`, `wording:<note>`, `answer:<note>`, `why_role`, `why_company`, `next_stage`, `promised_date`.
    """
    found = (one for part in PARTS[kind] for one in part(talk, recipients, words))
    return drafted(words.subject(kind, role=talk.role), found)


def as_sentence(text: str) -> str:
    """Return a user's text on one line, with a full stop unless it ends with punctuation."""
    plain = " ".join(text.split())
    return plain if plain.endswith(":") or ends_sentence(plain) else f"{plain}."


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
    """Thank them for the interview, and add one detail that only this interview had."""
    thanks = _say("thanks", talk, words)
    marked = [note for note in talk.notes if note.kind in ("general", "question") and note.in_letter]
    own = next((note for note in marked if note.wording or words.is_sentence(note.text)), None)
    yield from (f"wording:{note.id}" for note in marked if not note.wording)
    if own is None:
        yield "specific"
        yield Paragraph(thanks, "opening")
    else:
        yield Paragraph(f"{thanks} {as_sentence(own.wording or own.text)}", "opening", (own.id,))


def _strengths(talk: Conversation, recipients: Sequence[Person], words: Catalogue) -> Found:
    """Repeat up to three positive notes; the letter to each interviewer starts with a different one.

    A note without `wording` is used only if it is a sentence that they may read: "she laughed at that" is not.
    """
    positives = [note for note in talk.notes if note.kind == "positive"]
    notes = [note for note in positives if note.wording or words.is_sentence(note.text)]
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
    """Answer concerns by their `wording` only: the text of a note about a concern is private."""
    open_ = [note for note in talk.notes if note.kind == "concern" and note.in_letter]
    yield from (f"answer:{note.id}" for note in open_ if not note.wording)
    answered = [note for note in open_ if note.wording]
    if answered:
        yield _quoted(words.say("concerns_one" if len(answered) == 1 else "concerns_many"), answered, "concerns")


def _quoted(lead: str, notes: Sequence[Material], role: str) -> Paragraph:
    said = " ".join([lead, *(as_sentence(note.wording or note.text) for note in notes)])
    return Paragraph(said, role, tuple(note.id for note in notes))


def _motivation(talk: Conversation, _recipients: Sequence[Person], words: Catalogue) -> Found:
    given = [text for text in (talk.why_role, talk.why_company) if text]
    yield from (name for name in ("why_role", "why_company") if not getattr(talk, name))
    if given:
        yield Paragraph(" ".join([words.say("motivation"), *map(as_sentence, given)]), "motivation")


def _next(talk: Conversation, _recipients: Sequence[Person], words: Catalogue) -> Found:
    lines = []
    if talk.next_stage and not words.is_about_them(talk.next_stage):
        lines.append(as_sentence(words.say("next_stage", stage=words.in_sentence(talk.next_stage))))
    elif talk.next_stage or not talk.is_stage_known:
        yield "next_stage"
    if timing := _timing(talk, words):
        lines.append(timing)
    if lines:
        yield Paragraph(" ".join(lines), "next")


def _timing(talk: Conversation, words: Catalogue) -> str | None:
    """Repeat the newest date that has not passed, or ask for one; what is known is not asked again."""
    if talk.contact_from and not talk.is_past(talk.contact_from):
        return _contact_from(talk.contact_from, talk, words)
    if talk.contact_by and not talk.is_past(talk.contact_by):
        by = talk.contact_by
        return words.say("contact_by", date=words.until(by, talk.zone_at(by.date, by.time)))
    if talk.hear_by and not talk.is_past(talk.hear_by):
        return words.say("hear_by", date=words.day(talk.hear_by.last_date))
    is_known = talk.is_timing_known or talk.is_next_round_arranged
    return None if is_known else words.say("ask_timing")


def _contact_from(moment: Moment, talk: Conversation, words: Catalogue) -> str:
    day = words.day(moment.date)
    if moment.time in (None, MIDNIGHT):
        return words.say("contact_from", date=day)
    clock = words.clock(moment.time, talk.zone_at(moment.date, moment.time))
    return words.say("contact_from_with_time", date=day, clock=clock)


def _say(line: str, talk: Conversation, words: Catalogue, **more: str) -> str:
    """Return a line of the catalogue with the facts of the interview."""
    start = talk.start
    values = {
        "date": words.day(start.date()),
        "date_and_time": words.moment(start, talk.zone_at(start.date(), start.time())),
        "role": talk.role,
        "company": words.with_article(talk.company),
        "full_name": talk.me,
    }
    return words.say(line, **values, **more)


def _about(talk: Conversation, words: Catalogue, held: str = "talked") -> str:
    """Return the sentence that says which interview it is; `held`: the line for one that took place."""
    return _say(talk.status if talk.was_missed else "ahead" if talk.is_ahead else held, talk, words)


def _line(name: str) -> Part:
    """Return a part that yields one line of the catalogue."""

    def part(talk: Conversation, _recipients: Sequence[Person], words: Catalogue) -> Found:
        yield Paragraph(_say(name, talk, words), LINE_ROLES.get(name, "opening"))

    return part


def _follow_up(talk: Conversation, _recipients: Sequence[Person], words: Catalogue) -> Found:
    yield Paragraph(f"{_about(talk, words)} {words.say('follow_up')}", "opening")


def _chase(talk: Conversation, recipients: Sequence[Person], words: Catalogue) -> Found:
    """Ask after the date in `hear_by` has passed; without one, write the text of `follow_up`."""
    if talk.hear_by is None:
        yield "promised_date"
        yield from _follow_up(talk, recipients, words)
        return
    line = "chase" if talk.now is None or talk.is_past(talk.hear_by) else "chase_ahead"
    asked = words.say(line, promised=words.day(talk.hear_by.last_date))
    yield Paragraph(f"{_about(talk, words)} {asked}", "opening")


def _ask_next_stage(talk: Conversation, _recipients: Sequence[Person], words: Catalogue) -> Found:
    """Ask what is not known yet; if all is known, ask for the status."""
    open_ = [
        ("next_stage", talk.is_stage_known),
        ("who", talk.is_contact_known),
        ("timing", talk.is_timing_known),
    ]
    asked = [name for name, is_known in open_ if not is_known] or ["status"]
    questions = words.listed([words.say(f"question_{name}") for name in asked])
    yield Paragraph(
        f"{_about(talk, words, 'interviewed')} {words.say('ask_next_stage', questions=questions)}", "opening"
    )


def _ask_name(talk: Conversation, _recipients: Sequence[Person], words: Catalogue) -> Found:
    line = words.say("ask_name_ahead" if talk.is_ahead else "ask_name")
    yield Paragraph(f"{_about(talk, words, 'interviewed')} {line}", "opening")


def _missed_appointment(talk: Conversation, _recipients: Sequence[Person], words: Catalogue) -> Found:
    missed = _say(talk.status if talk.was_missed else "no_show", talk, words)
    yield Paragraph(f"{missed} {words.say('missed_appointment')}", MISSED_ROLE)


def _withdrawal(talk: Conversation, _recipients: Sequence[Person], words: Catalogue) -> Found:
    thanks = "thanks_considered" if talk.was_missed else "thanks_invitation" if talk.is_ahead else "thanks_conversation"
    yield Paragraph(f"{_say(thanks, talk, words)} {_say('withdrawal', talk, words)}", "opening")


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
    "follow_up": (_salutation, _follow_up, _motivation, CLOSE, SIGNATURE),
    "chase": (_salutation, _chase, CLOSE, SIGNATURE),
    "ask_next_stage": (_salutation, _ask_next_stage, SIGNATURE),
    "ask_name": (_salutation, _ask_name, SIGNATURE),
    "missed_appointment": (_salutation, _missed_appointment, SIGNATURE),
    "withdrawal": (_salutation, _withdrawal, CLOSE_WITHDRAWAL, SIGNATURE),
}


def match_paragraphs(body: str | None, before: Sequence[Paragraph]) -> tuple[Paragraph, ...]:
    """Split a text into paragraphs. An unchanged paragraph keeps role and sources; others get the role `own`."""
    known = {paragraph.text: paragraph for paragraph in before}
    pieces = [piece.strip() for piece in (body or "").replace("\r\n", "\n").split("\n\n")]
    return tuple(known.get(piece, Paragraph(piece, "own")) for piece in pieces if piece)
