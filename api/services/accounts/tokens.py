"""Issue, list and end sessions and personal tokens."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, TypeVar

from sqlmodel import col, delete, func, select

from api.errors import AccountDisabledError, ForbiddenError, InvalidError, NotFoundError
from api.models import Token, User
from api.models.base import new_id
from api.models.token import SESSIONS, Issued, TokenCreate, TokenKind
from api.protocol.scopes import ALL, effective_scopes, missing_scopes
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
    if beyond := missing_scopes(body.scopes, granted):
        raise ForbiddenError(
            f"A token cannot grant scopes that it does not have: leave out {', '.join(beyond)}, or sign in.",
            extra={"missing_scopes": beyond},
        )
    quotas.check(session, Token)
    token, secret = _issue(session, TokenKind.PERSONAL, name=body.name, scopes=list(dict.fromkeys(body.scopes)))
    token.expires_at = body.expires_at
    return token, secret


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
