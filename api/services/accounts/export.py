"""Export of an account as JSON Lines: a manifest, then one row in each line, parents before children.

The export is written to a file and sent from there. So memory does not grow with the account, and a slow client does
not keep a transaction open.
"""

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import IO, Any

from sqlalchemy import Table
from sqlmodel import SQLModel, func, select

from api.rules.evaluate import RULES_VERSION
from api.rules.facts import Moment
from api.storage.database import Database
from api.storage.session import OwnedSession

FORMAT, FORMAT_VERSION = "afterword-export", 1
SECRETS = frozenset({"password_hash", "hash", "secret", "old_secret"})
LEFT_OUT = {
    "agent_write": "What assistants wrote, for a day, so that it can be undone: it repeats rows of this export.",
    "event": "Events of the last 30 days: they repeat what happened to rows of this export.",
    "delivery": "Which events were sent to which webhook, for 30 days.",
    "delivery_attempt": "When they were sent, for 30 days.",
    "step_notice": "Up to which event each step was announced: it follows from the steps.",
    "import_chunk": "Uploaded files that were not imported yet.",
    "kept_answer": "Responses that are stored for a day for retries: they repeat rows of this export.",
    "mail_out": "Which mails were sent to you, for 90 days: their contents are not stored.",
    "search_entry": "An index of words of rows that are in this export.",
    "throttle": "Counts of attempts in the last hour: they belong to no account.",
}
AT_ONCE = 500


def tables() -> list[Table]:
    """Return the tables that are exported, parents first."""
    return [table for table in SQLModel.metadata.sorted_tables if table.name not in LEFT_OUT]


def write_export(
    database: Database,
    user_id: str,
    now: datetime,
    file: IO[bytes],
    progress: Callable[[int, int], object] = lambda _done, _rows: None,
) -> None:
    """Write one snapshot of an account to a file, and rewind the file. `progress` gets the rows written, and all."""
    with database.read(now) as session:
        session.owner = user_id
        _write_rows(session, file, progress)
    file.seek(0)


def _write_rows(session: OwnedSession, file: IO[bytes], progress: Callable[[int, int], object]) -> None:
    manifest, done = _manifest(session), 0
    total = sum(manifest["rows"].values())
    _line(file, manifest)
    for table in tables():
        shown = [column for column in table.columns if column.name not in SECRETS]
        wanted = select(*shown).where(_mine(table, session)).order_by(*table.primary_key.columns)
        names = [column.name for column in shown if column.name != "user_id"]
        at = [number for number, column in enumerate(shown) if column.name != "user_id"]
        found = session.execute(wanted, execution_options={"yield_per": AT_ONCE})
        for row in found:
            _line(file, {"type": table.name, **{name: row[number] for name, number in zip(names, at, strict=True)}})
            done += 1
            if done % AT_ONCE == 0:
                progress(done, total)
    progress(total, total)


def _manifest(session: OwnedSession) -> dict[str, Any]:
    counts = {
        table.name: session.execute(select(func.count()).select_from(table).where(_mine(table, session))).scalar_one()
        for table in tables()
    }
    return {
        "type": "manifest",
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "rules_version": RULES_VERSION,
        "exported_at": session.now,
        "rows": counts,
        "left_out": LEFT_OUT,
    }


def _mine(table: Table, session: OwnedSession) -> Any:  # noqa: ANN401  # a condition
    return (table.c.id if table.name == "user_account" else table.c.user_id) == session.user_id


def _line(file: IO[bytes], document: dict[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=_to_json)
    file.write(text.encode() + b"\n")


def _to_json(value: object) -> object:
    """Return a value for JSON: instants in UTC with `Z`, dates and local times as ISO 8601, moments as objects."""
    if isinstance(value, Moment):
        return {"date": value.date.isoformat(), "time": f"{value.time:%H:%M}" if value.time else None}
    if isinstance(value, datetime) and value.tzinfo is not None:
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{__name__} cannot encode {type(value).__name__}")
