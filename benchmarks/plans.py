"""Query plans of the most frequent requests, and the tables that they scan completely."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Dialect, Engine, event

from api.main import create_app
from api.settings import Settings
from api.storage.database import Database
from api.storage.raw_sql import CompiledStatement
from benchmarks.load import DataSet, Person
from benchmarks.report import Report

Statement = tuple[str, Any]
SEQUENTIAL = re.compile(r"Seq Scan on (\w+).*\.\.([\d.]+) ")
LITTLE = 100.0  # PostgreSQL scans tables of a few pages, because that is cheaper than an index
INNER = ("anon_", "(subquery", "CONSTANT")  # SQLite's names for subqueries and constants within a statement


@contextmanager
def heard(engine: Engine) -> Iterator[list[Statement]]:
    """Record the SELECT, UPDATE and DELETE statements of a block."""
    said: list[Statement] = []

    def listen(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:  # noqa: FBT001
        if not many and statement.startswith(("SELECT", "UPDATE", "DELETE")):
            said.append((statement, values))

    compiled = CompiledStatement.bind

    def on(plain: CompiledStatement, dialect: Dialect, values: Any) -> tuple[str, Any]:
        """Record raw statements, which bypass the events of the engine."""
        statement, found = compiled(plain, dialect, values)
        listen(None, None, statement, found if isinstance(found, dict) else tuple(found), None, many=False)
        return statement, found

    event.listen(engine, "before_cursor_execute", listen)
    CompiledStatement.bind = on  # type: ignore[method-assign,assignment]  # only inside the block
    try:
        yield said
    finally:
        CompiledStatement.bind = compiled  # type: ignore[method-assign]
        event.remove(engine, "before_cursor_execute", listen)


def plan(database: Database, statement: Statement) -> list[str]:
    """Return the lines of a statement's query plan."""
    words = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql(words + statement[0], statement[1]).all()
    return [str(row[-1] if database.is_sqlite else row[0]) for row in rows]


def is_whole(line: str) -> bool:
    """Tell whether a line of a plan is a full scan of a table."""
    words = line.split()
    if read := SEQUENTIAL.search(line):
        return float(read[2]) >= LITTLE
    return words[0] == "SCAN" and not words[1].startswith(INNER)


def requests(person: Person) -> Mapping[str, tuple[str, str, object]]:
    """Return the most frequent requests of an account."""
    application, interview = next(iter(person.interviews.items()))
    under = f"/v1/applications/{application}"
    note = {"kind": "general", "text": "For its plan.", "interview_id": interview}
    return {
        "queue, page of 50": ("GET", "/v1/queue?limit=50", None),
        "steps of one application": ("GET", f"{under}/steps", None),
        "summary": ("GET", "/v1/queue/summary", None),
        "record a note": ("POST", f"{under}/notes", note),
        "record a search activity": ("POST", "/v1/search-activities", {"kind": "event"}),
    }


def report(to: Report, data: DataSet, *, aloud: bool) -> None:
    """Send each request once in this process and check the plans of its statements; `aloud` prints all plans."""
    section = f"Plans: {data.loaded.size:,} applications, {data.loaded.kind}"
    app = create_app(Settings(database_url=data.url))
    database: Database = app.state.database
    person = data.loaded.people[0]
    client = TestClient(app, headers={"Authorization": f"Bearer {person.token}"})
    for name, (method, path, body) in requests(person).items():
        with heard(database.engine) as said:
            answer = client.request(method, path, json=body)
        answer.raise_for_status()
        if method == "POST":
            client.delete(f"/v1/{path.rpartition('/')[2]}/{answer.json()['id']}").raise_for_status()
        plans = {statement[0]: plan(database, statement) for statement in said}
        whole = [line.strip() for lines in plans.values() for line in lines if is_whole(line)]
        to.note(section, name, f"{len(said)} statements; " + ("; ".join(dict.fromkeys(whole)) or "no full table scan"))
        if aloud:
            print(f"\n== {name}", *(f"\n{text}\n  " + "\n  ".join(lines) for text, lines in plans.items()), sep="\n")
    database.dispose()
