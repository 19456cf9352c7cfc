"""Endpoints without a token: links, health, version, enums and limits, the guide, and the problem types."""

import platform
from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Response
from pydantic import BaseModel, ConfigDict, Field

from api import __version__
from api.errors import NotFoundError, UnavailableError
from api.http.admission import MAX_OPEN_BODY_BYTES
from api.http.deps import RequestContext, RequestContextDep
from api.http.problems import problem_page, slug
from api.http.routes import OPEN, Routes
from api.models.hint import LABELS, LinkPublic, labelled
from api.protocol.problem_types import PROBLEM_TYPES
from api.rules.evaluate import RULES_VERSION
from api.rules.guide import GUIDE
from api.rules.policy import BOUNDS, MAX_HOLIDAYS, PRESETS
from api.services.policies import defaults
from api.services.quotas import QUOTAS, Quota
from api.services.waiting import oldest_waiting
from api.storage.engine import SQLITE_VERSION
from api.storage.keyset import DEFAULT_LIMIT, MAX_LIMIT
from api.workers.supervisor import Supervisor

ENUMS = {name: list(values) for name, values in LABELS.items()}
routes = Routes("about")


class Root(BaseModel):
    """Name, version and links."""

    name: str
    version: str
    links: dict[str, str]


class Health(BaseModel):
    """The health of the process."""

    status: str


class TaskState(BaseModel):
    """A background task of the process that answers.

    `age_seconds` counts from its last success, or from the start if there is none yet; `failures` counts failed passes
    since then.
    """

    model_config = ConfigDict(from_attributes=True)

    name: str
    last_success_at: datetime | None
    age_seconds: int
    failures: int


class WaitingState(BaseModel):
    """The oldest entry of a queue of the background work: since when it is due. Null: nothing is due."""

    queue: str
    due_since: datetime | None
    age_seconds: int


class Readiness(Health):
    """The readiness of the service and its database, its background tasks, and what waits for those of any process."""

    database: str
    database_version: str
    schema_at_head: bool
    tasks: list[TaskState]
    waiting: list[WaitingState]


class Version(BaseModel):
    """The version of the code, of the rules and of Python."""

    version: str
    rules_version: int
    python: str


class PolicyMeta(BaseModel):
    """Defaults of the policy, the bounds of its numbers, and presets, which are sets of overrides."""

    defaults: dict[str, Any]
    bounds: dict[str, Annotated[list[int], Field(min_length=2, max_length=2, description="Least and most.")]]
    presets: dict[str, dict[str, int | str]]


class Meta(BaseModel):
    """Enums, limits and policy of the API."""

    enums: dict[str, list[str]]
    labels: Annotated[
        dict[str, dict[str, str]], Field(description="Each value of each of the enums in plain English, for users.")
    ]
    limits: dict[str, int]
    policy: PolicyMeta


