"""Load what is recorded of a user's applications for statistics: five queries, however many there are."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from sqlmodel import case, col, func, select

from api.models import Application, FollowUp, Interview, Offer, StageChange
from api.rules.progress import History
from api.storage.codecs import from_db_instant_or_none, to_db_instant
from api.storage.raw_sql import INSTANT, CompiledStatement, RawConnection, Row, as_text, param, select_as_text
from api.storage.session import OwnedSession

MAX_APPLICATIONS = 10_000
NOW = param("now", INSTANT)
NEWEST = CompiledStatement(
    select_as_text(
        Application.id,
        Application.time_zone,
        Application.applied_on,
        Application.closed_outcome,
        Application.closed_at,
        Application.source,
        Application.work_mode,
    )
    .where(col(Application.deleted_at).is_(None))
    .order_by(col(Application.created_at).desc(), col(Application.id).desc())
    .limit(MAX_APPLICATIONS + 1)
)


def _first(column: Any) -> Any:  # noqa: ANN401  # a column, an expression
    return as_text(func.min(column))


def _by_application(table: Any, *columns: Any) -> Any:  # noqa: ANN401  # a table, columns, a statement
    """Return a statement with one row for each application."""
    return select(as_text(table.application_id), *columns).group_by(table.application_id)


STAGES = CompiledStatement(
    select(as_text(StageChange.application_id), StageChange.stage, StageChange.dated, _first(StageChange.at))
    .where(col(StageChange.at) <= NOW)
    .group_by(col(StageChange.application_id), col(StageChange.stage), col(StageChange.dated))
)
IS_LIVE = col(Interview.status).in_(("scheduled", "held"))
INTERVIEWS = CompiledStatement(
    _by_application(
        Interview, _first(Interview.created_at), _first(Interview.starts_at), func.max(case((IS_LIVE, 1), else_=0))
    )
)
CONTACTS = CompiledStatement(
    _by_application(FollowUp, _first(FollowUp.at)).where(col(FollowUp.direction) == "in", col(FollowUp.at) <= NOW)
)
OFFERS = CompiledStatement(_by_application(Offer, _first(Offer.received_at)).where(col(Offer.received_at) <= NOW))


def load_histories(session: OwnedSession) -> tuple[list[History], bool]:
    """Return the histories of the newest 10,000 applications that are not deleted, and whether these are all."""
    session.flush()
    raw, now = RawConnection.of(session), to_db_instant(session.now)
    rows = raw.all(NEWEST)
    stages: dict[str, list[tuple[str, datetime | None]]] = defaultdict(list)
    for id_, stage, dated, at in raw.all(STAGES, now=now):
        stages[id_].append((stage, from_db_instant_or_none(at) if dated else None))
    interviews = {row[0]: row[1:] for row in raw.all(INTERVIEWS)}
    contacts: dict[str, str] = dict(raw.all(CONTACTS, now=now))
    offers: dict[str, str] = dict(raw.all(OFFERS, now=now))
    found = [
        _history(row, tuple(stages[row[0]]), interviews.get(row[0]), contacts.get(row[0]), offers.get(row[0]))
        for row in rows[:MAX_APPLICATIONS]
    ]
    return found, len(rows) <= MAX_APPLICATIONS


def _history(
    row: Row,
    stages: tuple[tuple[str, datetime | None], ...],
    interviews: Row | None,
    contacted_at: str | None,
    offered_at: str | None,
) -> History:
    """Return a history from the rows of an application. An interview was known when it was recorded or began."""
    _, zone, applied_on, outcome, closed_at, source, work_mode = row
    recorded_at, began_at, is_live = interviews or (None, None, 0)
    return History(
        zone=zone,
        applied_on=_day(applied_on),
        stages=stages,
        invited_at=from_db_instant_or_none(min(recorded_at, began_at)) if recorded_at and began_at else None,
        has_interview=bool(is_live),
        contacted_at=from_db_instant_or_none(contacted_at),
        offered_at=from_db_instant_or_none(offered_at),
        outcome=outcome,
        closed_at=from_db_instant_or_none(closed_at),
        source=source,
        work_mode=work_mode,
    )


def _day(column: str | date | None) -> date | None:
    """Decode a date, which PostgreSQL's driver returns as such and SQLite's as text."""
    return date.fromisoformat(column) if isinstance(column, str) else column
