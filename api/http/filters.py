"""Query parameters that a list shares with its export."""

from datetime import datetime, timedelta
from typing import Annotated, Literal, get_args

from fastapi import Depends, Query
from pydantic import StringConstraints

from api.errors import InvalidError
from api.models.application import Stage
from api.models.base import IN_QUERY, Digits, Instant
from api.services.facts.application_filters import ApplicationFilter
from api.services.facts.crud import id_filter
from api.services.steps.queue import QueueFilter
from api.services.steps.queue_parts import Stale

Beginning = Annotated[str, StringConstraints(max_length=200), IN_QUERY]
States = Literal["overdue", "open", "upcoming"]
ONE = "|".join(get_args(States))
OptionalStates = Annotated[
    str | None,
    Query(
        max_length=50,
        description="A comma list of overdue, open, upcoming. Default: overdue, and with sort=urgency overdue,open.",
        json_schema_extra={"pattern": f"^({ONE})(,({ONE}))*$"},
    ),
]
StepNumber = Annotated[int | None, Query(ge=1, le=7, description="Only steps of this number."), Digits]
OfApplication = Annotated[str | None, Query(max_length=64, description="Only steps of this application.")]
DueBefore = Annotated[Instant | None, Query(description="Only steps due before this instant.")]
StaleSteps = Annotated[Stale, Query(description="With the stale steps, without them, or only them.")]
QueueSort = Annotated[
    Literal["due_at", "-due_at", "urgency"],
    Query(
        description="Oldest deadline first, newest first, or what still helps first.",
        openapi_examples={"urgency": {"summary": "What still helps first", "value": "urgency"}},
    ),
]
AsOf = Annotated[
    Instant | None, Query(description="The queue as it will be at this instant if nothing is recorded until then.")
]
TOLERANCE = timedelta(minutes=5)


async def _application_filter(
    stage: Annotated[Stage | None, Query(description="Only applications at this stage.")] = None,
    company: Annotated[
        Beginning | None,
        Query(description="Only applications whose company begins with this text, whatever its case and accents."),
    ] = None,
    archived: Annotated[
        bool | None, Query(description="Only archived ones (true) or only others (false); by default both.")
    ] = None,
    status_contact_id: Annotated[
        str | None, Query(max_length=64, description="Only applications with this contact as the person to ask.")
    ] = None,
    updated_since: Annotated[
        Instant | None, Query(description="Only applications changed at or after this instant.")
    ] = None,
) -> ApplicationFilter:
    return ApplicationFilter(
        stage=stage,
        company=company,
        archived=archived,
        status_contact_id=status_contact_id,
        updated_since=updated_since,
    )


ApplicationFilterDep = Annotated[ApplicationFilter, Depends(_application_filter)]


def queue_filter(  # one parameter a filter
    state: str | None,
    step: int | None,
    application_id: str | None,
    due_before: datetime | None,
    *,
    sort: str = "due_at",
    stale: Stale = "include",
) -> QueueFilter:
    """Return the filters of the queue. Raises InvalidError for an unknown state or an id that is none."""
    only = id_filter("application_id", application_id) if application_id is not None else None
    return QueueFilter(_states(state, sort), step, only, due_before, stale)


def _states(text: str | None, sort: str) -> tuple[str, ...]:
    if text is None:
        return ("overdue", "open") if sort == "urgency" else ("overdue",)
    names = tuple(dict.fromkeys(filter(None, text.split(","))))
    allowed = get_args(States)
    if not names or not set(names) <= set(allowed):
        raise InvalidError.parameter("state", "unknown_state", f"Use a comma list of {', '.join(allowed)}.")
    return names


def check_as_of(as_of: datetime | None, now: datetime) -> None:
    """Raise InvalidError for an instant in the past, of which queue and digest know nothing."""
    if as_of is not None and as_of < now - TOLERANCE:
        detail = "Send an instant from now on; only the steps of one application can be read as of the past."
        raise InvalidError.parameter("as_of", "in_the_past", detail)
