"""Dependencies of endpoints: the caller, the request's context, and the page that a list is asked for.

A dependency opens no transaction; the endpoint does. A dependency that waited for a lock or a pool connection could
fill the thread pool with waiting threads and block the server. A dependency that committed after the response could
confirm a write that was then lost. So `Caller` only holds what the request sent; `reading()` and `writing()` check the
token and set the owner of the session, and `writing()` commits when the block ends.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, StringConstraints
from pydantic_core import to_json

from api.errors import InlineReadError, NotModifiedError, PreconditionFailedError, ReplayedError, UnavailableError
from api.http.call_limit import remember_account
from api.http.credentials import credentials
from api.http.headers import agent_tool, preconditions, request_now, request_target, single_header
from api.http.strict_route import Route, json_response
from api.http.write_options import Told, options_of, report_response
from api.models.base import IN_QUERY, Digits
from api.models.people import identity_only
from api.models.write import LoggedWrite, WriteReport
from api.protocol.idempotency import IdempotentRequest
from api.protocol.scopes import missing_scopes
from api.services import idempotent_responses, stored_bytes
from api.services.accounts import audit_log, login_throttle
from api.services.accounts.authentication import (
    AuthenticatedToken,
    authenticate,
    find_token,
    is_last_use_outdated,
    lock_and_authenticate,
    require_scopes,
    set_last_used,
)
from api.services.steps.effects import effects_of
from api.services.steps.recompute import is_recomputing
from api.services.write_log import log
from api.services.write_log.recording import start_recording
from api.settings import Settings
from api.storage.database import Database
from api.storage.keyset import DEFAULT_LIMIT, PageQuery
from api.storage.raw_sql import RawConnection
from api.storage.session import OwnedSession
from api.workers import deliveries, recompute
from api.workers.supervisor import Supervisor

Shown = TypeVar("Shown", bound=BaseModel)
MAX_INLINE_ROWS = 200  # of one statement; a thread reads more, because the event loop would be blocked for too long


class RequestContext:
    """The context of a request without a token: database, settings, instant and the response's headers."""

    def __init__(self, request: Request, response: Response) -> None:
        self.request = request
        self.headers = response.headers
        self.response = response
        self.database: Database = request.app.state.database
        self.settings: Settings = request.app.state.settings
        self.now = request_now(request)

    @property
    def client_address(self) -> str:
        """The IP address of the client, or the one that a trusted proxy sent."""
        return self.request.client.host if self.request.client else ""

    def count_sign_in(self, session: OwnedSession, email: str) -> None:
        """Count an attempt at a password, by account and client. Raises TooManyRequestsError beyond the limit."""
        most = self.settings.sign_ins_per_hour
        login_throttle.count_attempt(session, "sign-in", email=email, address=self.client_address, most=most)

    def wake(self, task: str) -> None:
        """Make a background task begin its next pass now."""
        supervisor: Supervisor = self.request.app.state.supervisor
        supervisor.wake(task)

    def created(self, location: str, tag: str) -> None:
        """Set `Location` and `ETag` of a new object."""
        self.headers["Location"] = location
        self.headers["ETag"] = tag


