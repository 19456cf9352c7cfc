"""What every request for steps wants to know, in one statement: who asks, and whether anything changed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, func, select

from api.errors import UnauthorizedError
from api.models import Offer, StepInstance, Token, User
from api.protocol.etags import hashed
from api.rules.evaluate import RULES_VERSION
from api.security import hash_token, looks_like_token
from api.services.accounts.tokens import demand
from api.storage.database import OwnedSession
from api.storage.raw_sql import (
    INSTANT,
    OWNER,
    Plain,
    Row,
    Rows,
    canonical,
    document,
    given,
    kept,
    known_instant,
    picked,
)

NOW = given("now", INSTANT)


def _passed(owner: Any) -> list[Any]:  # noqa: ANN401  # a column or a parameter
    """Return the latest passing of an opening, a deadline, the end of a snooze and the term of an offer."""
    row = StepInstance
    open_ = col(row.closed_state).is_(None)
    return [
        select(func.max(column)).where(col(table.user_id) == owner, col(column) <= NOW, *more).scalar_subquery()
        for table, column, more in (
            (row, row.opens_at, (open_,)),
            (row, row.due_at, (open_,)),
            (row, row.snoozed_until, ()),
            (Offer, Offer.respond_by, ()),
        )
    ]


CHANGED = Plain(picked(User.write_counter, *_passed(OWNER)).where(col(User.id) == OWNER), owned=False)
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
        *_passed(col(Token.user_id)),
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
        return _tag(self.user_id, self.state, address)


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


def version(session: OwnedSession, now: datetime, address: str, *, writes: int = 0) -> str:
    """Return the same tag within a session; `writes` of -1 leaves out the write that is under way."""
    session.flush()
    row = Rows.of(session).first(CHANGED, now=kept(now))
    if row is None:
        raise UnauthorizedError
    counter, *passed = row
    return _tag(session.user_id, (counter + writes, *passed), address)


def _tag(user_id: str, state: Row, address: str) -> str:
    return hashed(user_id, tuple(state), RULES_VERSION, address)
