"""What a letter or a message lacks, and what a check of a letter finds, in the words of the tools."""

from collections.abc import Mapping

from api.agents.delimiters import mark
from api.agents.problems import Document

# What there was no material for.
MISSING: Mapping[str, str] = {
    "recipient": "the name of a recipient",
    "recipients": "the recipients",
    "recipient_title": "the job title of a recipient",
    "interviewers": "who was there",
    "specific": "something that only this talk had (remarks)",
    "strength": "what went well",
    "wording": "how a letter may say a note, in the user's words",
    "answer": "the user's answer to a doubt",
    "why_role": "why the user wants this role",
    "why_company": "why the user wants this company",
    "next_stage": "what comes next",
    "promised_date": "the date that they gave",
    "contact_from": "from when the user may call",
    "contact_by": "until when the user may call",
    "hear_by": "by when they answer",
    "check_date": "when they call the references",
    "callers": "who may call",
    "looks_for": "what the employer looks for (posting_text)",
    "posting_link": "the address of the posting",
    "reach": "how the reference is reached",
    "outcome": "how the application ended",
}
# What is not known of an interviewer.
PERSON: Mapping[str, str] = {
    "full_name": "the full name",
    "job_title": "the job title",
    "reach": "an e-mail address, a telephone number or a postal address",
}
# A finding of the check, and whether its detail is shown too: it may repeat what somebody wrote.
FINDINGS: Mapping[str, tuple[str, bool]] = {
    "recipient_erased": ("A recipient was erased: choose other recipients.", False),
    "recipient_of_another_application": ("A recipient belongs to another application: ask the user.", True),
    "recipient_without_name": ("A recipient has no name: ask the user and use save_contact.", False),
    "recipient_without_title": ("A recipient has no job title: ask the user and use save_contact.", True),
    "name_in_list_form": ("A name stands as in a list, surname first: ask the user how it is written.", True),
    "name_not_verified": ("A name was not compared with a card or a signature: ask the user.", True),
    "name_spelled_otherwise": ("A name is spelt in two ways: ask the user.", True),
    "address_set_by_agent": ("An address of a recipient was set by an assistant: ask the user to compare it.", True),
    "text_erased": ("The text was deleted with the data of a person: write it again.", False),
    "empty": ("The letter has no text yet.", False),
    "placeholder_left": ("A blank is not filled in.", True),
    "erased_name_left": ("The text names a person who was erased: write it without.", False),
    "cliche": ("A phrase of many letters: use the user's own words.", True),
    "other_company": ("Another company is named.", True),
    "too_long": ("It is longer than a page.", False),
    "channel_without_address": ("A recipient has no address for this channel: use save_contact.", True),
    "address_unusable": ("No mail reaches the address of a recipient: ask the user.", True),
    "address_rarely_accepted": ("Few mail servers take the address of a recipient: ask the user.", True),
    "other_channel_preferred": ("A recipient prefers another channel.", True),
    "post_too_late": ("By post it would arrive too late.", False),
    "no_strength": ("It mentions nothing that went well.", False),
    "open_concern": ("A doubt is not answered: ask the user for an answer, record it, and compose again.", False),
    "company_not_named": ("It does not name the company.", False),
    "interview_not_held": ("The interview did not take place.", False),
    "interview_ahead": ("The interview has not begun.", False),
    "interview_counts_as_held": ("Nobody recorded that the interview was held: ask the user.", False),
    "promise_ahead": ("The date that they gave lies ahead.", True),
    "older_date": ("A date in the text holds no more.", True),
    "date_passed": ("A date in the text has passed.", True),
}

UNKNOWN = ("Something is to be checked.", True)


def missing_of(gaps: list[Document]) -> list[str]:
    """Return what there was no material for, each once."""
    return list(dict.fromkeys(MISSING[gap["code"]] for gap in gaps if gap["code"] in MISSING))


def finding_line(finding: Document) -> str:
    """Return a finding as text."""
    sentence, has_detail = FINDINGS.get(finding["code"], UNKNOWN)
    detail = f" {mark(finding['detail'])}" if has_detail else ""
    return f"{finding['severity']}: {sentence}{detail}"


def finding_data(finding: Document) -> Document:
    """Return a finding as data."""
    sentence, has_detail = FINDINGS.get(finding["code"], UNKNOWN)
    detail = {"detail": finding["detail"]} if has_detail else {}
    return {"code": finding["code"], "severity": finding["severity"], "what": sentence, **detail}