class Caller(RequestContext):
    """A request with a token, which is checked in the transaction that the endpoint opens."""

    token: AuthenticatedToken
    answer: BaseModel | None = None
    status: int = 200
    people: Iterable[str] = ()
    told: Told | None = None
    tool: str | None = None

    def __init__(
        self, request: Request, response: Response, idempotent_request: IdempotentRequest | None = None
    ) -> None:
        super().__init__(request, response)
        self.idempotent_request = idempotent_request
        self.preconditions = preconditions(request)
        self.secret = credentials(request)
        self.route: Route = request.scope["route"]
        self.options = options_of(request)

    @contextmanager
    def reading(self) -> Iterator[OwnedSession]:
        """Open a read transaction of the caller."""
        with self._recording_use(), self.database.read(self.now) as session:
            self.token = authenticate(session, self.secret, self.route.access)
            self._remember_account()
            yield session

    @contextmanager
    def reading_steps(self, as_of: datetime | None = None, *, inline: bool = False) -> Iterator[RawConnection]:
        """Open a raw connection to read steps, and set their version as the ETag.

        `inline`: on the event loop; raises InlineReadError if the read would wait, write, or return too many rows.
        """
        max_rows = MAX_INLINE_ROWS if inline else None
        opened = self.database.inline_connection if inline else self.database.driver_connection
        with self._recording_use(), opened() as driver:
            raw = RawConnection(driver, self.database.engine.dialect, self.now, max_rows=max_rows)
            self.token = find_token(raw, self.secret, self.route.access, as_of=as_of)
            self._remember_account()
            if inline and is_last_use_outdated(self.token.last_used_at, self.now):
                raise InlineReadError
            self.headers["ETag"] = self.token.etag(request_target(self.request))
            yield raw.owned_by(self.token.user_id, shows_contacts=self.token.shows_contacts)

    @contextmanager
    def _recording_use(self) -> Iterator[None]:
        """Set the token's time of last use after a read, also after one that ended with 304."""
        try:
            yield
        except NotModifiedError:
            self._set_last_used()
            raise
        self._set_last_used()

    def _remember_account(self) -> None:
        """Count the next requests with this token for its account."""
        remember_account(self.request, self.secret, self.token.user_id)

    def _set_last_used(self) -> None:
        """Set the token's time of last use; if the write lock is taken, leave that to a later request."""
        if not is_last_use_outdated(self.token.last_used_at, self.now):
            return
        with suppress(UnavailableError), self.database.write(self.now, timeout=0) as session:
            session.owner = self.token.user_id
            set_last_used(session, self.token.id)

    @contextmanager
    def writing(
        self, *, returns_secret: bool = False, audited: bool = True, logged: bool = False
    ) -> Iterator[OwnedSession]:
        """Open a write transaction of the caller; it commits when the block ends.

        The token was looked up before the body was parsed. It is checked again when the user's row is locked: a token
        that ended meanwhile, or an account that was erased, gets 401.

        With an Idempotency-Key, a stored response is replayed; otherwise the response that `remember` got is stored in
        the same transaction. `returns_secret`: the response is never stored. `audited`: the operation is written to the
        account's activity. `logged`: what is written is logged, so that it can be undone, as what assistants write is
        always. A dry run does none of this, and is rolled back.
        """
        idempotent_request = None if returns_secret or self.options.dry_run else self.idempotent_request
        with self.database.write(self.now) as session:
            session.max_bytes = None if self.request.method in ("DELETE", "GET") else self.settings.account_bytes
            session.dry_run = self.options.dry_run
            owner = self.request.scope.get("owner")  # none for a GET that writes
            self.token = lock_and_authenticate(session, self.secret, self.route.access, owner=owner)
            session.tells_effects = self.options.wants_report and not missing_scopes(("steps:read",), self.token.scopes)
            self.tool = agent_tool(self.request) if self.token.agent else None
            if idempotent_request is not None:
                self._replay(session, idempotent_request)
            self._count_agent_write(session)
            if logged or self.token.agent:
                start_recording(session)
            if is_last_use_outdated(self.token.last_used_at, session.now):
                set_last_used(session, self.token.id)
            yield session
            written = None if session.dry_run else self._log(session)
            if self.options.wants_report:
                self.told = self._told(session, written)
            if audited and not session.dry_run:
                self._record_in_audit_log(session, written)
            if idempotent_request is not None:
                self._store_response(session, idempotent_request)
        if session.dry_run and self.token.agent:  # it took the lock for as long as a write, but its count is undone
            with self.database.write(self.now) as counting:
                counting.owner = self.token.user_id
                self._count_agent_write(counting)
        if session.has_deferred_work and not session.dry_run:
            self.wake(recompute.TASK)
        if session.has_deliveries:
            self.wake(deliveries.TASK)

    def _count_agent_write(self, session: OwnedSession) -> None:
        """Count a write of an assistant for its account. Raises TooManyRequestsError beyond the limit of a day."""
        most = self.settings.agent_writes_per_day
        if self.token.agent and most:
            login_throttle.count_account(session, "agent write", most=most, period=login_throttle.DAY)

    def _log(self, session: OwnedSession) -> LoggedWrite | None:
        """Log what the transaction wrote, if it was recorded; return the entry."""
        writer = log.Writer(
            token_id=self.token.id,
            token_name=self.token.name,
            operation=str(self.route.operation_id),
            object=self._object,
            scopes=list(self.route.scopes),
            tool=self.tool,
            retry_key=self.idempotent_request.key if self.idempotent_request else None,
        )
        entry = log.add_entry(session, writer)
        return None if entry is None else LoggedWrite(id=entry.id, undo_until=entry.at + log.RETENTION)

    @property
    def _object(self) -> str:
        """The address of the object that is written."""
        return self.headers.get("Location") or self.request.url.path

    def _told(self, session: OwnedSession, written: LoggedWrite | None) -> Told:
        """Return what the transaction did. A dry run is refused here if the write would exceed the account's bytes."""
        if session.dry_run:
            session.flush()
            stored_bytes.store_growth(session)
        if not session.tells_effects:
            return Told(session.dry_run, recomputing=is_recomputing(session), write=written)
        effects, more = effects_of(session)
        return Told(session.dry_run, effects, more, recomputing=is_recomputing(session), write=written)

    def reported(self, body: BaseModel | None, status: int) -> Response | None:
        """Return the report on the write, with what would be returned without; None if the request wants none."""
        return None if self.told is None else report_response(self._report(self.told, body, status))

    def _report(self, told: Told, body: BaseModel | None, status: int) -> WriteReport:
        return told.report(body, status=status, location=self.headers.get("Location"), etag=self.headers.get("ETag"))

    def _record_in_audit_log(self, session: OwnedSession, written: LoggedWrite | None) -> None:
        """Add the operation and the object's address to the account's activity, without any contents."""
        operation, write_id = str(self.route.operation_id), None if written is None else written.id
        audit_log.record(session, self.token, operation, self._object, tool=self.tool, write_id=write_id)

    def require_scopes(self, *scopes: str) -> None:
        """Raise ForbiddenError if the token lacks a scope that an option needs in addition to the operation."""
        require_scopes(self.token.scopes, scopes)

    def _replay(self, session: OwnedSession, idempotent_request: IdempotentRequest) -> None:
        """Raise ReplayedError with the stored response, which another token with more scopes may have got."""
        try:
            idempotent_responses.replay(session, idempotent_request)
        except ReplayedError as stored:
            if self.options.wants_report:
                stored.body = self._visible_report(stored.body, tells_effects=session.tells_effects)
            elif not self.token.shows_contacts and (model := self.route.response_model) is not None:
                stored.body = identity_only(model.model_validate_json(stored.body)).model_dump_json()
            raise

    def _visible_report(self, stored: str, *, tells_effects: bool) -> str:
        """Return a stored report as this token may see it."""
        report, model = WriteReport.model_validate_json(stored), self.route.response_model
        if not tells_effects:
            report.effects, report.more_effects = None, 0
        if not self.token.shows_contacts and model is not None:
            report.body = identity_only(model.model_validate(report.body)).model_dump(mode="json")
        return report.model_dump_json()

    def _store_response(self, session: OwnedSession, idempotent_request: IdempotentRequest) -> None:
        if self.answer is None:
            raise RuntimeError("The endpoint of a POST must call remember(), so that the response can be replayed.")
        headers = {name: self.headers[name] for name in ("Location", "ETag") if name in self.headers}
        status, answer = self.status, self.answer
        if self.told is not None:
            status, headers, answer = 200, {}, self._report(self.told, answer, status)
        body = answer.model_dump_json()
        idempotent_responses.store(session, idempotent_request, status, headers, body, people=self.people)

    def remember(self, shown: Shown, *, status: int = 200, people: Callable[[], Iterable[str]] = tuple) -> Shown:
        """Return a response, and keep it so that `writing()` can store it for its Idempotency-Key.

        `people`: returns the ids of people whom the texts of the response name without their ids.
        """
        if self.idempotent_request is not None:
            self.answer, self.status, self.people = shown, status, people()
        return shown

    def visible(self, shown: Shown) -> Shown:
        """Return a response as this token may see it: of people without `contacts:read` only id, role and name."""
        return shown if self.token.shows_contacts else identity_only(shown)

    def json_document(self, document: object) -> Response:
        """Return a document as JSON with the headers set so far; the response model does not validate it."""
        self.set_etag(self.headers["ETag"])
        return json_response(self.response, to_json(document))

    def set_etag(self, tag: str, *, vary: str | None = None) -> None:
        """Set the ETag. Raises NotModifiedError if the caller has this version.

        `vary`: the request header on which the representation depends.
        """
        self.headers["ETag"] = tag
        if self.request.method == "GET" and self.preconditions.is_not_modified(tag):
            raise NotModifiedError(tag, vary)

    def check_if_match(self, current: BaseModel, tag: str) -> None:
        """Raise PreconditionFailedError if If-Match does not name this version."""
        if self.preconditions.is_if_match_violated(tag):
            raise PreconditionFailedError(self.visible(current).model_dump(mode="json"), tag)

    def link_next_page(self, cursor: str | None) -> None:
        """Set the `Link` header to the next page, if there is one."""
        if cursor is not None:
            url = self.request.url.include_query_params(cursor=cursor)
            self.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'


