"""Every statement on owned tables filters by the owner, and foreign keys refuse references to another user's rows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, ForeignKeyConstraint, Table, inspect
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col, delete, select, update

from api.models import Note, StepInstance, Token
from api.storage.session import OwnedSession
from tests.conftest import World
from tests.invariants.conftest import CLOSED, Renewed, opened_world
from tests.invariants.failures import Failures
from tests.invariants.statements import OWNED, Statement, recorded
from tests.services.checks import dump
from tests.services.full_record import record_everything
from tests.stores import Store

ORDER = ("GET", "PUT", "PATCH", "POST", "DELETE")
LAST = ("delete_application", "end_current_session")
TOKEN_LOOKUP = re.compile(
    r"FROM token( JOIN user_account ON user_account\.id = token\.user_id)?\s+WHERE token\.hash = \?$"
)
POINTING = [
    (table, key)
    for table in SQLModel.metadata.sorted_tables
    for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name))
    if len(key.columns) > 1
]


def nameless(statement: Statement, owner: str) -> bool:
    """Tell whether a statement uses an owned table without a condition on its owner."""
    if statement.verb == "INSERT":
        return not all(owner in row for row in statement.parameters)
    _, _, conditions = statement.text.partition("FROM" if statement.verb == "SELECT" else "WHERE")
    named = {table for table in statement.tables if re.search(rf"\b{table}\.user_id = \?", conditions)}
    asked = conditions.count(".user_id = ?")
    return named != statement.tables or any(values.count(owner) < asked for values in statement.parameters)


@dataclass(frozen=True)
class Recorded:
    """Two users with a fact of every kind each, and the ids of one of them by name."""

    world: World
    client: TestClient
    ids: dict[str, str]
    user: str
    other: str


@pytest.fixture(scope="module")
def both(store: Store) -> Iterator[Recorded]:
    with opened_world(store, store.head) as world:
        users = [world.sign_up() for _ in range(2)]
        ids = [record_everything(user, world.clock.now) for user in users]
        mine, theirs = (user.get("/v1/me").json()["id"] for user in users)
        yield Recorded(world, users[0], ids[0], mine, theirs)


def test_every_operation_names_the_owner_of_every_row_it_touches(
    renewed: Renewed, demo_database: tuple[str, str]
) -> None:
    demo = renewed.world.app_client()
    demo.headers.update({"Authorization": demo_database[1], "Idempotency-Key": "once"})
    owner = demo.get("/v1/me").json()["id"].replace("-", "")
    touched: set[str] = set()
    with Failures() as failures:
        for operation in sorted(CLOSED, key=lambda one: (one.name in LAST, ORDER.index(one.method), one.name)):
            with recorded(renewed.world.database) as statements:
                demo.request(operation.method, operation.href, **operation.options())
            lookups = [one for one in statements if TOKEN_LOOKUP.search(one.text)]
            owned = [one for one in statements if one.tables and one not in lookups]
            touched |= {f"{one.verb} {table}" for one in owned for table in one.tables}
            with failures.of(operation):
                joined = {one.text: one.tables - {"token"} for one in lookups}
                assert all(f"{table}.user_id = token.user_id" in text for text in joined for table in joined[text])
                assert [one.text for one in owned if nameless(one, owner)] == []
    assert {f"SELECT {table}" for table in OWNED - {"mail_out"}} <= touched
    assert {f"{verb} step_instance" for verb in ("INSERT", "UPDATE", "DELETE")} <= touched


def test_a_session_adds_the_owner_to_a_statement_that_does_not_name_it(both: Recorded) -> None:
    world, client, ids = both.world, both.client, both.ids
    nobody = world.sign_up().get("/v1/me").json()["id"]
    with world.database.write(world.clock.now) as session:
        session.owner = nobody
        assert session.exec(select(Note)).all() == []
        assert session.exec(select(Note).where(Note.id == ids["note"])).all() == []
        session.execute(update(StepInstance).values(reason="taken"))
        session.execute(delete(Note).where(col(Note.id) == ids["note"]))
    assert client.get(f"/v1/notes/{ids['note']}").status_code == 200
    assert "taken" not in client.get(f"/v1/applications/{ids['application']}/steps").text


@pytest.mark.parametrize(
    "statement", [select(Note), update(Note).values(text="x"), delete(Note)], ids=["select", "update", "delete"]
)
def test_a_session_without_an_owner_refuses(statement: Any, world: World) -> None:
    with world.database.write(world.clock.now) as session, pytest.raises(RuntimeError, match="no owner"):
        session.execute(statement)


def test_a_session_without_an_owner_writes_no_row(world: World, client: TestClient) -> None:
    user = client.get("/v1/me").json()["id"]
    with pytest.raises(RuntimeError, match="no owner"), world.database.write(world.clock.now) as session:
        session.add(token_of(user, session))


def test_a_new_row_of_another_owner_is_refused(world: World, client: TestClient, stranger: TestClient) -> None:
    user, other = (one.get("/v1/me").json()["id"] for one in (client, stranger))
    before = dump(world.database, other)
    with world.database.write(world.clock.now) as session:
        session.owner = user
        session.add(token_of(other, session))
        with pytest.raises(RuntimeError, match="session's owner"):
            session.flush()
        session.dry_run = True
    assert dump(world.database, other) == before


def token_of(user: str, session: OwnedSession) -> Token:
    times = {"created_at": session.now, "updated_at": session.now}
    return Token(user_id=user, kind="personal", name="x", scopes=["all"], hash="x", **times)


@pytest.mark.sqlite  # it reads only the models
def test_the_primary_key_of_every_owned_table_begins_with_the_user() -> None:
    for table in SQLModel.metadata.sorted_tables:
        if table.name in OWNED:
            assert table.primary_key.columns.keys()[0] == "user_id", table.name


def test_a_foreign_key_refuses_a_reference_to_another_users_row(both: Recorded) -> None:
    with Failures() as failures:
        for table, key in POINTING:
            with failures.of(key.name), both.world.database.engine.connect() as connection:
                assert "foreign key" in refusal(connection, table, key, both)


def refusal(connection: Connection, table: Table, key: ForeignKeyConstraint, both: Recorded) -> str:
    """Point a row of one user at a row of the other; return the database's error, empty if it accepts that."""
    (pointer,) = [column for column in key.columns if column.name != "user_id"]
    (target,) = {element.column for element in key.elements if element.column.name != "user_id"}
    strange = connection.execute(target.table.select().where(target.table.c.user_id == both.other)).first()
    row = connection.execute(table.select().where(table.c.user_id == both.user)).first()
    assert strange is not None
    assert row is not None
    this_row = [column == row._mapping[column.name] for column in table.primary_key.columns]
    try:
        connection.execute(table.update().where(*this_row).values({pointer.name: strange._mapping[target.name]}))
    except IntegrityError as error:
        return str(error).lower()
    return ""


def test_every_foreign_key_between_owned_tables_begins_with_the_user(world: World) -> None:
    inspector = inspect(world.database.engine)
    for table in sorted(OWNED):
        for key in inspector.get_foreign_keys(table):
            expected = ["user_id"] if key["referred_table"] == "user_account" else ["user_id", "id"]
            columns = key["constrained_columns"]
            assert (columns[0], len(columns)) == ("user_id", len(expected)), key
