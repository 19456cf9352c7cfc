"""Convert values between the database, Python and JSON.

Raw SQL returns ids, instants and JSON as text from both databases. An id comes without hyphens from SQLite and with
hyphens from PostgreSQL. An instant is in UTC and begins like `2026-03-02 16:00:00`; fractions or an offset may follow.
"""

from datetime import UTC, date, datetime, time
from typing import Any

from pydantic_core import from_json, to_json

from api.rules.facts import Moment

SECONDS = len("2026-03-02 16:00:00")
FIRST_ID = "00000000-0000-0000-0000-000000000000"  # before all ids, and the id of nothing


def to_db_id(id_: str) -> str:
    """Encode an id for the database: without hyphens, which PostgreSQL accepts too."""
    return id_.replace("-", "")


def from_db_id(id_: str) -> str:
    """Decode an id from the database: with hyphens."""
    return id_ if len(id_) != 32 else f"{id_[:8]}-{id_[8:12]}-{id_[12:16]}-{id_[16:20]}-{id_[20:]}"


def to_db_instant(instant: datetime) -> str:
    """Encode an instant for the database: in UTC, as SQLAlchemy stores it in SQLite; PostgreSQL accepts it too."""
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return f"{instant.isoformat(' ')[:SECONDS]}.000000"


def json_to_db_instant(said: str) -> str:
    """Encode an RFC 3339 instant for the database: the inverse of `db_to_json_instant`."""
    return f"{said[:10]} {said[11:SECONDS]}.000000"


def from_db_instant(column: str) -> datetime:
    """Decode an instant from the database, in whole seconds."""
    return datetime.fromisoformat(f"{column[:SECONDS]}+00:00")


def from_db_instant_or_none(column: str | None) -> datetime | None:
    """Decode an instant that may be null."""
    return None if column is None else datetime.fromisoformat(f"{column[:SECONDS]}+00:00")


def db_to_json_instant(column: str) -> str:
    """Convert an instant from the database to RFC 3339 with `Z`, without parsing it."""
    return f"{column[:10]}T{column[11:SECONDS]}Z"


def from_db_json(column: str) -> Any:  # noqa: ANN401  # any document
    """Decode a JSON document from the database."""
    return from_json(column, cache_strings="keys")


def from_db_moment(column: str | None) -> Moment | None:
    """Decode a moment from the database: a date with an optional time."""
    if column is None:
        return None
    day, _, clock = column.partition("T")
    return Moment(date.fromisoformat(day), time.fromisoformat(clock) if clock else None)


def to_db_json(value: object) -> str:
    """Encode a JSON document for the database."""
    return to_json(value).decode()


def is_id(text: str) -> bool:
    """Tell whether a text has the form of a UUID; PostgreSQL raises an error for anything else."""
    parts = [len(part) for part in text.split("-")]
    return parts == [8, 4, 4, 4, 12] and all(c in "0123456789abcdefABCDEF-" for c in text)
