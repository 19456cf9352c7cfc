"""Restore rows of an export: with their ids and dates, so that the same steps follow from them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlmodel import col, exists, select, update

from api.errors import InvalidError
from api.models import Application, Contact, ImportRow, Interview, StageChange
from api.models.policy import PolicyOverrides
from api.services import quotas
from api.services.facts.applications import APPLICATION, derive_life
from api.services.facts.contacts import search_key
from api.services.facts.dating import TOLERANCE, Change, is_evidence
from api.services.facts.interviews import INTERVIEW, complete_times
from api.services.imports.children import NOUNS
from api.services.imports.profiles import write_profile
from api.services.imports.restored_columns import BY_NAME, DERIVED, restored_values
from api.services.imports.written import Written
from api.services.steps import judge
from api.storage.owned_rows import key_of_owner
from api.storage.session import OwnedSession

LIFE = ("stage", "offered_at", "closed_at", "closed_outcome")  # derived from the history, when that is restored
NOT_COMPARED = frozenset({*DERIVED, *LIFE, "updated_at"})
CUT = frozenset({"created_at", "updated_at"})
MAX_WITHOUT_HISTORY = 500


@cache
def columns_of(table: Any) -> tuple[str, ...]:  # noqa: ANN401  # a table
    """Return the columns of a table that are restored."""
    return tuple(column.name for column in table.__table__.columns if column.name not in DERIVED)


@cache
def key_names(table: Any) -> tuple[str, ...]:  # noqa: ANN401  # a table
    """Return the columns that identify a row of the account."""
    return tuple(column.name for column in key_of_owner(table.__table__))


def key_of(table: Any, values: Mapping[str, Any]) -> tuple[str, ...]:  # noqa: ANN401  # a table
    """Return the key of a row without its owner."""
    return tuple(values[name] for name in key_names(table))


@cache
def _links(table: Any) -> tuple[tuple[str, str], ...]:  # noqa: ANN401  # a table
    """Return the columns of a table that point at others, each with the name of the other table."""
    return tuple(
        (str(key.referred_table.name), name)
        for key in table.__table__.foreign_key_constraints
        for name in key.column_keys
        if name != "user_id"
    )


def links_of(table: Any, values: Mapping[str, Any]) -> list[tuple[str, str]]:  # noqa: ANN401  # a table
    """Return what a row points at: names of tables, and ids."""
    return [(other, values[name]) for other, name in _links(table) if values.get(name) is not None]


def is_same(table: Any, row: Any, values: Mapping[str, Any]) -> bool:  # noqa: ANN401  # a table, a row
    """Tell whether a row of the account has the values of a line, but for what is derived."""
    wanted = restored_values(table, values)
    return all(
        getattr(row, name) == wanted.get(name, _default(table, name))
        for name in columns_of(table)
        if name not in NOT_COMPARED
    )


def _default(table: Any, name: str) -> Any:  # noqa: ANN401  # a table, a value
    field = table.model_fields[name]
    return None if field.is_required() else field.get_default(call_default_factory=True)


def restore_row(session: OwnedSession, row: ImportRow) -> list[Written] | None:
    """Restore a line; return what it made, None if the account changed so that it cannot be restored as planned.

    Raises ProblemError for what the API refuses: a quota, or evidence from the future.
    """
    if "profile" in row.plan:
        return write_profile(session, row)
    kind, document = row.plan["type"], row.plan["row"]
    table = BY_NAME[kind]
    key = key_of(table, document)
    if session.get(table, (session.user_id, *key)) is not None:
        return None
    for other, id_ in links_of(table, document):
        if session.get(NOUNS[other], (session.user_id, id_)) is None:
            return None
    values = restored_values(table, document)
    _check_dates(session, values)
    if values.get("deleted_at") is None and values.get("closed_at") is None:
        quotas.check(session, table, values)
    made = table(user_id=session.user_id, **values)
    with session.no_autoflush:  # a row that is not validated yet must not reach the database
        _complete(session, made)
    session.add(made)
    session.flush()
    if isinstance(made, StageChange):
        _derive_stage(session, made.application_id)
    row.raw, row.plan = [], {}
    return [Written(kind, key[0], "created", made.version, other_id=key[1] if len(key) > 1 else None)]


def _check_dates(session: OwnedSession, values: dict[str, Any]) -> None:
    """Cut times of the record itself to now. Raises InvalidError for other evidence from the future."""
    for name, value in values.items():
        if value is None or not is_evidence(name) or not hasattr(value, "tzinfo"):
            continue
        if name not in CUT and value > session.now + TOLERANCE:
            raise InvalidError.at(f"/{name}", "future_evidence", f"{name} lies in the future.")
        values[name] = min(value, session.now)


def _complete(session: OwnedSession, made: Any) -> None:  # noqa: ANN401  # a row of any table
    """Set what follows from the other columns of a row. Raises InvalidError for columns that contradict each other."""
    if isinstance(made, Application):
        policy = PolicyOverrides.model_validate(made.policy)
        APPLICATION.validate(session, made, Change({"policy": policy}, {}, session.now))
    elif isinstance(made, Contact):
        made.search_key = search_key(made.full_name, made.company, made.email)
    elif isinstance(made, Interview):
        holder = session.get_one(Application, (session.user_id, made.application_id))
        if holder.deleted_at is None:
            INTERVIEW.validate(session, made, Change({}, {}, session.now))
        else:
            complete_times(session, made)


def _derive_stage(session: OwnedSession, application_id: str) -> None:
    """Derive the stage of an application from the lines of its history so far; what is archived stays so."""
    application = session.get_one(Application, (session.user_id, application_id))
    archived_at, application.closed_at = application.archived_at, None
    derive_life(session, application, is_new=True)
    application.archived_at = archived_at


def finish_restore(session: OwnedSession) -> None:
    """Make applications consistent whose history was not in the file, and have all steps judged in the background."""
    open_ones = (col(Application.closed_at).is_(None), col(Application.archived_at).is_not(None))
    session.change(update(Application).where(*open_ones).values(archived_at=None))
    has_line = exists().where(
        col(StageChange.user_id) == session.user_id, col(StageChange.application_id) == col(Application.id)
    )
    for application in session.exec(select(Application).where(~has_line).limit(MAX_WITHOUT_HISTORY)).all():
        at = application.closed_at or application.offered_at or application.created_at
        times = {"created_at": session.now, "updated_at": session.now, "at": at, "dated": False}
        line = StageChange(user_id=session.user_id, application_id=application.id, stage=application.stage, **times)
        session.add(line)
        session.flush()
        _derive_stage(session, application.id)
    judge.defer(session)
