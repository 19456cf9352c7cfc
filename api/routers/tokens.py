"""Endpoints of personal tokens, with which apps act for a user."""

from typing import Annotated

from fastapi import Path, Response

from api.http.crud import paged
from api.http.deps import CallerDep, PageDep
from api.http.routes import SIGNED_IN, Routes
from api.models import Token
from api.models.page import Page
from api.models.token import CurrentToken, TokenCreate, TokenKind, TokenPublic, TokenSecret
from api.services.accounts import tokens
from api.services.current_user import current_user
from api.services.facts.crud import find
from api.services.row_etags import row_etag
from api.storage.keyset import sort_orders

TokenId = Annotated[str, Path(description="The token's id.", max_length=64)]
ORDER = sort_orders(Token, "created_at")["-created_at"]
PERSONAL = (TokenKind.PERSONAL,)
routes = Routes("account")


class TokenPage(Page[TokenPublic]):
    """A page of personal tokens, newest first."""


@routes.post("/v1/tokens", scopes="account:write", errors=[409], idempotent=False, status_code=201)
def create_token(caller: CallerDep, body: TokenCreate) -> TokenSecret:
    """Create a personal token for an app.

    Its secret is shown only once. Give it only the scopes that the app needs: `all` allows everything, `read` allows
    all reads. A token cannot create a token with more scopes than its own. An Idempotency-Key is ignored here.

    For an assistant, send a `preset` instead of `scopes`. Its token gets 403 `not_for_agents` from operations on the
    account, tokens, sessions, webhooks, calendar feeds and mail settings, from imports and exports, and from those that
    erase people.
    """
    with caller.writing(returns_secret=True) as session:
        token, secret = tokens.issue_token(session, body, granted=caller.token.scopes)
        shown = tokens.token_to_public(session, TokenSecret, token, token=secret)
        caller.created(f"/v1/tokens/{token.id}", shown.etag)
        return shown


@routes.get("/v1/tokens", scopes="account:read")
def list_tokens(caller: CallerDep, page: PageDep) -> TokenPage:
    """List your personal tokens.

    The secrets are not shown.
    """
    with caller.reading() as session:
        rows, cursor = paged(caller, session, page, ORDER, tokens.select_tokens(PERSONAL))
        return TokenPage(items=[tokens.token_to_public(session, TokenPublic, row) for row in rows], next_cursor=cursor)


@routes.get("/v1/tokens/current", scopes=SIGNED_IN, etag=False)
def get_current_token(caller: CallerDep) -> CurrentToken:
    """Read the token of this request.

    Every valid token may read this, also that of a session or of an assistant: what it may do, until when, your time
    zone, and the time of the server.
    """
    with caller.reading() as session:
        zone = current_user(session).time_zone
        return tokens.current_token(find(session, Token, caller.token.id), time_zone=zone, now=session.now)


@routes.delete("/v1/tokens/{token_id}", scopes="account:write")
def revoke_token(caller: CallerDep, token_id: TokenId) -> Response:
    """Revoke a personal token at once."""
    with caller.writing() as session:
        token = tokens.find_session_or_token(session, token_id, PERSONAL)
        caller.check_if_match(tokens.token_to_public(session, TokenPublic, token), row_etag(session, token))
        session.delete(token)
        return Response(status_code=204)
