"""The texts and addresses of next actions, warnings and advice.

A step stores a key and the values of its placeholders; `worded` builds the hint on every read. A key is the code of the
hint, followed by `/` and a variant if the code has several texts. Doubled braces in an address become a placeholder for
an id that the caller chooses.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from api.rules.sentences import fill

APPLICATION = "/v1/applications/{application}"
INTERVIEW = "/v1/interviews/{interview}"
CONTACT = "/v1/contacts/{contact}"
LETTER = "/v1/letters/{letter}"
STEP = "/v1/steps/{step}"
REFERENCE = APPLICATION + "/references/{reference}"
COMPOSE = INTERVIEW + "/letters/compose"
HIDDEN_CALL = {"who": "your contact", "hours": "on the call card"}
NAMED = {"complete_contact": "contact", "alert_reference": "reference", "brief_reference": "reference"}
# What the id is of that follows the colon in a code of a hint, in the name of a part or in what a draft lacks.
SUBJECTS = {
    **NAMED,
    "interviewer": "contact",
    "letter_to": "contact",
    "reference": "reference",
    "recipient_title": "contact",
    "wording": "note",
    "answer": "note",
}
WORDS: Mapping[str, tuple[str, str, str]] = {
    "create_interview": (
        "Record an interview as soon as you know its date. Then the seven steps get theirs.",
        "POST",
        APPLICATION + "/interviews",
    ),
    "prepare_questions": (
        "Prepare to ask what comes next and when you may call. The prep card has the questions that are still open.",
        "GET",
        INTERVIEW + "/prep-card",
    ),
    "record_next_stage": (
        "Record what the next stage of hiring is.",
        "PATCH",
        INTERVIEW,
    ),
    "record_contact_time": (
        "Record from when you may call them.",
        "PATCH",
        INTERVIEW,
    ),
    "ask_hr": (
        (
            "Ask Human Resources what comes next and when you may call: compose a letter of the kind "
            "`ask_next_stage`, or call. Record the answer on the interview."
        ),
        "POST",
        COMPOSE,
    ),
    "ask_for_your_date": (
        "You know when they want to contact you, but not when you may call. Ask for that date.",
        "PATCH",
        INTERVIEW,
    ),
    "record_answer": (
        "Record the answer here as soon as you know it. That they would not say is an answer too.",
        "PATCH",
        INTERVIEW,
    ),
    "link_interviewer": (
        "Record the interviewers of this round.",
        "PUT",
        INTERVIEW + "/interviewers/{{contact_id}}",
    ),
    "link_interviewer/erased": (
        "This contact was erased and cannot be completed. Mark them as optional.",
        "PUT",
        INTERVIEW + "/interviewers/{contact}",
    ),
    "complete_contact/details": (
        "Add the full name, the job title and contact details of {who}.",
        "PATCH",
        CONTACT,
    ),
    "complete_contact/reach": (
        "Add a phone number or an e-mail address of {who}.",
        "PATCH",
        CONTACT,
    ),
    "complete_contact/address": (
        "The letter goes by e-mail. Add the e-mail address of {who}.",
        "PATCH",
        CONTACT,
    ),
    "choose_status_contact": (
        "Choose whom to ask about your application.",
        "PATCH",
        APPLICATION,
    ),
    "write_positive": (
        "Write down what went well, or mark that there was nothing.",
        "POST",
        APPLICATION + "/notes",
    ),
    "write_concern": (
        "Write down what needs a better answer, or mark that there was nothing.",
        "POST",
        APPLICATION + "/notes",
    ),
    "debrief_at_once": (
        ("Or record all in one request: whom you met, what went well, what needs a better answer and what comes next."),
        "POST",
        INTERVIEW + "/debrief",
    ),
    "evidence_before_interview/note": (
        "A note is dated before the start of this interview, so it does not count.",
        "PATCH",
        "/v1/notes/{note}",
    ),
    "evidence_before_interview/tick": (
        "A tick that there was nothing to note is dated before the start of this interview, so it does not count.",
        "PATCH",
        INTERVIEW,
    ),
    "evidence_before_interview/letter": (
        "A letter was sent before the start of this interview, so it does not count.",
        "PATCH",
        LETTER,
    ),
    "draft_letter": (
        "Compose the thank-you letter{to} from your notes. You can change the draft.",
        "POST",
        COMPOSE,
    ),
    "review_letter": (
        "Finish the draft of the letter.",
        "PATCH",
        LETTER,
    ),
    "mark_sent": (
        "Send the letter, and record when you sent it.",
        "POST",
        LETTER + "/send",
    ),
    "post_too_late": (
        "By post the letter would arrive after they decide or after you call. Send it by e-mail or deliver it by hand.",
        "PATCH",
        LETTER,
    ),
    "check_letter": (
        "Check the letter before you send it: names, blanks, length, and whether it answers the concerns.",
        "GET",
        LETTER + "/check",
    ),
    "other_channel_preferred": (
        "{who} prefers letters {way}.",
        "PATCH",
        LETTER,
    ),
    "link_reference": (
        "Record which references you have named.",
        "PUT",
        APPLICATION + "/references/{{reference_id}}",
    ),
    "alert_reference": (
        "Tell {who} that the employer may call. The briefing has what to say, and where to record that you did.",
        "GET",
        REFERENCE + "/briefing",
    ),
    "brief_reference": (
        "Give {who} the details of job and company. The briefing has them, and where to record that you did.",
        "GET",
        REFERENCE + "/briefing",
    ),
    "reference_rung_unprepared": (
        "The employer contacted {who} before you had prepared them.",
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
            "Ask {who} for the status of your application ({ways}; office hours {hours}). The call card has what to "
            "say, and where to record the result."
        ),
        "GET",
        APPLICATION + "/call-card",
    ),
    "call/hidden": (
        (
            "Ask {who} for the status of your application (office hours {hours}). The call card has what to say, and "
            "where to record the result."
        ),
        "GET",
        APPLICATION + "/call-card",
    ),
    "write_instead": (
        "Write to {who} instead of calling: compose a letter of the kind `follow_up`.",
        "POST",
        COMPOSE,
    ),
    "write_instead/chase": (
        (
            "Write to {who} instead of calling: compose a letter of the kind `chase` once the day that they named has "
            "passed, else `follow_up`."
        ),
        "POST",
        COMPOSE,
    ),
    "consider_moving_on": (
        "They have not answered your questions, so no further call follows. Give your time to other applications.",
        "POST",
        "/v1/search-activities",
    ),
    "consider_moving_on/late": (
        "This call is long overdue, so it will hardly help any more. Give your time to other applications.",
        "POST",
        "/v1/search-activities",
    ),
    "log_search": (
        "Do something for your search elsewhere, and record it.",
        "POST",
        "/v1/search-activities",
    ),
    "override_without_effect": (
        (
            "You {did} this step with an earlier date than the {later} at {at}, which counts, so nothing changed. Send "
            "a later `at`."
        ),
        "POST",
        STEP + "/{action}",
    ),
    "override_without_effect/evidence": (
        (
            "You {did} this step after it was done. The records that completed it count, so nothing changed. Correct "
            "the records in `evidence` if they are wrong."
        ),
        "GET",
        STEP,
    ),
    "add_application": (
        "This is your only live application. Apply elsewhere, and record it with the day on which you applied.",
        "POST",
        "/v1/applications",
    ),
}


def _code(key: str) -> str:
    """Return the code as it is answered; some codes end with a placeholder for the person's id."""
    code = key.partition("/")[0]
    return f"{code}:{{{NAMED[code]}}}" if code in NAMED else code


