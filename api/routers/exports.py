"""Endpoints that export whole lists as files: applications, the queue, contacts and interviews."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Literal, get_args

from fastapi import Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from api.errors import InvalidError
from api.http.deps import CallerDep
from api.http.files import NEEDS_SPACE, CsvLayoutDep, chunks_response, count_file, csv_response
from api.http.filters import (
    ApplicationFilterDep,
    AsOf,
    DueBefore,
    OfApplication,
    OptionalStates,
    QueueSort,
    StaleSteps,
    StepNumber,
    check_as_of,
    queue_filter,
)
from api.http.negotiation import FORMAT_QUERY, Formats, VcardWanted
from api.http.routes import Routes
from api.models.base import Day
from api.protocol.scopes import missing_scopes
from api.services.calendar.files import contacts_file, interviews_file, queue_file
from api.services.reports import exports

TableFormat = Literal["csv"]
TABLE = Formats(*get_args(TableFormat))
Wanted = Annotated[TableFormat | None, FORMAT_QUERY]
DatesFormat = Literal["csv", "ics"]
DATES = Formats(*get_args(DatesFormat))
DatesWanted = Annotated[DatesFormat | None, FORMAT_QUERY]
PeopleFormat = Literal["csv", "vcf"]
PEOPLE = Formats(*get_args(PeopleFormat))
PeopleWanted = Annotated[PeopleFormat | None, FORMAT_QUERY]
AppliedFrom = Annotated[Day | None, Query(alias="from", description="Only what was applied for on this day or later.")]
AppliedTo = Annotated[Day | None, Query(alias="to", description="Only what was applied for on this day or earlier.")]
routes = Routes("exports", agents=False)


@routes.get(
    "/v1/exports/applications",
    scopes="applications:read",
    errors=NEEDS_SPACE,
    etag=False,
    response_class=StreamingResponse,
    responses=TABLE.content,
)
async def export_applications(
    caller: CallerDep,
    only: ApplicationFilterDep,
    layout: CsvLayoutDep,
    *,
    applied_from: AppliedFrom = None,
    applied_to: AppliedTo = None,
    wanted: Wanted = None,
) -> StreamingResponse:
    """Export applications as CSV.

    All applications that match, not a page, with the stage history and the next step; without the scope `steps:read`
    the columns of the next step are empty. Each instant is there in UTC and in your zone. A text that a spreadsheet
    could take for a formula begins with an apostrophe. At most 60 exports and reports an hour (429).
    """
    TABLE.negotiate(caller.request, wanted)
    if applied_from is not None and applied_to is not None and applied_to < applied_from:
        raise InvalidError.parameter("to", "before_from", "Send a day that is not before `from`.")
    within = replace(only, applied_from=applied_from, applied_to=applied_to)
    within.conditions()  # refuses bad ids before the export is counted
    day = await run_in_threadpool(count_file, caller)
    with_steps = not missing_scopes(["steps:read"], caller.token.scopes)
    return await csv_response(caller, exports.export_applications(within, with_steps=with_steps), day, layout)


@routes.get(
    "/v1/exports/queue",
    scopes="steps:read",
    errors=NEEDS_SPACE,
    etag=False,
    response_class=StreamingResponse,
    responses=DATES.content,
)
async def export_queue(  # noqa: PLR0913  # one parameter a filter
    caller: CallerDep,
    layout: CsvLayoutDep,
    *,
    state: OptionalStates = None,
    step: StepNumber = None,
    application_id: OfApplication = None,
    due_before: DueBefore = None,
    stale: StaleSteps = "include",
    sort: QueueSort = "due_at",
    as_of: AsOf = None,
    wanted: DatesWanted = None,
) -> StreamingResponse:
    """Export the queue as CSV or as a calendar.

    What GET /v1/queue lists with the same filters, in one file: each step with its application, its deadline in UTC and
    in your zone, the reason, and what to do next. `format=ics` returns a calendar with an event for each step. At most
    60 exports and reports an hour (429).
    """
    kind = DATES.negotiate(caller.request, wanted)
    check_as_of(as_of, caller.now)
    steps = queue_filter(state, step, application_id, due_before, sort=sort, stale=stale)
    now = as_of or caller.now
    day = await run_in_threadpool(count_file, caller)
    if kind == "csv":
        return await csv_response(caller, exports.export_queue(steps, sort=sort, now=now), day, layout)
    events = partial(queue_file, only=steps, sort=sort, now=now, app_url=caller.settings.app_url)
    return await chunks_response(caller, events, name=f"queue-{day}", kind=kind)


@routes.get(
    "/v1/exports/contacts",
    scopes="contacts:read",
    errors=NEEDS_SPACE,
    etag=False,
    response_class=StreamingResponse,
    responses=PEOPLE.content,
)
async def export_contacts(
    caller: CallerDep, layout: CsvLayoutDep, *, wanted: PeopleWanted = None, vcard_version: VcardWanted = "3.0"
) -> StreamingResponse:
    """Export contacts as CSV or as vCards.

    All contacts with their details, without those that were deleted or erased. `format=vcf` returns one vCard after the
    other in one file, without notes. At most 60 exports and reports an hour (429).
    """
    kind = PEOPLE.negotiate(caller.request, wanted)
    day = await run_in_threadpool(count_file, caller)
    if kind == "vcf":
        cards = partial(contacts_file, version=vcard_version)
        return await chunks_response(caller, cards, name=f"contacts-{day}", kind=kind)
    return await csv_response(caller, exports.export_contacts(), day, layout)


@routes.get(
    "/v1/exports/interviews",
    scopes="applications:read",
    errors=NEEDS_SPACE,
    etag=False,
    response_class=StreamingResponse,
    responses=DATES.content,
)
async def export_interviews(
    caller: CallerDep, layout: CsvLayoutDep, *, wanted: DatesWanted = None
) -> StreamingResponse:
    """Export interviews as CSV or as a calendar.

    All interviews by their start, with company, role, the names of the interviewers, and what you learned about the
    next stage. `format=ics` returns a calendar with an event for each interview. At most 60 exports and reports an hour
    (429).
    """
    kind = DATES.negotiate(caller.request, wanted)
    day = await run_in_threadpool(count_file, caller)
    if kind == "ics":
        events = partial(interviews_file, app_url=caller.settings.app_url)
        return await chunks_response(caller, events, name=f"interviews-{day}", kind=kind)
    return await csv_response(caller, exports.export_interviews(), day, layout)
