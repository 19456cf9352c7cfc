"""Activity: one line for everything that a session or a token did, in the transaction of its effect."""

from datetime import timedelta
from typing import Any

from sqlmodel import col, insert

from api.models import Activity, Token
from api.models.base import new_id
from api.services.accounts.authentication import Recognised
from api.storage.codecs import held, kept
from api.storage.raw_sql import Plain, Rows, given
from api.storage.session import OwnedSession

KEPT_FOR = timedelta(days=90)


NOTED = {name: given(name, column.type) for name, column in Activity.__table__.c.items()}
NOTE = Plain(insert(Activity).values(NOTED), owned=False)


def note(session: OwnedSession, token: Token | Recognised, operation: str, address: str) -> None:
    """Write down who did what to which object; what was sent is not kept."""
    Rows.of(session).run(
        NOTE,
        id=held(new_id()),
        at=kept(session.now),
        token_id=held(token.id),
        token_kind=token.kind,
        token_name=token.name,
        operation=operation,
        object=address,
    )


def expired(session: OwnedSession) -> Any:  # noqa: ANN401  # a condition
    """Return the condition of what is kept no longer."""
    return col(Activity.at) <= session.now - KEPT_FOR
