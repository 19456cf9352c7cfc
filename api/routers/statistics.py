"""Endpoints of statistics over applications: as JSON, as a picture, as a page to print, or as CSV."""

from typing import Annotated, Any, Literal, get_args

from fastapi import Depends, Query

from api.errors import InvalidError
from api.http.deps import CallerDep
from api.http.negotiation import FORMAT_QUERY, Formats, format_response, json_response
from api.http.pictures import DEFAULT_WIDTH, Theme, Width
from api.http.routes import Routes
from api.models.base import Day
from api.models.statistics import FunnelPublic, GroupBy, ResponseTimesPublic
from api.protocol.etags import hashed_etag
from api.services.reports.statistics import Period, report_funnel, report_response_times
from api.words.pictures.documents import (
    funnel_csv,
    funnel_page,
    funnel_picture,
    response_csv,
    response_page,
    response_picture,
)

FigureFormat = Literal["json", "svg", "html", "csv"]
FORMATS = Formats(*get_args(FigureFormat))
Wanted = Annotated[FigureFormat | None, FORMAT_QUERY]
SCOPES = ("applications:read", "steps:read")
routes = Routes("statistics")


async def _period(
    first: Annotated[Day | None, Query(alias="from", description="Only what was applied for from this day on.")] = None,
    last: Annotated[Day | None, Query(alias="to", description="Only what was applied for up to this day.")] = None,
    by: Annotated[GroupBy, Query(description="Also count groups with the same value.")] = GroupBy.NONE,
) -> Period:
    if first is not None and last is not None and last < first:
        raise InvalidError.parameter("to", "before_from", "Send a day that is not before `from`.")
    return Period(first=first, last=last, by=by)


PeriodDep = Annotated[Period, Depends(_period)]


@routes.get("/v1/stats/funnel", scopes=SCOPES, response_model=FunnelPublic, responses=FORMATS.content)
def get_funnel(
    caller: CallerDep, period: PeriodDep, *, wanted: Wanted = None, theme: Theme = "auto", width: Width = DEFAULT_WIDTH
) -> Any:  # noqa: ANN401  # a model, or a response in another format
    """Read how far the applications came.

    How many were answered, led to an interview, to an offer, and were accepted. What counts is what each application
    ever reached: a rejection afterwards changes nothing. Percentages are given from ten applications on; groups with
    fewer than five are counted together. `Accept` or `format` selects JSON, a picture (`svg`), HTML to print, or CSV.
    """
    kind = FORMATS.negotiate(caller.request, wanted)
    with caller.reading() as session:
        report = report_funnel(session, period)
    if kind == "json":
        shown = report.public(period)
        return json_response(caller, shown, hashed_etag(kind, shown.model_dump_json()))
    parts = (report.whole, report.groups, report.notes)
    if kind == "csv":
        return format_response(caller, kind, funnel_csv(report.whole, report.groups), file="afterword-funnel")
    is_page = kind == "html"
    content = funnel_page(*parts, theme=theme) if is_page else funnel_picture(*parts, width=width, theme=theme)
    return format_response(caller, kind, content)


@routes.get("/v1/stats/response-times", scopes=SCOPES, response_model=ResponseTimesPublic, responses=FORMATS.content)
def get_response_times(
    caller: CallerDep, period: PeriodDep, *, wanted: Wanted = None, theme: Theme = "auto", width: Width = DEFAULT_WIDTH
) -> Any:  # noqa: ANN401  # a model, or a response in another format
    """Read how long the answers took.

    The days from the application to the first answer: an invitation, a contact by the employer, or a later stage. Those
    who still wait are counted by the days until now. There is a median from five answers on. `Accept` or `format`
    selects JSON, a picture (`svg`), HTML to print, or CSV.
    """
    kind = FORMATS.negotiate(caller.request, wanted)
    with caller.reading() as session:
        report = report_response_times(session, period)
    if kind == "json":
        shown = report.public(period)
        return json_response(caller, shown, hashed_etag(kind, shown.model_dump_json()))
    if kind == "csv":
        return format_response(caller, kind, response_csv(report.whole, report.groups), file="afterword-response-times")
    parts, is_page = (report.whole, report.groups, report.notes), kind == "html"
    content = response_page(*parts, theme=theme) if is_page else response_picture(*parts, width=width, theme=theme)
    return format_response(caller, kind, content)
