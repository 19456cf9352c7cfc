"""What a transaction did to steps, for those who are told: collected only for accounts that have a listener."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlmodel import col

from api.models import StepNotice
from api.services.steps.rows import StoredStep
from api.storage.codecs import to_db_id
from api.storage.raw_sql import IDS, OWNER, CompiledStatement, RawConnection, select_as_text
from api.storage.session import OwnedSession

CHANGES = "changed_steps"  # the key in `session.info`
NOTICES = CompiledStatement(
    select_as_text(StepNotice.step_id, StepNotice.told, StepNotice.due_at).where(
        col(StepNotice.user_id) == OWNER, col(StepNotice.step_id).in_(IDS)
    ),
    owned=False,
)


class Announced(NamedTuple):
    """Up to which event a step was announced, for which deadline (as the database has it)."""

    told: int
    due_at: str


def announced(raw: RawConnection, ids: Sequence[str]) -> dict[str, Announced]:
    """Return the notices of steps, by their id in the database."""
    return {to_db_id(id_): Announced(told, due_at) for id_, told, due_at in raw.all(NOTICES, ids=ids)}


@dataclass(slots=True)
class StepChange:
    """A step before the transaction, None if it is new, and after it, None if it is gone."""

    before: StoredStep | None
    after: StoredStep | None


@dataclass(slots=True)
class WrittenSteps:
    """The changed steps by their id in the database.

    `has_moved_search`: step 7 of applications was moved by an UPDATE. `is_recomputation`: this is a slice of a
    recomputation of the account, of the applications `recomputed`; `is_complete`: it is the last slice. `announced`:
    the notices of deleted steps, which were deleted with them.
    """

    changes: dict[str, StepChange] = field(default_factory=dict)
    has_moved_search: bool = False
    is_recomputation: bool = False
    is_complete: bool = False
    recomputed: list[str] = field(default_factory=list)
    announced: dict[str, Announced] = field(default_factory=dict)

    def add(self, id_: str, before: StoredStep | None, after: StoredStep | None) -> None:
        """Add a change; of several changes of a step, the first one knows what was before the transaction."""
        known = self.changes.get(id_)
        if known is None:
            self.changes[id_] = StepChange(before, after)
        else:
            known.after = after


def written_steps(session: OwnedSession) -> WrittenSteps:
    """Return what the transaction did to steps so far."""
    found: WrittenSteps = session.info.setdefault(CHANGES, WrittenSteps())
    return found


def take_written_steps(session: OwnedSession) -> WrittenSteps:
    """Return what the transaction did to steps, and forget it."""
    found: WrittenSteps = session.info.pop(CHANGES, None) or WrittenSteps()
    return found
