"""Endpoints of sessions: sign in with a password, for a token or for a cookie, and sign out."""

from typing import Annotated

from fastapi import Path, Response

from api.errors import ConflictError, UnauthorizedError
from api.http.credentials import check_csrf, check_same_site
from api.http.crud import paged
from api.http.deps import Caller, CallerDep, PageDep, RequestContext, RequestContextDep
from api.http.routes import OPEN, Routes
from api.models import Token
from api.models.page import Page
from api.models.token import SESSIONS, CurrentSession, SessionCreate, SessionPublic, SessionSecret, TokenKind
from api.security import COOKIE, PasswordMatch, csrf_token, hash_password, verify_password
from api.services.accounts import audit_log, tokens, users
from api.services.row_etags import row_etag
from api.storage.keyset import sort_orders
from api.storage.session import OwnedSession

SessionId = Annotated[str, Path(description="The session's id.", max_length=64)]
ORDER = sort_orders(Token, "created_at")["-created_at"]
SAFELY = "Path=/; Secure; HttpOnly; SameSite=Strict"
SET_COOKIE = {"description": "The session cookie, if the request had `cookie: true`.", "schema": {"type": "string"}}
routes = Routes("account")


class SessionPage(Page[SessionPublic]):
    """A page of sessions, newest first."""


@routes.post(
    "/v1/sessions",
    status_code=201,
    scopes=OPEN,
    errors=[401, 403, 409, 429],
    responses={201: {"headers": {"Set-Cookie": SET_COOKIE}}},
)
def create_session(context: RequestContextDep, body: SessionCreate) -> SessionSecret:
    """Sign in.

    The response has a token for `Authorization: Bearer …`, which is shown only once. With `cookie: true`, for a
    frontend in a browser, the secret is set as a cookie instead; send `csrf_token` as `X-CSRF-Token` with every write.
    From a page of another site this is 403 `cookie_cross_site`, because the browser would not send the cookie back. An
    Idempotency-Key is ignored here.
    """
    if body.cookie:
        check_same_site(context.request)
        check_csrf(context.request, None)
    with context.database.write(context.now) as session:
        context.count_sign_in(session, body.email)
        user = users.find_by_email(session, body.email)
    stored = user.password_hash if user else None
    match = verify_password(body.password, stored)
    if not match or user is None:
        raise UnauthorizedError("Address or password is wrong: check both.")
    renewed = hash_password(body.password) if match is PasswordMatch.OUTDATED else None
    with context.database.write(context.now) as session:
        user = users.lock_with_password(session, user, stored)
        days = context.settings.session_days
        token, secret = tokens.open_session(session, user, days=days, name=body.name, cookie=body.cookie)
        if renewed is not None:
            users.rehash(session, user, renewed)
        audit_log.record(session, token, "create_session", f"/v1/sessions/{token.id}")
        return _signed_in(context, session, token, secret)


def _signed_in(context: RequestContext, session: OwnedSession, token: Token, secret: str) -> SessionSecret:
    in_cookie = token.kind == TokenKind.COOKIE
    shown = tokens.token_to_public(
        session,
        SessionSecret,
        token,
        is_current=True,
        token=None if in_cookie else secret,
        csrf_token=csrf_token(secret) if in_cookie else None,
    )
    context.created(f"/v1/sessions/{token.id}", shown.etag)
    if in_cookie:
        age = context.settings.session_days * 86_400
        context.headers["Set-Cookie"] = f"{COOKIE}={secret}; Max-Age={age}; {SAFELY}"
    return shown


@routes.get("/v1/sessions", scopes="account:read")
def list_sessions(caller: CallerDep, page: PageDep) -> SessionPage:
    """List your sessions."""
    with caller.reading() as session:
        rows, cursor = paged(caller, session, page, ORDER, tokens.select_tokens(SESSIONS))
        return SessionPage(items=[_shown(caller, session, row) for row in rows], next_cursor=cursor)


@routes.get("/v1/sessions/current", scopes="account:read", errors=[409])
def get_current_session(caller: CallerDep) -> CurrentSession:
    """Read the current session.

    A frontend that was reloaded reads its `csrf_token` here. A personal token is not a session (409).
    """
    with caller.reading() as session:
        token = _own(caller, session)
        csrf = csrf_token(caller.secret) if token.kind == TokenKind.COOKIE else None
        shown = tokens.token_to_public(session, CurrentSession, token, is_current=True, csrf_token=csrf)
        caller.set_etag(shown.etag)
        return shown


@routes.delete("/v1/sessions/current", scopes="account:write", errors=[409])
def end_current_session(caller: CallerDep) -> Response:
    """Sign out.

    The session of this request ends at once. A personal token is not a session (409).
    """
    with caller.writing() as session:
        return _ended(caller, session, _own(caller, session))


@routes.delete("/v1/sessions/{session_id}", scopes="account:write")
def end_session(caller: CallerDep, session_id: SessionId) -> Response:
    """End a session, at once."""
    with caller.writing() as session:
        return _ended(caller, session, tokens.find_session_or_token(session, session_id, SESSIONS))


def _own(caller: Caller, session: OwnedSession) -> Token:
    if caller.token.kind not in SESSIONS:
        detail = "A personal token is not a session: revoke it at /v1/tokens, or send the session's token."
        raise ConflictError(detail, code="not_a_session")
    return tokens.find_session_or_token(session, caller.token.id, SESSIONS)


def _shown(caller: Caller, session: OwnedSession, row: Token) -> SessionPublic:
    return tokens.token_to_public(session, SessionPublic, row, is_current=row.id == caller.token.id)


def _ended(caller: Caller, session: OwnedSession, token: Token) -> Response:
    """Check If-Match and end a session; clear the cookie if it is the caller's own."""
    caller.check_if_match(_shown(caller, session, token), row_etag(session, token))
    is_own_cookie = token.kind == TokenKind.COOKIE and token.id == caller.token.id
    session.delete(token)
    headers = {"Set-Cookie": f"{COOKIE}=; Max-Age=0; {SAFELY}"} if is_own_cookie else {}
    return Response(status_code=204, headers=headers)
