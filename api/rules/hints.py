"""What there is to do or to know, in words: rules say which hint and about whom, the words are put in when it is read.

A key is the hint's code, with a variant of its words behind a stroke where there are several. In an address, what
stands in doubled braces is for the caller to choose.
"""

from collections.abc import Mapping

APPLICATION = "/v1/applications/{application}"
INTERVIEW = "/v1/interviews/{interview}"
CONTACT = "/v1/contacts/{contact}"
LETTER = "/v1/letters/{letter}"
REFERENCE = APPLICATION + "/references/{reference}"
COMPOSE = INTERVIEW + "/letters/compose"
NAMED = {"complete_contact": "contact", "alert_reference": "reference", "brief_reference": "reference"}
WORDS: Mapping[str, tuple[str, str, str]] = {
    "prepare_questions": (
        ("Prepare to ask what comes next and when you may ring: the card has the questions that are still open."),
        "GET",
        INTERVIEW + "/prep-card",
    ),
    "record_next_stage": (
        "Write down which step of the hiring comes next.",
        "PATCH",
        INTERVIEW,
    ),
    "record_contact_time": (
        "Write down from when you may ring them.",
        "PATCH",
        INTERVIEW,
    ),
    "ask_hr": (
        (
            "Ask Human Resources what comes next and when you may ring: compose a letter of the kind "
            "`ask_next_stage`, or ring. Write the answer down on the interview."
        ),
        "POST",
        COMPOSE,
    ),
    "ask_for_your_date": (
        "You have their date, not yours: ask when you may ring.",
        "PATCH",
        INTERVIEW,
    ),
    "record_answer": (
        "Once you know it, write it down here; that they would not say is an answer too.",
        "PATCH",
        INTERVIEW,
    ),
    "link_interviewer": (
        "Say who was in the room.",
        "PUT",
        INTERVIEW + "/interviewers/{{contact_id}}",
    ),
    "link_interviewer/erased": (
        "This contact was erased: mark them as optional here.",
        "PUT",
        INTERVIEW + "/interviewers/{contact}",
    ),
    "complete_contact/details": (
        "Fill in full name, title and a way to reach {who}.",
        "PATCH",
        CONTACT,
    ),
    "complete_contact/reach": (
        "Fill in a phone number or an e-mail address of {who}.",
        "PATCH",
        CONTACT,
    ),
    "complete_contact/address": (
        "The letter goes by e-mail: fill in the address of {who}.",
        "PATCH",
        CONTACT,
    ),
    "choose_status_contact": (
        "Choose whom to ask about your application.",
        "PATCH",
        APPLICATION,
    ),
    "write_positive": (
        "Write down what went well, or tick that there was nothing.",
        "POST",
        APPLICATION + "/notes",
    ),
    "write_concern": (
        "Write down what is still open, or tick that there was nothing.",
        "POST",
        APPLICATION + "/notes",
    ),
    "debrief_at_once": (
        ("Or all at once: whom you met, what went well, what is still open and what comes next, in one request."),
        "POST",
        INTERVIEW + "/debrief",
    ),
    "evidence_before_interview/note": (
        "A note is dated before this interview began and does not count for it.",
        "PATCH",
        "/v1/notes/{note}",
    ),
    "evidence_before_interview/letter": (
        "A letter was sent before this interview began and does not count for it.",
        "PATCH",
        LETTER,
    ),
    "draft_letter": (
        "Write the thank-you letter{to}: it is composed from your notes, and yours to change.",
        "POST",
        COMPOSE,
    ),
    "review_letter": (
        "Finish the draft of the letter.",
        "PATCH",
        LETTER,
    ),
    "mark_sent": (
        "Send the letter and say when.",
        "POST",
        LETTER + "/send",
    ),
    "post_too_late": (
        "By post it would arrive after they decide, or after you ring: send it by e-mail, or hand it in.",
        "PATCH",
        LETTER,
    ),
    "check_letter": (
        "Before it goes out: check names, blanks, length, and whether it answers what was left open.",
        "GET",
        LETTER + "/check",
    ),
    "other_channel_preferred": (
        "{who} prefers letters {way}.",
        "PATCH",
        LETTER,
    ),
    "link_reference": (
        "Say which references you have named.",
        "PUT",
        APPLICATION + "/references/{{reference_id}}",
    ),
    "alert_reference": (
        "Tell {who} that they may be rung: the briefing has what to say, and where to note that you did.",
        "GET",
        REFERENCE + "/briefing",
    ),
    "brief_reference": (
        "Give {who} the details of job and company: the briefing has them, and where to note that you did.",
        "GET",
        REFERENCE + "/briefing",
    ),
    "reference_rung_unprepared": (
        "{who} was rung before being prepared.",
        "PATCH",
        REFERENCE,
    ),
    "choose_contact": (
        "Choose whom to ask about your application.",
        "PATCH",
        APPLICATION,
    ),
    "call": (
        (
            "Ask {who} where things stand ({ways}; office hours {hours}). The card has what to say, and where to "
            "note what came of it."
        ),
        "GET",
        APPLICATION + "/call-card",
    ),
    "write_instead": (
        "Write to {who} instead of ringing: compose it with the kind `follow_up`.",
        "POST",
        COMPOSE,
    ),
    "write_instead/chase": (
        (
            "Write to {who} instead of ringing: compose it with the kind `chase` once the day that they named "
            "has passed, else `follow_up`."
        ),
        "POST",
        COMPOSE,
    ),
    "consider_moving_on": (
        "They have not answered repeatedly. No further call is asked for: put your energy elsewhere.",
        "POST",
        "/v1/search-activities",
    ),
    "log_search": (
        "Do something for your search elsewhere and note it.",
        "POST",
        "/v1/search-activities",
    ),
    "add_application": (
        "This is your only live application: apply elsewhere and record it with the day you applied.",
        "POST",
        "/v1/applications",
    ),
}


def _code(key: str) -> str:
    """Return the code as it is answered: of some, with the id of whom it is about."""
    code = key.partition("/")[0]
    return f"{code}:{{{NAMED[code]}}}" if code in NAMED else code


WORDINGS = {key: (_code(key), *words) for key, words in WORDS.items()}


def worded(key: str, about: Mapping[str, str], application_id: str, data: Mapping[str, object]) -> dict[str, str]:
    """Put a hint into words; the interview is the step's own, of which `data` tells, where the hint names none."""
    code, text, method, href = WORDINGS[key]
    if about:
        code, text = code.format_map(about), text.format_map(about)
    blanks = {"application": application_id, "interview": data.get("interview_id"), **about}
    return hint(code, text, method, href.format_map(blanks))


def hint(code: str, text: str, method: str, href: str) -> dict[str, str]:
    """Return something to do or to know as it is answered: next actions, warnings and advice alike."""
    return {"code": code, "text": text, "method": method, "href": href}
