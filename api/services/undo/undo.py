"""Put back what an assistant wrote, in the transaction of the request; that is a write of its own, which can be undone.

Versions go up, so that no entity tag comes back. Quotas apply to what comes back.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import SQLModel, col, delete

from api.models import (
    Application,
    Contact,
    IdempotentResponse,
    Interview,
    InterviewInterviewer,
    Letter,
    Reference,
    StageChange,
    StepInstance,
)
from api.models.agent_write import AgentWrite, NotRestored
from api.services import idempotent_responses, quotas
from api.services.facts import contacts, references
from api.services.facts.applications import derive_life
from api.services.steps import judge
from api.services.steps.effects import keep_company
from api.services.undo.unchanged import check_unchanged
from api.services.write_log.images import SNOOZE, TABLES, VOLATILE, Image, column_values
from api.services.write_log.recording import recording, start_recording
from api.storage.session import OwnedSession, mark_changed

ORDER = {table.name: place for place, table in enumerate(SQLModel.metadata.sorted_tables)}  # parents first
STEPS = str(StepInstance.__tablename__)
SNOOZE_ENDED = "The write ended a snooze of this step: snooze it again if it should stay hidden."
WAS_SENT = "The letter is a draft again. If it was really sent, undoing does not take it back from the reader."


def undo(session: OwnedSession, entry: AgentWrite) -> list[NotRestored]:
    """Undo a write; return what is not brought back. The session records what this writes.

    A write that is undone already stays so. Raises ConflictError, `changed_since`.
    """
    made = recording(session) or start_recording(session)
    if entry.undone_by is not None:
        return list(_not_restored(entry))
    images = [Image.from_json(one) for one in entry.images]
    check_unchanged(session, entry, images)
    made.undoes, made.scopes = entry.id, entry.scopes
    touched, histories = _affected(session, images), _histories(session, images)
    _end_created_applications(session, images)
    _restore(session, images)
    touched |= _affected(session, images)
    for id_ in sorted(histories):
        if (row := session.get(Application, (session.user_id, id_))) is not None:
            derive_life(session, row)
    judge.judge_applications(session, touched, elsewhere=True)
    _restore_snoozes(session, images)
    if entry.retry_key is not None:
        session.change(delete(IdempotentResponse).where(col(IdempotentResponse.key) == entry.retry_key))
    entry.undone_by = made.id
    if entry.undoes is not None and (undone := session.get(AgentWrite, (session.user_id, entry.undoes))):
        undone.undone_by = None
    session.flush()
    return list(_not_restored(entry))


def _affected(session: OwnedSession, images: Sequence[Image]) -> set[str]:
    """Return the applications whose steps may read a row of the images, as the rows are now or were before."""
    found: set[str] = set()
    for image in images:
        row = session.get(TABLES[image.table], (session.user_id, *image.key))
        if image.table == Application.__tablename__:
            found.add(image.key[0])
        if isinstance(row, Contact):
            found.update(contacts.affected_applications(session, row))
        if isinstance(row, Reference):
            found.update(references.REFERENCE.affected_applications(session, row))
        now = None if row is None else getattr(row, "application_id", None)
        found.update(one for one in (now, (image.before or {}).get("application_id")) if one)
        if image.table == InterviewInterviewer.__tablename__:
            interview = session.get(Interview, (session.user_id, image.key[0]))
            if interview is not None:
                mark_changed(session, interview)
                found.add(interview.application_id)
    return found


def _histories(session: OwnedSession, images: Sequence[Image]) -> set[str]:
    """Return the applications of the stages of the images."""
    found: set[str] = set()
    for image in images:
        if image.table == StageChange.__tablename__:
            row = session.get(StageChange, (session.user_id, *image.key))
            found.add(str(row.application_id if row is not None else (image.before or {})["application_id"]))
    return found


def _end_created_applications(session: OwnedSession, images: Sequence[Image]) -> None:
    """Delete the steps of applications that the write created, before the applications themselves."""
    created = _created(session, images, Application)
    for row in created:
        keep_company(session, row.id, row.company)
        row.deleted_at = session.now
    if created:
        judge.judge_applications(session, [row.id for row in created], elsewhere=True)


def _created(session: OwnedSession, images: Sequence[Image], table: type[Any]) -> list[Any]:
    keys = [one.key for one in images if one.table == table.__tablename__ and one.change == "created"]
    return [session.get_one(table, (session.user_id, *key)) for key in keys]


def _restore(session: OwnedSession, images: Sequence[Image]) -> None:
    """Put rows back: first those that were deleted, parents first; then the changed ones; then delete the new ones."""
    facts = sorted((one for one in images if one.table != STEPS), key=lambda one: ORDER[one.table])
    for image in facts:
        if image.change == "deleted":
            _insert(session, image)
    for image in facts:
        if image.change == "changed":
            _set_back(session, image)
    session.flush()
    for image in reversed(facts):
        if image.change == "created":
            row = session.get_one(TABLES[image.table], (session.user_id, *image.key))
            if isinstance(row, Reference):
                idempotent_responses.erase_showing(session, row.id)
            session.delete(row)
            session.flush()


def _insert(session: OwnedSession, image: Image) -> None:
    table = TABLES[image.table]
    values = column_values(image.table, image.before or {})
    quotas.check(session, table, values)
    values["version"] += 1
    if "updated_at" in values:
        values["updated_at"] = session.now
    session.add(table(**{**values, "user_id": session.user_id}))
    session.flush()


def _set_back(session: OwnedSession, image: Image) -> None:
    row = session.get_one(TABLES[image.table], (session.user_id, *image.key))
    values = column_values(image.table, image.before or {})
    if isinstance(row, Application | Contact) and _is_counted(values.get) and not _is_counted(vars(row).get):
        quotas.check(session, type(row))
    for name, value in values.items():
        if name not in VOLATILE and getattr(row, name) != value:
            setattr(row, name, value)
    if "effective_end_at" in values:
        row.effective_end_at = values["effective_end_at"]
    row.version += 1
    if "updated_at" in values:
        row.updated_at = session.now


def _is_counted(value: Callable[[str], object]) -> bool:
    """Tell whether a row with these values counts towards its quota."""
    return value("deleted_at") is None and value("closed_at") is None


def _restore_snoozes(session: OwnedSession, images: Sequence[Image]) -> None:
    """Snooze open steps until the instant of before, if that is still ahead."""
    for image in images:
        row = session.get(StepInstance, (session.user_id, *image.key)) if image.table == STEPS else None
        if row is not None:
            session.refresh(row)
            until = column_values(STEPS, image.before or {}).get(SNOOZE)
            is_ahead = isinstance(until, datetime) and until > session.now and row.closed_state is None
            row.snoozed_until = until if is_ahead else None


def _not_restored(entry: AgentWrite) -> Iterator[NotRestored]:
    for one in entry.ended_snoozes:
        yield NotRestored(code="snooze_ended", id=one["step_id"], detail=SNOOZE_ENDED)
    for image in map(Image.from_json, entry.images if entry.operation == "send_letter" else ()):
        if image.table == Letter.__tablename__:
            yield NotRestored(code="letter_was_sent", id=image.key[0], detail=WAS_SENT)