WORDINGS = {key: (_code(key), *words) for key, words in WORDS.items()}


def without_ways(cue: Sequence[Any]) -> Sequence[Any]:
    """Return a cue without the ways to reach a person. Rows of rules version 1 or 2 name them in a complete text."""
    if cue[0] != "call":
        return cue
    about = cue[1] if len(cue) == 2 else {}
    return ("call/hidden", {name: about.get(name, unknown) for name, unknown in HIDDEN_CALL.items()})


def worded(
    key: str, about: Mapping[str, str], application_id: str, data: Mapping[str, object], *, step_id: str = ""
) -> dict[str, Any]:
    """Build a hint. `about` fills the placeholders; an address without an interview in `about` uses that of `data`."""
    code, text, method, href = WORDINGS[key]
    if about:
        code, text = code.format_map(about), fill(text, about)
    blanks = {"application": application_id, "interview": data.get("interview_id"), "step": step_id, **about}
    return hint(code, text, method, href.format_map(blanks))


def hint(code: str, text: str, method: str | None, href: str | None) -> dict[str, Any]:
    """Return a next action, a warning or an advice as it is answered."""
    action, subject = divided(code)
    return {"code": code, "text": text, "method": method, "href": href, "action": action, "subject": subject}


def divided(code: str) -> tuple[str, dict[str, str] | None]:
    """Return the name in a code such as `complete_contact:<id>`, and the type and id of what it is about."""
    name, _, id_ = code.partition(":")
    return name, {"type": SUBJECTS[name], "id": id_} if id_ else None


def gaps(missing: Iterable[str]) -> list[dict[str, Any]]:
    """Return what is missing, each divided into a code and the object that it is about."""
    return [{"code": code, "subject": subject} for code, subject in map(divided, missing)]
