"""Notes: what went well, what is open, and everything else worth remembering."""

from api.models import Interview, Letter, Note
from api.models.note import NoteCreate, NotePublic
from api.rules.evaluate import steps_affected_by
from api.services.facts.crud import FactKind
from api.services.facts.dating import Change
from api.storage.session import OwnedSession


def _validate(session: OwnedSession, row: Note, _change: Change) -> None:
    row.noted_at = row.noted_at or session.now
    if row.address_in_letter is None:
        row.address_in_letter = row.kind == "concern"


NOTE = FactKind(
    table=Note,
    create=NoteCreate,
    public=NotePublic,
    affected_steps=steps_affected_by("notes"),
    links={"interview_id": Interview, "addressed_by_letter_id": Letter},
    validate=_validate,
)
