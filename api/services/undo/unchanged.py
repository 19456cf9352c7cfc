"""Check that the rows of a write are as it left them, and that nothing outside it needs what it created."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NoReturn

from sqlalchemy import inspect
from sqlmodel import col, or_, select

from api.errors import ConflictError
from api.models import Activity, Application, Letter, StageChange, StepInstance
from api.models.agent_write import AgentWrite, type_of
from api.rules.words import rfc3339
from api.services.facts.letters import letters_with
from api.services.write_log.images import FACTS, SNOOZE, TABLES, Image, digest, read_rows
from api.services.write_log.recording import Key, Row
from api.storage.owned_rows import key_of_owner
from api.storage.session import OwnedSession

STEPS = str(StepInstance.__tablename__)


def check_unchanged(session: OwnedSession, entry: AgentWrite, images: Sequence[Image]) -> None:
    """Raise ConflictError, `changed_since`, if the write cannot be undone without a loss."""
    for table in dict.fromkeys(image.table for image in images):
        mine = [image for image in images if image.table == table]
        now = read_rows(session, table, [image.key for image in mine])
        for image in mine:
            if not _is_as_left(image, now.get(image.key)):
                _refuse(session, entry, table, image.key, now.get(image.key))
    ours = {(image.table, image.key) for image in images}
    for image in images:
        if image.change == "created":
            _check_unused(session, entry, image, ours)
        else:
            _check_links(session, entry, image, images)
    _check_stages(session, entry, images)


def _is_as_left(image: Image, row: Row | None) -> bool:
    if image.table == STEPS:
        return row is None or row[SNOOZE] is None or digest(row) == image.after
    return (None if row is None else digest(row)) == image.after


def _check_unused(session: OwnedSession, entry: AgentWrite, image: Image, ours: set[tuple[str, Key]]) -> None:
    """Refuse if a row outside the write points at a row that it created."""
    for table, condition in _pointing(TABLES[image.table], image.key):
        keys = key_of_owner(table.__table__)
        found = session.connection().execute(
            select(*keys).where(table.__table__.c.user_id == session.user_id, condition)
        )
        name = str(table.__tablename__)
        outside = [key for key in (tuple(map(str, row)) for row in found) if (name, key) not in ours]
        if outside:
            _refuse(session, entry, name, outside[0], read_rows(session, name, outside[:1]).get(outside[0]))


def _pointing(target: type[Any], key: Key) -> Iterator[tuple[type[Any], Any]]:
    """Yield the tables of facts that can point at a row, each with the condition that it does."""
    if len(key) > 1:
        return
    for table in FACTS:
        for constraint in inspect(table).local_table.foreign_key_constraints:
            if constraint.referred_table is inspect(target).local_table:
                name = next(name for name in constraint.column_keys if name != "user_id")
                yield table, table.__table__.c[name] == key[0]
    if (named := letters_with(target, key[0])) is not None:
        yield Letter, named


def _check_links(session: OwnedSession, entry: AgentWrite, image: Image, images: Sequence[Image]) -> None:
    """Refuse if a row pointed at something that was deleted since."""
    back = {(one.table, one.key) for one in images if one.change == "deleted"}
    for constraint in inspect(TABLES[image.table]).local_table.foreign_key_constraints:
        target = constraint.referred_table.name
        name = next((name for name in constraint.column_keys if name != "user_id"), None)
        value = (image.before or {}).get(name) if name else None
        key = (str(value),)
        if value is None or target not in TABLES or (target, key) in back:
            continue
        if not read_rows(session, target, [key]):
            _refuse(session, entry, target, key, None)


def _check_stages(session: OwnedSession, entry: AgentWrite, images: Sequence[Image]) -> None:
    """Refuse if an application would have no stage any more."""
    new = {image.key[0] for image in images if image.table == Application.__tablename__ and image.change == "created"}
    stages = [image.key[0] for image in images if image.table == StageChange.__tablename__]
    rows = session.exec(select(StageChange).where(col(StageChange.id).in_(stages))).all()
    gone = [image.key[0] for image in images if image.change == "created"]
    for application_id, number in Counter(row.application_id for row in rows if row.id in gone).items():
        mine = select(StageChange.id).where(StageChange.application_id == application_id)
        if application_id not in new and len(session.exec(mine).all()) <= number:
            _refuse(session, entry, str(Application.__tablename__), (application_id,), None)


def _refuse(session: OwnedSession, entry: AgentWrite, table: str, key: Key, row: Row | None) -> NoReturn:
    """Raise ConflictError that says what was changed, and by whom and when, if the activity knows."""
    type_ = type_of(table)
    noun = type_.replace("_", " ")
    by, at = _last_writer(session, entry, key, row)
    who = f" by {by}" if by else ""
    when = f" at {at}" if at else ""
    raise ConflictError(
        f"The {noun} was changed{who}{when}, after this write: undo the later write first, or change it by hand.",
        code="changed_since",
        extra={"changed": {"type": type_, "id": key[-1], "by": by, "at": at}},
    )


def _last_writer(session: OwnedSession, entry: AgentWrite, key: Key, row: Row | None) -> tuple[str | None, str | None]:
    """Return who wrote an object last since a write, and when, as the activity has it."""
    changed_at = (row or {}).get("updated_at")
    later = select(Activity).where(
        col(Activity.at) >= entry.at, or_(*(col(Activity.object).contains(id_) for id_ in key))
    )
    newest = later.order_by(col(Activity.at).desc(), col(Activity.id).desc()).limit(1)
    found = session.exec(
        newest.where(or_(col(Activity.write_id).is_(None), col(Activity.write_id) != entry.id))
    ).first()
    if found is not None:
        return found.token_name, rfc3339(found.at)
    return None, rfc3339(datetime.fromisoformat(str(changed_at))) if changed_at else None
