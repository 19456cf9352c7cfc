"""Values as columns hold them, and as the API answers them.

Ids, instants and documents come as text from both databases: an id without hyphens from SQLite and with them from
PostgreSQL, an instant in UTC as `2026-03-02 16:00:00` with more behind it, a document as JSON.
"""

from datetime import UTC, date, datetime, time
from typing import Any

from pydantic_core import from_json, to_json

from api.rules.facts import Moment

SECONDS = len("2026-03-02 16:00:00")


def held(id_: str) -> str:
    """Return an id as it is compared with a column: without hyphens, which PostgreSQL takes too."""
    return id_.replace("-", "")


def canonical(id_: str) -> str:
    """Return an id as it is answered: with hyphens."""
    return id_ if len(id_) != 32 else f"{id_[:8]}-{id_[8:12]}-{id_[12:16]}-{id_[16:20]}-{id_[20:]}"


def kept(instant: datetime) -> str:
    """Return an instant as it is compared with a column: in UTC, as SQLite keeps it and PostgreSQL reads it."""
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return f"{instant.isoformat(' ')[:SECONDS]}.000000"


def column(said: str) -> str:
    """Return an instant that is answered as it is compared with a column: the inverse of `said`."""
    return f"{said[:10]} {said[11:SECONDS]}.000000"


def instant(column: str) -> datetime:
    """Return a column's instant, in whole seconds."""
    return datetime.fromisoformat(f"{column[:SECONDS]}+00:00")


def known_instant(column: str | None) -> datetime | None:
    """Return a column's instant where there is one."""
    return None if column is None else datetime.fromisoformat(f"{column[:SECONDS]}+00:00")


def said(column: str) -> str:
    """Return a column's instant as it is answered: RFC 3339 with `Z`."""
    return f"{column[:10]}T{column[11:SECONDS]}Z"


def document(column: str) -> Any:  # noqa: ANN401  # any document
    """Return a column's document."""
    return from_json(column, cache_strings="keys")


def moment(column: str | None) -> Moment | None:
    """Return a column's moment: a date, perhaps with a time."""
    if column is None:
        return None
    day, _, clock = column.partition("T")
    return Moment(date.fromisoformat(day), time.fromisoformat(clock) if clock else None)


def written(value: object) -> str:
    """Return a document as a column keeps it."""
    return to_json(value).decode()


def is_id(text: str) -> bool:
    """Tell whether a text can be an id at all; nothing else may reach a database's UUID column."""
    parts = [len(part) for part in text.split("-")]
    return parts == [8, 4, 4, 4, 12] and all(c in "0123456789abcdefABCDEF-" for c in text)
