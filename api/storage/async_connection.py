"""An asynchronous PostgreSQL connection to read single rows: a thread would cost more than the query."""

import asyncio
from typing import Any

from api.errors import UnavailableError
from api.settings import Settings
from api.storage.database import Database
from api.storage.engine import postgresql_arguments
from api.storage.raw_sql import CompiledStatement, Row


class AsyncConnection:
    """One connection for one event loop. The first query opens it."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._dialect = database.engine.dialect
        self._driver: Any = self._dialect.dbapi
        _, address = self._dialect.create_connect_args(database.engine.url)
        self._address = {**address, **postgresql_arguments(settings)}
        self._connecting = asyncio.Lock()
        self._connection: Any = None

    async def first(self, statement: CompiledStatement, **values: object) -> Row | None:
        """Return the first row of a statement. Raises UnavailableError for every error of the driver."""
        try:
            connection = await self._connected()
            cursor = await connection.execute(*statement.bind(self._dialect, values))
            row: Row | None = await cursor.fetchone()
        except self._driver.Error as error:
            raise UnavailableError from error
        return row

    async def _connected(self) -> Any:  # noqa: ANN401  # the driver's connection
        async with self._connecting:
            if self._connection is None or self._connection.closed:
                self._connection = await self._driver.AsyncConnection.connect(**self._address, autocommit=True)
        return self._connection

    async def close(self) -> None:
        """Close the connection, if it was opened."""
        if self._connection is not None:
            await self._connection.close()
