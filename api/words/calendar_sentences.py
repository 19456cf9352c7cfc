"""The texts of calendar entries. No text depends on the current time, so that a feed changes only with its rows."""

from datetime import datetime, timedelta

from api.rules.outcome import STEPS
from api.rules.words import deadline, rfc3339, wall
from api.words.calendar_entries import Employer, Look, Meeting, Task

SECOND = timedelta(seconds=1)
KINDS = {
    "phone": "by phone",
    "video": "by video",
    "onsite": "on site",
    "panel": "with a panel",
    "assessment": "with an assessment",
    "informal": "informal",
}
TITLES = {
    1: "Find out what comes next",
    2: "Get contact details",
    3: "Write notes",
    4: "Thank-you letter",
    5: "Prepare your references",
    6: "Ask for the status",
    7: "Continue your job search",
}
TASKS = {
    1: "Find out what comes next and write it down.",
    2: "Write down names, job titles and contact details of the people you met.",
    3: "Write down what went well and what needs a better answer.",
    4: "Send a thank-you letter.",
    5: "Tell and brief your references before anybody calls them.",
    6: "Ask for the status of your application.",
    7: "Do something for your search: apply, meet somebody, or arrange another interview.",
}
CLOSED = {
    "done": "Done",
    "done_late": "Done late",
    "skipped": "Skipped",
    "not_applicable": "Not needed",
    "missed": "Missed",
}
assert TITLES.keys() == TASKS.keys() == STEPS.keys()  # noqa: S101  # every step has a text


def meeting_title(meeting: Meeting, look: Look) -> str:
    """Return the title of an interview."""
    return f"Interview: {_employer(meeting.application)}" if look.is_full else "Interview"


def meeting_text(meeting: Meeting) -> str:
    """Return the description of an interview: round, kind, local time with its zone, people, place and link."""
    link = [f"Link: {meeting.link}"] if meeting.link else []
    return "\n".join([*meeting_lines(meeting), *link])


def meeting_lines(meeting: Meeting, *, is_full: bool = True) -> list[str]:
    """Return what a mail says of an interview; people and place only if `is_full`."""
    people = ", ".join(meeting.interviewers)
    lines = [f"Round {meeting.round_no}, {KINDS[meeting.kind]}."]
    lines.append(f"{_span(meeting.starts_at, meeting.ends_at, meeting.zone)}.")
    if is_full and people:
        lines.append(f"With {people}.")
    if is_full and meeting.location:
        lines.append(f"Place: {meeting.location}")
    return lines


def task_title(task: Task, look: Look) -> str:
    """Return the title of a step; without details it says only that something is due."""
    if not look.is_full:
        return "Follow-up due"
    title = TITLES[task.number]
    return title if task.application is None else f"{title}: {task.application.company}"


def task_text(task: Task) -> str:
    """Return the description of a step: what to do, about what, from when, until when, and how it ended."""
    is_call = task.number == 6
    promised = "They gave you a date." if task.basis == "promised" else "They gave you no date."
    lines = [
        TASKS[task.number],
        _employer(task.application) if task.application else None,
        f"Interview: {_span(*task.interview)}." if task.interview else None,
        f"{promised} Call from {wall(task.opens_at, task.zone)}." if is_call else None,
        f"Due: {deadline(rfc3339(task.due_at), task.zone)}.",
        _ending(task),
    ]
    return "\n".join(filter(None, lines))


def _ending(task: Task) -> str | None:
    if task.closed_state is None:
        return None
    at = f": {wall(task.completed_at, task.zone)}" if task.completed_at else ""
    return f"{CLOSED[task.closed_state]}{at}."


def _employer(application: Employer) -> str:
    return f"{application.company} – {application.role}"


def _span(start: datetime, end: datetime, zone: str) -> str:
    """Return a time from start to end, with its date once if it is one day in one offset, and the name of the zone."""
    first, last = wall(start, zone), wall(end, zone)
    clock, _, day = first.partition(" on ")
    return f"{clock if last.endswith(day) else first} to {last}, {zone}"
