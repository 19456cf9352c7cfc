"""Sentences for what went wrong. They say what to do next, in the words of the tools.

The sentences of the API name its addresses, which a model cannot use: they are not passed on.
"""

import re
from collections.abc import Mapping
from typing import Any

from api.agents.delimiters import clean

Document = dict[str, Any]
NOUN = re.compile(r"\{(\w+)_id\}")
MOST = re.compile(r"at most ([\d,]{1,9}) characters")
ARGUMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
ASK = "Read it again and ask the user."
# What the API calls otherwise than the tools. A name that is not here is the same.
ARGUMENTS = {
    "starts_at": "start",
    "start_local": "start",
    "ends_at": "end",
    "end_local": "end",
    "is_status_contact": "ask_about_application",
    "status_contact_id": "contact_id",
    "permission_at": "agreed_at",
    "alerted_at": "told_at",
    "briefed_at": "told_at",
    "alert_channel": "channel",
    "contacted_at": "called_at",
    "q": "words",
    "types": "kind",
    "wording": "wording",
}
NOUNS = {"contact": "person", "write": "write of this token"}


class Refusal(Exception):  # noqa: N818  # it says what to do, and is not a fault
    """A call that cannot be carried out. Its text says what to do; what people wrote in it is delimited."""


class Problem(Exception):  # noqa: N818  # the name of the document that it carries
    """An error of the API. `template`: the address that was asked, without ids."""

    def __init__(self, status: int, document: Document, template: str = "") -> None:
        super().__init__(f"{status} {document.get('code')}")
        self.status, self.document, self.template = status, document, template

    @property
    def code(self) -> str:
        """The code of the problem."""
        return str(self.document.get("code", "internal"))

    def field_codes(self) -> list[str]:
        """Return the codes of the fields that are invalid."""
        return [str(error.get("code")) for error in self.document.get("errors") or []]


