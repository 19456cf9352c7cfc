"""The endpoint of the timeline of an application: as JSON, as a picture, or as a page to print."""

from typing import Annotated, Any, Literal, get_args

from fastapi import Query

from api.http.crud import PARENT, ApplicationId
from api.http.deps import CallerDep
from api.http.negotiation import FORMAT_QUERY, Formats, format_response, json_response
from api.http.pictures import DEFAULT_WIDTH, Theme, Width
from api.http.routes import Routes
from api.models import Application
from api.models.base import Instant
from api.models.timeline import TimelinePublic
from api.protocol.etags import hashed_etag
from api.services.facts.crud import find
from api.services.reports.timelines import load_timeline
from api.words.pictures.documents import timeline_page
from api.words.pictures.timeline import draw

TimelineFormat = Literal["json", "svg", "html"]
FORMATS = Formats(*get_args(TimelineFormat))
AsOf = Annotated[Instant | None, Query(description="The timeline as it was or will be at this instant.")]
routes = Routes("steps")


@routes.get(
    f"{PARENT}/timeline",
    scopes=("applications:read", "steps:read"),
    response_model=TimelinePublic,
    responses=FORMATS.content,
)
def get_timeline(  # one parameter an option
    caller: CallerDep,
    application_id: ApplicationId,
    *,
    wanted: Annotated[TimelineFormat | None, FORMAT_QUERY] = None,
    as_of: AsOf = None,
    theme: Theme = "auto",
    width: Width = DEFAULT_WIDTH,
) -> Any:  # noqa: ANN401  # a model, or a response in another format
    """Read the timeline of an application.

    The seven steps as bars from opening to deadline, with interviews, stages, contacts and offers as marks. `Accept` or
    `format` selects JSON, a picture (`svg`), or HTML to print, which also has the steps and events as tables.
    """
    kind = FORMATS.negotiate(caller.request, wanted)
    with caller.reading() as session:
        timeline = load_timeline(session, find(session, Application, application_id), as_of)
    if kind == "json":
        shown = TimelinePublic.model_validate(timeline)
        return json_response(caller, shown, hashed_etag(kind, shown.model_dump_json()))
    is_page = kind == "html"
    content = timeline_page(timeline, theme=theme) if is_page else draw(timeline, width=width, theme=theme)
    return format_response(caller, kind, content)
