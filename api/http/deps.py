"""Who asks, and under which conditions: gathered without waiting; the endpoint opens the one transaction itself.

A dependency that waited for a lock or a pool slot could fill the thread pool with waiting threads and stop the server,
and one that committed after the answer could acknowledge what was then lost. So `Caller` only keeps what the request
says; `reading()` and `writing()` check the token, name the owner and, when the block ends, commit.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, StringConstraints
from pydantic_core import to_json

from api.errors import NotModifiedError, PreconditionFailedError, UnavailableError
from api.http.credentials import credentials
from api.http.headers import conditions, only_header, place
from api.http.strict_route import JSON, Route
from api.models.base import IN_QUERY, Digits
from api.protocol.idempotency import Retry
from api.services import idempotent_responses
from api.services.accounts import audit_log
from api.services.accounts.authentication import Recognised, authenticate, demand, is_to_be_marked, mark_used, recognise
from api.services.steps import judge
from api.settings import Settings
from api.storage.database import Database
from api.storage.keyset import DEFAULT_LIMIT, PageQuery
from api.storage.raw_sql import Rows
from api.storage.session import OwnedSession
from api.workers.mailer import Mailer

Shown = TypeVar("Shown", bound=BaseModel)
MOST_ASIDE = 200  # rows of one statement: what takes the event loop longer to read, a thread reads


class Clockwork:
    """What endpoints without an account need: database, settings, clock and the answer's headers."""

    def __init__(self, request: Request, response: Response) -> None:
        self.request = request
        self.headers = response.headers
        self.response = response
        self.database: Database = request.app.state.database
        self.settings: Settings = request.app.state.settings
        self.aside = False  # whether the event loop itself reads, with the connection that is set aside for it

    @property
    def now(self) -> datetime:
        """The current instant in whole seconds: the clock is read here and nowhere else."""
        instant: datetime = self.request.app.state.clock()
        return instant.replace(microsecond=0)

    @property
    def address(self) -> str:
        """Where the request comes from: the client, or what a trusted proxy says of it."""
        return self.request.client.host if self.request.client else ""

    def wake_mailer(self) -> None:
        """Let the mails that are waiting be sent now."""
        mailer: Mailer | None = self.request.app.state.mailer
        if mailer is not None:
            mailer.wake()

    @property
    def may_step_aside(self) -> bool:
        """Whether the event loop may read on the request's behalf: where it waits for nobody."""
        return self.database.has_glimpses

    def sent(self, content: bytes, status: int = 200) -> Response:
        """Return a document as an answer, with the headers that were said."""
        return Response(content, status, media_type=JSON, headers=dict(self.headers))

    def created(self, location: str, tag: str) -> None:
        """Say where the new object is, and its version."""
        self.headers["Location"] = location
        self.headers["ETag"] = tag


