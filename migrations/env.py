"""Alembic environment: run the migrations on a given connection, or on the database of the settings."""

from typing import Any

from alembic import context
from sqlalchemy import Connection, create_engine, pool, text
from sqlmodel import SQLModel

import api.models  # noqa: F401  # registers every table
from api.models.search import is_in_models
from api.settings import MIGRATING, Settings

WAIT = {"sqlite": "PRAGMA busy_timeout = 60000", "postgresql": "SET statement_timeout = 0"}


def migrate(connection: Connection) -> None:
    """Run the migrations in one transaction; a concurrent migration waits.

    On SQLite, foreign keys are off meanwhile: batch mode drops the old table, and that would delete the rows that refer
    to it. The pragma has no effect inside a transaction, so it goes to the driver, because the engine would begin one.
    """
    sqlite = connection.dialect.name == "sqlite"
    driver: Any = connection.connection
    driver.cursor().execute(WAIT[connection.dialect.name])
    if sqlite:
        driver.cursor().execute("PRAGMA foreign_keys = OFF")
    else:
        driver.commit()
    try:
        _run(connection, sqlite=sqlite)
    finally:
        if sqlite:
            driver.cursor().execute("PRAGMA foreign_keys = ON")


def _run(connection: Connection, *, sqlite: bool) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        include_object=is_in_models,
        render_as_batch=sqlite,
        compare_type=True,
        transaction_per_migration=False,
        transactional_ddl=True,  # Alembic thinks SQLite has none, and would commit after each revision
    )
    with context.begin_transaction():
        if not sqlite:
            connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATING})
        context.run_migrations()
        if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
            raise RuntimeError(
                f"The migration would leave {len(broken)} rows with a foreign key to no row, so nothing was changed."
            )
    connection.commit()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    engine = create_engine(Settings().database, poolclass=pool.NullPool)
    with engine.connect() as own:
        migrate(own)
