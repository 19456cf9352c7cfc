"""Endpoint of the report of a job search: as JSON, HTML to print, CSV or PDF."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from fastapi import Depends, Query
from pydantic import Field

from api.errors import InvalidError
from api.http.deps import CallerDep
from api.http.files import NEEDS_SPACE, CsvLayout, CsvLayoutDep, count_file
from api.http.negotiation import FORMAT_QUERY, Formats, NotAcceptableError, format_response, json_response
from api.http.routes import Routes
from api.models.base import Day
from api.models.job_search import JobSearchReport, ReportCounts, ReportRow, ReportWeek
from api.protocol.etags import hashed_etag
from api.services.reports.job_search import INCLUDES, ReportOptions, job_search
from api.words import pdf
from api.words.csv_text import csv_text
from api.words.job_search import CSV_HEADER, Entry, Report, action, how, laid_out, result, table
from api.words.job_search_page import page

ReportFormat = Literal["json", "html", "csv", "pdf"]
FORMATS = Formats(*get_args(ReportFormat))
Wanted = Annotated[ReportFormat | None, FORMAT_QUERY]
ONE, EVERYTHING = "|".join(INCLUDES), ",".join(INCLUDES)
Kinds = Annotated[str, Field(json_schema_extra={"pattern": f"^({ONE})(,({ONE}))*$"})]
TOO_LARGE = "This report is too large for a PDF: ask for a shorter period, or request `html` and print that."
routes = Routes("exports")


async def _options(
    first: Annotated[
        Day | None, Query(alias="from", description="The first day, in your zone. Default: 30 days before `to`.")
    ] = None,
    last: Annotated[Day | None, Query(alias="to", description="The last day, in your zone. Default: today.")] = None,
    include: Annotated[
        Kinds, Query(max_length=100, description=f"A comma list of {', '.join(INCLUDES)}: what to list.")
    ] = EVERYTHING,
    *,
    contacts: Annotated[bool, Query(description="Also name the people you spoke to.")] = False,
    details: Annotated[
        Literal["table", "history"], Query(description="`history` adds the stage history of each application.")
    ] = "table",
) -> ReportOptions:
    names = frozenset(filter(None, include.split(",")))
    if not names or not names <= INCLUDES.keys():
        raise InvalidError.parameter("include", "unknown_kind", f"Use a comma list of {', '.join(INCLUDES)}.")
    kinds = [name for name in INCLUDES if name in names]
    return ReportOptions(first=first, last=last, include=kinds, contacts=contacts, history=details == "history")


OptionsDep = Annotated[ReportOptions, Depends(_options)]


@routes.get(
    "/v1/reports/job-search",
    scopes=("applications:read", "steps:read"),
    errors=NEEDS_SPACE,
    response_model=JobSearchReport,
    responses=FORMATS.content,
)
def get_job_search_report(
    caller: CallerDep, options: OptionsDep, layout: CsvLayoutDep, *, wanted: Wanted = None
) -> Any:  # noqa: ANN401  # a model, or a response in another format
    """Report your job search.

    A record to hand in, for example at an employment office: on which day you applied for which position, had an
    interview, contacted an employer or did something else, with counts by week and the result of each application so
    far. It is made of dated facts; nothing that was only planned is in it, and no notes, letters or salaries. Of an
    application whose date is not known, the date is not guessed: it stands apart. At most 400 days and 5,000 rows (422
    beyond), and 60 exports and reports an hour (429). `Accept` or `format` selects JSON, HTML to print, CSV, or a PDF
    if the server makes them.
    """
    kind = FORMATS.negotiate(caller.request, wanted)
    count_file(caller)
    with caller.reading() as session:
        report = job_search(session, options)
    if kind == "json":
        shown = _public(report)
        return json_response(caller, shown, hashed_etag(kind, shown.model_dump_json()))
    name = f"afterword-job-search-{report.first}-{report.last}"
    return format_response(caller, kind, _rendered(kind, report, layout), file=name)


def _rendered(kind: str, report: Report, layout: CsvLayout) -> str | bytes:
    """Return a report as HTML, CSV or PDF. Raises NotAcceptableError if it is too large for a PDF."""
    if kind == "html":
        return page(report)
    if kind == "csv":
        return csv_text(CSV_HEADER, table(report), delimiter=layout.delimiter, bom=layout.bom)
    try:
        return pdf.report_pdf(laid_out(report))
    except pdf.NoPdfError as error:
        raise NotAcceptableError(TOO_LARGE) from error


def _public(report: Report) -> JobSearchReport:
    included = {kind: name for name, kind in INCLUDES.items()}
    return JobSearchReport.model_validate(
        {
            "full_name": report.full_name,
            "email": report.email,
            "from_on": report.first,
            "to_on": report.last,
            "time_zone": report.zone,
            "made_on": report.made_on,
            "include": [included[kind] for kind in report.kinds],
            "counts": _counts(report.counts),
            "weeks": [
                ReportWeek(week=week.name, from_on=week.first, to_on=week.last, **_counts(week.counts).model_dump())
                for week in report.weeks()
            ],
            "rows": [_row(entry, report) for entry in report.entries],
            "without_date": [_row(entry, report) for entry in report.undated],
        }
    )


def _counts(counts: Mapping[str, int]) -> ReportCounts:
    return ReportCounts(**{name: counts.get(kind, 0) for name, kind in INCLUDES.items()})


def _row(entry: Entry, report: Report) -> ReportRow:
    return ReportRow.model_validate(
        {
            "on": entry.day,
            "kind": entry.kind,
            "action": action(entry, report.words),
            "how": how(entry, report.words),
            "employer": entry.employer,
            "position": entry.position,
            "place": entry.place,
            "result": result(entry, report.words),
            "posting_url": entry.posting_url,
            "application_id": entry.application_id,
            "people": entry.people,
            "stages": entry.stages and [{"stage": stage, "on": day} for stage, day in entry.stages],
        }
    )