# Placeholders: {noun}, {wait}, {fields}, {scopes}, {preset}, {quota}, {request}, {number}.
SENTENCES: Mapping[str, str] = {
    "bad_cursor": "That cursor is of another list or another day. Start without cursor.",
    "bad_request": "{fields}",
    "unauthorized": "The token is not valid any more. The user can make a new one in the app.",
    "forbidden": "This token may not do that ({scopes}). The user can make one with the preset `{preset}`.",
    "not_for_agents": "A token for assistants may not do that: the user can, in the app.",
    "csrf": "The token is not valid here. The user can make one for assistants in the app.",
    "cookie_cross_site": "The token is not valid here. The user can make one for assistants in the app.",
    "origin_not_allowed": "This server does not take requests from that page: the user can connect without a browser.",
    "account_disabled": "The operator has disabled this account. Only the operator can enable it: tell the user.",
    "sign_up_closed": "Only the operator opens accounts: tell the user.",
    "webhooks_off": "This server sends no webhooks: tell the user.",
    "not_found": "There is no such {noun} in this account: `find` or `application` has the ids.",
    "method_not_allowed": "The server does not know this request; it is older than these tools. Tell the user.",
    "not_acceptable": "The server does not know this format; it is older than these tools. Tell the user.",
    "request_timeout": "The request took too long to arrive. The same call may be sent again.",
    "conflict": f"That contradicts what is recorded. {ASK}",
    "id_taken": "It is recorded already: `find` has it.",
    "email_taken": "That e-mail address is taken: ask the user.",
    "quota_exceeded": "The account is full ({quota}). The user can delete something in the app.",
    "mail_not_configured": "This server sends no mails: tell the user.",
    "no_public_url": "This server sends no mails: tell the user.",
    "email_not_confirmed": "The user has to confirm their e-mail address in the app first.",
    "refused_by_mail_server": "The user has to confirm their e-mail address in the app again.",
    "webhook_disabled": "That webhook is switched off: the user can change that in the app.",
    "letter_sent": "It is recorded as sent: its text stays as it was. To correct date or channel use mark_letter_sent "
    "with replace.",
    "last_stage": "An application keeps at least one stage: record another one with save_application.",
    "contact_erased": "That person was erased and stays empty. Record a new one with save_contact, if the user wants.",
    "step_closed": "It is done: reopen it first with act_on_step, if the user says so.",
    "import_not_ready": "That import has open questions: the user answers them in the app.",
    "import_running": "An import is running. Wait, then send the same call again.",
    "not_undoable": "That cannot be taken back any more: the user can change it by hand in the app.",
    "changed_since": "It was changed since: take it back by hand in the app.",
    "confirmation_required": "That needs the user's yes, in the app.",
    "not_a_session": "Only the user can do that, in the app.",
    "response_erased": "It was recorded before, and somebody in it was erased since. Nothing was written now.",
    "precondition_failed": f"It was changed meanwhile. {ASK}",
    "payload_too_large": "That is too long. Send less text.",
    "unsupported_media_type": "The server does not know this request; it is older than these tools. Tell the user.",
    "invalid": "{fields}",
    "idempotency_key_reused": "The same was recorded some minutes ago, with other details. Read it, then change that.",
    "record_the_fact": "Step {number} is recorded as what it was: {instead}.",
    "too_many_requests": "{wait}",
    "headers_too_large": "The token is not valid. The user can make a new one in the app.",
    "not_http": "The server could not read the request. The same call may be sent again.",
    "internal": "The service failed (request {request}). Nothing is known to be written; the same call may be sent "
    "again.",
    "unavailable": "Busy. {wait} The same call may be sent again; nothing is written twice.",
    "storage_full": "The server has no space left to write; reading works. Tell the user.",
}
FIELDS: Mapping[str, str] = {
    "before_contact_from": "{name} lies before contact_from: ask the user.",
    "blank": "{name} is empty. Leave it out, or ask the user.",
    "date_out_of_range": "{name} wants a year from 1970 to 2199.",
    "either_or": "{name} does not go together with the others: send one of them.",
    "end_before_start": "{name} lies before the start: ask the user.",
    "future_evidence": "{name} lies in the future (now: {now}). Record it once it has happened.",
    "in_the_past": "{name} lies in the past (now: {now}).",
    "instant_out_of_range": "{name} wants a year from 1970 to 2199.",
    "interview_ahead": "That interview has not begun: wait until it has taken place.",
    "interview_held": "That interview took place: choose another kind of letter.",
    "interview_not_held": "That interview did not take place: choose another kind of letter.",
    "known_and_unknown": "{name}: send either what they said or that they would not say.",
    "letter_sent": "It is recorded as sent: to correct date or channel use mark_letter_sent with replace.",
    "longer_than_a_day": "{name}: an interview ends within a day after its start. Ask the user.",
    "missing": "{name} is missing.",
    "nobody": "A person needs at least a name or a job title.",
    "not_found": "{name}: there is no such {noun} in this account: `find` or `application` has the ids.",
    "not_a_link": "{name} wants a web address or a room.",
    "not_an_address": "{name} wants one e-mail address such as name@example.com.",
    "not_an_id": "{name} wants an id as `find` gives it.",
    "not_one_line": "{name} wants one line.",
    "not_within_30_days": "{name} wants a time within the next 30 days (now: {now}).",
    "nothing_to_date": "{name}: there is nothing that it could date. Send the fact too.",
    "nothing_to_find": "{name} has no word to look for.",
    "of_another_application": "{name} belongs to another application: `application` has the right ids.",
    "outcome_of_other_direction": "outcome: out takes no_answer, left_message, emailed, spoke or decision; in takes "
    "status or decision.",
    "placeholder_left": "A blank was not filled in: write the whole letter with draft_letter and body.",
    "recipient_address_unusable": "No mail reaches the address of a recipient: ask the user and use save_contact, or "
    "send by post or hand.",
    "recipient_without_address": "A recipient has no e-mail address here: ask the user and use save_contact, or send "
    "by post or hand.",
    "step_closed": "It is done: reopen it first with act_on_step, if the user says so.",
    "string_pattern_mismatch": "{name} does not have the form that is wanted: ask the user.",
    "string_too_long": "{name} is too long{limit}.",
    "string_too_short": "{name} is empty. Leave it out, or ask the user.",
    "too_long": "{name} has too many entries.",
    "too_many_applications": "That is too many applications at once.",
    "too_many_words": "{name}: at most ten words.",
    "unknown_zone": "{name} wants an IANA name such as America/New_York.",
    "unusable_address": "{name}: no mail can be sent to this address. Ask the user.",
    "unusable_link": "{name} wants a web address or a room.",
    "unusable_url": "{name} wants a web address that begins with https:// or http://.",
}
ANY_FIELD = "{name} is not accepted as it is: ask the user."


