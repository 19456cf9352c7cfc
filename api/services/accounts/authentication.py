"""Authentication: one statement finds a token by its hash, and the version of its user's steps.

A write locks the user's row before it looks at the token again. On PostgreSQL another process may hold that lock, and a
token that it ends meanwhile would still look valid.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, update

from api.errors import AccountDisabledError, ForbiddenError, NotForAgentsError, UnauthorizedError
from api.models import Token, User
from api.protocol.scopes import Access, missing_scopes
from api.security import hash_token, looks_like_token
from api.services.steps import judge
from api.services.steps.version import latest_passings, state_etag
from api.storage.async_connection import AsyncConnection
from api.storage.codecs import from_db_id, from_db_instant_or_none, from_db_json, to_db_instant
from api.storage.raw_sql import CompiledStatement, RawConnection, Row, param, select_as_text
from api.storage.session import OwnedSession

LAST_USED_EVERY = timedelta(minutes=10)
CONTACTS = ("contacts:read",)
HASHED = col(Token.hash) == param("hash")
COLUMNS = (
    Token.user_id,
    Token.id,
    Token.kind,
    Token.name,
    Token.scopes,
    Token.expires_at,
    Token.last_used_at,
    Token.agent,
    User.disabled_at,
    User.recompute_after,
    User.epoch,
)
TOKEN = CompiledStatement(
    select_as_text(*COLUMNS).join(User, col(User.id) == col(Token.user_id)).where(HASHED), owned=False
)
TOKEN_WITH_STATE = CompiledStatement(
    select_as_text(*COLUMNS, User.write_counter, *latest_passings(col(Token.user_id)))
    .join(User, col(User.id) == col(Token.user_id))
    .where(HASHED),
    owned=False,
)


@dataclass(frozen=True, slots=True)
class AuthenticatedToken:
    """A valid token and its user. `state` is the version of the user's steps (see `api.services.steps.version`).

    The state is empty if only the token was looked up. `agent`: it is the token of an assistant. `epoch` is a part of
    every entity tag of the account.
    """

    user_id: str
    id: str
    kind: str
    name: str
    scopes: Collection[str]
    last_used_at: datetime | None
    agent: bool
    is_recomputing: bool
    epoch: str
    state: Row

    @property
    def shows_contacts(self) -> bool:
        """Whether answers may contain more of a person than id, role and name."""
        return not missing_scopes(CONTACTS, self.scopes)

    def etag(self, address: str) -> str:
        """Return the entity tag of an address that shows steps."""
        return state_etag(self.user_id, (self.epoch, *self.state), address)


def find_token(
    raw: RawConnection,
    secret: str,
    needed: Access,
    *,
    as_of: datetime | None = None,
    statement: CompiledStatement = TOKEN_WITH_STATE,
) -> AuthenticatedToken:
    """Return the token of a secret, with the state at `as_of`.

    `statement`: `TOKEN_WITH_STATE`, or `TOKEN` where the state is not needed. Raises UnauthorizedError,
    AccountDisabledError, NotForAgentsError, or ForbiddenError by scope.
    """
    row = raw.first(statement, **_parameters(secret, as_of or raw.now))
    return _checked(row, raw.now, needed)


async def find_token_async(
    connection: AsyncConnection, secret: str, needed: Access, now: datetime, statement: CompiledStatement
) -> AuthenticatedToken:
    """Return the token of a secret, with the state now, on the event loop. Raises as `find_token` does."""
    return _checked(await connection.first(statement, **_parameters(secret, now)), now, needed)


def _parameters(secret: str, now: datetime) -> dict[str, str]:
    if not looks_like_token(secret):
        raise UnauthorizedError
    return {"hash": hash_token(secret), "now": to_db_instant(now)}


def _checked(row: Row | None, now: datetime, needed: Access) -> AuthenticatedToken:
    if row is None:
        raise UnauthorizedError
    user_id, id_, kind, name, scopes, expires_at, last_used_at, agent, disabled_at, *more = row
    recompute_after, epoch, *state = more
    expires = from_db_instant_or_none(expires_at)
    if expires is not None and expires <= now:
        raise UnauthorizedError
    if disabled_at is not None:
        raise AccountDisabledError
    if agent and not needed.for_agents:
        raise NotForAgentsError
    granted = from_db_json(scopes)
    require_scopes(granted, needed.scopes)
    return AuthenticatedToken(
        from_db_id(user_id),
        from_db_id(id_),
        kind,
        name,
        granted,
        last_used_at=from_db_instant_or_none(last_used_at),
        agent=bool(agent),
        is_recomputing=recompute_after is not None,
        epoch=epoch,
        state=tuple(state),
    )


def authenticate(session: OwnedSession, secret: str, needed: Access) -> AuthenticatedToken:
    """Return the token of a secret and make its user the owner of the session. Raises as `find_token` does."""
    return _set_owner(session, find_token(RawConnection.of(session), secret, needed, statement=TOKEN))


def _set_owner(session: OwnedSession, found: AuthenticatedToken) -> AuthenticatedToken:
    session.owner, session.epoch, session.shows_contacts = found.user_id, found.epoch, found.shows_contacts
    session.is_agent = found.agent
    return found


def lock_and_authenticate(
    session: OwnedSession, secret: str, needed: Access, *, owner: str | None = None
) -> AuthenticatedToken:
    """Lock the token's user and increment `write_counter`, then authenticate: now nobody else can end the token.

    `owner`: the token's user, if the token was looked up before. Raises as `find_token` does, also if the token was
    ended or the account was erased while this waited.
    """
    session.owner = owner or authenticate(session, secret, needed).user_id
    raw = RawConnection.of(session)
    locked, found = raw.all_pipelined((judge.LOCK_USER, TOKEN), **_parameters(secret, session.now))
    judge.set_locked(session, locked)
    return _set_owner(session, _checked(found[0] if found else None, session.now, needed))


def require_scopes(granted: Collection[str], needed: Collection[str]) -> None:
    """Raise ForbiddenError, with the names of the missing scopes, if a token does not have all of them."""
    lacking = missing_scopes(needed, granted)
    if lacking:
        names = " ".join(lacking)
        raise ForbiddenError(
            f"This token lacks the scope {' and '.join(lacking)}: use one that has it.",
            headers={"WWW-Authenticate": f'Bearer realm="afterword", error="insufficient_scope", scope="{names}"'},
            extra={"missing_scopes": lacking},
        )


def is_last_use_outdated(last_used_at: datetime | None, now: datetime) -> bool:
    """Tell whether the stored last use of a token is missing or at least ten minutes old."""
    return last_used_at is None or last_used_at + LAST_USED_EVERY <= now


def set_last_used(session: OwnedSession, token_id: str) -> None:
    """Set the time of a token's last use. Callers do so at most every ten minutes, so that few reads cause a write."""
    used = update(Token).where(col(Token.id) == token_id).values(last_used_at=session.now)
    session.change(used)
