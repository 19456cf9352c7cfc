"""Images of rows: what each fact row was before a transaction wrote it, and a digest of what it is after.

The listeners below see every flush and every bulk update and deletion of a session that records, with the rows that
the database deletes with their parent. A session that does not record pays nothing. Step rows follow from the facts, so
only a snooze is recorded of them.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Any

from sqlalchemy import Date, DateTime, Time, event, select
from sqlalchemy.orm import ORMExecuteState

from api.models import (
    Application,
    ApplicationContact,
    ApplicationReference,
    Contact,
    FollowUp,
    Interview,
    InterviewInterviewer,
    Letter,
    LetterTemplate,
    Note,
    Offer,
    Reference,
    SearchActivity,
    StageChange,
    StepInstance,
    StepOverride,
)
from api.models.agent_write import RowChange
from api.models.moment import MomentColumn
from api.rules.facts import Moment
from api.services.stored_bytes import cascading
from api.services.write_log.recording import Key, Recording, Row, recording
from api.storage.codecs import from_db_moment
from api.storage.owned_rows import key_of_owner
from api.storage.session import OwnedSession

FACTS: tuple[Any, ...] = (
    Application,
    ApplicationContact,
    ApplicationReference,
    Contact,
    FollowUp,
    Interview,
    InterviewInterviewer,
    Letter,
    LetterTemplate,
    Note,
    Offer,
    Reference,
    SearchActivity,
    StageChange,
    StepOverride,
)
TABLES: Mapping[str, Any] = {str(table.__tablename__): table for table in (*FACTS, StepInstance)}
SNOOZE = "snoozed_until"
# What changes with every write of a row, or follows from other rows: it is neither compared nor restored.
VOLATILE = frozenset(
    {"user_id", "version", "incarnation", "updated_at", "changed_seq", "changed_at", "effective_end_at"}
)
IDS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Image:
    """What a write did to a row. `before`: the columns, None of a created row. `after`: a digest of the row after."""

    table: str
    key: Key
    change: RowChange
    before: Row | None
    after: str | None

    def to_json(self) -> dict[str, Any]:
        """Return the image as it is stored."""
        return {name: getattr(self, name) for name in self.__slots__} | {"key": list(self.key)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Image":
        """Return a stored image."""
        return cls(**{**stored, "key": tuple(stored["key"])})


def read_rows(session: OwnedSession, table: str, keys: Iterable[Key]) -> dict[Key, Row]:
    """Return the rows of a table with these keys, as JSON."""
    wanted = list(keys)
    found: dict[Key, Row] = {}
    columns = key_of_owner(TABLES[table].__table__)
    for at in range(0, len(wanted), IDS_AT_ONCE):
        some = wanted[at : at + IDS_AT_ONCE]
        first = columns[0].in_([key[0] for key in some])  # of a link the other rows of the first are left out below
        found |= {key: row for key, row in _rows_where(session, table, first).items() if key in some}
    return found


def _rows_where(session: OwnedSession, table: str, condition: Any) -> dict[Key, Row]:  # noqa: ANN401  # a condition
    """Return the owner's rows that match a condition, by key, as the database has them now."""
    rows = TABLES[table].__table__
    columns = rows.c if table != StepInstance.__tablename__ else (rows.c.id, rows.c[SNOOZE])
    names = [column.name for column in key_of_owner(rows)]
    wanted = select(*columns).where(rows.c.user_id == session.user_id, condition)
    found = session.connection().execute(wanted).mappings()
    documents = [{str(name): _to_json(value) for name, value in row.items()} for row in found]
    return {tuple(str(one[name]) for name in names): one for one in documents}


def _to_json(value: object) -> object:
    if isinstance(value, Moment):
        return MomentColumn().process_bind_param(value, None)
    return value.isoformat() if isinstance(value, datetime | date | time) else value


