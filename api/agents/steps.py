"""Steps in the words of the tools: what they are called, what is missing, and what to do with which tool."""

import re
from collections.abc import Mapping

from api.agents.client import UUID
from api.agents.delimiters import clean
from api.agents.problems import Document
from api.agents.render import Structure, present

NAMES: Mapping[str, str] = {
    "next_stage": "What happens next",
    "contact_details": "Contact details",
    "notes": "Notes",
    "thank_you": "Thank-you letter",
    "references": "References",
    "status_call": "The call",
    "keep_looking": "Keep looking",
}
STATES: Mapping[str, str] = {
    "not_started": "not started",
    "upcoming": "upcoming",
    "open": "open",
    "overdue": "OVERDUE",
    "done": "done",
    "done_late": "done late",
    "skipped": "skipped",
    "not_applicable": "not applicable",
    "missed": "missed",
}
GAPS: Mapping[str, str] = {
    "next_stage": "what the next stage is",
    "contact_time": "when the user may call",
    "interviewer": "who was there, with title and a way to reach them",
    "status_contact": "whom to ask how it stands",
    "positives": "what went well",
    "concerns": "what is open",
    "letter": "the thank-you letter",
    "letter_to": "a letter to each interviewer",
    "reference": "what the references were told",
    "status_contact_made": "the call itself",
}
# What to do for each hint of the API, the tool that records it, and the argument that names the object.
DO: Mapping[str, tuple[str, str | None, str | None]] = {
    "create_interview": ("Record the interview as soon as its date is known.", "record_interview", "application_id"),
    "prepare_questions": ("Look at the questions to ask, view=prep_card.", "application", "application_id"),
    "record_next_stage": ("Ask the user what comes next, and record it.", "record_debrief", "interview_id"),
    "record_contact_time": ("Ask the user when they may call, and record it.", "record_debrief", "interview_id"),
    "ask_hr": ("The user asks Human Resources; kind=ask_next_stage drafts it.", "draft_letter", "interview_id"),
    "ask_for_your_date": ("The user asks when they may call; record it.", "record_debrief", "interview_id"),
    "record_answer": ("Record what the employer answered.", "record_debrief", "interview_id"),
    "link_interviewer": ("Ask the user who was there, and record them.", "record_debrief", "interview_id"),
    "complete_contact": ("Ask the user for what is missing about a person.", "save_contact", "contact_id"),
    "choose_status_contact": ("Ask the user whom to ask about it.", "save_contact", "application_id"),
    "write_positive": ("Ask the user what went well.", "record_debrief", "interview_id"),
    "write_concern": ("Ask the user what is open.", "record_debrief", "interview_id"),
    "debrief_at_once": ("Ask the user about the talk, and record all in one go.", "record_debrief", "interview_id"),
    "evidence_before_interview": (
        "Something is dated before the interview and does not count: ask the user for the right date.",
        "application",
        "application_id",
    ),
    "draft_letter": ("Compose the letter and show it to the user.", "draft_letter", "interview_id"),
    "review_letter": ("Finish the draft with the user.", "draft_letter", "letter_id"),
    "mark_sent": ("The user sends the letter; then record when.", "mark_letter_sent", "letter_id"),
    "post_too_late": ("By post it would arrive too late: by e-mail or by hand.", "draft_letter", "letter_id"),
    "check_letter": ("Check the letter before the user sends it.", "draft_letter", "letter_id"),
    "other_channel_preferred": ("A recipient prefers another channel: tell the user.", None, None),
    "link_reference": ("Ask the user which references were named.", "brief_reference", "application_id"),
    "alert_reference": ("The user tells a reference; then record it.", "brief_reference", "application_id"),
    "brief_reference": ("The user briefs a reference; then record it.", "brief_reference", "application_id"),
    "reference_rung_unprepared": ("A reference was called before they were told: tell the user.", None, None),
    "choose_contact": ("Ask the user whom to ask about it.", "save_contact", "application_id"),
    "call": ("The user calls; view=call_card has what to say.", "log_contact_made", "application_id"),
    "write_instead": ("The user writes instead of calling; kind=follow_up.", "draft_letter", "interview_id"),
    "consider_moving_on": ("They do not answer: give time to other applications.", "log_search", None),
    "log_search": ("The user does something elsewhere; then record it.", "log_search", None),
    "override_without_effect": ("An action by hand changed nothing: records count.", "explain_step", "step_id"),
    "add_application": ("This is the only one: apply elsewhere, and record it.", "save_application", None),
    "no_other_application": ("This is the only application: apply elsewhere.", "save_application", None),
    "accepted_elsewhere": ("Another offer was accepted: ask the user to withdraw here.", None, None),
    "competing_offer": ("Another offer waits: the user tells this employer.", "log_contact_made", "application_id"),
    "chain_of_calls_ended": ("No further call comes until the next round or contact.", None, None),
    "application_closed": ("The application is closed.", None, None),
    "stage_not_offered": ("The stage does not say so: stage=offered.", "save_application", "application_id"),
    "stage_not_decided": ("A decision is recorded, the stage is not.", "save_application", "application_id"),
    "end_moved_too": ("The end moved with the start.", "record_interview", "interview_id"),
    "consent_lapsed": ("The permission of a reference has lapsed: ask the user.", None, None),
    "named_without_consent": ("A reference was named without permission: ask the user.", None, None),
    "asked_often": ("A reference is named often: tell the user.", None, None),
    "thank_reference": ("The user thanks the reference.", None, None),
    "text_erased": ("The text was erased with a person.", None, None),
    "erased_name_left": ("The name of an erased person is left in a text: tell the user.", None, None),
    "interview_not_held": ("The interview did not take place.", None, None),
    "interview_ahead": ("The interview lies ahead.", None, None),
}
OF_HREF = {"letter_id": "letters", "interview_id": "interviews", "application_id": "applications"}