def sentence(problem: Problem, *, now: str = "") -> str:
    """Return what a model reads about an error of the API. `now`: the time in the user's zone, in words."""
    document = problem.document
    text = SENTENCES.get(problem.code, SENTENCES["internal"])
    scopes = [str(scope) for scope in document.get("missing_scopes") or []]
    values = {
        "noun": noun_of(problem.template),
        "wait": _wait(document.get("retry_after")),
        "scopes": ", ".join(scopes) or "other rights",
        "preset": preset_for(scopes),
        "quota": _word(document.get("quota")) or "its quota",
        "request": _word(document.get("request_id")) or "unknown",
        "number": "7" if "search" in str(document.get("href")) else "6",
        "instead": "log_search" if "search" in str(document.get("href")) else "log_contact_made",
        "fields": _fields(document, now) if "{fields}" in text else "",
    }
    return " ".join(text.format_map(values).split())


def preset_for(scopes: list[str]) -> str:
    """Return the smallest preset of tokens for assistants that has these scopes."""
    if any(scope.startswith("steps:write") for scope in scopes):
        return "agent"
    return "agent_recorder" if any(scope.endswith(":write") for scope in scopes) else "agent_reader"


def noun_of(template: str) -> str:
    """Return what an address is about: `interview` of `/v1/interviews/{interview_id}`."""
    found = NOUN.findall(template)
    return NOUNS.get(found[-1], found[-1]) if found else "thing"


def argument_of(pointer: str) -> str:
    """Return the name of an argument for a place in the input of the API: `people.0.email` of `/people/0/email`."""
    parts = [part for part in pointer.split("/") if part]
    known = [ARGUMENTS.get(part, part) for part in parts]
    return ".".join(part for part in known if part.isdecimal() or ARGUMENT.fullmatch(part)) or "arguments"


def _fields(document: Document, now: str) -> str:
    said: dict[str, None] = {}
    for error in document.get("errors") or []:
        name = argument_of(str(error.get("pointer") or error.get("parameter") or ""))
        code = str(error.get("code"))
        code = "unusable_url" if (name, code) == ("posting_url", "string_pattern_mismatch") else code
        most = MOST.search(str(error.get("detail")))
        limit = f": at most {most[1]} characters" if most else ""
        values = {"name": name, "now": now, "noun": _noun_of_argument(name), "limit": limit}
        said[FIELDS.get(code, ANY_FIELD).format_map(values)] = None
    return " ".join(said) or "The arguments do not go together: ask the user."


def _noun_of_argument(name: str) -> str:
    word = name.rpartition(".")[2]
    singular = word.removesuffix("_id") if word.endswith("_id") else "thing"
    return NOUNS.get(singular, singular)


def _wait(seconds: object) -> str:
    text = str(seconds)
    if not text.isdecimal():
        return "Wait some seconds."
    return f"Wait {int(text)} second{'s' if int(text) != 1 else ''}."


def _word(value: object) -> str:
    """Return a short word of ours; anything else is left out."""
    text = clean(str(value or ""))
    return text if re.fullmatch(r"[\w.:-]{1,64}", text, re.ASCII) else ""
