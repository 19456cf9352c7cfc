"""Issue, list and end sessions and personal tokens."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlmodel import col, delete, func, select

from api.errors import AccountDisabledError, ForbiddenError, InvalidError, NotFoundError
from api.models import Token, User
from api.models.base import new_id
from api.models.token import SESSIONS, CurrentToken, Issued, TokenCreate, TokenKind
from api.protocol.scopes import ALL, PRESETS, effective_scopes, missing_scopes
from api.security import COOKIE_PREFIX, PERSONAL_PREFIX, SESSION_PREFIX, hash_token, new_token
from api.services import quotas
from api.services.facts.crud import find
from api.services.row_etags import row_etag
from api.storage.session import OwnedSession

PREFIXES = {
    TokenKind.SESSION: SESSION_PREFIX,
    TokenKind.COOKIE: COOKIE_PREFIX,
    TokenKind.PERSONAL: PERSONAL_PREFIX,
}
RETENTION = timedelta(days=30)
AGENT_LIFE, MAX_AGENT_LIFE = timedelta(days=30), timedelta(days=90)
Shown = TypeVar("Shown", bound=Issued)


def open_session(
    session: OwnedSession, user: User, *, days: int, name: str | None = None, cookie: bool = False
) -> tuple[Token, str]:
    """Sign a user in and return the session and its secret. Raises AccountDisabledError.

    With more than the maximum of sessions, the one that was unused for longest ends.
    """
    if user.disabled_at is not None:
        raise AccountDisabledError
    session.owner = user.id
    kind = TokenKind.COOKIE if cookie else TokenKind.SESSION
    token, secret = _issue(session, kind, name=name or "", scopes=[ALL])
    token.expires_at = session.now + timedelta(days=days)
    _end_oldest_sessions(session, but=token.id)
    return token, secret


def _end_oldest_sessions(session: OwnedSession, *, but: str) -> None:
    """End the sessions beyond the maximum: first those that have expired, then those that were unused for longest."""
    is_valid, used = col(Token.expires_at) > session.now, func.coalesce(Token.last_used_at, Token.created_at)
    mine = select(col(Token.id)).where(
        Token.user_id == session.user_id, col(Token.kind).in_(SESSIONS), col(Token.id) != but
    )
    kept = mine.order_by(is_valid.desc(), used.desc(), col(Token.id).desc()).offset(quotas.MAX_SESSIONS - 1)
    beyond = session.exec(kept).all()
    if beyond:
        session.change(delete(Token).where(col(Token.id).in_(beyond)))


def issue_token(session: OwnedSession, body: TokenCreate, *, granted: Collection[str] = (ALL,)) -> tuple[Token, str]:
    """Create a personal token and return it with its secret. Raises ForbiddenError for scopes beyond `granted`."""
    if body.expires_at is not None and body.expires_at <= session.now:
        raise InvalidError.at("/expires_at", "in_the_past", "A token must expire in the future: send a later instant.")
    scopes, expires_at = list(dict.fromkeys(body.scopes)), body.expires_at
    if body.preset is not None:
        scopes, expires_at = list(PRESETS[body.preset]), _expiry_of_agent(session, body)
    if beyond := missing_scopes(scopes, granted):
        raise ForbiddenError(
            f"A token cannot grant scopes that it does not have: leave out {', '.join(beyond)}, or sign in.",
            extra={"missing_scopes": beyond},
        )
    quotas.check(session, Token)
    token, secret = _issue(session, TokenKind.PERSONAL, name=body.name, scopes=scopes)
    token.expires_at, token.agent = expires_at, body.preset is not None
    return token, secret


def _expiry_of_agent(session: OwnedSession, body: TokenCreate) -> datetime:
    """Return when the token of an assistant expires. Raises InvalidError if it would be too late or has scopes too."""
    if "scopes" in body.model_fields_set:
        raise InvalidError.at("/preset", "either_or", "Send either preset or scopes: a preset has its own scopes.")
    if "expires_at" not in body.model_fields_set:
        return session.now + AGENT_LIFE
    if body.expires_at is None or body.expires_at > session.now + MAX_AGENT_LIFE:
        days = MAX_AGENT_LIFE.days
        detail = f"The token of an assistant expires within {days} days: send an earlier instant, or leave it out."
        raise InvalidError.at("/expires_at", "too_late", detail)
    return body.expires_at


def _issue(session: OwnedSession, kind: TokenKind, *, name: str, scopes: list[str]) -> tuple[Token, str]:
    secret = new_token(PREFIXES[kind])
    token = Token(
        user_id=session.user_id,
        id=new_id(),
        kind=kind.value,
        name=name,
        scopes=scopes,
        hash=hash_token(secret),
        created_at=session.now,
        updated_at=session.now,
    )
    session.add(token)
    session.flush()
    return token, secret


def token_to_public(session: OwnedSession, model: type[Shown], row: Token, **more: object) -> Shown:
    """Return a session or a personal token as the API shows it. `more`: values that are not in the row."""
    derived = {
        "etag": row_etag(session, row),
        "cookie": row.kind == TokenKind.COOKIE,
        "scopes": effective_scopes(row.scopes),
    }
    return model.model_validate({**row.model_dump(), **derived, **more})


def current_token(row: Token, *, time_zone: str, now: datetime) -> CurrentToken:
    """Return the token of a request as the API shows it."""
    derived = {"scopes": effective_scopes(row.scopes), "time_zone": time_zone, "now": now}
    return CurrentToken.model_validate({**row.model_dump(), **derived})


def find_session_or_token(session: OwnedSession, id_: str, kinds: Collection[TokenKind]) -> Token:
    """Return a session or a personal token of the user. Raises NotFoundError."""
    token = find(session, Token, id_)
    if token.kind not in kinds:
        raise NotFoundError
    return token


def select_tokens(kinds: Collection[TokenKind]) -> Any:  # noqa: ANN401  # a statement
    """Return the statement of a user's sessions or personal tokens."""
    return select(Token).where(col(Token.kind).in_(kinds))


def end_all(session: OwnedSession) -> None:
    """End all sessions and personal tokens of the user."""
    session.flush()
    session.change(delete(Token))


def end_sessions(session: OwnedSession, *, but: str | None = None) -> None:
    """End all sessions of the user except `but`; personal tokens stay valid."""
    for token in session.exec(select_tokens(SESSIONS)).all():
        if token.id != but:
            session.delete(token)
