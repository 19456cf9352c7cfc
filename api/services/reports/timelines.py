"""Load the timeline of an application: its steps as every other address shows them, and its events."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, select

from api.models import Application, FollowUp, Interview, Offer, StageChange
from api.rules.answers import Answer
from api.rules.calendar import day_end, day_start, local_date
from api.rules.life import life
from api.rules.outcome import STEPS
from api.services.steps.load_elsewhere import stage_from_model
from api.services.steps.read import View, steps_of_one
from api.storage.raw_sql import RawConnection
from api.storage.session import OwnedSession
from api.words.pictures.material import Bar, Lane, Mark, Timeline
from api.words.pictures.sentences import timeline_summary

MOST = 200  # of the bars of a lane, and of the marks of a kind
SECOND = timedelta(seconds=1)


def load_timeline(session: OwnedSession, application: Application, as_of: datetime | None) -> Timeline:
    """Return the timeline of an application at `as_of`, by default now."""
    instant = as_of or session.now
    answer = steps_of_one(RawConnection.of(session), application.id, View(session.now, as_of))
    stages = _newest(session, StageChange, application, col(StageChange.at), until=instant)
    interviews = _newest(session, Interview, application, col(Interview.starts_at))
    contacts = _newest(session, FollowUp, application, col(FollowUp.at), until=instant)
    offers = _newest(session, Offer, application, col(Offer.received_at), until=instant)
    rounds = {row.id: f"round {row.round_no}" for row in interviews}
    lanes = [_lane(number, answer, rounds) for number in STEPS]
    marks = [
        *(Mark(kind="stage", at=row.at, label=_words(row.stage)) for row in stages[:MOST] if row.dated),
        *map(_interview, interviews[:MOST]),
        *map(_contact, contacts[:MOST]),
        *(Mark(kind="offer", at=row.received_at, label="offer") for row in offers[:MOST]),
    ]
    state = life([stage_from_model(row) for row in stages], instant)
    times = _instants(application, lanes, marks, instant)
    shown = as_of or max([instant.replace(minute=0, second=0), *(at for at in times if at <= instant)])
    inside = times if state.closed_at else [*times, shown]
    starts_at, ends_at = _days(inside or [application.created_at], application.time_zone)
    dated_steps = sum(step["opens_at"] is not None for step in answer["steps"])
    return Timeline(
        application_id=application.id,
        company=application.company,
        role=application.role,
        zone=application.time_zone,
        starts_at=starts_at,
        ends_at=ends_at,
        now=shown if starts_at <= shown <= ends_at else None,
        is_complete=dated_steps == sum(len(lane.bars) for lane in lanes)
        and all(len(rows) <= MOST for rows in (stages, interviews, contacts, offers)),
        summary=timeline_summary(lanes, state.closed_outcome),
        lanes=lanes,
        marks=sorted(marks, key=lambda mark: (mark.at, mark.kind, mark.label)),
    )


def _newest(
    session: OwnedSession,
    table: type[Any],
    application: Application,
    at: Any,  # noqa: ANN401  # a column
    *,
    until: datetime | None = None,
) -> list[Any]:
    """Return the latest rows of an application up to an instant, one more than are shown."""
    rows = select(table).where(table.application_id == application.id)
    if until is not None:
        rows = rows.where(at <= until)
    return list(session.exec(rows.order_by(at.desc(), table.id.desc()).limit(MOST + 1)).all())


def _words(code: str) -> str:
    return code.replace("_", " ")


def _interview(row: Interview) -> Mark:
    said = "" if row.status in ("scheduled", "held") else f" ({_words(row.status)})"
    return Mark(kind="interview", at=row.starts_at, label=f"interview {row.round_no}{said}")


def _contact(row: FollowUp) -> Mark:
    kind = "contacted" if row.direction == "out" else "contacted_you"
    return Mark(kind=kind, at=row.at, label=f"{_words(row.channel)}: {_words(row.outcome)}")


def _lane(number: int, answer: Answer, rounds: Mapping[str, str]) -> Lane:
    """Return the newest bars of a step number."""
    state = next(head["state"] for head in answer["headline"] if head["number"] == number)
    steps = [step for step in answer["steps"] if step["number"] == number and step["opens_at"] is not None]
    bars = sorted((_bar(step, rounds) for step in steps), key=lambda bar: (bar.opens_at, bar.step_id))
    return Lane(number=number, step=STEPS[number], state=state, bars=bars[-MOST:])


def _bar(step: Answer, rounds: Mapping[str, str]) -> Bar:
    kind, _, fact = step["scope"].partition(":")
    completed = step["completed_at"]
    return Bar(
        step_id=step["id"],
        opens_at=datetime.fromisoformat(step["opens_at"]),
        due_at=datetime.fromisoformat(step["due_at"]),
        due_zone=step["due_zone"],
        completed_at=datetime.fromisoformat(completed) if completed else None,
        state=step["state"],
        label=rounds.get(fact, "") if kind == "interview" else "after a contact" if fact else "",
        reason=step["reason"]["text"],
    )


def _instants(
    application: Application, lanes: Sequence[Lane], marks: Sequence[Mark], instant: datetime
) -> list[datetime]:
    """Return every instant that the picture shows."""
    found = [mark.at for mark in marks]
    bars = [bar for lane in lanes for bar in lane.bars]
    found += [at for bar in bars for at in (bar.opens_at, bar.due_at, bar.completed_at) if at is not None]
    if application.applied_on is not None:
        found.append(min(day_start(application.applied_on, application.time_zone), instant))
    return found


def _days(times: Sequence[datetime], zone: str) -> tuple[datetime, datetime]:
    """Return the local midnights around some instants."""
    first, last = min(times), max(times)
    return day_start(local_date(first, zone), zone), day_end(local_date(max(last - SECOND, first), zone), zone)
