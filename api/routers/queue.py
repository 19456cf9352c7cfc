"""Endpoints of the queue: what is due across all applications."""

from datetime import timedelta
from typing import Annotated, Literal, get_args

from fastapi import Query, Response
from pydantic import AwareDatetime, BaseModel

from api.errors import InvalidError
from api.http.deps import CallerDep, Explain, PageDep
from api.http.headers import request_target
from api.http.inline_reads import read_steps
from api.http.routes import Routes
from api.models.base import Digits, Instant
from api.models.step import QueueItem, QueueSummary, Recomputing
from api.rules.words import rfc3339
from api.services.facts.crud import id_filter
from api.services.steps import queue
from api.services.steps.queue_parts import Stale
from api.services.steps.version import steps_etag
from api.storage.keyset import DEFAULT_LIMIT
from api.storage.raw_sql import RawConnection

States = Literal["overdue", "open", "upcoming"]
Sort = Literal["due_at", "-due_at", "urgency"]
ONE = "|".join(get_args(States))
StateList = Annotated[
    str,
    Query(
        max_length=50,
        description="A comma list of overdue, open, upcoming. Default: overdue, and with sort=urgency overdue,open.",
        json_schema_extra={"pattern": f"^({ONE})(,({ONE}))*$"},
    ),
]
TOLERANCE = timedelta(minutes=5)
routes = Routes("queue")


class QueuePage(BaseModel):
    """A page of the queue. `as_of` is null if the request did not send it."""

    as_of: AwareDatetime | None
    recomputing: Recomputing
    items: list[QueueItem]
    next_cursor: str | None


def _states(text: str | None, sort: Sort) -> tuple[str, ...]:
    if text is None:
        return ("overdue", "open") if sort == "urgency" else ("overdue",)
    names = tuple(dict.fromkeys(filter(None, text.split(","))))
    allowed = get_args(States)
    if not names or not set(names) <= set(allowed):
        raise InvalidError.parameter("state", "unknown_state", f"Use a comma list of {', '.join(allowed)}.")
    return names


@routes.get("/v1/queue", scopes="steps:read", response_model=QueuePage, reads_steps=True)
async def list_queue(  # noqa: PLR0913  # one parameter a filter
    caller: CallerDep,
    page: PageDep,
    *,
    state: StateList | None = None,
    step: Annotated[int | None, Query(ge=1, le=7, description="Only steps of this number."), Digits] = None,
    application_id: Annotated[str | None, Query(max_length=64, description="Only steps of this application.")] = None,
    due_before: Annotated[Instant | None, Query(description="Only steps due before this instant.")] = None,
    stale: Annotated[Stale, Query(description="With the stale steps, without them, or only them.")] = "include",
    sort: Annotated[
        Sort,
        Query(
            description="Oldest deadline first, newest first, or what still helps first.",
            openapi_examples={"urgency": {"summary": "What still helps first", "value": "urgency"}},
        ),
    ] = "due_at",
    as_of: Annotated[
        Instant | None, Query(description="The queue as it will be at this instant if nothing is recorded until then.")
    ] = None,
    explain: Explain = False,
) -> Response:
    """List what is due.

    The steps of all applications by deadline, each with its application, the reason and what to do next. A snoozed step
    is left out until its snooze ends. All pages show the queue at the instant of the first page.

    `sort=urgency` is the order for a person: first overdue steps that still help, then open ones, those due today
    before the others, each by deadline; then upcoming ones, if `state` has them. Stale steps come last: they are
    overdue, and doing them hardly helps any more; `stale=exclude` leaves them out.
    """
    if as_of is not None and as_of < caller.now - TOLERANCE:
        detail = "The queue has no past: send an instant from now on, or read the steps of one application."
        raise InvalidError.parameter("as_of", "in_the_past", detail)
    only = id_filter("application_id", application_id) if application_id is not None else None
    wanted = queue.QueueFilter(_states(state, sort), step, only, due_before, stale)

    def read(raw: RawConnection) -> object:
        items, cursor = queue.read_page(raw, page, wanted, sort=sort, now=as_of or caller.now, explain=explain)
        caller.link_next_page(cursor)
        recomputing = caller.token.is_recomputing
        return {"as_of": as_of and rfc3339(as_of), "recomputing": recomputing, "items": items, "next_cursor": cursor}

    usual = queue.QueueFilter(_states(None, sort), stale=stale)
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
