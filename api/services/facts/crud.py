"""Create, read, change and delete facts of every kind; each write also judges the affected steps."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from functools import cache
from typing import Any, Generic, TypeVar

from sqlmodel import col, null, or_, select

from api.errors import ConflictError, FieldError, InvalidError, NotFoundError
from api.models import Application, Contact
from api.models.base import AN_ID, Body, Shown, Stored, new_id
from api.models.moment import MomentIO
from api.services import quotas
from api.services.facts.dating import Change, check_evidence
from api.services.row_etags import row_etag
from api.services.steps import judge
from api.services.steps.judge import Reopened
from api.storage.codecs import from_db_id, is_id, to_db_id
from api.storage.raw_sql import ID, CompiledStatement, RawConnection, param, select_as_text
from api.storage.session import Owned, OwnedSession

FactRow = TypeVar("FactRow", bound=Stored)
FactPublic = TypeVar("FactPublic", bound=Shown)
AnyRow = TypeVar("AnyRow", bound=Owned)
SOFT_DELETED = (Application, Contact)
RESTORABLE_WITHIN = timedelta(days=30)
NO_STEPS: Collection[int] = ()  # for facts that no step of their application reads


@dataclass(frozen=True, kw_only=True)
class FactKind(Generic[FactRow, FactPublic]):
    """The properties of one kind of fact; all kinds share the other code of this module.

    `affected_steps`: the step numbers that can change when a row is added, changed or deleted. `affected_applications`:
    the applications to judge then; by default the row's own. `elsewhere`: if one of these fields changes, or a row is
    added or deleted, step 7 of all other applications is judged too. `links`: fields that hold ids of other rows of the
    user. `validate`: completes and checks a row before it is written. `extras`: values of a response that are not in
    the row, for many rows in a constant number of queries. `after_write`: runs after the write and before judging.
    `before_delete`: runs before a row is deleted.
    """

    table: type[FactRow]
    create: type[Body]
    public: type[FactPublic]
    affected_steps: Collection[int]
    links: Mapping[str, type[Stored]] = field(default_factory=dict)
    validate: Callable[[OwnedSession, FactRow, Change], None] = lambda *_: None
    extras: Callable[[OwnedSession, Sequence[FactRow]], list[dict[str, Any]]] = lambda _, rows: [{} for _ in rows]
    elsewhere: Collection[str] = ()
    affected_applications: Callable[[OwnedSession, FactRow], Collection[str]] = lambda _, row: [row.application_id]  # type: ignore[attr-defined]
    after_write: Callable[[OwnedSession, FactRow, Change], None] = lambda *_: None
    before_delete: Callable[[OwnedSession, FactRow], None] = lambda *_: None


def find(session: OwnedSession, table: type[AnyRow], id_: str, *, deleted: bool = False) -> AnyRow:
    """Return the user's row with an id. Raises NotFoundError, also for a row of another user.

    `deleted`: also return a soft-deleted row, as long as it can be restored.
    """
    row = session.get(table, (session.user_id, id_.lower())) if is_id(id_) else None
    if row is None:
        raise NotFoundError
    deleted_at = getattr(row, "deleted_at", None)
    if deleted_at is not None and (not deleted or session.now > deleted_at + RESTORABLE_WITHIN):
        raise NotFoundError
    application_id = getattr(row, "application_id", None)
    if application_id is not None and table is not Application and not deleted:
        find(session, Application, application_id)
    return row


@cache
def _existence_statement(table: Any) -> CompiledStatement:  # noqa: ANN401  # a table
    """Return the statement that selects a row's application id, or null for a table without one; no row if deleted."""
    wanted = select_as_text(table.application_id if "application_id" in table.model_fields else null())
    if "application_id" in table.model_fields:
        wanted = wanted.join(Application, col(Application.id) == table.application_id)
        wanted = wanted.where(col(Application.deleted_at).is_(None))
    if table in SOFT_DELETED:
        wanted = wanted.where(table.deleted_at.is_(None))
    return CompiledStatement(wanted.where(table.id == param("id", ID)))


