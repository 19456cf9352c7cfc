"""Keyset pages: a cursor holds the last row's keys and the first page's instant, bound to user, address and filters."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Select, Uuid, and_, false, literal, or_
from sqlalchemy.orm import InstrumentedAttribute

from api.errors import BadCursorError
from api.rules.calendar import in_utc
from api.storage.session import OwnedSession

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
DIGEST_LENGTH = 12
YEARS = range(1900, 2300)  # what is sent lies between 1970 and 2200, and no deadline is a lifetime away from it
Key = tuple[InstrumentedAttribute[Any], bool]


def sort_orders(table: type[Any], *names: str) -> dict[str, tuple[Key, ...]]:
    """Return the orders of a list by some columns, each in both directions, always with the id behind."""
    orders: dict[str, tuple[Key, ...]] = {}
    for name in names:
        column = getattr(table, name)
        orders[name] = ((column, False), (table.id, False))
        orders[f"-{name}"] = ((column, True), (table.id, True))
    return orders


def ascending(*columns: Any) -> tuple[Key, ...]:  # noqa: ANN401  # columns of any table
    """Return an ascending order by some columns."""
    return tuple((column, False) for column in columns)


@dataclass(frozen=True, slots=True)
class PageQuery:
    """Which page: how many rows, and after which one."""

    limit: int
    cursor: str | None
    bound_to: str

    def read_cursor(self, user_id: str, keys: Sequence[Key], now: datetime) -> "Page":
        """Read the cursor. Raises BadCursorError where it was not made for this user, address and filters."""
        limit = min(self.limit, MAX_LIMIT)
        if self.cursor is None:
            return Page(limit, keys, None, now, user_id, self.bound_to)
        try:
            raw = _decoded(self.cursor)
            digest, payload = raw[:DIGEST_LENGTH], raw[DIGEST_LENGTH:]
            if digest != _digest(payload, user_id, self.bound_to):
                raise BadCursorError
            instant, values = json.loads(payload)
            after = [_parse_key(column, value) for (column, _), value in zip(keys, values, strict=True)]
            return Page(limit, keys, after, in_utc(_parse_instant(instant)), user_id, self.bound_to)
        except (ValueError, TypeError, RecursionError) as error:
            raise BadCursorError from error


@dataclass(frozen=True, slots=True)
class Page:
    """A page about to be read. `instant` is the clock of the first page, so that all pages agree."""

    limit: int
    keys: Sequence[Key]
    after: list[Any] | None
    instant: datetime
    user_id: str
    bound_to: str

    def rows(self, session: OwnedSession, statement: Select[Any]) -> tuple[list[Any], str | None]:
        """Return the rows of the page and the cursor of the next one, None on the last page."""
        if self.after is not None:
            bound = [literal(value, column.type) for (column, _), value in zip(self.keys, self.after, strict=True)]
            statement = statement.where(after_keys(self.keys, bound))
        found = list(session.execute(order_by(statement, self.keys).limit(self.limit + 1)).all())
        if len(found) <= self.limit:
            return found, None
        last = found[self.limit - 1][0]
        return found[: self.limit], self.cursor([getattr(last, column.key) for column, _ in self.keys])

    def cursor(self, last: Sequence[object]) -> str:
        """Return the cursor behind a row, given its keys."""
        values = [value.isoformat() if isinstance(value, datetime) else value for value in last]
        payload = json.dumps([self.instant.isoformat(), values], separators=(",", ":"), ensure_ascii=False).encode()
        return _encoded(_digest(payload, self.user_id, self.bound_to) + payload)


def order_by(statement: Any, keys: Sequence[Key]) -> Any:  # noqa: ANN401  # any statement
    """Return a statement in an order."""
    return statement.order_by(*(column.desc() if down else column for column, down in keys))


def after_keys(keys: Sequence[Key], bound: Sequence[Any]) -> Any:  # noqa: ANN401  # an SQL expression
    """Say `(keys) > (bound)` so that every database can use its index: the first key alone bounds the range."""
    conditions: list[Any] = []
    equal: list[Any] = []
    for (column, down), value in zip(keys, bound, strict=True):
        conditions.append(and_(*equal, column < value if down else column > value))
        equal.append(column == value)
    first, down = keys[0]
    return and_(first <= bound[0] if down else first >= bound[0], or_(false(), *conditions))


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(cursor: str) -> bytes:
    """Return the bytes of a cursor. Raises ValueError where they have another form too: one page has one cursor."""
    raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    if _encoded(raw) != cursor:
        raise ValueError("not as we write it")
    return raw


def _digest(payload: bytes, user_id: str, bound_to: str) -> bytes:
    key = f"{user_id}|{bound_to}".encode()
    return hashlib.blake2b(payload + b"|" + key, digest_size=DIGEST_LENGTH).digest()


def _parse_key(column: InstrumentedAttribute[Any], value: Any) -> Any:  # noqa: ANN401  # whatever the column holds
    """Return a key as its column holds it. Raises ValueError or TypeError where it cannot be one.

    The digest is no secret: a cursor that bears it may still hold anything.
    """
    held = getattr(column.type, "impl_instance", column.type)
    if isinstance(held, DateTime):
        return _parse_instant(value)
    if isinstance(held, Uuid):
        return str(UUID(str(value)))
    if not isinstance(value, held.python_type):
        raise TypeError
    if isinstance(value, str) and b"\x00" in value.encode():
        raise ValueError("no column holds it")
    return value


def _parse_instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None or instant.year not in YEARS:
        raise ValueError("no instant of ours")
    return instant
