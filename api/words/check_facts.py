"""Whether a letter agrees with the facts: the interview took place, and the dates in the letter still hold."""

from collections.abc import Collection, Iterator
from typing import LiteralString

from api.words.catalogue import Catalogue
from api.words.checks import Finding, Written
from api.words.letters import MISSED_ROLE
from api.words.material import Conversation

THANKS = ("thank_you", "ask_name")
SPEAKS_OF_TALK = frozenset({"thanks", "strengths", "concerns"})
REPEATS = "Compose the letter again, or correct the date."


class UntrueLetterError(Exception):
    """A letter that would be untrue whatever its wording. `detail` says what to do."""

    def __init__(self, code: LiteralString, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def refuse_untrue(kind: str, talk: Conversation, parts: Collection[str] | None) -> None:
    """Raise UntrueLetterError for a letter about an interview that did not take place, or about one that did.

    `parts`: the parts of the composed letter that a template uses; None without a template.
    """
    if parts is not None and SPEAKS_OF_TALK.isdisjoint(parts):
        return
    if kind in THANKS and talk.was_missed:
        detail = "This interview did not take place: compose `missed_appointment`, `follow_up` or `withdrawal`."
        raise UntrueLetterError("interview_not_held", detail)
    if kind in ("thank_you", "missed_appointment") and talk.is_ahead:
        detail = "This interview has not begun: compose this letter after it, or another kind."
        raise UntrueLetterError("interview_ahead", detail)
    if kind == "missed_appointment" and talk.status == "held":
        detail = "This interview is recorded as held: if it did not take place, set its `status` to `no_show` first."
        raise UntrueLetterError("interview_held", detail)


def check_facts(letter: Written, talk: Conversation, words: Catalogue) -> list[Finding]:
    """Return findings about the interview, and about days in the text that have changed or passed."""
    return [*_interview(letter, talk), *_promise(letter, talk, words), *_days(letter, talk, words)]


def _interview(letter: Written, talk: Conversation) -> Iterator[Finding]:
    says_missed = any(paragraph.role == MISSED_ROLE for paragraph in letter.paragraphs)
    if talk.was_missed and not says_missed:
        detail = "The interview of this letter did not take place."
        fix = "Check that the letter does not speak of a conversation, or compose it again."
        yield Finding("interview_not_held", "warning", "interview_id", detail, fix)
    elif talk.is_ahead:
        detail = "The interview of this letter has not begun."
        fix = "Check that the letter does not speak of it as past, or send it afterwards."
        yield Finding("interview_ahead", "warning", "interview_id", detail, fix)
    elif says_missed and not talk.was_missed:
        detail = "The letter says that the interview did not take place, but it counts as held."
        fix = "Set the `status` of the interview to `no_show` or `cancelled`, or change the letter."
        yield Finding("interview_counts_as_held", "warning", "interview_id", detail, fix)


def _promise(letter: Written, talk: Conversation, words: Catalogue) -> Iterator[Finding]:
    """Find a letter that asks for the status before the date that they named."""
    ahead = talk.hear_by and not talk.is_past(talk.hear_by)
    if letter.kind == "follow_up" and talk.hear_by and ahead:
        day = words.until(talk.hear_by, talk.zone_at(talk.hear_by.date, talk.hear_by.time))
        detail = f"They said that you would hear from them by {day}, which has not passed."
        yield Finding("promise_ahead", "warning", "body", detail, "Send it after that, or say why you ask now.")


def _days(letter: Written, talk: Conversation, words: Catalogue) -> Iterator[Finding]:
    """Find a day that was moved or replaced, and a promise in a thank-you letter whose day has passed."""
    promised = [moment for moment in (talk.contact_from, talk.contact_by, talk.hear_by) if moment]
    current = {talk.start.date()}.union(*(moment.days for moment in promised))
    if any(words.day(day) in letter.body for day in talk.older_dates if day not in current):
        detail = "The letter names a day that was recorded before and has been changed since."
        yield Finding("older_date", "warning", "body", detail, REPEATS)
    gone = {moment.last_date for moment in promised if talk.is_past(moment)} - {talk.start.date()}
    if letter.kind == "thank_you" and any(words.day(day) in letter.body for day in gone):
        detail = "The letter names a day for the next contact that has passed."
        yield Finding("date_passed", "warning", "body", detail, REPEATS)