def find_application_id(session: OwnedSession, table: type[Owned], id_: str) -> str | None:
    """Return the id of a row's application, None if it has none. Raises NotFoundError as `find` does."""
    row = RawConnection.of(session).first(_existence_statement(table), id=to_db_id(id_.lower())) if is_id(id_) else None
    if row is None:
        raise NotFoundError
    return row[0] and from_db_id(row[0])


def select_existing(table: type[Stored]) -> Any:  # noqa: ANN401  # a statement
    """Return the statement of the rows that are not deleted, neither themselves nor with their application."""
    columns: Any = table
    wanted = select(table)
    if table in SOFT_DELETED:
        wanted = wanted.where(col(columns.deleted_at).is_(None))
    if "application_id" in table.model_fields:
        gone = select(Application.id).where(col(Application.deleted_at).is_not(None))
        of = col(columns.application_id)
        wanted = wanted.where(or_(of.is_(None), of.not_in(gone)))
    return wanted


def id_filter(name: str, value: str) -> str:
    """Return the id in a filter, in lower case. Raises InvalidError if it is not an id."""
    if not is_id(value):
        raise InvalidError.parameter(name, "not_an_id", f"Send the id of one of your objects, such as {AN_ID}.")
    return value.lower()


def to_public(session: OwnedSession, kind: FactKind[FactRow, FactPublic], rows: Sequence[FactRow]) -> list[FactPublic]:
    """Return rows as the API shows them."""
    answers = []
    for row, extra in zip(rows, kind.extras(session, rows), strict=True):
        derived = [extra[name] for name in kind.public.derived]
        values = {name: getattr(row, name) for name in kind.public.model_fields if name not in extra and name != "etag"}
        answers.append(kind.public.model_validate({**values, **extra, "etag": row_etag(session, row, derived)}))
    return answers


def to_public_one(session: OwnedSession, kind: FactKind[FactRow, FactPublic], row: FactRow) -> FactPublic:
    """Return one row as the API shows it."""
    return to_public(session, kind, [row])[0]


def sent_values(body: Body) -> dict[str, Any]:
    """Return the fields that a request sets, with values as the tables store them."""
    return {name: _stored(getattr(body, name)) for name in body.model_fields_set}


def _stored(value: object) -> object:
    if isinstance(value, MomentIO):
        return value.moment()
    return value.value if isinstance(value, Enum) else value


def create(
    session: OwnedSession, kind: FactKind[FactRow, FactPublic], body: Body, *, within: Mapping[str, str] | None = None
) -> FactRow:
    """Add a fact and judge the affected applications. Raises ConflictError if the user has the id already."""
    sent = check_evidence(session, sent_values(body))
    columns = kind.table.model_fields
    blank = {name: _stored(getattr(body, name)) for name in type(body).model_fields}
    values = {name: value for name, value in {**blank, **sent, **(within or {})}.items() if name in columns}
    values["id"] = new_key(session, kind.table, sent.get("id"))
    quotas.check(session, kind.table, values)
    row = kind.table(user_id=session.user_id, created_at=session.now, updated_at=session.now, **values)
    check_links(session, kind.links, sent, getattr(row, "application_id", None))
    birth = Change(sent, {}, session.now)
    kind.validate(session, row, birth)
    session.add(row)
    session.flush()
    kind.after_write(session, row, birth)
    judge.judge_applications(
        session, kind.affected_applications(session, row), only=kind.affected_steps, elsewhere=bool(kind.elsewhere)
    )
    return row


def new_key(session: OwnedSession, table: type[Stored], wanted: str | None) -> str:
    """Return the wanted id, or a new one. Raises ConflictError if the user has the wanted id already."""
    if wanted is None:
        return new_id()
    row = session.get(table, (session.user_id, wanted))
    if row is not None:
        detail = f"You already have an object with this id: {_way_to(session, row)}, or send another id."
        raise ConflictError(detail, errors=[FieldError("pointer", "/id", "id_taken", detail)], code="id_taken")
    return wanted


