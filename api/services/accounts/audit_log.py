"""The audit log: a row for each write of a session or a token, added in the transaction of the write."""

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import insert

from api.models import Activity, Token
from api.models.base import new_id
from api.services import stored_bytes
from api.services.accounts.authentication import AuthenticatedToken
from api.storage.codecs import to_db_id, to_db_instant
from api.storage.raw_sql import CompiledStatement, RawConnection, param
from api.storage.session import OwnedSession

RETENTION = timedelta(days=90)
OPERATOR = "operator"

PARAMETERS = {name: param(name, column.type) for name, column in Activity.__table__.c.items()}
INSERT_ACTIVITY = CompiledStatement(insert(Activity).values(PARAMETERS), owned=False)


@dataclass(frozen=True, slots=True)
class _Actor:
    """Who did something: a token, or the operator, who has none. `id` as the database has it."""

    kind: str
    name: str
    id: str | None = None
    agent: bool = False


def record(
    session: OwnedSession,
    token: Token | AuthenticatedToken,
    operation: str,
    address: str,
    *,
    tool: str | None = None,
    write_id: str | None = None,
) -> None:
    """Add a row with token, operation and object; the body of the request is not stored.

    `tool`: with which of its tools an assistant did it. `write_id`: the id of what the token can undo.
    """
    actor = _Actor(token.kind, token.name, id=to_db_id(token.id), agent=token.agent)
    _insert(session, actor, operation, address, tool=tool, write_id=to_db_id(write_id) if write_id else None)


def record_operator(session: OwnedSession, operation: str, address: str = "/v1/me") -> None:
    """Add a row for an operation of the operator on the account of the session, on the command line."""
    _insert(session, _Actor(OPERATOR, OPERATOR), operation, address)


def _insert(
    session: OwnedSession,
    actor: _Actor,
    operation: str,
    address: str,
    *,
    tool: str | None = None,
    write_id: str | None = None,
) -> None:
    stored_bytes.count_activity(session, actor.kind, actor.name, operation, address, tool or "")
    RawConnection.of(session).execute(
        INSERT_ACTIVITY,
        id=to_db_id(new_id()),
        at=to_db_instant(session.now),
        token_id=actor.id,
        token_kind=actor.kind,
        token_name=actor.name,
        operation=operation,
        object=address,
        agent=actor.agent,
        tool=tool,
        write_id=write_id,
    )