def name_of(step: Document) -> str:
    """Return the number and the name of a step: `step 4 Thank-you letter`."""
    return f"step {step['number']} {NAMES.get(str(step['step']), str(step['step']))}"


def missing_of(step: Document) -> list[str]:
    """Return what a step lacks, in our words, each once."""
    gaps = (step.get("progress") or {}).get("gaps") or []
    return list(dict.fromkeys(GAPS[gap["code"]] for gap in gaps if gap["code"] in GAPS))


def interview_of(step: Document) -> str | None:
    """Return the interview of a step that belongs to one."""
    kind, _, id_ = str(step.get("scope") or "").partition(":")
    return id_ if kind == "interview" and UUID.fullmatch(id_) else None


def what_to_do(hint: Document | None, step: Document) -> tuple[str, str | None, Structure]:
    """Return what to do, the tool for it, and the id to give to that tool."""
    if hint is None or hint.get("action") not in DO:
        return "", None, {}
    sentence, tool, argument = DO[str(hint["action"])]
    found = _id_for(argument, hint, step) if argument else None
    return sentence, tool, {str(argument): found} if found else {}


def _id_for(argument: str, hint: Document, step: Document) -> str | None:
    known = {
        "application_id": step.get("application_id"),
        "step_id": step.get("id"),
        "interview_id": interview_of(step),
        "contact_id": (hint.get("subject") or {}).get("id"),
    }
    if found := known.get(argument):
        return str(found)
    noun = OF_HREF.get(argument)
    matched = re.search(rf"/{noun}/({UUID.pattern})", str(hint.get("href") or "")) if noun else None
    return matched[1] if matched else None


def do_line(hint: Document | None, step: Document) -> str:
    """Return what to do as text: the sentence, the tool and its id."""
    sentence, tool, ids = what_to_do(hint, step)
    call = " ".join([tool or "", *(f"{name}={value}" for name, value in ids.items())]).strip()
    return f"{sentence} → {call}" if call else sentence


def shown_step(step: Document) -> Structure:
    """Return a step as data."""
    sentence, tool, ids = what_to_do(step.get("next_action"), step)
    application = step.get("application") or {}
    return present(
        step_id=step.get("id"),
        application_id=step.get("application_id"),
        company=application.get("company"),
        role=application.get("role"),
        interview_id=interview_of(step),
        step=step["number"],
        name=NAMES.get(str(step["step"])),
        state=step["state"],
        due=step.get("due_text"),
        why=step["reason"]["text"],
        missing=missing_of(step),
        do=sentence,
        tool=tool,
        arguments=ids,
    )


def why_of(step: Document) -> str:
    """Return the reason of a step: a sentence of the API that holds dates and nothing that somebody wrote."""
    return clean(str(step["reason"]["text"]))
