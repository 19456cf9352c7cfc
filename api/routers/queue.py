"""Endpoints of the queue: what is due across all applications."""

from typing import Annotated

from fastapi import Query, Response
from pydantic import AwareDatetime, BaseModel

from api.http.deps import CallerDep, Explain, PageDep
from api.http.filters import (
    AsOf,
    DueBefore,
    OfApplication,
    OptionalStates,
    QueueSort,
    StepNumber,
    check_as_of,
    queue_filter,
)
from api.http.headers import request_target
from api.http.inline_reads import read_steps
from api.http.routes import Routes
from api.models.step import QueueItem, QueueSummary, Recomputing
from api.rules.words import rfc3339
from api.services.steps import queue
from api.services.steps.queue_parts import Stale
from api.services.steps.version import steps_etag
from api.storage.keyset import DEFAULT_LIMIT
from api.storage.raw_sql import RawConnection

routes = Routes("queue")


class QueuePage(BaseModel):
    """A page of the queue. `as_of` is null if the request did not send it."""

    as_of: AwareDatetime | None
    recomputing: Recomputing
    items: list[QueueItem]
    next_cursor: str | None


@routes.get("/v1/queue", scopes="steps:read", response_model=QueuePage, reads_steps=True)
async def list_queue(  # noqa: PLR0913  # one parameter a filter
    caller: CallerDep,
    page: PageDep,
    *,
    state: OptionalStates = None,
    step: StepNumber = None,
    application_id: OfApplication = None,
    due_before: DueBefore = None,
    stale: Annotated[Stale, Query(description="With the stale steps, without them, or only them.")] = "include",
    sort: QueueSort = "due_at",
    as_of: AsOf = None,
    explain: Explain = False,
) -> Response:
    """List what is due.

    The steps of all applications by deadline, each with its application, the reason and what to do next. A snoozed step
    is left out until its snooze ends. All pages show the queue at the instant of the first page.

    `sort=urgency` is the order for a person: first overdue steps that still help, then open ones, those due today
    before the others, each by deadline; then upcoming ones, if `state` has them. Stale steps come last: they are
    overdue, and doing them hardly helps any more; `stale=exclude` leaves them out.
    """
    check_as_of(as_of, caller.now)
    wanted = queue_filter(state, step, application_id, due_before, sort=sort, stale=stale)

    def read(raw: RawConnection) -> object:
        items, cursor = queue.read_page(raw, page, wanted, sort=sort, now=as_of or caller.now, explain=explain)
        caller.link_next_page(cursor)
        recomputing = caller.token.is_recomputing
        return {"as_of": as_of and rfc3339(as_of), "recomputing": recomputing, "items": items, "next_cursor": cursor}

    usual = queue_filter(None, None, None, None, sort=sort, stale=stale)
    is_short = wanted == usual and as_of is None and not explain and page.limit <= DEFAULT_LIMIT
    return await read_steps(caller, read, is_short=is_short, as_of=as_of)


@routes.get("/v1/queue/summary", scopes="steps:read")
def get_queue_summary(caller: CallerDep) -> QueueSummary:
    """Read the summary of the queue.

    Counts by state and step, each up to `capped_at`, and of the overdue steps those that are stale; the most urgent
    state of step 7; live applications with nothing scheduled; and the next instant at which a state changes by itself.
    """
    with caller.reading() as session:
        caller.set_etag(steps_etag(session, caller.now, request_target(caller.request)))
        return queue.summary(session)
