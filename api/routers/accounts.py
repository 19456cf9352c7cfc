"""Who asks: sign-up, sign-in, tokens, the profile and the policy."""

from typing import Annotated

from fastapi import Path, Response
from pydantic import BaseModel

from api.conditional import etag
from api.db import OwnedSession
from api.deps import Anyone, Caller, CallerDep, ClockworkDep, PageDep
from api.errors import ConflictError, UnauthorizedError
from api.models import Token
from api.models.policy import PolicyOverrides, PolicyPublic
from api.models.token import (
    SessionCreate,
    SessionPublic,
    SessionSecret,
    TokenCreate,
    TokenPublic,
    TokenSecret,
)
from api.models.user import UserCreate, UserPublic, UserUpdate
from api.pagination import PageQuery, by
from api.resources import router
from api.security import hash_password, verify_password
from api.services import accounts
from api.services.owner import me
from api.services.policies import explained

TokenId = Annotated[str, Path(description="The token's id.", max_length=64)]
SessionId = Annotated[str, Path(description="The session's id.", max_length=64)]
ORDER = by(Token, "created_at")["-created_at"]
routes = router("account")


class SessionPage(BaseModel):
    """A page of sessions, newest first."""

    items: list[SessionPublic]
    next_cursor: str | None


class TokenPage(BaseModel):
    """A page of personal tokens, newest first."""

    items: list[TokenPublic]
    next_cursor: str | None


@routes.post("/v1/users", operation_id="create_user", status_code=201, response_model=UserPublic, openapi_extra=Anyone)
def sign_up(clockwork: ClockworkDep, body: UserCreate) -> object:
    """Open an account.

    Then sign in with POST /v1/sessions. `time_zone` decides step 7 and what new applications start with. An
    Idempotency-Key is ignored here.
    """
    hashed = hash_password(body.password)
    with clockwork.database.write(clockwork.now) as session:
        user = accounts.sign_up(session, body, hashed)
        clockwork.created("/v1/me", etag(user.version))
        return accounts.profile(user)


@routes.post("/v1/sessions", operation_id="create_session", status_code=201, openapi_extra=Anyone)
def sign_in(clockwork: ClockworkDep, body: SessionCreate) -> SessionSecret:
    """Sign in.

    Answers a token for `Authorization: Bearer …`, shown this once. An Idempotency-Key is ignored here.
    """
    with clockwork.database.read(clockwork.now) as session:
        user = accounts.by_email(session, body.email)
    if not verify_password(body.password, user.password_hash if user else None) or user is None:
        raise UnauthorizedError("Address or password is wrong: check both.")
    with clockwork.database.write(clockwork.now) as session:
        token, secret = accounts.open_session(session, user, days=clockwork.settings.session_days)
        shown = accounts.shown_token(SessionSecret, token, token=secret)
        clockwork.created(f"/v1/sessions/{token.id}", shown.etag)
        return shown


@routes.get("/v1/sessions", operation_id="list_sessions")
def list_sessions(caller: CallerDep, page: PageDep) -> SessionPage:
    """List your sessions."""
    rows, cursor = _tokens(caller, page, "session")
    return SessionPage(items=[accounts.shown_token(SessionPublic, row) for row in rows], next_cursor=cursor)


@routes.delete("/v1/sessions/current", operation_id="end_current_session", status_code=204, response_class=Response)
def sign_out(caller: CallerDep) -> Response:
    """Sign out.

    Ends the session whose token asks, at once; a personal token is no session (409).
    """
    with caller.writing() as session:
        if caller.token.kind != "session":
            detail = "A personal token asks, which is no session: revoke it at /v1/tokens, or send the session's token."
            raise ConflictError(detail, code="not_a_session")
        return _ended(caller, session, SessionPublic, caller.token)


