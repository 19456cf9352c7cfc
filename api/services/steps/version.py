"""The version of a user's steps, as an entity tag.

It changes with every write of the user, and whenever an opening, a deadline, the instant until which a step helps, the
end of a snooze or the answer date of an offer passes.
"""

from datetime import datetime
from typing import Any

from sqlmodel import col, func, select

from api.errors import UnauthorizedError
from api.models import Offer, StepInstance, User
from api.protocol.etags import hashed_etag
from api.rules.answers import ANSWERS_VERSION
from api.rules.evaluate import RULES_VERSION
from api.storage.codecs import to_db_instant
from api.storage.raw_sql import INSTANT, OWNER, CompiledStatement, RawConnection, Row, param, select_as_text
from api.storage.session import OwnedSession

NOW = param("now", INSTANT)


def latest_passings(owner: Any) -> list[Any]:  # noqa: ANN401  # a column or a parameter
    """Return the latest past opening, deadline, end of help and of a snooze, and answer date, as subqueries."""
    row = StepInstance
    open_ = col(row.closed_state).is_(None)
    return [
        select(func.max(column)).where(col(table.user_id) == owner, col(column) <= NOW, *more).scalar_subquery()
        for table, column, more in (
            (row, row.opens_at, (open_,)),
            (row, row.due_at, (open_,)),
            (row, row.helps_until, (open_,)),
            (row, row.snoozed_until, ()),
            (Offer, Offer.respond_by, ()),
        )
    ]


STEPS_STATE = CompiledStatement(
    select_as_text(User.epoch, User.write_counter, *latest_passings(OWNER)).where(col(User.id) == OWNER), owned=False
)


def steps_etag(session: OwnedSession, now: datetime, address: str, *, writes: int = 0) -> str:
    """Return the entity tag of an address. `writes`: added to the write counter; -1 gives the tag before this write."""
    session.flush()
    row = RawConnection.of(session).first(STEPS_STATE, now=to_db_instant(now))
    if row is None:
        raise UnauthorizedError
    epoch, counter, *passed = row
    return state_etag(session.user_id, (epoch, counter + writes, *passed), address)


def state_etag(user_id: str, state: Row, address: str) -> str:
    """Return the entity tag of an address that shows steps, from the state of `STEPS_STATE`."""
    return hashed_etag(user_id, tuple(state), RULES_VERSION, ANSWERS_VERSION, address)
