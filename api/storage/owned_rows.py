"""Rows of the session's owner: what identifies them, and how some of them are deleted."""

from sqlalchemy import Column, ColumnElement, Table, delete, select, tuple_
from sqlmodel import SQLModel

from api.storage.session import OwnedSession


def key_of_owner(table: Table) -> tuple[Column[str], ...]:
    """Return the columns that identify a row among those of its owner: the primary key without the owner."""
    return tuple(column for column in table.primary_key.columns if column.name != "user_id")


def delete_some(
    session: OwnedSession, table: Table | type[SQLModel], most: int, *conditions: ColumnElement[bool]
) -> int:
    """Delete at most so many rows of a table that match conditions, in the order of their keys; return how many.

    The bytes of an account follow the deletion if the table is given as its model, and not if as a plain table.
    """
    rows: Table = table if isinstance(table, Table) else table.__table__  # type: ignore[attr-defined]
    keys, mine = key_of_owner(rows), (rows.c.user_id == session.user_id, *conditions)
    some = select(*keys).where(*mine).order_by(*keys).limit(most)
    chosen = tuple_(*keys).in_(some) if len(keys) > 1 else keys[0].in_(some)
    return session.change(delete(table).where(*mine, chosen))
