"""Checks of the invariants of the services (docs/testing.md), computed from the tables in the simplest way."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import takewhile
from random import Random
from typing import Any, get_args

from sqlalchemy import JSON
from sqlalchemy import select as core_select
from sqlmodel import SQLModel, col, select, union_all

from api.models import Application, Interview, SearchActivity, StageChange, StepInstance, User
from api.models.step import step_id
from api.rules.evaluate import project
from api.rules.facts import ENDINGS, Elsewhere
from api.services.steps import queue
from api.services.steps.judge import judged_at
from api.services.steps.load_facts import load_facts
from api.services.steps.queue_parts import Stale
from api.services.steps.rows import COLUMNS, StoredStep, column_values
from api.services.stored_bytes import bytes_of, counted_tables
from api.storage.codecs import SECONDS, from_db_id, from_db_json
from api.storage.database import Database
from api.storage.keyset import PageQuery
from api.storage.raw_sql import OWNER, CompiledStatement, RawConnection, select_as_text
from api.storage.session import OwnedSession

Key = tuple[str, int, str]
Values = dict[str, Any]
Dump = dict[str, list[tuple[Any, ...]]]
SECOND = timedelta(seconds=1)
STEP_KEY = ("application_id", "number", "scope")
ALL = CompiledStatement(select_as_text(*COLUMNS))
STATES = ("overdue", "open", "upcoming")


def _owner_column(table: Any) -> Any:
    """Return the column with the user of a row; None for a table whose rows belong to nobody."""
    return table.c.user_id if "user_id" in table.c else table.c.id if table.name == "user_account" else None


@cache
def _reads() -> dict[str, tuple[CompiledStatement, list[int]]]:
    """Return for each table with an owner the statement for its rows, and which of their columns are JSON."""
    found = {}
    for table in SQLModel.metadata.sorted_tables:
        owner = _owner_column(table)
        if owner is not None:
            columns = [column for column in table.columns if column.name != "last_used_at"]
            mine = select_as_text(*columns).where(owner == OWNER).order_by(*table.primary_key.columns)
            documents = [at for at, column in enumerate(columns) if isinstance(column.type, JSON)]
            found[table.name] = (CompiledStatement(mine, owned=False), documents)
    return found


def dump(database: Database, user_id: str, *names: str) -> Dump:
    """Return a user's rows of these tables, by default of all, without `last_used_at`; ids and instants as stored."""
    reads = {name: read for name, read in _reads().items() if not names or name in names}
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        raw = RawConnection(driver, connection.dialect, datetime.now(UTC), user_id)
        found = raw.all_pipelined([statement for statement, _ in reads.values()])
    for rows, (_, documents) in zip(found, reads.values(), strict=True):
        for number, row in enumerate(rows):
            if documents:
                rows[number] = tuple(from_db_json(v) if at in documents and v else v for at, v in enumerate(row))
    return dict(zip(reads, found, strict=True))


@cache
def _all_of_owner(name: str) -> Any:
    """Return the statement for the rows of a user in a table, in the same order in every run."""
    table = SQLModel.metadata.tables[name]
    keys = STEP_KEY if name == "step_instance" else table.primary_key.columns.keys()
    return core_select(table).where(_owner_column(table) == OWNER).order_by(*(table.c[key] for key in keys))


def rows_of(database: Database, user_id: str, *names: str) -> dict[str, list[Values]]:
    """Return a user's rows of these tables, by default of all, decoded, in the same order in every run."""
    names = names or tuple(_reads())
    with database.engine.connect() as connection:
        found = {name: connection.execute(_all_of_owner(name), {"user_id": user_id}) for name in names}
        return {name: [dict(row) for row in rows.mappings()] for name, rows in found.items()}


def total_bytes(session: OwnedSession) -> int:
    """Return what all rows of the user count towards its bytes, summed by the database."""
    found = session.execute(union_all(*(bytes_of(session, table) for table in counted_tables())))
    return sum(int(one) for (one,) in found)


def stored_rows(session: OwnedSession) -> dict[Key, Values]:
    """Return the step rows of a user by key, without `snoozed_until`."""
    session.flush()
    hidden = {"application_id", "number", "scope", "snoozed_until"}
    rows = [StoredStep._make(row) for row in RawConnection.of(session).all(ALL)]
    return {
        (from_db_id(row.application_id), row.number, row.scope): _plain(
            {name: value for name, value in row._asdict().items() if name not in hidden}
        )
        for row in rows
    }


def judged_rows(session: OwnedSession) -> dict[Key, Values]:
    """Evaluate the rules on all facts of a user and return the step rows by key.

    Also check that the result is the same with all facts of other applications as with only the latest of them, which
    is what the service loads.
    """
    live = session.exec(select(Application.id).where(col(Application.deleted_at).is_(None))).all()
    everything = _everything_elsewhere(session)
    found: dict[Key, Values] = {}
    for known in load_facts(RawConnection.of(session), live, now=judged_at(session)):
        app, instances = known.id, project(known.facts, known.policy, judged_at(session))
        facts = replace(known.facts, elsewhere=tuple(fact for owner, fact in everything if owner != app))
        assert project(facts, known.policy, session.now) == instances
        for instance in instances:
            found[(app, *instance.key)] = _plain({"id": step_id(app, *instance.key), **column_values(instance)})
    return found


