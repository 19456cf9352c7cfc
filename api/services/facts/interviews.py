"""Interviews: local times or instants, what was learned about the next stage, and the ticks of the debrief."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select, update

from api.errors import InvalidError
from api.models import Application, Contact, Interview, Letter, Note
from api.models.interview import ROUNDS, InterviewCreate, InterviewPublic, ListedInterview
from api.models.step import QueueApplication
from api.rules.facts import effective_end
from api.rules.hints import hint
from api.rules.outcome import STEPS
from api.rules.words import wall
from api.services.current_user import current_user
from api.services.facts.crud import FactKind, by_id, find
from api.services.facts.dating import Change, check_date_order, clear_unknown_flag, date_fact
from api.services.facts.stage_warnings import closed_warnings
from api.services.policies import policy_of
from api.storage.session import OwnedSession

LONGEST = timedelta(hours=24)
MAX_MOVES = 50
BOTH_TIMES = "start_local 2026-03-02T10:00 and end_local 2026-03-02T11:00"
TOO_LONG = "An interview lasts 24 hours at most: check both dates, or record each day as an interview of its own."


def _validate(session: OwnedSession, row: Interview, change: Change) -> None:
    application = find(session, Application, row.application_id)
    row.time_zone = row.time_zone or application.time_zone
    _derive_times(row, change)
    if row.round_no is None:
        row.round_no = _next_round(session, row)
    minutes = policy_of(current_user(session).policy, application.policy).default_interview_minutes
    row.effective_end_at = effective_end(row.starts_at, row.ends_at, row.actual_end, minutes)
    _check_lengths(row, change.sent)
    _date_what_was_learned(row, change)
    was = change.before.get("status") == "cancelled"
    cancelled = row.status == "cancelled"
    date_fact(row, change, "cancelled_at", there=cancelled, was=was, fact="status cancelled")
    row.cancelled_by = row.cancelled_by if cancelled else None
    _remember_move(row, change)


def _date_what_was_learned(row: Interview, change: Change) -> None:
    timing = ("contact_from", "contact_by", "hear_by")
    clear_unknown_flag(row, change, "next_stage_unknown", ["next_stage"])
    clear_unknown_flag(row, change, "timing_unknown", timing)
    check_date_order(row)
    for dating, fields in (
        ("stage_learned_at", ("next_stage", "next_stage_unknown")),
        ("timing_learned_at", (*timing, "timing_unknown")),
    ):
        there = any(getattr(row, name) for name in fields)
        was = any(change.before.get(name) for name in fields)
        date_fact(row, change, dating, there=there, was=was, fact=" or ".join(fields))


def _next_round(session: OwnedSession, row: Interview) -> int:
    highest = select(func.max(Interview.round_no)).where(Interview.application_id == row.application_id)
    return (session.exec(highest).one() or 0) + 1


def _derive_times(row: Interview, change: Change) -> None:
    """Derive local times from instants, or the reverse. If only the zone changes, the local times stay."""
    sent = change.sent
    for local, instant in (("start_local", "starts_at"), ("end_local", "ends_at")):
        if sent.get(local) is not None and sent.get(instant) is not None:
            detail = f"Send either {local} or {instant}: the server derives the other."
            raise InvalidError.at(f"/{instant}", "either_or", detail)
    if change.is_new and row.start_local is None and row.starts_at is None:
        detail = "Send the start: start_local such as 2026-03-02T10:00, or starts_at such as 2026-03-02T10:00:00-05:00."
        raise InvalidError.at("/start_local", "missing", detail)
    _derive_time(row, sent, "start")
    kept = _end_of_same_length(row, change)
    if kept is not None:
        row.ends_at = kept
    _derive_time(row, sent if kept is None else {"ends_at": kept}, "end")


def _end_of_same_length(row: Interview, change: Change) -> datetime | None:
    """Return the end that keeps the length of a round of which only a new start was sent; None otherwise."""
    end = change.before.get("ends_at")
    if (
        end is None
        or not {"start_local", "starts_at"} & change.sent.keys()
        or {"end_local", "ends_at"} & change.sent.keys()
    ):
        return None
    kept: datetime = row.starts_at + (end - change.before["starts_at"])
    return kept


def _derive_time(row: Any, sent: dict[str, Any], edge: str) -> None:  # noqa: ANN401  # fields by name
    local, fold, instant = f"{edge}_local", f"{edge}_fold", f"{edge}s_at"
    zone = ZoneInfo(row.time_zone)
    if sent.get(instant) is not None:
        wall = sent[instant].astimezone(zone)
        setattr(row, local, wall.replace(tzinfo=None, fold=0))
        setattr(row, fold, wall.fold)
        return
    if (local in sent and sent[local] is None) or (instant in sent and sent[instant] is None):
        setattr(row, local, None if sent.get(local) is None else getattr(row, local))
    if sent.get(local) is not None:
        setattr(row, fold, 0)
    wall_time: datetime | None = getattr(row, local)
    if wall_time is None:
        setattr(row, fold, None)
        setattr(row, instant, None)
        return
    second = wall_time.replace(tzinfo=zone, fold=1)
    comes_twice = second.astimezone(UTC).astimezone(zone).fold == 1
    there = second if getattr(row, fold) and comes_twice else second.replace(fold=0)
    setattr(row, fold, there.fold)
    setattr(row, instant, there.astimezone(UTC))


def complete_times(session: OwnedSession, row: Interview) -> None:
    """Set the instants and the effective end of a round whose local times were restored. Raises InvalidError."""
    for edge in ("start", "end"):
        _derive_time(row, {}, edge)
    application = find(session, Application, row.application_id, deleted=True)
    minutes = policy_of(current_user(session).policy, application.policy).default_interview_minutes
    row.effective_end_at = effective_end(row.starts_at, row.ends_at, row.actual_end, minutes)
    _check_lengths(row, ())


def _check_lengths(row: Interview, sent: Collection[str]) -> None:
    """Raise InvalidError, with the pointer of a sent field, if the end is not within 24 hours after the start."""
    planned = next((name for name in ("ends_at", "end_local", "starts_at", "start_local") if name in sent), "ends_at")
    for name, end in (("ends_at", row.ends_at), ("actual_end", row.actual_end)):
        if end is None:
            continue
        pointer = f"/{planned}" if name == "ends_at" else "/actual_end"
        if end <= row.starts_at:
            raise InvalidError.at(
                pointer, "end_before_start", f"The end must be after the start: send both, such as {BOTH_TIMES}."
            )
        if end - row.starts_at > LONGEST:
            raise InvalidError.at(pointer, "longer_than_a_day", TOO_LONG)


def _remember_move(row: Interview, change: Change) -> None:
    """Add the previous times of a moved round to `rescheduled_from`, which keeps the last 50."""
    if change.is_new or change.before["starts_at"] == row.starts_at:
        return
    end = change.before["end_local"]
    move: dict[str, str | bool | None] = {
        "start_local": change.before["start_local"].isoformat(),
        "end_local": end.isoformat() if end else None,
        "time_zone": change.before["time_zone"],
        "moved_at": change.now.isoformat(),
        "end_moved_too": _end_of_same_length(row, change) is not None,
    }
    row.rescheduled_from = [*row.rescheduled_from, move][-MAX_MOVES:]


def _before_delete(session: OwnedSession, row: Interview) -> None:
    """Keep notes and letters of the round, without a link to it."""
    for table in (Note, Letter):
        kept = {"interview_id": None, "version": table.version + 1, "updated_at": session.now}
        ours = update(table).where(col(table.interview_id) == row.id).values(**kept)
        session.execute(ours, execution_options={"synchronize_session": "fetch"})


def _extras(session: OwnedSession, rows: Sequence[Interview]) -> list[dict[str, Any]]:
    return _extras_with(by_id(session, Application, (row.application_id for row in rows)), rows)


def _listed_extras(session: OwnedSession, rows: Sequence[Interview]) -> list[dict[str, Any]]:
    applications = by_id(session, Application, (row.application_id for row in rows))
    named = {id_: QueueApplication(id=id_, company=one.company, role=one.role) for id_, one in applications.items()}
    extras = _extras_with(applications, rows)
    return [{**extra, "application": named[row.application_id]} for extra, row in zip(extras, rows, strict=True)]


def in_period(first: datetime | None, until: datetime | None) -> list[Any]:
    """Return the SQL conditions of the interviews that start in a period; `until` is its exclusive end."""
    starts = col(Interview.starts_at)
    found: list[Any] = [ROUNDS]
    found += [] if first is None else [starts >= first]
    return found if until is None else [*found, starts < until]


def _extras_with(applications: Mapping[str, Application], rows: Sequence[Interview]) -> list[dict[str, Any]]:
    return [
        {
            "effective_end_at": row.effective_end_at,
            "rescheduled_from": [{"end_moved_too": False, **move} for move in row.rescheduled_from],
            "warnings": [*_closed_warnings(applications[row.application_id], row), *_move_warnings(row)],
        }
        for row in rows
    ]


def _closed_warnings(application: Application, row: Interview) -> list[dict[str, str]]:
    return closed_warnings(application, row.starts_at) if row.status in ("scheduled", "held") else []


def _move_warnings(row: Interview) -> list[dict[str, str]]:
    """Return, until the row changes again, that the end moved together with the start."""
    last = row.rescheduled_from[-1] if row.rescheduled_from else {}
    is_latest_change = last and datetime.fromisoformat(str(last["moved_at"])) == row.updated_at
    if not is_latest_change or not last.get("end_moved_too") or row.ends_at is None:
        return []
    text = (
        f"The end moved with the start, to {wall(row.ends_at, row.time_zone)}, so that the interview keeps its length: "
        "send the end too if that is wrong."
    )
    return [hint("end_moved_too", text, "PATCH", f"/v1/interviews/{row.id}")]


INTERVIEW = FactKind(
    table=Interview,
    create=InterviewCreate,
    public=InterviewPublic,
    affected_steps=STEPS,
    links={"told_by": Contact},
    validate=_validate,
    extras=_extras,
    before_delete=_before_delete,
    elsewhere=("effective_end_at", "status"),
)
LISTED_INTERVIEW = replace(INTERVIEW, public=ListedInterview, extras=_listed_extras)
