"""Facts in: the verbs that every kind of fact shares, each followed by the judgement of what it touches."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from functools import cache
from typing import Any, Generic, TypeVar

from sqlalchemy.orm import make_transient_to_detached
from sqlmodel import col, null, or_, select

from api.errors import ConflictError, FieldError, InvalidError, NotFoundError
from api.models import Application, Contact
from api.models.base import Body, MomentIO, Shown, Stored, new_id
from api.protocol.etags import etag
from api.rules.evaluate import moved_by
from api.rules.outcome import STEPS
from api.services.facts.dating import Change, cut_evidence
from api.services.steps import judge
from api.services.steps.judge import Reopened
from api.storage.codecs import canonical, held, is_id
from api.storage.raw_sql import ID, Plain, Rows, given, picked
from api.storage.session import Owned, OwnedSession

Row = TypeVar("Row", bound=Stored)
AnyRow = TypeVar("AnyRow", bound=Owned)
SOFT = (Application, Contact)
RESTORABLE = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[Row]):
    """What is particular to one kind of fact; everything else is the same for all.

    `links`: fields that name other rows of the user. `settle`: fills in and checks a row before it is written.
    `extras`: what an answer shows beyond the row, for many rows in a constant number of queries. `elsewhere`: fields
    whose change (or whose row coming or going) can move step 7 of other applications. `touches`: the applications to
    judge; by default the one that the row belongs to. `seen_as`: what its rows are among an application's facts, where
    some numbers alone look at them. `ripple`: what else changes once it is written, before judging. `forget`: what to
    undo before a row is deleted.
    """

    table: type[Row]
    noun: str
    create: type[Body]
    update: type[Body]
    public: type[Shown]
    links: Mapping[str, type[Stored]] = field(default_factory=dict)
    settle: Callable[[OwnedSession, Row, Change], None] = lambda *_: None
    extras: Callable[[OwnedSession, Sequence[Row]], list[dict[str, Any]]] = lambda _, rows: [{} for _ in rows]
    elsewhere: Collection[str] = ()
    touches: Callable[[OwnedSession, Row], Collection[str]] = lambda _, row: [row.application_id]  # type: ignore[attr-defined]
    seen_as: Collection[str] = ()
    ripple: Callable[[OwnedSession, Row, Change], None] = lambda *_: None
    forget: Callable[[OwnedSession, Row], None] = lambda *_: None

    @property
    def moves(self) -> Collection[int]:
        """The numbers that a row's coming, going or change can move."""
        return moved_by(*self.seen_as) if self.seen_as else STEPS


def find(session: OwnedSession, table: type[AnyRow], id_: str, *, deleted: bool = False) -> AnyRow:
    """Return the user's row of an id. Raises NotFoundError, also for what another user has.

    `deleted`: one that was deleted will do too, as long as it can be restored.
    """
    row = session.get(table, (session.user_id, id_.lower())) if is_id(id_) else None
    if row is None:
        raise NotFoundError
    deleted_at = getattr(row, "deleted_at", None)
    if deleted_at is not None and (not deleted or session.now > deleted_at + RESTORABLE):
        raise NotFoundError
    application_id = getattr(row, "application_id", None)
    if application_id is not None and table is not Application and not deleted:
        find(session, Application, application_id)
    return row


@cache
def _presence(table: Any) -> Plain:  # noqa: ANN401  # a table
    """Return the statement that tells whether a row is there, and of which application it is."""
    wanted = picked(table.application_id if "application_id" in table.model_fields else null())
    if "application_id" in table.model_fields:
        wanted = wanted.join(Application, col(Application.id) == table.application_id)
        wanted = wanted.where(col(Application.deleted_at).is_(None))
    if table in SOFT:
        wanted = wanted.where(table.deleted_at.is_(None))
    return Plain(wanted.where(table.id == given("id", ID)))


def is_there(session: OwnedSession, table: type[Owned], id_: str) -> str | None:
    """Return which application a row is of, None where it is of none. Raises NotFoundError as `find` does."""
    row = Rows.of(session).first(_presence(table), id=held(id_.lower())) if is_id(id_) else None
    if row is None:
        raise NotFoundError
    return row[0] and canonical(row[0])


def there(table: type[Stored]) -> Any:  # noqa: ANN401  # a statement
    """Return the statement of the rows that are there: neither deleted themselves nor with their application."""
    columns: Any = table
    wanted = select(table)
    if table in SOFT:
        wanted = wanted.where(col(columns.deleted_at).is_(None))
    if "application_id" in table.model_fields:
        gone = select(Application.id).where(col(Application.deleted_at).is_not(None))
        of = col(columns.application_id)
        wanted = wanted.where(or_(of.is_(None), of.not_in(gone)))
    return wanted


def wanted_id(name: str, value: str) -> str:
    """Return the id that a filter names. Raises InvalidError where it cannot be one."""
    if not is_id(value):
        raise InvalidError.parameter(name, "not_an_id", "Send the id of one of your objects.")
    return value.lower()


def show(session: OwnedSession, kind: Kind[Row], rows: Sequence[Row]) -> list[Shown]:
    """Return rows as they are answered."""
    answers = []
    for row, extra in zip(rows, kind.extras(session, rows), strict=True):
        derived = [extra[name] for name in kind.public.derived]
        values = {name: getattr(row, name) for name in kind.public.model_fields if name not in extra and name != "etag"}
        answers.append(kind.public.model_validate({**values, **extra, "etag": etag(row.version, derived)}))
    return answers


