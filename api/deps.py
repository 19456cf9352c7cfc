"""Who asks, and under which conditions: gathered without waiting; the endpoint opens the one transaction itself.

A dependency that waited for a lock or a pool slot could fill the thread pool with waiting threads and stop the server,
and one that committed after the answer could acknowledge what was then lost. So `Caller` only keeps what the request
says; `reading()` and `writing()` check the token, name the owner and, when the block ends, commit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel

from api.conditional import Conditions
from api.db import Database, OwnedSession
from api.errors import NotModifiedError, PreconditionFailedError
from api.models import Token
from api.pagination import DEFAULT_LIMIT, PageQuery
from api.requests import bearer
from api.services import steps
from api.services.accounts import authenticate
from api.settings import Settings


class Clockwork:
    """What endpoints without an account need: database, settings, clock and the answer's headers."""

    def __init__(self, request: Request, response: Response) -> None:
        self.request = request
        self.headers = response.headers
        self.response = response
        self.database: Database = request.app.state.database
        self.settings: Settings = request.app.state.settings

    @property
    def now(self) -> datetime:
        """The current instant in whole seconds: the clock is read here and nowhere else."""
        instant: datetime = self.request.app.state.clock()
        return instant.replace(microsecond=0)

    def created(self, location: str, tag: str) -> None:
        """Say where the new object is, and its version."""
        self.headers["Location"] = location
        self.headers["ETag"] = tag


class Caller(Clockwork):
    """One request of one user, whose token is checked in the transaction that the endpoint opens."""

    token: Token

    def __init__(self, request: Request, response: Response) -> None:
        super().__init__(request, response)
        self.conditions = Conditions(request.headers.get("if-match"), request.headers.get("if-none-match"))
        self.secret = bearer(request)

    @contextmanager
    def reading(self) -> Iterator[OwnedSession]:
        """Open a transaction that reads on behalf of the caller."""
        with self.database.read(self.now) as session:
            self.token = authenticate(session, self.secret, writes=False)
            yield session

    @contextmanager
    def writing(self) -> Iterator[OwnedSession]:
        """Open a transaction that writes on behalf of the caller; it is committed when the block ends."""
        with self.database.write(self.now) as session:
            self.token = authenticate(session, self.secret, writes=True)
            steps.lock(session)
            yield session

    def tagged(self, tag: str) -> None:
        """Say the answer's version; raise NotModifiedError where a reader has it already."""
        self.headers["ETag"] = tag
        if self.request.method == "GET" and self.conditions.unchanged(tag):
            raise NotModifiedError(tag)

    def may_change(self, current: BaseModel, tag: str) -> None:
        """Raise PreconditionFailedError where If-Match names other versions only."""
        if self.conditions.refused(tag):
            raise PreconditionFailedError(current.model_dump(mode="json"), tag)

    def paged(self, cursor: str | None) -> None:
        """Link to the next page, if there is one."""
        if cursor is not None:
            url = self.request.url.include_query_params(cursor=cursor)
            self.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'


async def _caller(request: Request, response: Response) -> Caller:
    return Caller(request, response)


async def _clockwork(request: Request, response: Response) -> Clockwork:
    return Clockwork(request, response)


CallerDep = Annotated[Caller, Depends(_caller)]
ClockworkDep = Annotated[Clockwork, Depends(_clockwork)]


async def _page(
    request: Request,
    limit: Annotated[int, Query(ge=1, description="Up to 200 rows; more is cut to that.")] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None, Query(max_length=2_000, description="`next_cursor` of the page before, with the same filters.")
    ] = None,
) -> PageQuery:
    rest = sorted(
        (name, value) for name, value in request.query_params.multi_items() if name not in ("limit", "cursor")
    )
    return PageQuery(limit, cursor, f"{request.url.path}?{rest}")


PageDep = Annotated[PageQuery, Depends(_page)]
DryRun = Annotated[
    bool, Query(description="Delete nothing; answer 200 with the steps that the deletion would re-open.")
]
Anyone: dict[str, Any] = {"security": []}
Explain = Annotated[bool, Query(description="Add every rule applied, with its inputs, as `trace`.")]
