"""The events of imports: one at the end of a run, one at the end of an undo."""

from api.models import ImportJob
from api.models.event import EventType
from api.models.import_public import ImportCounts
from api.services.events.drafts import Draft, add_draft
from api.storage.session import OwnedSession


def tell(session: OwnedSession, type_: EventType, job: ImportJob) -> None:
    """Tell of the end of a run or of an undo, with its counts, in the place of events of each row."""
    counts = {name: job.counts.get(name, 0) for name in ImportCounts.model_fields}
    about = {"id": job.id, "kind": job.kind, "state": job.state, "counts": counts}
    add_draft(session, Draft(type_, session.now, {"import": about}))
