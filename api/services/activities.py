"""Activity: one line for everything that a session or a token did, in the transaction of its effect."""

from datetime import timedelta
from typing import Any

from sqlmodel import col

from api.db import OwnedSession
from api.models import Activity, Token
from api.models.base import new_id

KEPT_FOR = timedelta(days=90)


def note(session: OwnedSession, token: Token, operation: str, address: str) -> None:
    """Write down who did what to which object; what was sent is not kept."""
    session.add(
        Activity(
            user_id=session.user_id,
            id=new_id(),
            at=session.now,
            token_id=token.id,
            token_kind=token.kind,
            token_name=token.name,
            operation=operation,
            object=address,
        )
    )


def expired(session: OwnedSession) -> Any:  # noqa: ANN401  # a condition
    """Return the condition of what is kept no longer."""
    return col(Activity.at) <= session.now - KEPT_FOR