def _way_to(session: OwnedSession, row: Stored) -> str:
    """Return how the user gets to a row: it may be deleted, by itself or with its application."""
    application_id = getattr(row, "application_id", None)
    holder = row if application_id is None else session.get(Application, (session.user_id, application_id))
    deleted_at = getattr(holder, "deleted_at", None)
    if holder is None or deleted_at is None:
        return "read it"
    what = "it is deleted" if holder is row else "its application is deleted"
    if session.now > deleted_at + RESTORABLE_WITHIN:
        return what
    return f"{what}, restore that with POST /v1/{holder.__tablename__}s/{holder.id}/restore"


def change(session: OwnedSession, kind: FactKind[FactRow, Any], row: FactRow, body: Body) -> FactRow:
    """Apply a merge patch to a fact, and judge the applications that it affected before or affects now."""
    sent = check_evidence(session, sent_values(body))
    before = {name: getattr(row, name) for name in kind.table.model_fields}
    touched = set(kind.affected_applications(session, row))
    check_links(session, kind.links, sent, getattr(row, "application_id", None))
    alteration = Change(sent, before, session.now)
    with session.no_autoflush:  # a row that is not validated yet must not reach the database
        for name, value in sent.items():
            if name in kind.table.model_fields:
                setattr(row, name, value)
        kind.validate(session, row, alteration)
    bump_version(session, row)
    session.flush()
    kind.after_write(session, row, alteration)
    touched.update(kind.affected_applications(session, row))
    judge.judge_applications(
        session, touched, only=kind.affected_steps, elsewhere=alteration.moved(kind.elsewhere, row)
    )
    return row


def remove(session: OwnedSession, kind: FactKind[FactRow, Any], row: FactRow) -> list[Reopened]:
    """Delete a fact and judge the affected applications; return the steps that this reopened."""
    touched = set(kind.affected_applications(session, row))
    kind.before_delete(session, row)
    if isinstance(row, SOFT_DELETED):
        row.deleted_at = session.now
        bump_version(session, row)
    else:
        session.delete(row)
    session.flush()
    kind.after_write(session, row, Change({}, {"id": row.id}, session.now))
    return judge.judge_applications(session, touched, only=kind.affected_steps, elsewhere=bool(kind.elsewhere))


def bump_version(session: OwnedSession, row: Stored) -> None:
    """Give a row its next version."""
    row.version += 1
    row.updated_at = session.now


def check_links(
    session: OwnedSession, links: Mapping[str, type[Stored]], sent: Mapping[str, Any], application_id: str | None
) -> None:
    """Raise NotFoundError if a linked row is not the user's, InvalidError if it belongs to another application."""
    for name, table in links.items():
        value = sent.get(name)
        many = value if isinstance(value, list) else [value] if value is not None else []
        for index, id_ in enumerate(many):
            pointer = f"/{name}/{index}" if isinstance(value, list) else f"/{name}"
            _check_link(session, table, id_, pointer, application_id)


def _check_link(session: OwnedSession, table: type[Stored], id_: str, pointer: str, application_id: str | None) -> None:
    detail = "You have no object with this id: check it."
    try:
        of = find_application_id(session, table, id_)
    except NotFoundError as error:
        raise NotFoundError(errors=[FieldError("pointer", pointer, "not_found", detail)]) from error
    if application_id is not None and of is not None and of != application_id:
        other = "It belongs to another application: send the id of an object of this one."
        raise InvalidError.at(pointer, "of_another_application", other)


def by_id(session: OwnedSession, table: type[FactRow], ids: Iterable[str]) -> dict[str, FactRow]:
    """Return rows by their ids, in one query; ids without a row are left out."""
    wanted = set(ids)
    rows = session.exec(select(table).where(col(table.id).in_(wanted))).all() if wanted else []
    return {row.id: row for row in rows}


def ids_where(session: OwnedSession, table: type[Any], column: str, value: str, wanted: str) -> list[str]:
    """Return one column (`wanted`) of the rows in which another column has a value."""
    found = session.exec(select(col(getattr(table, wanted))).where(col(getattr(table, column)) == value))
    return list(found.all())
