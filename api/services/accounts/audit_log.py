"""The audit log: a row for each write of a session or a token, added in the transaction of the write."""

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


def record(session: OwnedSession, token: Token | AuthenticatedToken, operation: str, address: str) -> None:
    """Add a row with token, operation and object; the body of the request is not stored."""
    _insert(session, operation, address, token_id=to_db_id(token.id), token_kind=token.kind, token_name=token.name)


def record_operator(session: OwnedSession, operation: str, address: str = "/v1/me") -> None:
    """Add a row for an operation of the operator on the account of the session, on the command line."""
    _insert(session, operation, address, token_id=None, token_kind=OPERATOR, token_name=OPERATOR)


def _insert(
    session: OwnedSession, operation: str, address: str, *, token_id: str | None, token_kind: str, token_name: str
) -> None:
    stored_bytes.count_activity(session, token_kind, token_name, operation, address)
    RawConnection.of(session).execute(
        INSERT_ACTIVITY,
        id=to_db_id(new_id()),
        at=to_db_instant(session.now),
        token_id=token_id,
        token_kind=token_kind,
        token_name=token_name,
        operation=operation,
        object=address,
    )
