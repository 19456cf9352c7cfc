"""Endpoints to read the seven steps, and to complete, skip, reopen and snooze them by hand."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import Path, Query, Response
from fastapi.concurrency import run_in_threadpool

from api.http.crud import PARENT, ApplicationId
from api.http.deps import Caller, CallerDep, Explain
from api.http.inline_reads import read_steps
from api.http.negotiation import CALENDAR, VARY, CalendarWanted, format_response
from api.http.routes import Routes
from api.models import Application, StepInstance
from api.models.base import Instant
from api.models.step import (
    QueueItem,
    SkippedSteps,
    SnoozedSteps,
    StaleStepsSkip,
    StepByHand,
    StepPublic,
    StepReopen,
    StepSnooze,
    StepsPublic,
    StepsSkip,
    StepsSnooze,
)
from api.services.calendar.files import step_file
from api.services.facts.crud import find
from api.services.facts.step_overrides import Action, override_step, skip_across, skip_many, snooze, snooze_many
from api.services.steps.queue import read_items
from api.services.steps.read import View, named_people, one_step, steps_of_one
from api.services.steps.recompute import is_recomputing
from api.services.steps.version import steps_etag
from api.storage.raw_sql import RawConnection
from api.storage.session import OwnedSession

StepId = Annotated[
    str, Path(description="The step's id. It stays the same while the fact that caused the step exists.", max_length=64)
]
AsOf = Annotated[
    Instant | None,
    Query(description="The steps as they were or will be at this instant; evidence with a later date is ignored."),
]
SnoozeNothing = Annotated[bool, Query(description="Snooze nothing; return the steps as they would be.")]
SkipNothing = Annotated[bool, Query(description="Skip nothing; return the steps as they would be.")]
STEP = "/v1/steps/{step_id}"
routes = Routes("steps", reports_writes=True)


@routes.get(f"{PARENT}/steps", scopes="steps:read", response_model=StepsPublic, reads_steps=True)
async def list_steps(
    caller: CallerDep, application_id: ApplicationId, *, as_of: AsOf = None, explain: Explain = False
) -> Response:
    """List an application's steps.

    All steps with state, deadline, reason, what is missing and what to do next. Steps 1 to 4 exist once for each round,
    5 and 7 once, 6 once for each call. `headline` has one entry for each of the seven numbers.
    """
    view = View(caller.now, as_of, explain)

    def read(raw: RawConnection) -> object:
        return steps_of_one(raw, application_id, view, recomputing=caller.token.is_recomputing)

    return await read_steps(caller, read, is_short=as_of is None and not explain, as_of=as_of)


@routes.post(f"{PARENT}/steps/skip", scopes="steps:write")
def skip_steps(caller: CallerDep, application_id: ApplicationId, body: StepsSkip) -> StepsPublic:
    """Skip many steps at once.

    The steps of a list of ids, or all that are `overdue`: useful after you record an old application.
    """
    with caller.writing() as session:
        application = find(session, Application, application_id)
        skip_many(session, application, body.steps, body.at, body.note)
        caller.headers["ETag"] = steps_etag(session, caller.now, f"/v1/applications/{application.id}/steps?")
        raw, recomputing = RawConnection.of(session), is_recomputing(session)
        shown = steps_of_one(raw, application.id, View(caller.now), recomputing=recomputing)
        return caller.remember(StepsPublic.model_validate(shown), people=partial(named_people, raw, [application.id]))


@routes.post("/v1/steps/skip", scopes="steps:write", errors=[404], etag=False)
def skip_stale_steps(caller: CallerDep, body: StaleStepsSkip, *, dry_run: SkipNothing = False) -> SkippedSteps:
    """Skip steps of several applications.

    The steps of a list of ids, all or none; or the `stale` ones of all applications, those that `GET
    /v1/queue?stale=only` lists, oldest deadline first: if `has_more`, repeat the request. At most 100 steps of at most
    50 applications. Each is skipped as by itself: evidence takes precedence, `POST /v1/steps/{step_id}/reopen` undoes
    it, and a skipped call ends the chain of calls.
    """
    with caller.writing() as session:
        ids, has_more = skip_across(session, body.steps, body.at, body.note)
        items, people = _across(caller, session, ids, dry_run=dry_run)
        return caller.remember(SkippedSteps(dry_run=dry_run, has_more=has_more, items=items), people=people)


@routes.post("/v1/steps/snooze", scopes="steps:write", errors=[404], etag=False)
def snooze_steps(caller: CallerDep, body: StepsSnooze, *, dry_run: SnoozeNothing = False) -> SnoozedSteps:
    """Hide steps of several applications from the queue.

    The steps of a list of ids, all or none, for at most 30 days: at most 100 steps of at most 50 applications. Each is
    snoozed as by itself; if one of them is closed, none is.
    """
    with caller.writing() as session:
        items, people = _across(caller, session, snooze_many(session, body.steps, body.until), dry_run=dry_run)
        return caller.remember(SnoozedSteps(dry_run=dry_run, items=items), people=people)


def _across(
    caller: Caller, session: OwnedSession, ids: Sequence[str], *, dry_run: bool
) -> tuple[list[QueueItem], Callable[[], set[str]]]:
    """Return steps of several applications, and what finds the people whom they name; a dry run is rolled back."""
    session.dry_run = dry_run
    raw = RawConnection.of(session)
    items = [QueueItem.model_validate(item) for item in read_items(raw, ids, caller.now)]
    return items, partial(named_people, raw, sorted({item.application_id for item in items}))


@routes.get(STEP, scopes="steps:read", response_model=StepPublic, responses=CALENDAR.content, reads_steps=True)
async def get_step(
    caller: CallerDep, step_id: StepId, *, explain: Explain = False, wanted: CalendarWanted = None
) -> Response:
    """Read a step.

    Its state now, the reason, what is missing and what to do next. `format=ics`, or `Accept: text/calendar`, returns it
    as a calendar file: an event while it is open, a to-do once it is closed.
    """
    if CALENDAR.negotiate(caller.request, wanted) == "ics":
        return await run_in_threadpool(_as_calendar, caller, step_id)
    caller.headers.update(VARY)
    view = View(caller.now, explain=explain)
    return await read_steps(caller, lambda raw: one_step(raw, step_id, view), is_short=not explain)


@routes.post(f"{STEP}/complete", scopes="steps:write", if_match=True)
def complete_step(caller: CallerDep, step_id: StepId, body: StepByHand | None = None) -> StepPublic:
    """Tick a step by hand.

    The tick is recorded with its date; if there is evidence too, the earlier of the two counts. Of several ticks, skips
    and reopenings the one with the latest date counts: the warning `override_without_effect` says that it is another
    one. Steps 6 and 7 cannot be ticked: the problem `record_the_fact` names the address at which to record the call or
    the search activity.
    """
    body = body or StepByHand()
    return _overridden(caller, step_id, "complete", body.at, body.note)


@routes.post(f"{STEP}/skip", scopes="steps:write", if_match=True)
def skip_step(caller: CallerDep, step_id: StepId, body: StepByHand | None = None) -> StepPublic:
    """Skip a step.

    The skip is recorded with its date. Evidence takes precedence over it. After a skipped call, no further call opens
    until the next round or follow-up; the response says so.
    """
    body = body or StepByHand()
    return _overridden(caller, step_id, "skip", body.at, body.note)


@routes.post(f"{STEP}/reopen", scopes="steps:write", if_match=True)
def reopen_step(caller: CallerDep, step_id: StepId, body: StepReopen | None = None) -> StepPublic:
    """Undo a tick or a skip.

    The state follows from the evidence again, and the deadline is the original one.
    """
    return _overridden(caller, step_id, "reopen", body.at if body else None)


@routes.post(f"{STEP}/snooze", scopes="steps:write", errors=[409], if_match=True)
def snooze_step(caller: CallerDep, step_id: StepId, body: StepSnooze) -> StepPublic:
    """Hide a step from the queue for a while.

    For at most 30 days. State and deadline do not change. The snooze ends early if the step closes or its deadline
    changes.
    """
    with caller.writing() as session:
        row = _matched(caller, session, step_id)
        snooze(session, row, body.until)
        return _changed(caller, session, row)


@routes.delete(f"{STEP}/snooze", scopes="steps:write")
def unsnooze_step(caller: CallerDep, step_id: StepId) -> Response:
    """Show a step in the queue again."""
    with caller.writing() as session:
        snooze(session, _matched(caller, session, step_id), None)
        return Response(status_code=204)


def _as_calendar(caller: Caller, step_id: str) -> Response:
    with caller.reading() as session:
        content = step_file(session, step_id, caller.settings.app_url)
        return format_response(caller, "ics", content, file="step")


def _overridden(
    caller: Caller, step_id: str, action: Action, at: datetime | None, note: str | None = None
) -> StepPublic:
    with caller.writing() as session:
        row = _matched(caller, session, step_id)
        override_step(session, row, action, at, note)
        return _changed(caller, session, row)


def _matched(caller: Caller, session: OwnedSession, step_id: str) -> StepInstance:
    """Return the row of a step. Raises PreconditionFailedError if If-Match does not name its version."""
    row = find(session, StepInstance, step_id)
    if caller.preconditions.if_match is not None:
        caller.check_if_match(_shown(caller, session, row), _tag(caller, session, row, writes=-1))
    return row


def _tag(caller: Caller, session: OwnedSession, row: StepInstance, *, writes: int = 0) -> str:
    return steps_etag(session, caller.now, f"/v1/steps/{row.id}?", writes=writes)


def _shown(caller: Caller, session: OwnedSession, row: StepInstance) -> StepPublic:
    return StepPublic.model_validate(one_step(RawConnection.of(session), row.id, View(caller.now)))


def _changed(caller: Caller, session: OwnedSession, row: StepInstance) -> StepPublic:
    session.flush()
    row = find(session, StepInstance, row.id)  # it may be removed together with the fact that caused it
    caller.headers["ETag"] = _tag(caller, session, row)
    people = partial(named_people, RawConnection.of(session), [row.application_id])
    return caller.remember(_shown(caller, session, row), people=people)
