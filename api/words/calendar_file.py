"""Calendars (RFC 5545) of interviews and steps, as calendar programs read them.

Nothing here depends on the current time: the same rows give the same bytes. Instants are in UTC, because some programs
misread time zones of their own; the texts name the local time. The package `icalendar` writes; what it does not do is
done here: texts are cleaned of control characters, and every value has an explicit type.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from icalendar import Alarm, Calendar, Component, Event, Todo
from icalendar.prop import vDuration, vText, vUri

from api.rules.calendar import day_end, local_date
from api.words import calendar_sentences as sentences
from api.words.calendar_entries import Look, Meeting, Task

FEED_FORMAT = 1  # part of the entity tag of a feed: increase it when the output changes
PRODUCT = "-//Afterword//Afterword//EN"
REFRESH = timedelta(hours=1)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
SHORTEST = timedelta(minutes=30)
MORNING = timedelta(hours=9)
LINE_ENDS = re.compile("\r\n|\r|\u2028|\u2029")
DROPPED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
A_WEB_ADDRESS = re.compile(r"https?://[!#-;=?-\[\]_a-z~%]+", re.IGNORECASE)
STATUS = {"done": "COMPLETED", "done_late": "COMPLETED"}


@dataclass(frozen=True, slots=True)
class CalendarName:
    """The name of a calendar, and how many entries did not fit into it."""

    name: str
    omitted: int = 0


def clean(text: str) -> str:
    """Return a text with LF as the only line end and without control characters other than LF and TAB."""
    return DROPPED.sub("", LINE_ENDS.sub("\n", text))


def calendar_bytes(name: CalendarName, components: Iterable[Component]) -> bytes:
    """Return a whole calendar."""
    return b"".join(calendar_chunks(name, components))


def calendar_chunks(name: CalendarName, components: Iterable[Component]) -> Iterator[bytes]:
    """Yield a calendar: what stands before its components, then each component, then its end."""
    head, _, tail = _shell(name).to_ical(sorted=False).rpartition(b"END:VCALENDAR")
    yield head
    for component in components:
        yield component.to_ical(sorted=False)
    yield b"END:VCALENDAR" + tail


def _shell(name: CalendarName) -> Calendar:
    """Return a calendar without components. It has no SOURCE: that would be the secret address of a feed."""
    made = Calendar()
    _add_texts(made, version="2.0", prodid=PRODUCT, calscale="GREGORIAN", method="PUBLISH", name=name.name)
    _add_texts(made, x_wr_calname=name.name, color="teal")
    made.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", vDuration(REFRESH))
    if name.omitted:
        _add_texts(made, x_afterword_omitted=str(name.omitted))
    return made


def meeting_event(meeting: Meeting, look: Look) -> Event:
    """Return the event of an interview."""
    made = Event()
    _begin(made, f"interview-{meeting.id}", meeting.changed_at, meeting.sequence)
    made.add("last-modified", meeting.changed_at)
    made.add("created", meeting.created_at)
    made.add("dtstart", meeting.starts_at)
    made.add("dtend", meeting.ends_at)
    _add_texts(made, summary=sentences.meeting_title(meeting, look))
    if look.is_full:
        _add_texts(made, description=sentences.meeting_text(meeting), location=meeting.location)
        if meeting.link and A_WEB_ADDRESS.fullmatch(meeting.link):
            made.add("conference", vUri(meeting.link), parameters={"VALUE": "URI"})
    _add_texts(made, status="CANCELLED" if meeting.is_cancelled else "CONFIRMED", transp="OPAQUE")
    _end(made, meeting.url)
    _add_alarm(made, look, timedelta(minutes=-look.alarm_minutes), sentences.meeting_title(meeting, look))
    return made


def task_components(task: Task, look: Look) -> list[Component]:
    """Return the components of a step: an event unless it is closed, a to-do, or both."""
    made: list[Component] = []
    if look.has_events and task.closed_state is None:
        made.append(task_event(task, look))
    if look.has_todos:
        made.append(task_todo(task, look))
    return made


def task_event(task: Task, look: Look) -> Event:
    """Return the event of an open step: all day if it is due at the end of a day, else the time before its deadline.

    It does not block the time in the calendar.
    """
    made = Event()
    _begin_task(made, f"step-{task.id}", task)
    day = local_date(task.due_at - SECOND, task.zone)
    is_all_day = _is_day_end(task)
    made.add("dtstart", day if is_all_day else max(task.opens_at, task.due_at - SHORTEST))
    made.add("dtend", day + DAY if is_all_day else task.due_at)
    _add_task_texts(made, task, look)
    _add_texts(made, status="CONFIRMED", transp="TRANSPARENT", x_microsoft_cdo_busystatus="FREE")
    _end(made, task.url)
    _add_alarm(made, look, MORNING if is_all_day else timedelta(), sentences.task_title(task, look))
    return made


def task_todo(task: Task, look: Look) -> Todo:
    """Return the to-do of a step. One that is due at the end of a day is due a second earlier, on that date."""
    made = Todo()
    _begin_task(made, f"todo-{task.id}", task)
    made.add("dtstart", task.opens_at)
    made.add("due", task.due_at - SECOND if _is_day_end(task) else task.due_at)
    _add_task_texts(made, task, look)
    done = 0 if not task.total else 100 * (task.total - task.missing) // task.total
    status = STATUS.get(task.closed_state or "", "CANCELLED") if task.closed_state else _open_status(done)
    _add_texts(made, status=status)
    if status == "COMPLETED":
        made.add("completed", task.completed_at or task.due_at)
        done = 100
    made.add("percent-complete", done)
    _end(made, task.url)
    if task.closed_state is None:
        before = timedelta(minutes=-look.alarm_minutes)
        _add_alarm(made, look, before, sentences.task_title(task, look), RELATED="END")
    return made


def _open_status(done: int) -> str:
    return "IN-PROCESS" if 0 < done < 100 else "NEEDS-ACTION"


def _is_day_end(task: Task) -> bool:
    return day_end(local_date(task.due_at - SECOND, task.zone), task.zone) == task.due_at


def _begin(made: Component, key: str, changed_at: datetime, sequence: int) -> None:
    _add_texts(made, uid=f"{key}@afterword")
    made.add("dtstamp", changed_at)
    made.add("sequence", sequence)


def _begin_task(made: Component, key: str, task: Task) -> None:
    """Begin the component of a step.

    The one of step 7 stands for all applications and may come from another one than before, whose row is older: so it
    has no time of its last change, by which some programs would leave it as it was.
    """
    _begin(made, key, task.changed_at, task.sequence)
    if task.application is not None:
        made.add("last-modified", task.changed_at)


def _add_task_texts(made: Component, task: Task, look: Look) -> None:
    _add_texts(made, summary=sentences.task_title(task, look))
    if look.is_full:
        _add_texts(made, description=sentences.task_text(task))
    kind, _, id_ = task.scope.partition(":")
    if kind == "interview" and look.has_interviews:
        _add_texts(made, related_to=f"interview-{id_}@afterword")


def _end(made: Component, url: str | None) -> None:
    if url is not None:
        made.add("url", vUri(url))
    made.add("categories", ["Afterword"])


def _add_alarm(made: Component, look: Look, trigger: timedelta, text: str, **parameters: str) -> None:
    if not look.has_alarms:
        return
    alarm = Alarm()
    _add_texts(alarm, action="DISPLAY", description=text)
    alarm.add("trigger", vDuration(trigger), parameters=parameters)
    made.add_component(alarm)


def _add_texts(made: Component, **texts: str | None) -> None:
    """Add properties of the type TEXT; underscores of the names become hyphens."""
    for name, value in texts.items():
        if value is not None:
            encoded: Any = vText(clean(value))
            made.add(name.replace("_", "-"), encoded)
