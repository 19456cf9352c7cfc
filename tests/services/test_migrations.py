"""The migrations lead to the schema that the models say, and up and down again with rows in the tables."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlmodel import SQLModel

from api import demo
from api.db import Database
from api.settings import Settings
from tests.conftest import NOW


@pytest.fixture
def database(empty_url: str) -> Iterator[Database]:
    made = Database(Settings(database_url=empty_url))
    yield made
    made.dispose()


def counts(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        tables = [name for name in inspect(connection).get_table_names() if name in SQLModel.metadata.tables]
        return {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in tables}


def test_a_new_database_is_behind_until_it_is_migrated(database: Database) -> None:
    assert not database.is_at_head()
    database.migrate()
    assert database.is_at_head()


def test_the_migrations_make_exactly_what_the_models_say(database: Database) -> None:
    database.migrate()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_migrating_twice_changes_nothing(database: Database) -> None:
    database.migrate()
    demo.build(database, NOW, hasher=lambda _: "")
    before = counts(database)
    database.migrate()
    assert counts(database) == before


def test_what_stood_before_a_migration_stands_after_it_was_taken_back(database: Database) -> None:
    database.migrate()
    demo.build(database, NOW, hasher=lambda _: "")
    before = counts(database)
    assert set(before) == set(SQLModel.metadata.tables)
    database.migrate("0002")
    kept = counts(database)
    assert kept == {name: count for name, count in before.items() if name in kept}
    assert {"application", "interview", "contact"} <= kept.keys()
    assert "step_instance" not in kept
    database.migrate()
    assert counts(database) == {name: kept.get(name, 0) for name in before}


def test_every_migration_can_be_taken_back(database: Database) -> None:
    database.migrate()
    demo.build(database, NOW, hasher=lambda _: "")
    database.migrate("base")
    assert counts(database) == {}
    database.migrate()
    assert set(counts(database)) == set(SQLModel.metadata.tables)