async def _caller(request: Request, response: Response) -> Caller:
    key = single_header(request, "Idempotency-Key") if request.method == "POST" else None
    if key is None:
        return Caller(request, response)
    form = "effects" if options_of(request).wants_report else ""
    idempotent_request = IdempotentRequest.of(key, request.method, request.url.path, await request.body(), form=form)
    return Caller(request, response, idempotent_request)


async def _request_context(request: Request, response: Response) -> RequestContext:
    return RequestContext(request, response)


CallerDep = Annotated[Caller, Depends(_caller)]
RequestContextDep = Annotated[RequestContext, Depends(_request_context)]


async def _page(
    request: Request,
    limit: Annotated[int, Query(ge=1, description="Rows per page; cut to 200 if larger."), Digits] = DEFAULT_LIMIT,
    cursor: Annotated[
        Annotated[str, StringConstraints(max_length=2_000), IN_QUERY] | None,
        Query(description="`next_cursor` of the previous page; send the same filters."),
    ] = None,
) -> PageQuery:
    rest = sorted(
        (name, value) for name, value in request.query_params.multi_items() if name not in ("limit", "cursor")
    )
    return PageQuery(limit, cursor, f"{request.url.path}?{rest}")


PageDep = Annotated[PageQuery, Depends(_page)]
DryRun = Annotated[bool, Query(description="Delete nothing; return 200 with the steps that the deletion would reopen.")]
Explain = Annotated[bool, Query(description="Add `trace`: every rule that was applied, with its inputs.")]
