"""The floor: the speed of the bare framework and the bare driver on the same database, as a lower bound of the cost.

The queue is read from its own table, which holds finished items: scalars in columns, the rest of an item in one JSON
document, as in step rows. Nothing is evaluated, rendered, joined or validated: one statement reads the page by the
primary key, and the standard library dumps it. A note is a row of a table that has only a primary key, inserted and
committed. Both endpoints look the token up by its hash, and the connections have the settings of our service. The
endpoints block the event loop, because a switch to a thread and back costs as much as the statement. Only PostgreSQL's
commits run in threads, so that several can wait at once.

    AFTERWORD_DATABASE_URL=… uvicorn benchmarks.floor:create_app --factory
"""

import hashlib
import json
import threading
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy import make_url
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.settings import Settings
from api.storage.engine import SESSION, SQLITE

COLUMNS = (
    *("due_at", "id", "application_id", "number", "step", "scope", "state", "opens_at", "due_zone", "due_basis"),
    *("completed_at", "changes_at", "snoozed_until"),
)
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")
TABLES = (
    "DROP TABLE IF EXISTS floor_item",
    "DROP TABLE IF EXISTS floor_note",
    "CREATE TABLE floor_item (user_id {id} NOT NULL, due_at TEXT NOT NULL, id TEXT NOT NULL, application_id TEXT, "
    "number INTEGER, step TEXT, scope TEXT, state TEXT, opens_at TEXT, due_zone TEXT, due_basis TEXT, "
    "completed_at TEXT, changes_at TEXT, snoozed_until TEXT, detail TEXT, PRIMARY KEY (user_id, due_at, id)){end}",
    "CREATE TABLE floor_note (user_id {id} NOT NULL, id TEXT NOT NULL, application_id TEXT, interview_id TEXT, "
    "kind TEXT, text TEXT, noted_at TEXT, PRIMARY KEY (user_id, id)){end}",
)
TOKEN = "SELECT user_id, expires_at FROM token WHERE hash = ?"
PAGE = (
    f"SELECT {', '.join(COLUMNS)}, detail FROM floor_item WHERE user_id = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?"
)
ITEM = f"INSERT INTO floor_item (user_id, {', '.join(COLUMNS)}, detail) VALUES ({', '.join('?' * (len(COLUMNS) + 2))})"
NOTE = "INSERT INTO floor_note VALUES (?, ?, ?, ?, ?, ?, ?)"


class Bare:
    """A connection of the bare driver with the settings of our service."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.connection: Any
        if self.is_sqlite:
            self.connection = SQLITE.connect(parsed.database, isolation_level=None, check_same_thread=False)
            for pragma in PRAGMAS:
                self.connection.execute(f"PRAGMA {pragma}").close()
        else:
            bare = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
            self.connection = psycopg.connect(bare, autocommit=True, options=" ".join(SESSION))

    def run(self, statement: str, values: Iterable[Any] = ()) -> Any:
        """Execute a statement; outside of a transaction it commits at once."""
        return self.connection.execute(statement if self.is_sqlite else statement.replace("?", "%s"), tuple(values))

    def user(self, secret: str) -> Any:
        """Return the user id of a token as the driver returns it, None for an unknown token or one with an expiry."""
        found = self.run(TOKEN, [hashlib.sha256(secret.encode()).hexdigest()]).fetchone()
        return found[0] if found is not None and found[1] is None else None


def fill(url: str, answers: dict[str, list[dict[str, Any]]]) -> None:
    """Recreate the tables and fill them with the items of each token's queue."""
    bare = Bare(url)
    for statement in TABLES:
        words = {"id": "BLOB", "end": " WITHOUT ROWID"} if bare.is_sqlite else {"id": "UUID", "end": ""}
        bare.run(statement.format(**words))
    for secret, items in answers.items():
        user = bare.user(secret)
        for item in items:
            rest = {name: value for name, value in item.items() if name not in COLUMNS}
            bare.run(ITEM, [user, *(item[name] for name in COLUMNS), json.dumps(rest)])
    bare.connection.close()


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Floor:
    """The endpoints and their connections."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.bare = Bare(url)
        self.mine = threading.local()
        self.opened = [self.bare]

    async def queue(self, request: Request) -> Response:
        user = self.bare.user(_secret(request))
        if user is None:
            return Response(status_code=401)
        limit = int(request.query_params.get("limit", 50))
        rows = self.bare.run(PAGE, [user, _now(), limit + 1]).fetchall()
        items = [{**dict(zip(COLUMNS, row, strict=False)), **json.loads(row[-1])} for row in rows[:limit]]
        page = {"as_of": None, "items": items, "next_cursor": rows[limit - 1][1] if len(rows) > limit else None}
        return Response(json.dumps(page), media_type="application/json")

    async def add_note(self, request: Request) -> Response:
        words = _secret(request), request.path_params["application_id"], await request.body()
        if self.bare.is_sqlite:
            return _added(self.bare, *words)
        return await run_in_threadpool(lambda: _added(self._of_this_thread(), *words))

    def _of_this_thread(self) -> Bare:
        if not hasattr(self.mine, "bare"):
            self.mine.bare = Bare(self.url)
            self.opened.append(self.mine.bare)
        found: Bare = self.mine.bare
        return found

    async def livez(self, _request: Request) -> Response:
        return Response(b'{"status":"ok"}', media_type="application/json")

    @asynccontextmanager
    async def running(self, _app: Starlette) -> AsyncIterator[None]:
        yield
        for bare in self.opened:
            bare.connection.close()


def _added(bare: Bare, secret: str, application_id: str, body: bytes) -> Response:
    user = bare.user(secret)
    if user is None:
        return Response(status_code=401)
    note = {"id": str(uuid.uuid4()), "application_id": application_id, **json.loads(body), "noted_at": _now()}
    names = ("id", "application_id", "interview_id", "kind", "text", "noted_at")
    bare.run(NOTE, [user, *(note[name] for name in names)])
    return Response(json.dumps(note), status_code=201, media_type="application/json")


def _secret(request: Request) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def create_app(url: str | None = None) -> Starlette:
    floor = Floor(url or Settings().database)
    routes = [
        Route("/livez", floor.livez),
        Route("/v1/queue", floor.queue),
        Route("/v1/applications/{application_id}/notes", floor.add_note, methods=["POST"]),
    ]
    return Starlette(lifespan=floor.running, routes=routes)
