"""Keyset pages: a cursor holds the last row's keys and the first page's instant, bound to user, address and filters."""

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
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
MAX_INTEGER = 2**31 - 1
YEARS = range(1900, 2300)  # instants in requests lie in 1970–2199, deadlines less than 70 years from them
Key = tuple[InstrumentedAttribute[Any], bool]


def sort_orders(table: type[Any], *names: str) -> dict[str, tuple[Key, ...]]:
    """Return the sort orders of a list: each column in both directions, followed by the id."""
    orders: dict[str, tuple[Key, ...]] = {}
    for name in names:
        column = getattr(table, name)
        orders[name] = ((column, False), (table.id, False))
        orders[f"-{name}"] = ((column, True), (table.id, True))
    return orders


def ascending(*columns: Any) -> tuple[Key, ...]:  # noqa: ANN401  # columns of any table
    """Return an ascending order by some columns."""
    return tuple((column, False) for column in columns)


@dataclass(slots=True)
class PageQuery:
    """The page that a request asks for: its size and its cursor.

    `cursor_after`: once the rows are read, returns the cursor behind the first `n` of them, to end the page there.
    """

    limit: int
    cursor: str | None
    bound_to: str
    cursor_after: Callable[[int], str] | None = None

    def read_cursor(self, user_id: str, keys: Sequence[Key], now: datetime) -> "Page":
        """Return the cursor's page. Raises BadCursorError if it was not made for this user, address and filters."""
        limit = min(self.limit, MAX_LIMIT)
        if self.cursor is None:
            return Page(limit, keys, None, now, user_id, self)
        try:
            raw = _decoded(self.cursor)
            digest, payload = raw[:DIGEST_LENGTH], raw[DIGEST_LENGTH:]
            if digest != _digest(payload, user_id, self.bound_to):
                raise BadCursorError
            instant, values = json.loads(payload)
            after = [_parse_key(column, value) for (column, _), value in zip(keys, values, strict=True)]
            return Page(limit, keys, after, in_utc(_parse_instant(instant)), user_id, self)
        except (ValueError, TypeError, RecursionError) as error:
            raise BadCursorError from error


@dataclass(frozen=True, slots=True)
class Page:
    """A page to read. `instant` is the time of the first page, so that all pages are consistent."""

    limit: int
    keys: Sequence[Key]
    after: list[Any] | None
    instant: datetime
    user_id: str
    query: PageQuery

    def rows(self, session: OwnedSession, statement: Select[Any]) -> tuple[list[Any], str | None]:
        """Return the rows of the page and the cursor of the next one, None on the last page."""
        if self.after is not None:
            bound = [literal(value, column.type) for (column, _), value in zip(self.keys, self.after, strict=True)]
            statement = statement.where(after_keys(self.keys, bound))
        found = list(session.execute(order_by(statement, self.keys).limit(self.limit + 1)).all())

        def cursor_after(count: int) -> str:
            last = found[count - 1][0]
            return self.cursor([getattr(last, column.key) for column, _ in self.keys])

        self.query.cursor_after = cursor_after
        return found[: self.limit], cursor_after(self.limit) if len(found) > self.limit else None

    def cursor(self, last: Sequence[object]) -> str:
        """Return the cursor that continues after a row, given the row's keys."""
        values = [value.isoformat() if isinstance(value, datetime) else value for value in last]
        payload = json.dumps([self.instant.isoformat(), values], separators=(",", ":"), ensure_ascii=False).encode()
        return _encoded(_digest(payload, self.user_id, self.query.bound_to) + payload)


def order_by(statement: Any, keys: Sequence[Key]) -> Any:  # noqa: ANN401  # any statement
    """Return a statement, ordered by keys."""
    return statement.order_by(*(column.desc() if down else column for column, down in keys))


def after_keys(keys: Sequence[Key], bound: Sequence[Any]) -> Any:  # noqa: ANN401  # an SQL expression
    """Return the condition `(keys) > (bound)`; a condition on the first key alone lets databases use the index."""
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
    """Return the bytes of a cursor. Raises ValueError for another encoding of them: a page has one cursor only."""
    raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    if _encoded(raw) != cursor:
        raise ValueError("not the encoding that we use")
    return raw


def _digest(payload: bytes, user_id: str, bound_to: str) -> bytes:
    key = f"{user_id}|{bound_to}".encode()
    return hashlib.blake2b(payload + b"|" + key, digest_size=DIGEST_LENGTH).digest()


def _parse_key(column: InstrumentedAttribute[Any], value: Any) -> Any:  # noqa: ANN401  # whatever the column holds
    """Return a key as a value of its column. Raises ValueError or TypeError if it is none.

    The digest has no secret key, so anybody can make a cursor with a valid digest and any content.
    """
    held = getattr(column.type, "impl_instance", column.type)
    if isinstance(held, DateTime):
        return _parse_instant(value)
    if isinstance(held, Uuid):
        return str(UUID(str(value)))
    if not isinstance(value, held.python_type):
        raise TypeError
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise ValueError("no column can store this number")
    if isinstance(value, str) and b"\x00" in value.encode():
        raise ValueError("no column can store NUL")
    return value


def _parse_instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None or instant.year not in YEARS:
        raise ValueError("no instant with an offset in the allowed years")
    return instant