class GuidedStep(BaseModel):
    """What to know about one step."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    step: Annotated[str, labelled("step")]
    title: str
    why: str
    do: str
    words: list[str]
    slips: list[str]
    links: list[LinkPublic]


class Guide(BaseModel):
    """The guide to the seven steps."""

    steps: list[GuidedStep]


@routes.get("/", scopes=OPEN)
def get_root() -> Root:
    """Read name, version and links.

    The links are addresses to start from.
    """
    links = {
        "docs": "/docs",
        "openapi": "/openapi.json",
        "meta": "/v1/meta",
        "guide": "/v1/guide",
        "sign_up": "/v1/users",
        "sign_in": "/v1/sessions",
        "applications": "/v1/applications",
        "queue": "/v1/queue",
    }
    return Root(name="Afterword", version=__version__, links=links)


@routes.get("/livez", scopes=OPEN)
async def get_liveness() -> Health:
    """Check that the process answers.

    It does not use the database.
    """
    return Health(status="ok")


@routes.get("/readyz", scopes=OPEN, errors=[503])
def get_readiness(context: RequestContextDep) -> Readiness:
    """Check that the service can work.

    The response is 200 if the database is reachable and its schema is the one that this version needs. Otherwise it is
    503, and `detail` says which of the two fails. `tasks` does not change the status; it is empty in a process that
    only serves. `waiting` is the same in all processes.
    """
    database = context.database
    try:
        is_at_head = database.is_at_head()
    except UnavailableError as error:
        raise UnavailableError(
            "The database does not answer in time: check that it runs and that AFTERWORD_DATABASE_URL is right."
        ) from error
    if not is_at_head:
        raise UnavailableError("The database schema is not up to date: run `afterword migrate`.")
    name = database.engine.dialect.name
    known = getattr(database.engine.dialect, "server_version_info", None) or ()
    version = SQLITE_VERSION if database.is_sqlite else ".".join(map(str, known))
    supervisor: Supervisor = context.request.app.state.supervisor
    return Readiness(
        status="ok",
        database=name,
        database_version=version,
        schema_at_head=True,
        tasks=[TaskState.model_validate(state) for state in supervisor.states()],
        waiting=_waiting(context),
    )


def _waiting(context: RequestContext) -> list[WaitingState]:
    with context.database.read(context.now) as session:
        found = oldest_waiting(session)
    return [
        WaitingState(
            queue=name, due_since=since, age_seconds=int((context.now - since).total_seconds()) if since else 0
        )
        for name, since in found.items()
    ]


@routes.get("/version", scopes=OPEN)
async def get_version() -> Version:
    """Read the version of the code and of the rules."""
    return Version(version=__version__, rules_version=RULES_VERSION, python=platform.python_version())


@routes.get("/v1/meta", scopes=OPEN)
def get_meta(context: RequestContextDep) -> Meta:
    """Read enums and limits.

    Every value of every enum, each with a label in plain English; the limits of the API; and the policy's defaults,
    bounds and presets. Some names stand for a group: `sort` has the orders of all lists, `hint` the codes of next
    actions, warnings and advice, `gap` what a step can miss.
    """
    limits = {
        "default_page": DEFAULT_LIMIT,
        "largest_page": MAX_LIMIT,
        "body_bytes": context.settings.max_body_bytes,
        "open_body_bytes": MAX_OPEN_BODY_BYTES,
        **{quota.name: quota.most for quota in QUOTAS.values() if isinstance(quota, Quota)},
        "holidays": MAX_HOLIDAYS,
        "snooze_days": 30,
        "restore_days": 30,
    }
    policy = PolicyMeta(defaults=defaults(), bounds=BOUNDS, presets=PRESETS)
    return Meta(enums=ENUMS, labels=LABELS, limits=limits, policy=policy)


@routes.get("/v1/guide", scopes=OPEN)
def get_guide() -> Guide:
    """Read the guide.

    The seven steps, each with why, what to do, words to use and mistakes to avoid. `links` has the operations for the
    step: `code` is the id of the operation, and `href` has a `{…}` for each id that you fill in.
    """
    return Guide(steps=[GuidedStep.model_validate(one) for one in GUIDE])


HTML: dict[int | str, dict[str, Any]] = {200: {"content": {"text/html": {"schema": {"type": "string"}}}}}


@routes.get("/problems", scopes=OPEN, response_class=Response, responses=HTML)
def list_problems() -> Response:
    """Read about all problem types.

    An HTML page.
    """
    return Response(problem_page(list(PROBLEM_TYPES)), media_type="text/html")


@routes.get("/problems/{slug}", scopes=OPEN, response_class=Response, responses=HTML)
def get_problem(
    slug_: Annotated[str, Path(alias="slug", max_length=64, description="The last part of the problem's `type`.")],
) -> Response:
    """Read about a problem type.

    The HTML page at the address in a problem's `type`.
    """
    codes = [code for code in PROBLEM_TYPES if slug(code) == slug_]
    if not codes:
        raise NotFoundError
    return Response(problem_page(codes), media_type="text/html")
