"""Sessions with an owner.

The session adds the owner to every ORM statement on owned rows. Without an owner it raises an error, so a forgotten
owner cannot show the rows of another user. Statements on plain tables (`delete(table)`) must name the owner themselves.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, UpdateBase, column, event, inspect
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria
from sqlalchemy.types import Uuid
from sqlmodel import Field, Session, SQLModel
from sqlmodel.main import SQLModelMetaclass

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
ANY_OWNER = {"any_owner": True}  # only to find a user by e-mail or reset link, for throttles, and for maintenance
NOT_SHOWN = {"snoozed_until"}  # no calendar shows it, so it does not count as a change of a step
UNSYNCED = {"synchronize_session": False}  # do not update objects that are already loaded


class _OwnedMeta(SQLModelMetaclass):
    """Makes `Owned.user_id` a column expression, although `Owned` has no table."""

    def __getattr__(cls, name: str) -> Any:  # noqa: ANN401, N805  # the metaclass's own signature
        if name == "user_id" and cls is globals().get("Owned"):
            return column("user_id", Uuid(as_uuid=False))
        return super().__getattr__(name)  # type: ignore[misc]  # defined for type checkers only where it is hidden


class Owned(SQLModel, metaclass=_OwnedMeta):
    """A row of one user: the owner is the first column of its primary key, and a condition of every query."""

    user_id: str = Field(primary_key=True, sa_type=Uuid(as_uuid=False))


class OwnedSession(Session):
    """A transaction of one user at one instant. `dry_run`: a write ends with a rollback.

    `epoch` of the account is part of every entity tag. `write_count` is the account's write counter in a write.
    `is_import`: what it does to facts and steps gives no events, because an import has one of its own.
    `judged_later`: the applications that this transaction judges at its end, all together; None: it judges at once.
    `stored_bytes`: what the owner's rows counted when the write locked the account.
    `listens`: who is told about the account, as the write found it when it locked the account; see `Listens`.
    `app_url`: the pattern of a frontend's pages, for those who are told.
    `tells_effects`: what it does to steps is collected for the response; see `api/services/steps/effects.py`.
    `shows_contacts`: texts may contain how a person is reached; false for a token without `contacts:read`.
    `is_agent`: the token is one of an assistant.
    `grown_bytes`: by how much the transaction lets the stored bytes of its owner grow (`grown_bytes_of_facts`: without
    activity and stored responses); a write that makes them exceed `max_bytes` is refused: see
    `api/services/stored_bytes.py`.
    """

    owner: str | None = None
    epoch: str | None = None
    write_count: int | None = None
    stored_bytes: int | None = None
    now: datetime
    listens: int = 0
    app_url: str = ""
    judged_later: set[str] | None = None
    is_import: bool = False
    has_deferred_work: bool = False  # the background task has something to do once this is committed
    has_deliveries: bool = False  # so has the one that sends events
    dry_run: bool = False
    tells_effects: bool = False
    shows_contacts: bool = True
    is_agent: bool = False
    grown_bytes: int = 0
    grown_bytes_of_facts: int = 0
    max_bytes: int | None = None

    @property
    def user_id(self) -> str:
        """The owner. Raises RuntimeError if there is none."""
        if self.owner is None:
            raise RuntimeError("This session has no owner yet.")
        return self.owner

    def change(self, statement: UpdateBase, *, any_owner: bool = False) -> int:
        """Run an UPDATE or a DELETE; return how many rows it changed. Objects that are loaded stay as they are."""
        options = {**UNSYNCED, **(ANY_OWNER if any_owner else {})}
        result = self.execute(statement, execution_options=options)
        return result.rowcount if isinstance(result, CursorResult) else 0


@event.listens_for(OwnedSession, "do_orm_execute")
def _add_owner_criteria(state: ORMExecuteState) -> None:
    """Add the owner to every statement but inserts and those with ANY_OWNER. Raises RuntimeError without an owner."""
    if state.execution_options.get("any_owner") or state.is_insert:
        return
    session = state.session
    owner = session.user_id if isinstance(session, OwnedSession) else None
    state.statement = state.statement.options(
        with_loader_criteria(Owned, lambda row: row.user_id == owner, include_aliases=True)
    )


@event.listens_for(OwnedSession, "before_flush")
def _check_new_rows(session: OwnedSession, _context: object, _instances: object) -> None:
    """Check the owner of new rows, and set their incarnation, so that the tags of a deleted row never come back."""
    for row in session.new:
        if isinstance(row, Owned) and row.user_id != session.user_id:
            raise RuntimeError("A new row must belong to the session's owner.")
        if hasattr(row, "incarnation"):
            if session.write_count is None:
                raise RuntimeError("A new row needs the write counter: lock the user first.")
            row.incarnation = session.write_count
    for row in (*session.new, *session.dirty):
        if hasattr(row, "changed_seq") and session.is_modified(row) and _changed_columns(row) != NOT_SHOWN:
            mark_changed(session, row)


def _changed_columns(row: Any) -> set[str]:  # noqa: ANN401  # a row of any table
    return set(inspect(row).committed_state)


def mark_changed(session: OwnedSession, row: Any) -> None:  # noqa: ANN401  # a row with these two columns
    """Set which write of the account changed a row last, and when."""
    if session.write_count is None:
        raise RuntimeError("A change of this row needs the write counter: lock the user first.")
    row.changed_seq, row.changed_at = session.write_count, session.now
