"""Messages to references: a briefing before the employer calls them, and thanks afterwards with the outcome.

As in letters, every sentence is a line of the catalogue or a text of the user. The text of a note about a concern is
private: a reference reads only the `wording`, which is the answer to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from api.rules.facts import ENDINGS, MIDNIGHT, Moment
from api.rules.words import zone_name_with_offset
from api.words import job_posting
from api.words.cards import points
from api.words.catalogue import Catalogue
from api.words.letters import MAX_STRENGTHS, Found, as_sentence
from api.words.material import Conversation, Draft, Paragraph, drafted
from api.words.pages import Section

MAX_DOUBTS = 2
MAX_LEARNED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Referee:
    """A reference. `consent`: `not_given`, `given` or `lapsed`.

    `is_hidden`: the reader may not see how they are reached.
    """

    name: str
    title: str | None = None
    company: str | None = None
    relation: str | None = None
    phone: str | None = None
    email: str | None = None
    best_times: str | None = None
    consent: str = "given"
    is_asked_often: bool = False
    was_called: bool = False
    is_hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An application as a reference sees it. `check`: the announced date of the call in `zone`, if not past."""

    stage: str
    has_met: bool = False
    location: str | None = None
    posting_url: str | None = None
    posting_text: str | None = None
    check: Moment | None = None
    zone: str = "UTC"


def briefing(who: Referee, case: Case, talk: Conversation, words: Catalogue) -> Draft:
    """Compose a briefing. `talk.interviewers` are the people who may call, `talk.notes` all notes of the application.

    `missing` may name: `check_date`, `callers`, `looks_for`, `strength`, `wording:<note>`, `answer:<note>`, `why_role`,
    `why_company`, `posting_link`, `reach`.
    """
    talk = replace(talk, notes=sorted(talk.notes, key=lambda note: not note.in_letter))
    found: list[Found] = [
        _opening(who, case, talk, words),
        _call(who, case, talk, words),
        _looked_for(case, talk, words),
        _strengths(talk, words),
        _doubts(talk, words),
        _motivation(talk, words),
        _posting(case, words),
        _reach(who, words),
    ]
    return _message("briefing", who, talk, words, (one for part in found for one in part))


def thanks(who: Referee, case: Case, talk: Conversation, words: Catalogue) -> Draft:
    """Compose thanks to a reference with the outcome; `missing` names `outcome` while the application is open."""
    return _message("thanks", who, talk, words, _thanked(who, case, talk, words))


def _message(name: str, who: Referee, talk: Conversation, words: Catalogue, middle: Iterable[Paragraph | str]) -> Draft:
    said = words.card(name)
    parts = [
        Paragraph(said["salutation"].format(name=who.name), "salutation"),
        *middle,
        Paragraph(said["close"], "close"),
        Paragraph(said["signature"].format(full_name=talk.me), "signature"),
    ]
    subject = said["subject"].format(role=talk.role, company=words.with_article(talk.company))
    return drafted(subject, parts)


def _opening(who: Referee, case: Case, talk: Conversation, words: Catalogue) -> Found:
    """Name the job, and say that the reference is named for it, or ask for consent."""
    said = words.card("briefing")
    how = "interviewed" if case.has_met else "saved" if case.stage == "saved" else "applied"
    company = words.with_article(talk.company)
    lines = [words.card_line("briefing", how, date=words.day(talk.start.date()), role=talk.role, company=company)]
    if case.location:
        lines.append(words.card_line("briefing", "place", location=case.location))
    lines.append(said[who.consent])
    if who.is_asked_often:
        lines.append(said["asked_often"])
    yield Paragraph(" ".join(lines), "opening")


def _call(who: Referee, case: Case, talk: Conversation, words: Catalogue) -> Found:
    """Say when the employer may call, and who."""
    said = words.card("briefing")
    if case.check is None:
        yield "check_date"
        early = "once_applied" if case.stage == "saved" else "from_now_if"
        lines = [said["from_now" if who.consent == "given" and case.stage != "saved" else early]]
    else:
        lines = [words.card_line("briefing", "check", date=_check_day(case.check, case.zone, words))]
    named = [f"{one.printed} ({one.title})" if one.title else one.printed for one in talk.interviewers]
    names = [name for name in named if name]
    if names:
        lines.append(words.card_line("briefing", "caller" if len(names) == 1 else "callers", names=words.listed(names)))
    else:
        yield "callers"
    yield Paragraph(" ".join(lines), "call")


def _check_day(check: Moment, zone: str, words: Catalogue) -> str:
    """Format the date of the call; its time has the zone with its offset, because a reference may live elsewhere."""
    if check.time in (None, MIDNIGHT):
        return words.day(check.date)
    local = datetime.combine(check.date, check.time, ZoneInfo(zone))
    return words.moment(local, zone_name_with_offset(local, zone))