@cache
def _decoders(table: str) -> Mapping[str, Any]:
    """Return what decodes the values of columns whose JSON is a text of another type."""
    known = ((MomentColumn, from_db_moment), (DateTime, datetime.fromisoformat), (Date, date.fromisoformat))
    found = {}
    for column in TABLES[table].__table__.columns:
        kind = (
            column.type if isinstance(column.type, MomentColumn) else getattr(column.type, "impl_instance", column.type)
        )
        decode = next((one for type_, one in (*known, (Time, time.fromisoformat)) if isinstance(kind, type_)), None)
        if decode is not None:
            found[column.name] = decode
    return found


def column_values(table: str, row: Row) -> dict[str, Any]:
    """Return the columns of a row of an image as the table has them."""
    decoders = _decoders(table)
    return {
        name: decoders[name](value) if value is not None and name in decoders else value for name, value in row.items()
    }


def digest(row: Row) -> str:
    """Return a digest of what counts of a row."""
    counted = {name: value for name, value in row.items() if name not in VOLATILE}
    text = json.dumps(counted, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def finished_images(session: OwnedSession, made: Recording) -> list[Image]:
    """Return the images of the rows that the transaction changed; those that are as before are left out."""
    session.flush()
    tables = dict.fromkeys(table for table, _ in made.before)
    now = {table: read_rows(session, table, [key for name, key in made.before if name == table]) for table in tables}
    images = []
    for (table, key), before in made.before.items():
        after = now[table].get(key)
        digests = [None if row is None else digest(row) for row in (before, after)]
        if digests[0] != digests[1]:
            change: RowChange = "created" if before is None else "deleted" if after is None else "changed"
            images.append(Image(table, key, change, before, digests[1]))
    return images


@event.listens_for(OwnedSession, "before_flush")
def _record_flush(session: OwnedSession, _context: object, _instances: object) -> None:
    """Record the rows that this flush writes, before it does."""
    made = recording(session)
    if made is None:
        return
    for row in session.new:
        if isinstance(row, FACTS):
            made.add(str(row.__tablename__), _key(row), None)
    touched: dict[str, list[Key]] = {}
    rows: list[Any] = [*session.dirty, *session.deleted]
    for row in rows:
        if type(row) in (*FACTS, StepInstance):
            touched.setdefault(str(row.__tablename__), []).append(_key(row))
    for table, keys in touched.items():
        _add(made, table, read_rows(session, table, [key for key in keys if (table, key) not in made.before]))
    for row in session.deleted:
        if isinstance(row, FACTS):
            _record_cascade(session, made, type(row), [row.id] if hasattr(row, "id") else [])


def _key(row: Any) -> Key:  # noqa: ANN401  # a row of any table
    return tuple(getattr(row, column.name) for column in key_of_owner(type(row).__table__))


def _add(made: Recording, table: str, rows: Mapping[Key, Row]) -> None:
    for key, row in rows.items():
        made.add(table, key, row)


def _record_cascade(session: OwnedSession, made: Recording, table: Any, ids: Sequence[str]) -> None:  # noqa: ANN401  # a table
    """Record the rows that the database deletes with these rows of a table, and those that it deletes with them."""
    children: Any = cascading(table) if ids else ()
    for child, column in children:
        if child in FACTS:
            name = str(child.__tablename__)
            rows = _rows_where(session, name, child.__table__.c[column].in_(ids))
            _add(made, name, rows)
            if cascading(child):
                _record_cascade(session, made, child, [key[0] for key in rows])


@event.listens_for(OwnedSession, "do_orm_execute")
def _record_bulk_write(state: ORMExecuteState) -> None:
    """Record the rows that a bulk update or deletion is about to write."""
    session, mapper = state.session, state.bind_mapper
    if not (state.is_delete or state.is_update) or mapper is None or mapper.class_ not in FACTS:
        return
    made = recording(session) if isinstance(session, OwnedSession) else None
    if made is None or not isinstance(session, OwnedSession):
        return
    session.flush()
    where: Any = state.statement.whereclause  # type: ignore[attr-defined]  # of an update or a deletion
    name = str(mapper.class_.__tablename__)
    rows = _rows_where(session, name, where)
    _add(made, name, rows)
    if state.is_delete:
        _record_cascade(session, made, mapper.class_, [key[0] for key in rows])