@routes.delete("/v1/sessions/{session_id}", operation_id="end_session", status_code=204, response_class=Response)
def end_session(caller: CallerDep, session_id: SessionId) -> Response:
    """End a session, at once."""
    with caller.writing() as session:
        return _ended(caller, session, SessionPublic, accounts.token_of(session, session_id, "session"))


@routes.post("/v1/tokens", operation_id="create_token", status_code=201)
def create_token(caller: CallerDep, body: TokenCreate) -> TokenSecret:
    """Make a personal token for an app.

    Its secret is shown this once. `all` may do everything, `read` only read. An Idempotency-Key is ignored here.
    """
    with caller.writing(secret=True) as session:
        token, secret = accounts.issue_token(session, body)
        shown = accounts.shown_token(TokenSecret, token, token=secret)
        caller.created(f"/v1/tokens/{token.id}", shown.etag)
        return shown


@routes.get("/v1/tokens", operation_id="list_tokens")
def list_tokens(caller: CallerDep, page: PageDep) -> TokenPage:
    """List your personal tokens.

    Without their secrets.
    """
    rows, cursor = _tokens(caller, page, "personal")
    return TokenPage(items=[accounts.shown_token(TokenPublic, row) for row in rows], next_cursor=cursor)


@routes.delete("/v1/tokens/{token_id}", operation_id="revoke_token", status_code=204, response_class=Response)
def revoke_token(caller: CallerDep, token_id: TokenId) -> Response:
    """Revoke a personal token, at once."""
    with caller.writing() as session:
        return _ended(caller, session, TokenPublic, accounts.token_of(session, token_id, "personal"))


def _ended(caller: Caller, session: OwnedSession, model: type[BaseModel], token: Token) -> Response:
    """End a token at once, if the caller's If-Match allows it."""
    shown = accounts.shown_token(model, token)
    caller.may_change(shown, etag(token.version))
    session.delete(token)
    return Response(status_code=204)


def _tokens(caller: Caller, page: PageQuery, kind: str) -> tuple[list[Token], str | None]:
    with caller.reading() as session:
        opened = page.opened(session.user_id, ORDER, caller.now)
        rows, cursor = opened.rows(session, accounts.tokens(kind))
        caller.paged(cursor)
        return [row for (row,) in rows], cursor


@routes.get("/v1/me", operation_id="get_me", response_model=UserPublic)
def get_me(caller: CallerDep) -> object:
    """Read your profile."""
    with caller.reading() as session:
        user = me(session)
        caller.tagged(etag(user.version))
        return accounts.profile(user)


@routes.patch("/v1/me", operation_id="update_me", response_model=UserPublic)
def patch_me(caller: CallerDep, body: UserUpdate) -> object:  # type: ignore[valid-type]  # made at run time
    """Change your profile.

    Another `time_zone` moves step 7 and nothing else; new applications start with it.
    """
    with caller.writing() as session:
        user = me(session)
        caller.may_change(accounts.profile(user), etag(user.version))
        accounts.change_profile(session, user, body)
        caller.headers["ETag"] = etag(user.version)
        return accounts.profile(user)


@routes.get("/v1/me/policy", operation_id="get_policy", response_model=PolicyPublic)
def get_policy(caller: CallerDep) -> object:
    """Read your policy.

    Every figure of the rules as it counts for you, with its origin. GET /v1/meta has bounds and presets.
    """
    with caller.reading() as session:
        user = me(session)
        caller.tagged(etag(user.version))
        return explained(user.policy, {})


@routes.patch("/v1/me/policy", operation_id="update_policy", response_model=PolicyPublic)
def patch_policy(caller: CallerDep, body: PolicyOverrides) -> object:
    """Change your policy.

    A merge patch: null goes back to the default, lists replace. Every step of every application is judged anew.
    """
    with caller.writing() as session:
        user = me(session)
        caller.may_change(explained(user.policy, {}), etag(user.version))
        accounts.change_policy(session, user, body)
        caller.headers["ETag"] = etag(user.version)
        return explained(user.policy, {})