class Caller(Clockwork):
    """One request of one user, whose token is checked in the transaction that the endpoint opens."""

    token: Recognised
    answer: str | None = None
    status: int = 200

    def __init__(self, request: Request, response: Response, retry: Retry | None = None) -> None:
        super().__init__(request, response)
        self.retry = retry
        self.conditions = conditions(request)
        self.secret = credentials(request)
        self.route: Route = request.scope["route"]

    @contextmanager
    def reading(self) -> Iterator[OwnedSession]:
        """Open a transaction that reads on behalf of the caller."""
        with self.database.read(self.now) as session:
            self.token = authenticate(session, self.secret, self.route.scopes)
            yield session
        self._mark_used()

    @contextmanager
    def glancing(self, as_of: datetime | None = None) -> Iterator[Rows]:
        """Read plain rows about steps on behalf of the caller, who is told at once if nothing has changed."""
        with self.database.glimpse() if self.aside else self.database.driver() as driver:
            most = MOST_ASIDE if self.aside else None
            rows = Rows(driver, self.database.engine.dialect, self.now, most=most)
            self.token = recognise(rows, self.secret, self.route.scopes, as_of=as_of)
            if self.aside and is_to_be_marked(self.token.last_used_at, self.now):
                raise UnavailableError  # what is to be written, a thread writes
            tag = self.headers["ETag"] = self.token.tag(place(self.request))
            if self.request.method == "GET" and self.conditions.named(tag):
                raise NotModifiedError(tag)
            yield rows.owned_by(self.token.user_id)
        self._mark_used()

    def _mark_used(self) -> None:
        """Keep when the token was used last; while somebody writes, a reader does not wait for it."""
        if not is_to_be_marked(self.token.last_used_at, self.now):
            return
        with suppress(UnavailableError), self.database.write(self.now, patience=0) as session:
            session.owner = self.token.user_id
            mark_used(session, self.token.id)

    @contextmanager
    def writing(self, *, secret: bool = False, noted: bool = True) -> Iterator[OwnedSession]:
        """Open a transaction that writes on behalf of the caller; it is committed when the block ends.

        With an Idempotency-Key, the answer that `answered` was told is kept in the same transaction; one that was kept
        before is given again. An answer that shows a `secret` is never kept. What is `noted` stands in the account's
        activity.
        """
        retry = None if secret else self.retry
        with self.database.write(self.now) as session:
            self.token = authenticate(session, self.secret, self.route.scopes)
            judge.lock(session)
            if retry is not None:
                idempotent_responses.replay(session, retry)
            if is_to_be_marked(self.token.last_used_at, session.now):
                mark_used(session, self.token.id)
            yield session
            if noted:
                self._note(session)
            if retry is not None:
                self._keep(session, retry)

    def _note(self, session: OwnedSession) -> None:
        """Write down for the account's owner that this was done, with the object's address and nothing of it."""
        place = self.headers.get("Location") or self.request.url.path
        audit_log.note(session, self.token, str(self.route.operation_id), place)

    def demand(self, *scopes: str) -> None:
        """Raise ForbiddenError where the token lacks what an option asks for beyond the operation itself."""
        demand(self.token.scopes, scopes)

    def _keep(self, session: OwnedSession, retry: Retry) -> None:
        if self.answer is None:
            raise RuntimeError("A POST must say what it answers, so that it can be answered again.")
        headers = {name: self.headers[name] for name in ("Location", "ETag") if name in self.headers}
        idempotent_responses.keep(session, retry, self.status, headers, self.answer)

    def answered(self, shown: Shown, *, status: int = 200) -> Shown:
        """Return an answer, and remember it for a retry."""
        if self.retry is not None:
            self.answer, self.status = shown.model_dump_json(), status
        return shown

    def written(self, document: object) -> Response:
        """Return a document as it is, with the headers that were said: it has the shape that the route describes."""
        self.tagged(self.headers["ETag"])
        return self.sent(to_json(document))

    def tagged(self, tag: str, *, vary: str | None = None) -> None:
        """Say the answer's version; raise NotModifiedError where a reader has it already.

        `vary`: the header by which one address answers different things.
        """
        self.headers["ETag"] = tag
        if self.request.method == "GET" and self.conditions.unchanged(tag):
            raise NotModifiedError(tag, vary)

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
    key = only_header(request, "Idempotency-Key") if request.method == "POST" else None
    retry = Retry.of(key, request.method, request.url.path, await request.body()) if key is not None else None
    return Caller(request, response, retry)


async def _clockwork(request: Request, response: Response) -> Clockwork:
    return Clockwork(request, response)


CallerDep = Annotated[Caller, Depends(_caller)]
ClockworkDep = Annotated[Clockwork, Depends(_clockwork)]


async def _page(
    request: Request,
    limit: Annotated[int, Query(ge=1, description="Up to 200 rows; more is cut to that."), Digits] = DEFAULT_LIMIT,
    cursor: Annotated[
        Annotated[str, StringConstraints(max_length=2_000), IN_QUERY] | None,
        Query(description="`next_cursor` of the page before, with the same filters."),
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
