"""Steps by hand: ticking, skipping and reopening are dated facts; a snooze only hides a step from the queue."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlmodel import col, select

from api.errors import ConflictError, FieldError, InvalidError, NotFoundError
from api.models import Application, StepInstance, StepOverride
from api.models.base import new_id
from api.rules.evaluate import steps_affected_by_override
from api.rules.judge import BY_HAND
from api.services import quotas
from api.services.facts.crud import by_id
from api.services.facts.dating import check_past
from api.services.steps import judge, queue
from api.storage.codecs import is_id
from api.storage.raw_sql import RawConnection
from api.storage.session import OwnedSession

MAX_SNOOZE = timedelta(days=30)
MAX_SKIPPED = 100
Action = Literal["complete", "skip", "reopen"]
RECORDED_AT = {6: "/v1/applications/{id}/follow-ups", 7: "/v1/search-activities"}


def override_step(
    session: OwnedSession, row: StepInstance, action: Action, at: datetime | None, note: str | None = None
) -> None:
    """Record that a step was ticked, skipped or reopened, and judge the step numbers again that this can change.

    Raises InvalidError for ticking a call or a search: these are recorded as follow-ups and search activities.
    """
    if action == "complete" and row.number not in BY_HAND:
        href = RECORDED_AT[row.number].format(id=row.application_id)
        detail = f"This step cannot be ticked: record the call or the search with POST {href}."
        raise InvalidError(detail, code="record_the_fact", extra={"method": "POST", "href": href})
    _write(session, row, action, check_past(session, at, "/at") if at else session.now, note)
    judge.judge_applications(session, [row.application_id], only=steps_affected_by_override(row.number))


def skip_many(
    session: OwnedSession,
    application: Application,
    which: Sequence[str] | Literal["overdue"],
    at: datetime | None,
    note: str | None,
) -> None:
    """Skip several steps of an application at once. Raises NotFoundError if an id is not one of its steps."""
    instant = check_past(session, at, "/at") if at else session.now
    for row in _chosen(session, application, which):
        _write(session, row, "skip", instant, note)
    judge.judge_applications(session, [application.id])


def skip_across(
    session: OwnedSession, which: Sequence[str] | Literal["stale"], at: datetime | None, note: str | None
) -> tuple[list[str], bool]:
    """Skip named steps, or stale ones, of several applications; return their ids, and whether there are more.

    One call skips at most `MAX_SKIPPED` steps of at most `MAX_JUDGED` applications, so that it judges all of them.
    Raises as `named_steps` does.
    """
    instant = check_past(session, at, "/at") if at else session.now
    rows, has_more = _stale(session) if which == "stale" else (named_steps(session, which), False)
    for row in rows:
        _write(session, row, "skip", instant, note)
    judge.judge_applications(session, list(dict.fromkeys(row.application_id for row in rows)))
    return [row.id for row in rows], has_more


def _stale(session: OwnedSession) -> tuple[list[StepInstance], bool]:
    """Return the first stale steps, oldest deadline first, and whether there are more."""
    stale = queue.stale_steps(RawConnection.of(session), session.now, MAX_SKIPPED + 1)
    owners = list(dict.fromkeys(owner for _, owner in stale[:MAX_SKIPPED]))[: judge.MAX_JUDGED]
    ids = [id_ for id_, owner in stale[:MAX_SKIPPED] if owner in owners]
    rows = _rows(session, ids)
    return [rows[id_] for id_ in ids], len(ids) < len(stale)


def named_steps(session: OwnedSession, ids: Sequence[str]) -> list[StepInstance]:
    """Return the user's steps with these ids in their order, each once.

    Raises NotFoundError if one does not exist, InvalidError if they belong to more than `MAX_JUDGED` applications.
    """
    wanted = _rows(session, [id_.lower() for id_ in ids if is_id(id_)])
    owners = by_id(session, Application, (row.application_id for row in wanted.values()))
    rows = {id_: row for id_, row in wanted.items() if owners[row.application_id].deleted_at is None}
    found = _in_order(rows, ids, "You have no step with this id: read the queue again.")
    if len({row.application_id for row in found}) > judge.MAX_JUDGED:
        detail = f"Send steps of at most {judge.MAX_JUDGED} applications at once: split the list."
        raise InvalidError.at("/steps", "too_many_applications", detail)
    return found


def _rows(session: OwnedSession, ids: Sequence[str]) -> dict[str, StepInstance]:
    return {row.id: row for row in session.exec(select(StepInstance).where(col(StepInstance.id).in_(ids))).all()}


def _in_order(rows: Mapping[str, StepInstance], ids: Sequence[str], detail: str) -> list[StepInstance]:
    """Return the rows with these ids, each once. Raises NotFoundError, with a pointer to each id without a row."""
    unknown = [index for index, id_ in enumerate(ids) if id_.lower() not in rows]
    if unknown:
        raise NotFoundError(errors=[FieldError("pointer", f"/steps/{index}", "not_found", detail) for index in unknown])
    return [rows[id_] for id_ in dict.fromkeys(id_.lower() for id_ in ids)]


def _chosen(
    session: OwnedSession, application: Application, which: Sequence[str] | Literal["overdue"]
) -> Sequence[StepInstance]:
    mine = select(StepInstance).where(StepInstance.application_id == application.id)
    if which == "overdue":
        overdue = mine.where(col(StepInstance.closed_state).is_(None), col(StepInstance.due_at) <= session.now)
        return session.exec(overdue).all()
    rows = {row.id: row for row in session.exec(mine).all()}
    return _in_order(rows, which, "This application has no step with this id: send ids of its steps.")


def _write(session: OwnedSession, row: StepInstance, action: Action, at: datetime, note: str | None) -> None:
    quotas.check(session, StepOverride, {"application_id": row.application_id})
    times: dict[str, Any] = {"created_at": session.now, "updated_at": session.now}
    session.add(
        StepOverride(
            user_id=session.user_id,
            id=new_id(),
            application_id=row.application_id,
            number=row.number,
            scope=row.scope,
            action=action,
            at=at,
            note=note,
            **times,
        )
    )


def snooze(session: OwnedSession, row: StepInstance, until: datetime | None) -> None:
    """Hide an open step from the queue until an instant, or show it again (None): sets `snoozed_until` of its row.

    Raises ConflictError for a closed step, InvalidError for an instant that is not within the next 30 days.
    """
    if until is None:
        row.snoozed_until = None
        return
    if not session.now < until <= session.now + MAX_SNOOZE:
        detail = "Choose an instant in the future, at most 30 days ahead."
        raise InvalidError.at("/until", "not_within_30_days", detail)
    if row.closed_state is not None:
        raise ConflictError("Only an open step can be snoozed: reopen it first.", code="step_closed")
    row.snoozed_until = until


def snooze_many(session: OwnedSession, ids: Sequence[str], until: datetime) -> list[str]:
    """Hide named steps of several applications from the queue; return their ids. Raises as `named_steps` and `snooze`.

    One closed step refuses all of them; the error has a pointer to each.
    """
    rows = named_steps(session, ids)
    closed = {row.id for row in rows if row.closed_state is not None}
    if closed:
        places = [index for index, id_ in enumerate(ids) if id_.lower() in closed]
        detail = "Only open steps can be snoozed: leave out the closed ones, or reopen them first."
        errors = [FieldError("pointer", f"/steps/{index}", "step_closed", detail) for index in places]
        raise ConflictError(detail, errors=errors, code="step_closed")
    for row in rows:
        snooze(session, row, until)
    session.flush()
    return [row.id for row in rows]
