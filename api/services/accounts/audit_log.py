"""The audit log: a row for each write of a session or a token, added in the transaction of the write."""

from datetime import timedelta

from sqlmodel import insert

from api.models import Activity, Token
from api.models.base import new_id
from api.services.accounts.authentication import AuthenticatedToken
from api.storage.codecs import to_db_id, to_db_instant
from api.storage.raw_sql import CompiledStatement, RawConnection, param
from api.storage.session import OwnedSession

RETENTION = timedelta(days=90)


PARAMETERS = {name: param(name, column.type) for name, column in Activity.__table__.c.items()}
INSERT_ACTIVITY = CompiledStatement(insert(Activity).values(PARAMETERS), owned=False)


def record(session: OwnedSession, token: Token | AuthenticatedToken, operation: str, address: str) -> None:
    """Add a row with token, operation and object; the body of the request is not stored."""
    RawConnection.of(session).execute(
        INSERT_ACTIVITY,
        id=to_db_id(new_id()),
        at=to_db_instant(session.now),
        token_id=to_db_id(token.id),
        token_kind=token.kind,
        token_name=token.name,
        operation=operation,
        object=address,
    )
