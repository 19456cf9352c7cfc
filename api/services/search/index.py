"""The index: written in the transaction of each write of an object, by listeners that see every write of a session.

The terms of an object are written once, before the commit. SQLite has them in the FTS5 table `search_text`, of which a
trigger deletes the terms of a deleted entry; PostgreSQL has them in the entry itself.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import col, delete, select, update

from api.models import SearchEntry
from api.models.base import Stored
from api.services.search.texts import BY_TABLE, digest, indexed_terms, is_searched
from api.storage.codecs import to_db_id, to_db_instant
from api.storage.raw_sql import ID, CompiledStatement, RawConnection, param, select_as_text, written_statement
from api.storage.session import OwnedSession

# In `session.info`: the row of each table and id, None if it was deleted; and which of them are new.
PENDING, NEW = "not_indexed_yet", "new_and_not_indexed_yet"
KEY = "search_entry.user_id = :user_id AND noun = :noun AND object_id = :object_id"
COLUMNS = "user_id, noun, object_id, application_id, updated_at, digest"
VALUES = ":user_id, :noun, :object_id, :application_id, :updated_at, :digest"
CHANGED = "application_id = :application_id, updated_at = :updated_at, digest = :digest"
ENTRY = CompiledStatement(
    select_as_text(SearchEntry.digest).where(
        SearchEntry.noun == param("noun"), SearchEntry.object_id == param("object_id", ID)
    )
)


def _statements(*written: str) -> tuple[CompiledStatement, ...]:
    return tuple(map(written_statement, written))


# SQLite has one writer at a time, so the next number is free.
INSERT = {
    "sqlite": _statements(
        f"INSERT INTO search_entry ({COLUMNS}, number) "  # noqa: S608  # constants
        f"SELECT {VALUES}, COALESCE(MAX(number), 0) + 1 FROM search_entry",
        f"INSERT INTO search_text (rowid, words) SELECT number, :words FROM search_entry WHERE {KEY}",  # noqa: S608
    ),
    "postgresql": _statements(
        f"INSERT INTO search_entry ({COLUMNS}, words) VALUES ({VALUES}, CAST(:words AS tsvector))"  # noqa: S608
    ),
}
UPDATE = {
    "sqlite": _statements(
        f"UPDATE search_entry SET {CHANGED} WHERE {KEY}",  # noqa: S608
        f"UPDATE search_text SET words = :words WHERE rowid = (SELECT number FROM search_entry WHERE {KEY})",  # noqa: S608
    ),
    "postgresql": _statements(
        f"UPDATE search_entry SET {CHANGED}, words = CAST(:words AS tsvector) WHERE {KEY}"  # noqa: S608
    ),
}
# One round trip for a new object. SQLite has none, and its entry is in two tables.
UPSERT = _statements(
    f"INSERT INTO search_entry ({COLUMNS}, words) VALUES ({VALUES}, CAST(:words AS tsvector)) "  # noqa: S608
    "ON CONFLICT (user_id, object_id, noun) DO UPDATE SET application_id = excluded.application_id, "
    "updated_at = excluded.updated_at, digest = excluded.digest, words = excluded.words"
)
TOUCH = _statements(f"UPDATE search_entry SET updated_at = :updated_at WHERE {KEY}")  # noqa: S608
DELETE = _statements(f"DELETE FROM search_entry WHERE {KEY}")  # noqa: S608


@event.listens_for(OwnedSession, "before_flush")
def _collect(session: OwnedSession, _context: object, _instances: object) -> None:
    """Remember which searched objects this flush writes."""
    for row in (*session.new, *session.dirty):
        if type(row) in BY_TABLE:
            _pending(session)[(type(row), row.id)] = row
    _new(session).update((type(row), row.id) for row in session.new if type(row) in BY_TABLE)
    for row in session.deleted:
        if type(row) in BY_TABLE:
            _pending(session)[(type(row), row.id)] = None


def _pending(session: OwnedSession) -> dict[tuple[type[Stored], str], Stored | None]:
    found: dict[tuple[type[Stored], str], Stored | None] = session.info.setdefault(PENDING, {})
    return found


def _new(session: OwnedSession) -> set[tuple[type[Stored], str]]:
    found: set[tuple[type[Stored], str]] = session.info.setdefault(NEW, set())
    return found


@event.listens_for(OwnedSession, "before_commit")
def _write_pending(session: OwnedSession) -> None:
    """Index what the transaction wrote."""
    if session.info.get(PENDING):
        session.flush()
        write_entries(session, _pending(session), new=_new(session))
        _pending(session).clear()
        _new(session).clear()


@event.listens_for(OwnedSession, "do_orm_execute")
def _follow_bulk_writes(state: ORMExecuteState) -> None:
    """Change or delete the entries of the objects that a bulk update or deletion is about to change or delete."""
    session, mapper = state.session, state.bind_mapper
    if not (state.is_delete or state.is_update) or mapper is None or mapper.class_ not in BY_TABLE:
        return
    assert isinstance(session, OwnedSession)  # noqa: S101  # see the event
    kind, statement = BY_TABLE[mapper.class_], cast(Any, state.statement)
    session.flush()
    ids: Any = select(kind.table.id).where(kind.table.user_id == session.user_id)
    where = statement.whereclause
    ours: list[Any] = [
        col(SearchEntry.noun) == kind.noun,
        col(SearchEntry.object_id).in_(ids if where is None else ids.where(where)),
    ]
    if state.is_delete:
        session.change(delete(SearchEntry).where(*ours))
        return
    new = {getattr(key, "key", key): value for key, value in statement._values.items()}  # noqa: SLF001  # no public name
    if texts := sorted(new.keys() & set(kind.fields)):
        raise RuntimeError(f"Change {', '.join(texts)} of {kind.noun} by objects, so that the index follows.")
    if "updated_at" in new:
        moved = update(SearchEntry).where(*ours).values(updated_at=new["updated_at"])
        session.change(moved)


def write_entries(
    session: OwnedSession,
    rows: Mapping[tuple[type[Stored], str], Stored | None],
    *,
    new: Collection[tuple[type[Stored], str]] = (),
) -> None:
    """Write the entries of rows; those of rows that are deleted or have no text are deleted.

    `new`: rows that this transaction inserted, which hardly ever have an entry.
    """
    raw, dialect = RawConnection.of(session), session.get_bind().dialect.name
    for (table, id_), row in rows.items():
        values = {"noun": BY_TABLE[table].noun, "object_id": to_db_id(id_)}
        indexed = indexed_terms(row, session.user_id) if row is not None and is_searched(row) else []
        if row is None or not indexed:
            _run(raw, DELETE, values)
            continue
        written = {**values, **entry_values(row, indexed, dialect)}
        if dialect == "postgresql" and (table, id_) in new:
            _run(raw, UPSERT, written)
            continue
        known = raw.first(ENTRY, **values)
        statements = UPDATE[dialect] if known else INSERT[dialect]
        _run(raw, TOUCH if known and known[0] == written["digest"] else statements, written)


def entry_values(row: Any, indexed: Sequence[str], dialect: str) -> dict[str, object]:  # noqa: ANN401  # a row of a table of SEARCHED
    """Return the values of an entry's statement."""
    of = row.id if row.__tablename__ == "application" else getattr(row, "application_id", None)
    words = " ".join(indexed) if dialect == "sqlite" else " ".join(f"'{one}'" for one in indexed)
    return {
        "application_id": of and to_db_id(of),
        "updated_at": to_db_instant(row.updated_at),
        "digest": digest(indexed),
        "words": words,
    }


def _run(raw: RawConnection, statements: Sequence[CompiledStatement], values: Mapping[str, object]) -> None:
    for statement in statements:
        raw.execute(statement, **values)
