"""How much is due over all accounts, in two figures."""

from dataclasses import dataclass

from sqlmodel import col, func, select

from api.models import StepInstance
from api.storage.session import ANY_OWNER, OwnedSession


@dataclass(frozen=True, slots=True)
class Backlog:
    """Steps that can be done now: those still in time, and those too late."""

    open: int
    overdue: int


def backlog(session: OwnedSession) -> Backlog:
    """Count the open and the overdue steps of all accounts, snoozed or not: for upkeep only.

    One statement goes once through the index of open rows: a fifth of a second for 200,000 of them among a million.
    """
    opens_at, due_at = col(StepInstance.opens_at), col(StepInstance.due_at)
    wanted = select(
        func.count().filter(opens_at <= session.now, due_at > session.now),
        func.count().filter(due_at <= session.now),
    ).where(col(StepInstance.closed_state).is_(None))
    in_time, late = session.exec(wanted, execution_options=ANY_OWNER).one()
    return Backlog(open=in_time, overdue=late)
