"""Which sessions record what they write, and what they have recorded."""

from dataclasses import dataclass, field
from typing import Any

from api.models.base import new_id
from api.storage.session import OwnedSession

RECORDING = "recording"  # the key in `session.info`
Key = tuple[str, ...]
Row = dict[str, Any]


@dataclass(slots=True)
class Recording:
    """What a transaction wrote: each row before it, None of one that it created, by table and key.

    `id`: of the entry in the log. `undoes`: the entry that the transaction undoes, and `scopes` those of that entry.
    """

    id: str = field(default_factory=new_id)
    before: dict[tuple[str, Key], Row | None] = field(default_factory=dict)
    ended_snoozes: list[dict[str, Any]] = field(default_factory=list)
    undoes: str | None = None
    scopes: list[str] | None = None

    def add(self, table: str, key: Key, row: Row | None) -> None:
        """Add a row; of several, the first one is what was there before the transaction."""
        self.before.setdefault((table, key), row)


def start_recording(session: OwnedSession) -> Recording:
    """Record what a session writes from now on."""
    made = Recording()
    session.info[RECORDING] = made
    return made


def recording(session: OwnedSession) -> Recording | None:
    """Return what a session has recorded; None: it does not record."""
    found: Recording | None = session.info.get(RECORDING)
    return found
