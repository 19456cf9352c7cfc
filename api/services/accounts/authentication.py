"""Authentication: who asks, by the hash of a token, with the state of their steps; one statement."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, update

from api.errors import ForbiddenError, UnauthorizedError
from api.models import Token, User
from api.protocol.scopes import missing
from api.security import hash_token, looks_like_token
from api.services.steps.version import latest_passings, state_etag
from api.storage.codecs import canonical, document, kept, known_instant
from api.storage.raw_sql import Plain, Row, Rows, given, picked
from api.storage.session import UNSYNCED, OwnedSession

MARKED_EVERY = timedelta(minutes=10)
RECOGNISED = Plain(
    picked(
        Token.user_id,
        Token.id,
        Token.kind,
        Token.name,
        Token.scopes,
        Token.expires_at,
        Token.last_used_at,
        User.write_counter,
        *latest_passings(col(Token.user_id)),
    )
    .join(User, col(User.id) == col(Token.user_id))
    .where(col(Token.hash) == given("hash")),
    owned=False,
)


@dataclass(frozen=True, slots=True)
class Recognised:
    """Who asks, by which token, and the state of their steps: it changes with every write and every passing."""

    user_id: str
    id: str
    kind: str
    name: str
    scopes: Collection[str]
    last_used_at: datetime | None
    state: Row

    def tag(self, address: str) -> str:
        """Return the entity tag of what an address answers about steps."""
        return state_etag(self.user_id, self.state, address)


def recognise(rows: Rows, secret: str, needed: Collection[str], *, as_of: datetime | None = None) -> Recognised:
    """Return who asks, with the state at an instant. Raises UnauthorizedError, or ForbiddenError by scope."""
    row = rows.first(RECOGNISED, **question(secret, as_of or rows.now))
    return recognised(row, rows.now, needed)


def question(secret: str, now: datetime) -> dict[str, str]:
    """Return what `RECOGNISED` wants to know. Raises UnauthorizedError for what can be no token."""
    if not looks_like_token(secret):
        raise UnauthorizedError
    return {"hash": hash_token(secret), "now": kept(now)}


def recognised(row: Row | None, now: datetime, needed: Collection[str]) -> Recognised:
    """Return who asks from the row that `RECOGNISED` found. Raises as `recognise` does."""
    if row is None:
        raise UnauthorizedError
    user_id, id_, kind, name, scopes, expires_at, last_used_at, *state = row
    expires = known_instant(expires_at)
    if expires is not None and expires <= now:
        raise UnauthorizedError
    granted = document(scopes)
    demand(granted, needed)
    used_at = known_instant(last_used_at)
    return Recognised(canonical(user_id), canonical(id_), kind, name, granted, used_at, tuple(state))


def authenticate(session: OwnedSession, secret: str, needed: Collection[str]) -> Recognised:
    """Make the token's user the owner of the session; return who it is. Raises as `recognise` does."""
    found = recognise(Rows.of(session), secret, needed)
    session.owner = found.user_id
    return found


def demand(granted: Collection[str], needed: Collection[str]) -> None:
    """Raise ForbiddenError, with the names of the scopes, where a token does not have them."""
    lacking = missing(needed, granted)
    if lacking:
        names = " ".join(lacking)
        raise ForbiddenError(
            f"This token lacks the scope {' and '.join(lacking)}: use one that has it.",
            headers={"WWW-Authenticate": f'Bearer realm="afterword", error="insufficient_scope", scope="{names}"'},
            extra={"missing_scopes": lacking},
        )


def is_to_be_marked(last_used_at: datetime | None, now: datetime) -> bool:
    """Tell whether the last use that is known of a token lies ten minutes back."""
    return last_used_at is None or last_used_at + MARKED_EVERY <= now


def mark_used(session: OwnedSession, token_id: str) -> None:
    """Keep that a token was used: at most every ten minutes, so that reading does not become writing."""
    used = update(Token).where(col(Token.id) == token_id).values(last_used_at=session.now)
    session.execute(used, execution_options=UNSYNCED)
