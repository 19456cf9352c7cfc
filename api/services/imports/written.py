"""Objects that a row of an import made or changed, as the undo needs them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from api.models import ImportObject, ImportRow
from api.storage.session import OwnedSession


@dataclass(frozen=True, slots=True)
class Written:
    """An object: its table, its id (of links: of both objects), what was done to it, and its version since.

    `before`: the values of the columns that were changed.
    """

    noun: str
    id: str
    action: str
    version: int
    before: dict[str, Any] = field(default_factory=dict)
    other_id: str | None = None


def record(session: OwnedSession, row: ImportRow, objects: Iterable[Written]) -> None:
    """Store what a row made or changed, and that it is done."""
    for one in objects:
        session.add(
            ImportObject(
                user_id=session.user_id,
                import_id=row.import_id,
                row_no=row.row_no,
                noun=one.noun,
                object_id=one.id,
                other_id=one.other_id,
                action=one.action,
                version_after=one.version,
                before=one.before,
            )
        )
    row.result = "done"