def _looked_for(case: Case, talk: Conversation, words: Catalogue) -> Found:
    """Quote what the employer looks for: from the posting, and from notes."""
    said = words.card("briefing")
    asked = job_posting.from_posting(case.posting_text, words) if case.posting_text else []
    if asked:
        yield _list(said["posting_asks"], [said["demand"].format(text=one) for one in asked], "posting")
    told = [note for note in talk.notes if note.kind in ("general", "question")]
    learned = [(note.id, one) for note in told for one in job_posting.sentences(note.text, words)][:MAX_LEARNED]
    if learned:
        lead = said["looks_for" if asked else "looks_for_first"]
        lines = [said["demand"].format(text=as_sentence(one)) for _, one in learned]
        yield _list(lead, lines, "looks_for", [id_ for id_, _ in learned])
    elif not asked:
        yield "looks_for"


def _strengths(talk: Conversation, words: Catalogue) -> Found:
    found = points(talk, words.is_sentence, MAX_STRENGTHS)
    positives = [note for note in talk.notes if note.kind == "positive"]
    yield from (f"wording:{note.id}" for note in positives if not (note.wording or words.is_sentence(note.text)))
    if found:
        yield _points("strength", found, words)
    else:
        yield "strength"


def _doubts(talk: Conversation, words: Catalogue) -> Found:
    """List the answers to concerns; a concern without an answer is missing."""
    open_ = [note for note in talk.notes if note.kind == "concern" and note.in_letter]
    yield from (f"answer:{note.id}" for note in open_ if not note.wording)
    answers = [(note.id, as_sentence(note.wording)) for note in open_ if note.wording]
    if answers:
        yield _points("concern", answers[:MAX_DOUBTS], words)


def _points(role: str, found: Sequence[tuple[str, str]], words: Catalogue) -> Paragraph:
    said = words.card("briefing")
    lines = [said["point"].format(text=text) for _, text in found]
    return _list(said[role if len(found) == 1 else f"{role}s"], lines, role, [id_ for id_, _ in found])


def _list(lead: str, lines: Sequence[str], role: str, ids: Sequence[str] = ()) -> Paragraph:
    return Paragraph("\n".join([lead, *lines]), role, tuple(dict.fromkeys(ids)))


def _motivation(talk: Conversation, words: Catalogue) -> Found:
    said = words.card("briefing")
    yield from (name for name in ("why_role", "why_company") if not getattr(talk, name))
    given = [said["point"].format(text=as_sentence(text)) for text in (talk.why_role, talk.why_company) if text]
    if given:
        yield _list(said["motivation"], given, "motivation")


def _posting(case: Case, words: Catalogue) -> Found:
    if case.posting_url:
        yield Paragraph(words.card("briefing")["posting_link"].format(url=case.posting_url), "posting_link")
    else:
        yield "posting_link"


def _reach(who: Referee, words: Catalogue) -> Found:
    """Say which number or address the employer gets, so that the reference can correct it before the call."""
    if who.is_hidden:
        return
    said = words.card("briefing")
    if not (who.phone or who.email):
        yield "reach"
        yield Paragraph(said["reach"], "reach")
        return
    known = {"phone": who.phone, "email": who.email if not who.phone else None, "best_times": who.best_times}
    lines = [words.card_line("briefing", name, **{name: value}) for name, value in known.items() if value]
    yield Paragraph(" ".join([*lines, said["still_right"]]), "reach")


def _thanked(who: Referee, case: Case, talk: Conversation, words: Catalogue) -> Found:
    said = words.card("thanks")
    is_open = case.stage not in ENDINGS
    how = "called" if who.was_called else "not_called_yet" if is_open else "not_called"
    company = words.with_article(talk.company)
    yield Paragraph(words.card_line("thanks", how, role=talk.role, company=company), "thanks")
    if is_open:
        yield "outcome"
    yield Paragraph(said[case.stage if case.stage in said else "open"], "outcome")


def message_sections(draft: Draft) -> list[Section]:
    """Return a message as sections without headings, to be printed."""
    return [("", tuple(paragraph.text.split("\n"))) for paragraph in draft.paragraphs]


def sheet_sections(people: Sequence[Referee], role: str, company: str, words: Catalogue) -> list[Section]:
    """Return the reference sheet for the employer: the position, then each person."""
    said = words.card("reference_sheet")
    head = ("", (said["for"].format(role=role, company=words.with_article(company)),))
    return [head, *(_person(one, words) for one in people)] if people else [head, ("", (said["nobody"],))]


def _person(one: Referee, words: Catalogue) -> Section:
    said = words.card("reference_sheet")
    post = said["title_at"].format(title=one.title, company=one.company) if one.title and one.company else None
    times = said["best_times"].format(best_times=one.best_times) if one.best_times else None
    lines = (post or one.title or one.company, one.relation, one.phone, one.email, times)
    return (one.name, tuple(line for line in lines if line))
