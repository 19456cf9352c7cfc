"""Step 2: names, job titles and contact details [6–11]."""

from api.rules.calendar import hours
from api.rules.facts import Interview, Interviewer
from api.rules.outcome import Applied, Cue, Draft, Part, Timed, Window, evidence
from api.rules.situation import Situation
from api.rules.steps.rounds import letter_due, not_held
from api.rules.words import rfc3339


def contact_details(at: Situation, interview: Interview) -> Draft:
    """Draft step 2: the details of every interviewer, and the person to ask about the application [6, 7, 11].

    Opens at the start; due `contacts_hours` elapsed hours after the end, but never after the letter, which needs the
    names [10]. Details recorded before the interview count.
    """
    end = at.end(interview)
    due = min(end + hours(at.policy.contacts_hours), letter_due(end, at.policy))
    parts = (*_people(at, interview), _status_contact(at))
    action = _action(at, interview, [part.name for part in parts if part.at is None])
    return Draft(
        number=2,
        scope=f"interview:{interview.id}",
        window=Window(interview.start, due, interview.zone, "elapsed"),
        asks="collect_contacts",
        parts=parts,
        not_applicable=not_held(interview),
        data={**at.rounds[interview.id], "hours": min(at.policy.contacts_hours, at.policy.thank_you_hours)},
        actions=(Timed(None, action),),
        trace=at.explained(
            lambda: (
                Applied("opens_at_start", {"start": rfc3339(interview.start)}, rfc3339(interview.start)),
                Applied(
                    "elapsed_hours_never_after_the_letter",
                    {
                        "end": rfc3339(end),
                        "contacts_hours": at.policy.contacts_hours,
                        "thank_you_hours": at.policy.thank_you_hours,
                    },
                    rfc3339(due),
                ),
            )
        ),
    )


def _people(at: Situation, interview: Interview) -> tuple[Part, ...]:
    if not interview.interviewers:
        return () if interview.kind == "assessment" else (Part("interviewer"),)
    return tuple(
        _person(at, person)
        for person in sorted(interview.interviewers, key=lambda person: person.contact_id)
        if not person.optional
    )


def _person(at: Situation, person: Interviewer) -> Part:
    since = at.known(person.details_at)
    return Part(f"interviewer:{person.contact_id}", evidence("contact", person.contact_id, since))


def _status_contact(at: Situation) -> Part:
    contact = at.facts.status_contact
    if contact is None or contact.since is None or contact.reachable_since is None:
        return Part("status_contact")
    since = at.known(max(contact.since, contact.reachable_since))
    return Part("status_contact", evidence("contact", contact.contact_id, since))


def _action(at: Situation, interview: Interview, missing: list[str]) -> Cue:
    """Return what is to be done next; not read when nothing is missing, because the step is done then."""
    for name in missing:
        if name == "interviewer":
            return Cue("link_interviewer")
        if name.startswith("interviewer:"):
            contact_id = name.removeprefix("interviewer:")
            person = next(p for p in interview.interviewers if p.contact_id == contact_id)
            if person.erased:
                return Cue("link_interviewer/erased", {"contact": contact_id})
            return Cue("complete_contact/details", {"contact": contact_id, "who": person.name or "this person"})
    contact = at.facts.status_contact
    if contact is None or contact.erased or at.known(contact.since) is None:
        return Cue("choose_status_contact")
    return Cue("complete_contact/reach", {"contact": contact.contact_id, "who": contact.name})