def show_one(session: OwnedSession, kind: Kind[Row], row: Row) -> Shown:
    """Return one row as it is answered."""
    return show(session, kind, [row])[0]


def values_of(body: Body) -> dict[str, Any]:
    """Return what a request gives, as the tables hold it."""
    return {name: _stored(getattr(body, name)) for name in body.model_fields_set}


def _stored(value: object) -> object:
    if isinstance(value, MomentIO):
        return value.moment()
    return value.value if isinstance(value, Enum) else value


def create(session: OwnedSession, kind: Kind[Row], body: Body, *, within: Mapping[str, str] | None = None) -> Row:
    """Write a new fact and judge what it touches. Raises ConflictError when the user has the id already."""
    sent = cut_evidence(session, values_of(body))
    columns = kind.table.model_fields
    blank = {name: _stored(getattr(body, name)) for name in type(body).model_fields}
    values = {name: value for name, value in {**blank, **sent, **(within or {})}.items() if name in columns}
    values["id"] = new_key(session, kind.table, sent.get("id"))
    row = kind.table(user_id=session.user_id, created_at=session.now, updated_at=session.now, **values)
    check_links(session, kind.links, sent, getattr(row, "application_id", None))
    birth = Change(sent, {}, session.now)
    kind.settle(session, row, birth)
    add(session, row)
    kind.ripple(session, row, birth)
    judge.judge_applications(session, kind.touches(session, row), only=kind.moves, elsewhere=bool(kind.elsewhere))
    return row


def add(session: OwnedSession, row: Stored) -> None:
    """Write a new row at once; the session knows it from then on as one that it has read."""
    session.flush()
    Rows.of(session).insert(row)
    make_transient_to_detached(row)
    session.add(row)


def new_key(session: OwnedSession, table: type[Stored], wanted: str | None) -> str:
    """Return the id for a new row."""
    if wanted is None:
        return new_id()
    if session.get(table, (session.user_id, wanted)) is not None:
        detail = "You have an object of this id already: read it, or send another id."
        raise ConflictError(detail, errors=[FieldError("pointer", "/id", "id_taken", detail)], code="id_taken")
    return wanted


def change(session: OwnedSession, kind: Kind[Row], row: Row, body: Body) -> Row:
    """Lay a merge patch over a fact and judge what it touches, before and after."""
    sent = cut_evidence(session, values_of(body))
    before = {name: getattr(row, name) for name in kind.table.model_fields}
    touched = set(kind.touches(session, row))
    check_links(session, kind.links, sent, getattr(row, "application_id", None))
    alteration = Change(sent, before, session.now)
    with session.no_autoflush:  # a row that is not settled yet must not reach the database
        for name, value in sent.items():
            if name in kind.table.model_fields:
                setattr(row, name, value)
        kind.settle(session, row, alteration)
    touch(session, row)
    session.flush()
    kind.ripple(session, row, alteration)
    touched.update(kind.touches(session, row))
    judge.judge_applications(session, touched, only=kind.moves, elsewhere=alteration.moved(kind.elsewhere, row))
    return row


def remove(session: OwnedSession, kind: Kind[Row], row: Row) -> list[Reopened]:
    """Take a fact back; returns the steps that are open again because of it."""
    touched = set(kind.touches(session, row))
    kind.forget(session, row)
    if isinstance(row, SOFT):
        row.deleted_at = session.now
        touch(session, row)
    else:
        session.delete(row)
    session.flush()
    kind.ripple(session, row, Change({}, {"id": row.id}, session.now))
    return judge.judge_applications(session, touched, only=kind.moves, elsewhere=bool(kind.elsewhere))


def touch(session: OwnedSession, row: Stored) -> None:
    """Give a row its next version."""
    row.version += 1
    row.updated_at = session.now


def check_links(
    session: OwnedSession, links: Mapping[str, type[Stored]], sent: Mapping[str, Any], application_id: str | None
) -> None:
    """Raise NotFoundError where a field names a row that is not the user's, or not of this application."""
    for name, table in links.items():
        value = sent.get(name)
        many = value if isinstance(value, list) else [value] if value is not None else []
        for index, id_ in enumerate(many):
            pointer = f"/{name}/{index}" if isinstance(value, list) else f"/{name}"
            _check_link(session, table, id_, pointer, application_id)


def _check_link(session: OwnedSession, table: type[Stored], id_: str, pointer: str, application_id: str | None) -> None:
    detail = "There is no such object, or it is not yours: check the id."
    try:
        of = is_there(session, table, id_)
    except NotFoundError as error:
        raise NotFoundError(errors=[FieldError("pointer", pointer, "not_found", detail)]) from error
    if application_id is not None and of is not None and of != application_id:
        raise InvalidError.at(pointer, "of_another_application", "It belongs to another application: use one of this.")


def ids_where(session: OwnedSession, table: type[Any], column: str, value: str, wanted: str) -> list[str]:
    """Return one column of the rows in which another has a value."""
    found = session.exec(select(col(getattr(table, wanted))).where(col(getattr(table, column)) == value))
    return list(found.all())
