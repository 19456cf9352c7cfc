"""Runs the migrations on the database of the settings, or on the connection that was handed in."""

from alembic import context
from sqlalchemy import Connection, create_engine, pool
from sqlmodel import SQLModel

import api.models  # noqa: F401  # every table must be known
from api.settings import Settings


def migrate(connection: Connection) -> None:
    """Run the migrations in one transaction; on SQLite with foreign keys off, because a rebuilt table drops the old."""
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=sqlite,
        compare_type=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()
        if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
            raise RuntimeError(
                f"The migration would leave {len(broken)} rows without their parent: nothing was changed."
            )
    connection.commit()
    if sqlite:
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        connection.commit()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    engine = create_engine(Settings().database, poolclass=pool.NullPool)
    with engine.connect() as own:
        migrate(own)