def _plain(values: Values) -> Values:
    cut = {name: value and value[:SECONDS] for name, value in values.items() if name.endswith(("_at", "_until"))}
    read = {name: from_db_json(values[name]) for name in ("missing", "detail")}
    return {**values, **cut, **read, "id": from_db_id(values["id"])}


def _everything_elsewhere(session: OwnedSession) -> list[tuple[str | None, Elsewhere]]:
    user = session.exec(select(User).where(User.id == session.user_id)).one()
    alive = {row.id: row for row in session.exec(select(Application)).all() if row.deleted_at is None}
    lives = histories(session)
    found: list[tuple[str | None, Elsewhere]] = [
        (activity.application_id, Elsewhere(id=activity.id, type="search_activity", at=activity.at))
        for activity in session.exec(select(SearchActivity)).all()
        if activity.application_id is None or activity.application_id in alive
    ]
    for row in session.exec(select(Interview)).all():
        application = alive.get(row.application_id)
        if application is not None and row.status in ("scheduled", "held"):
            minutes = {"default_interview_minutes": 60} | user.policy | application.policy
            default = row.starts_at + timedelta(minutes=int(str(minutes["default_interview_minutes"])))
            end = row.actual_end or row.ends_at or default
            closed = lives[application.id][1]
            found.append((application.id, Elsewhere(id=row.id, type="interview", at=end, closed_at=closed)))
    return found


def histories(session: OwnedSession) -> dict[str, tuple[str, datetime | None, str | None]]:
    """Return by application the stage, time of the ending and outcome that follow from its stage history."""
    lines: dict[str, list[StageChange]] = {}
    for line in session.exec(select(StageChange)).all():
        lines.setdefault(line.application_id, []).append(line)
    found: dict[str, tuple[str, datetime | None, str | None]] = {}
    for application, its_lines in lines.items():
        ordered = sorted(its_lines, key=lambda line: (line.dated, line.at, line.id))
        final = list(takewhile(lambda line: line.stage in ENDINGS, reversed(ordered)))
        ending = (final[-1].at, final[0].stage) if final else (None, None)
        found[application] = (ordered[-1].stage, *ending)
    return found


def check_rows(session: OwnedSession) -> None:
    """I9: the stored rows equal a fresh evaluation of all facts."""
    assert stored_rows(session) == judged_rows(session)
    kept = {
        application.id: (application.stage, application.closed_at, application.closed_outcome)
        for application in session.exec(select(Application)).all()
    }
    assert kept == histories(session)


def check_queue(session: OwnedSession, random: Random) -> None:
    """I10: at any instant from now on the queue is a filter of the rows, and its pages are disjoint and complete."""
    rows = session.exec(select(StepInstance)).all()
    instant = random.choice(_instants(session.now, rows))
    states = random.choice([("overdue",), ("open",), ("upcoming",), ("overdue", "open"), STATES])
    sort, stale = random.choice(["due_at", "-due_at", "urgency"]), random.choice(get_args(Stale))
    wanted = [
        row
        for row in rows
        if row.closed_state is None
        and _state(row, instant) in states
        and (row.snoozed_until is None or row.snoozed_until <= instant)
        and stale in ("include", "only" if is_stale(row, instant) else "exclude")
    ]
    wanted.sort(key=lambda row: (row.due_at, row.id), reverse=sort == "-due_at")
    if sort == "urgency":
        wanted.sort(key=lambda row: _rank(row, instant))
    found = pages(session, queue.QueueFilter(states, stale=stale), sort, instant, random.randint(1, 3))
    assert found == [row.id for row in wanted], (sort, stale, states)


def pages(session: OwnedSession, wanted: queue.QueueFilter, sort: str, instant: datetime, limit: int) -> list[str]:
    """Return the ids of all pages of the queue in order."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        query = PageQuery(limit, cursor, "here")
        items, cursor = queue.read_page(RawConnection.of(session), query, wanted, sort=sort, now=instant, explain=False)
        assert len(items) <= limit
        assert all(item["state"] in wanted.states for item in items)
        found += [str(item["id"]) for item in items]
        if cursor is None:
            return found


def is_stale(row: StepInstance, instant: datetime) -> bool:
    return _state(row, instant) == "overdue" and row.helps_until is not None and row.helps_until <= instant


def _rank(row: StepInstance, instant: datetime) -> int:
    """Return the group of a row in the order by urgency: what still helps, what is open, what comes, what is stale."""
    return 3 if is_stale(row, instant) else STATES.index(_state(row, instant))


def _instants(now: datetime, rows: Sequence[StepInstance]) -> list[datetime]:
    """Return the instants from now on at which a row changes or wakes, with the second before and after each."""
    passing = {row.due_at for row in rows} | {row.opens_at for row in rows}
    passing |= {at for row in rows for at in (row.snoozed_until, row.helps_until) if at}
    near = {instant + beside for instant in passing for beside in (-SECOND, timedelta(0), SECOND)}
    return [now, *sorted(instant for instant in near if instant > now)]


def _state(row: StepInstance, instant: datetime) -> str:
    if row.due_at <= instant:
        return "overdue"
    return "open" if row.opens_at <= instant else "upcoming"
