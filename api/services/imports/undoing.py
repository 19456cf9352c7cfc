"""Undo an import, in slices: what nobody touched since is deleted or set back, everything else is kept.

Applications come first, because what hangs on them goes with them and can be restored with them; then everything else,
each from the last row to the first.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, DateTime
from sqlmodel import col, exists, select, union_all, update

from api.errors import UnauthorizedError
from api.models import Application, Contact, ImportJob, ImportObject, ImportRow, Interview, User
from api.models.base import Stored
from api.models.event import EventType
from api.services.facts import crud
from api.services.facts.applications import APPLICATION
from api.services.facts.contacts import CONTACT
from api.services.facts.interviews import INTERVIEW
from api.services.imports import files
from api.services.imports.children import CHILDREN, NOUNS, is_pointed_at
from api.services.imports.told import tell
from api.services.steps import judge
from api.storage.database import Database, lift_statement_timeout
from api.storage.session import OwnedSession

SLICE_SECONDS = 0.015  # and the time to judge what it recorded: other writers wait at most about 50 ms
OBJECTS_PER_SLICE = 10
FIRST, LAST = "applications", "others"


def undo_slice(database: Database, user_id: str, import_id: str, now: datetime) -> bool:
    """Undo the next objects in a transaction; return whether the import is done, or is no longer to be undone."""
    with suppress(UnauthorizedError), database.write(now) as session:
        session.owner, session.is_import = user_id, True
        lift_statement_timeout(session)
        judge.lock_user(session)
        job = session.get(ImportJob, (user_id, import_id))
        if job is not None and job.state == "undoing":
            return _undo_objects(session, job)
    return True


def begin_undo(job: ImportJob) -> None:
    """Set an import to be undone, from its last row on."""
    job.state, job.rows_done = "undoing", 0
    job.recognised = {**job.recognised, "undo": [FIRST, job.rows_total + 1]}


def _undo_objects(session: OwnedSession, job: ImportJob) -> bool:
    part, position = job.recognised["undo"]
    found = _next_objects(session, job, part, position)
    until = time.monotonic() + SLICE_SECONDS
    with judge.judging_once(session):
        for one in found:
            if one.row_no != position and time.monotonic() > until:
                break  # never between the objects of one row
            _undo(session, one)
            position = one.row_no
    if not found:
        if part == LAST:
            return _finish(session, job)
        part, position = LAST, job.rows_total + 1
    job.recognised = {**job.recognised, "undo": [part, position]}
    passed = (job.rows_total if part == LAST else 0) + max(job.rows_total - position, 0)
    job.rows_done = max(job.rows_done, passed // 2)  # it goes through the rows twice
    return False


def _next_objects(session: OwnedSession, job: ImportJob, part: str, before: int) -> list[ImportObject]:
    """Return the objects of the next rows. A row has several objects of one part only if all of them are read."""
    is_application = col(ImportObject.noun) == "application"
    wanted = select(ImportObject).where(
        ImportObject.import_id == job.id,
        col(ImportObject.row_no) < before,
        is_application if part == FIRST else ~is_application,
    )
    rows = session.exec(
        wanted.order_by(col(ImportObject.row_no).desc(), col(ImportObject.noun).desc()).limit(OBJECTS_PER_SLICE)
    ).all()
    last = rows[-1].row_no if len(rows) == OBJECTS_PER_SLICE else None
    whole = [row for row in rows if row.row_no != last]
    return whole or list(rows)


def _undo(session: OwnedSession, one: ImportObject) -> None:
    is_undone = _undo_one(session, one)
    row = session.get(ImportRow, (session.user_id, one.import_id, one.row_no))
    if row is not None and row.result != "kept":
        row.result = "undone" if is_undone else "kept"


def _undo_one(session: OwnedSession, one: ImportObject) -> bool:
    """Undo what was done to one object; return False if it was touched since, and is kept."""
    if one.action == "linked":
        return True  # a contact that was there before; its link goes with the application
    table = NOUNS[one.noun]
    key = (session.user_id, one.object_id) if one.other_id is None else (session.user_id, one.object_id, one.other_id)
    thing: Any = session.get(table, key[1] if table is User else key)
    if thing is None or getattr(thing, "deleted_at", None) is not None or _is_gone_with_application(session, thing):
        return True
    if thing.version != one.version_after:
        return False
    if one.action != "created":
        _set_back(session, one, thing)
        return True
    return _delete_application(session, one, thing) if isinstance(thing, Application) else _delete_other(session, thing)


def _is_gone_with_application(session: OwnedSession, thing: Any) -> bool:  # noqa: ANN401  # a row of any table
    application_id = getattr(thing, "application_id", None)
    if application_id is None:
        return False
    holder = session.get(Application, (session.user_id, application_id))
    return holder is None or holder.deleted_at is not None


def _set_back(session: OwnedSession, one: ImportObject, thing: Any) -> None:  # noqa: ANN401  # a row of any table
    """Give an object its former values, and note its new version for earlier rows that made or changed it."""
    for name, value in one.before.items():
        setattr(thing, name, _as_stored(type(thing), name, value))
    if isinstance(thing, Stored):
        crud.bump_version(session, thing)
    else:
        thing.version += 1
    session.flush()
    noted = update(ImportObject).where(
        col(ImportObject.import_id) == one.import_id,
        col(ImportObject.noun) == one.noun,
        col(ImportObject.object_id) == one.object_id,
    )
    session.execute(noted.values(version_after=thing.version), execution_options={"synchronize_session": "fetch"})
    if isinstance(thing, User):
        judge.defer(session)
        return
    judge.judge_applications(session, [getattr(thing, "application_id", None) or thing.id])


def _as_stored(table: Any, name: str, value: Any) -> Any:  # noqa: ANN401  # a table, a value
    """Return a value of `before` as the column has it."""
    column = table.__table__.c[name].type
    kind = getattr(column, "impl_instance", column)
    if isinstance(value, str) and isinstance(kind, DateTime | Date):
        return (datetime if isinstance(kind, DateTime) else date).fromisoformat(value)
    return value


def _delete_application(session: OwnedSession, one: ImportObject, application: Application) -> bool:
    """Delete an application if all that hangs on it came with this import and was not changed since."""
    touched = union_all(*_touched(session, one, application)).limit(1)
    if session.execute(touched).first() is not None:
        return False
    crud.remove(session, APPLICATION, application)
    return True


def _touched(session: OwnedSession, one: ImportObject, application: Application) -> Iterator[Any]:
    """Yield statements of what hangs on an application but did not come with it, or was changed since."""
    mine = (Interview.user_id == session.user_id, Interview.application_id == application.id)
    rounds = select(Interview.id).where(*mine)
    for child, named in CHILDREN:
        its_own = child.application_id == application.id if named != "interview_id" else child.interview_id.in_(rounds)
        recorded = exists().where(
            col(ImportObject.user_id) == session.user_id,
            col(ImportObject.import_id) == one.import_id,
            col(ImportObject.noun) == str(child.__tablename__),
            col(ImportObject.object_id) == getattr(child, named),
            col(ImportObject.version_after) == child.version,
        )
        made_with_it = (child.incarnation == application.incarnation) & (child.version == 1)
        yield select(getattr(child, named)).where(child.user_id == session.user_id, its_own, ~made_with_it, ~recorded)


def _delete_other(session: OwnedSession, thing: Any) -> bool:  # noqa: ANN401  # a row of any table
    if is_pointed_at(session, thing):
        return False
    if isinstance(thing, Contact):
        crud.remove(session, CONTACT, thing)
    elif isinstance(thing, Interview):
        crud.remove(session, INTERVIEW, thing)
    else:
        session.delete(thing)
        session.flush()
        judge.judge_applications(session, [one] if (one := getattr(thing, "application_id", None)) else [])
    return True


def _finish(session: OwnedSession, job: ImportJob) -> bool:
    """End an undo, and tell of it."""
    session.flush()
    judge.judge_elsewhere(session)
    job.state, job.undone_at, job.rows_done = "undone", session.now, job.rows_total
    job.recognised = {name: value for name, value in job.recognised.items() if name != "undo"}
    job.counts = files.count_results(session, job.id)
    crud.bump_version(session, job)
    tell(session, EventType.IMPORT_UNDONE, job)
    return True
