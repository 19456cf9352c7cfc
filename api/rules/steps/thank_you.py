"""Step 4: the thank-you letter [16–23]."""

from collections.abc import Mapping
from datetime import datetime

from api.rules.calendar import POST_TAKES, local_date
from api.rules.facts import Interview, Letter
from api.rules.outcome import NOTHING_YET, Applied, Cue, Draft, Evidence, Part, Timed, Window, earliest
from api.rules.promises import newest_promise
from api.rules.situation import Situation
from api.rules.steps.rounds import letter_due, not_held
from api.rules.words import rfc3339


def thank_you(at: Situation, interview: Interview) -> Draft:
    """Draft step 4: a sent thank-you letter, or one to each interviewer with `thank_each_interviewer` [18].

    Opens at the end; due `thank_you_hours` elapsed hours later, also across clock changes and weekends. A letter sent
    before the start does not count; one handed over during the interview does.
    """
    end = at.end(interview)
    due = letter_due(end, at.policy)
    letters = _letters(at, interview)
    parts = _parts(at, interview, _sent(at, interview, letters))
    names = (part.name for part in parts if part.at is None and part.name != "letter")
    person = next((name.removeprefix("letter_to:") for name in names), None)
    draft = next((x for x in letters if at.known(x.sent_at) is None and _is_for(x, person)), None)
    return Draft(
        number=4,
        scope=f"interview:{interview.id}",
        window=Window(end, due, interview.zone, "elapsed"),
        asks="send_thank_you",
        parts=parts,
        not_applicable=not_held(interview) or _nobody(interview),
        data={**at.rounds[interview.id], "hours": at.policy.thank_you_hours},
        actions=(NOTHING_YET, Timed(end, _action(interview, draft, person))),
        warnings=_warnings(at, interview, letters),
        tips=_tips(at, interview, draft) if draft else (),
        trace=at.explained(
            lambda: (
                Applied("opens_at_end", {"end": rfc3339(end)}, rfc3339(end)),
                Applied(
                    "elapsed_hours", {"end": rfc3339(end), "thank_you_hours": at.policy.thank_you_hours}, rfc3339(due)
                ),
            )
        ),
    )


def _letters(at: Situation, interview: Interview) -> list[Letter]:
    mine = [x for x in at.facts.letters if x.interview_id == interview.id and x.kind == "thank_you"]
    return sorted(mine, key=lambda letter: letter.id)


def _sent(at: Situation, interview: Interview, letters: list[Letter]) -> list[tuple[Letter, Evidence]]:
    """Return the letters that count, with the evidence that they are."""
    return [
        (letter, Evidence("letter", letter.id, sent))
        for letter in letters
        if (sent := at.known(letter.sent_at)) is not None and sent >= interview.start
    ]


def _nobody(interview: Interview) -> str | None:
    return "no_one_to_thank" if interview.kind == "assessment" and not interview.interviewers else None


def _parts(at: Situation, interview: Interview, sent: list[tuple[Letter, Evidence]]) -> tuple[Part, ...]:
    people = sorted(p.contact_id for p in interview.interviewers if not p.optional)
    if not at.policy.thank_each_interviewer or not people:
        return (Part("letter", earliest([found for _, found in sent])),)
    return tuple(
        Part(f"letter_to:{person}", earliest([found for letter, found in sent if _is_for(letter, person)]))
        for person in people
    )


def _action(interview: Interview, draft: Letter | None, person: str | None) -> Cue:
    if draft is None:
        names = (p.name or "the next interviewer" for p in interview.interviewers if p.contact_id == person)
        to = next((f" to {name} (name them in `recipients`)" for name in names), "")
        return Cue("draft_letter", {"to": to})
    if not draft.written:
        return Cue("review_letter", {"letter": draft.id})
    for interviewer in sorted(interview.interviewers, key=lambda person: person.contact_id):
        if draft.channel == "email" and interviewer.contact_id in draft.recipients and not interviewer.has_email:
            who = interviewer.name or "the recipient"
            return Cue("complete_contact/address", {"contact": interviewer.contact_id, "who": who})
    return Cue("mark_sent", {"letter": draft.id})


def _tips(at: Situation, interview: Interview, draft: Letter) -> tuple[Timed, ...]:
    """Return advice on the draft: channel and check [22, 23]. The check of the letter reports everything else."""
    end, letter = at.end(interview), {"letter": draft.id}
    late, tips = _too_late_by_post(at, interview), []
    if late and draft.channel == "post":
        tips.append(Timed(late, Cue("post_too_late", letter)))
    if draft.written:
        tips.append(Timed(end, Cue("check_letter", letter)))
    for person in sorted(interview.interviewers, key=lambda person: person.contact_id):
        way = None if late and person.prefers == "post" else WAYS.get(person.prefers)
        if way and draft.channel not in (None, person.prefers) and person.contact_id in draft.recipients:
            about = {**letter, "who": person.name or "One of the recipients", "way": way}
            tips.append(Timed(end, Cue("other_channel_preferred", about)))
    return tuple(tips)


def _too_late_by_post(at: Situation, interview: Interview) -> datetime | None:
    """Return from when on post cannot arrive before they answer or the user may call, or None.

    Only the end and the deadline are tested, because a tip may start only at such instants. The check of the letter
    tests the current day.
    """
    by = newest_promise(interview, at.facts.interviews, at.facts.follow_ups, at.now).needed_by
    ends = (at.end(interview), letter_due(at.end(interview), at.policy))
    return next((t for t in ends if by and local_date(t, at.facts.zone) + POST_TAKES > by), None)


WAYS: Mapping[str | None, str] = {"email": "by e-mail", "post": "by post", "hand": "delivered by hand"}


def _is_for(letter: Letter, person: str | None) -> bool:
    return person is None or not letter.recipients or person in letter.recipients


def _warnings(at: Situation, interview: Interview, letters: list[Letter]) -> tuple[Cue, ...]:
    return tuple(
        Cue("evidence_before_interview/letter", {"letter": letter.id})
        for letter in letters
        if (sent := at.known(letter.sent_at)) is not None and sent < interview.start
    )
