"""Checks before a letter is sent: findings, each with a fix. Only an error blocks sending by e-mail [17, 22]."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from api.rules.sentences import fill
from api.words.catalogue import Catalogue
from api.words.letter_mail import usable_address
from api.words.material import Conversation, Paragraph, Person
from api.words.names import is_list_form, misspelled, same_form

MAX_WORDS, ID_LENGTH = 350, 36
PLACEHOLDER = re.compile(
    r"\[(?!sic\])[A-Za-z][A-Za-z '’/-]{1,40}\]|\{\{?[^}\n]{1,60}\}?\}|<[A-Za-z][A-Za-z ]{1,40}>"
    r"|\bX{3,}\b|\bTODO\b|\bTBD\b"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of the checks. `where`: `paragraph:<number>`, the id of a contact or note, or a field."""

    code: str
    severity: str
    where: str
    detail: str
    fix: str

    @property
    def subject(self) -> dict[str, str] | None:
        """The contact or note that it is about."""
        if len(self.where) != ID_LENGTH:  # a field or a paragraph
            return None
        return {"type": "note" if self.code == "open_concern" else "contact", "id": self.where}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A letter as it would be sent.

    `others`: the companies of the user's other applications. `elsewhere`: the ids of recipients who are recorded only
    with another application or another company. `is_text_erased`: the text was deleted with a person whom it named.
    """

    kind: str
    company: str
    channel: str | None
    body: str
    paragraphs: Sequence[Paragraph]
    recipients: Sequence[Person]
    others: Sequence[str]
    today: date
    elsewhere: Collection[str] = ()
    is_text_erased: bool = False


def check_letter(letter: Written, talk: Conversation | None, words: Catalogue) -> list[Finding]:
    """Return all findings: recipients, salutation, text, channel, then what a thank-you letter needs [19, 20]."""
    found = [*_recipients(letter), *_spelling(letter), *_text(letter, words), *_channel(letter, talk)]
    return [*found, *(_thank_you(letter, talk) if talk is not None and letter.kind == "thank_you" else ())]


def _recipients(letter: Written) -> Iterator[Finding]:
    for person in letter.recipients:
        if person.is_erased:
            detail = "The personal data of a recipient was erased."
            yield Finding("recipient_erased", "warning", person.id, detail, "Choose other `recipients` for the letter.")
            continue
        if person.id in letter.elsewhere:
            detail = "This recipient is recorded only with another application or another company."
            fix = "Choose other `recipients`, or link the contact to this application."
            yield Finding("recipient_of_another_application", "warning", person.id, detail, fix)
        if not person.name:
            fix = "Record the full name of the contact."
            yield Finding("recipient_without_name", "warning", person.id, "A recipient has no name.", fix)
        elif not person.title:
            detail = "A recipient has no job title."
            fix = "Record the job title of the contact."
            yield Finding("recipient_without_title", "advice", person.id, detail, fix)
        if person.name and is_list_form(person.name):
            detail = "The name has the form of a list, with a comma, and the letter would print it so."
            fix = "Record the full name of the contact as they sign it."
            yield Finding("name_in_list_form", "warning", person.id, detail, fix)
        if person.name and not person.name_verified:
            detail = "The spelling of the name has not been checked against a card or a signature."
            fix = "Compare it with a card or a signature, and record that you did (`name_verified`)."
            yield Finding("name_not_verified", "advice", person.id, detail, fix)
        if person.address_by_agent:
            detail = "An assistant recorded how this recipient is reached, and you have not confirmed it."
            fix = (
                "Compare it with a card or a signature, and record that you did (`name_verified`), not by an assistant."
            )
            yield Finding("address_set_by_agent", "warning", person.id, detail, fix)


def _spelling(letter: Written) -> Iterator[Finding]:
    """Compare the names in the salutation with the contacts: a name that is nearly the same is a spelling error."""
    for at in misspelled(letter.body, [person.name or "" for person in letter.recipients]):
        person = letter.recipients[at]
        detail = "The salutation and the contact spell a name differently."
        fix = fill("Write {name}.", {"name": person.printed or ""})
        yield Finding("name_spelled_otherwise", "warning", person.id, detail, fix)


def _text(letter: Written, words: Catalogue) -> Iterator[Finding]:
    if letter.is_text_erased:
        detail = "The text named a person whose personal data was erased, so it was deleted."
        yield Finding("text_erased", "warning", "body", detail, "Compose the letter again, or write the text.")
    elif not letter.body.strip():
        yield Finding("empty", "warning", "body", "The letter has no text yet.", "Compose or write the text.")
    for number, paragraph in enumerate(letter.paragraphs):
        where = f"paragraph:{number}"
        if PLACEHOLDER.search(paragraph.text):
            detail = "A placeholder is not filled in."
            yield Finding("placeholder_left", "error", where, detail, "Fill it in or delete it.")
        if paragraph.names_erased:
            detail = "This paragraph names a person whose personal data was erased."
            yield Finding("erased_name_left", "warning", where, detail, "Delete the name, or delete the letter.")
        if any(phrase in paragraph.text.casefold() for phrase in words.cliches):
            detail = "This phrase is used in many letters."
            yield Finding("cliche", "advice", where, detail, "Replace it with something that only you can say.")
    body, own = same_form(letter.body), same_form(letter.company)
    for company in map(same_form, letter.others):
        is_named = company in body and company not in own
        if is_named and re.search(rf"(?<!\w){re.escape(company)}(?!\w)", body):
            detail = "The text names the company of another application."
            yield Finding(
                "other_company", "warning", "body", detail, "Check that the letter goes to the right company."
            )
    if len(letter.body.split()) > MAX_WORDS:
        detail = f"The letter has more than {MAX_WORDS} words, which is more than one page."
        yield Finding("too_long", "warning", "body", detail, "Shorten it to one page.")


def _channel(letter: Written, talk: Conversation | None) -> Iterator[Finding]:
    for person in letter.recipients:
        if letter.channel == "email" and not person.email:
            fix = "Record the e-mail address of the contact, or choose another channel."
            yield Finding("channel_without_address", "error", person.id, "This recipient has no e-mail address.", fix)
        elif letter.channel == "email" and person.email and not usable_address(person.email):
            fix = "Correct the e-mail address of the contact."
            yield Finding("address_unusable", "error", person.id, "No mail can be sent to this e-mail address.", fix)
        elif letter.channel == "email" and person.email and not person.email.rpartition("@")[0].isascii():
            detail = "Many mail servers refuse an address with other characters than ASCII before the @."
            fix = "Ask whether they have another address, or watch for an error message after sending."
            yield Finding("address_rarely_accepted", "warning", person.id, detail, fix)
        if letter.channel == "post" and not person.postal_address:
            fix = "Record the postal address of the contact, or choose another channel."
            yield Finding("channel_without_address", "warning", person.id, "This recipient has no postal address.", fix)
        if letter.channel and person.preferred_channel not in (None, "phone", letter.channel):
            detail = f"This recipient prefers the channel `{person.preferred_channel}`."
            yield Finding("other_channel_preferred", "advice", person.id, detail, "Choose the preferred channel.")
    if letter.channel == "post" and talk is not None and not talk.post_is_in_time(letter.today):
        detail = "By post, the letter would arrive after they decide, or after you call."
        yield Finding("post_too_late", "warning", "channel", detail, "Send it by e-mail, or deliver it by hand.")


def _thank_you(letter: Written, talk: Conversation) -> Iterator[Finding]:
    """Check for a strength, an answer to every concern marked for the letter, and the company's name [19–21]."""
    used = {id_ for paragraph in letter.paragraphs for id_ in paragraph.source_note_ids}
    positives = [note for note in talk.notes if note.kind == "positive"]
    if not any(note.id in used or note.text in letter.body for note in positives):
        detail = "The letter mentions nothing that went well."
        yield Finding("no_strength", "advice", "body", detail, "Record a positive note, and compose the letter again.")
    for note in talk.notes:
        if note.kind == "concern" and note.in_letter and note.id not in used:
            detail = "The letter does not answer this concern."
            fix = "Record your answer (the `wording` of the note) and compose the letter again, or let it be left out."
            yield Finding("open_concern", "warning", note.id, detail, fix)
    if same_form(talk.company) not in same_form(letter.body):
        detail = "The letter does not name the company."
        yield Finding("company_not_named", "advice", "body", detail, "Say why you want to work for this company.")
