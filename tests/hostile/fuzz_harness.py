"""A harness that sends hostile requests of the demo account and checks answers, commits, rows and log lines."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from unittest.mock import patch

from anyio import to_thread
from sqlalchemy import Connection, event
from sqlmodel import SQLModel

from api.capture import NOW
from api.http import examples
from api.http.admission import MAX_OPEN_BODY_BYTES
from api.http.problems import MEDIA_TYPE, slug
from api.protocol.field_codes import FIELD_CODES
from api.protocol.problem_types import PROBLEM_TYPES
from api.routers import privacy
from api.services.accounts import tokens, users
from api.services.imports import jobs
from tests.conftest import World
from tests.demo import FINISHED_IMPORT, add_finished_import, ask_for_reset, show_calendar
from tests.hostile.asgi_client import Answer, Sent, call_asgi
from tests.hostile.attempts import Attempt, Target, Verdict, targets
from tests.hostile.inputs import MARK
from tests.hostile.places import Node

PROBLEM_KEYS = {"type", "title", "status", "detail", "instance", "code", "request_id", "errors"}
OF_EVERY_OPERATION = {405}
"""Statuses that operations do not document: a hostile path may lead to an address without the method."""
MOST, LONGEST = 3, 500
"""The number of faults reported for each operation, and the number of characters of each."""
ROWS = [
    f"SELECT * FROM {table.name} ORDER BY {', '.join(table.primary_key.columns.keys())}"
    for table in SQLModel.metadata.sorted_tables
]
"""Statements as text: compiling them and converting values takes ten times as long as reading the rows."""


class LogRecorder(logging.Handler):
    """Keeps log lines."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the formatted line and all attributes of the record."""
        self.lines.append(f"{self.format(record)} {record.__dict__}")


@contextmanager
def recorded_logs(log: logging.Logger) -> Iterator[LogRecorder]:
    """Record every line of a logger and of its children."""
    journal, level = LogRecorder(), log.level
    log.addHandler(journal)
    log.setLevel(logging.INFO)
    try:
        yield journal
    finally:
        log.removeHandler(journal)
        log.setLevel(level)


@dataclass
class FuzzHarness:
    """The demo account, and the faults found in its answers. Commits are counted and, while `undoing`, rolled back."""

    world: World
    runner: asyncio.Runner
    journal: LogRecorder
    document: Node
    targets: list[Target]
    user_id: str
    commits: int = 0
    undoing: bool = False
    faults: dict[str, list[str]] = field(default_factory=dict)

    def send(self, sent: Sent) -> Answer:
        return self.runner.run(self._sent(sent))

    async def _sent(self, sent: Sent) -> Answer:
        self.journal.lines.clear()
        self.commits = 0
        return await call_asgi(self.world.app, sent)

    def confirmed(self, target: Target) -> Target:
        """Return an operation with its confirmation code, if it requires one."""
        if target.name != "delete_me":
            return target
        code = json.loads(self.send(target.good).body)["confirmation"]
        return replace(target, good=replace(target.good, query=f"confirmation={code}".encode()))

    def attempt(self, target: Target, attempts: Iterable[Attempt]) -> None:
        """Send requests and collect the faults of their answers; commits are rolled back.

        All requests are sent in one run of the event loop: worker threads end with the run, and starting a thread for
        each request takes longer than the request.
        """
        self.runner.run(self._attempted(target, attempts))

    async def _attempted(self, target: Target, attempts: Iterable[Attempt]) -> None:
        self.undoing = True
        for attempt in attempts:
            answer = await self._sent(attempt.sent)
            self.complain(target, attempt.name, list(self._faults(target, attempt, answer)))
        self.undoing = False

    def complain(self, target: Target, name: str, faults: list[str]) -> None:
        if faults:
            self.faults.setdefault(target.name, []).append(f"{name}: {'; '.join(faults)}")

    def report(self) -> str:
        """Return the first faults of each operation as text."""
        lines = [f"{len(self.faults)} operations failed:"]
        for name, faults in self.faults.items():
            lines += [f"{name}: {fault[:LONGEST]}" for fault in faults[:MOST]]
            lines += [f"{name}: and {len(faults) - MOST} more"] if len(faults) > MOST else []
        return "\n".join(lines)

    def _faults(self, target: Target, attempt: Attempt, answer: Answer) -> Iterator[str]:
        status = answer.status
        if status >= 500:
            yield f"{status} {self.journal.lines[-2:]}"
            return
        if str(status) not in target.node["responses"] and status not in OF_EVERY_OPERATION:
            yield f"{status} is not documented"
        if attempt.verdict is Verdict.WORKS and status >= 400:
            yield f"{status} {answer.body.decode()}"
        if attempt.verdict is Verdict.REFUSED:
            if self.commits:
                yield f"it was committed ({status})"
            if status < 400:
                yield f"it was accepted ({status})"
                return
            if target.is_open and isinstance(attempt.sent.body, bytes) and len(attempt.sent.body) > MAX_OPEN_BODY_BYTES:
                attempt = replace(attempt, status=413, blamed=())  # refused before it is parsed
            if attempt.status not in (None, status):
                yield f"{status} is not {attempt.status}"
            yield from _problem_faults(answer, attempt)
        if attempt.verdict is not Verdict.JUDGED:
            yield from self._echoes(answer, attempt)

    def _echoes(self, answer: Answer, attempt: Attempt) -> Iterator[str]:
        text = answer.body.decode()
        if attempt.names and answer.header("content-type") == MEDIA_TYPE:
            problem = json.loads(text)
            named = ("pointer", "parameter")
            problem["errors"] = [{k: v for k, v in one.items() if k not in named} for one in problem["errors"]]
            text = json.dumps(problem)
        if _marked(text):
            yield f"the body echoes the input: {text[:300]}"
        if any(_marked(name.decode("latin-1") + value.decode("latin-1")) for name, value in answer.headers):
            yield "a header echoes the input"
        if any(_marked(line) for line in self.journal.lines):
            yield "a log line echoes the input"

    def checksum(self) -> str:
        """Return a digest of every row of every table."""
        digest = hashlib.sha256()
        with self.world.database.engine.connect() as connection:
            for statement in ROWS:
                digest.update(repr(connection.exec_driver_sql(statement).fetchall()).encode())
        return digest.hexdigest()

    def note_commit(self, connection: Connection) -> None:
        self.commits += 1
        if self.undoing:
            connection.connection.rollback()


def _marked(text: str) -> bool:
    return MARK.casefold() in text.casefold()


def _problem_faults(answer: Answer, attempt: Attempt) -> Iterator[str]:
    """Yield the faults of a problem document."""
    if answer.header("content-type") != MEDIA_TYPE:
        yield f"{answer.status} is no problem document"
        return
    problem: dict[str, Any] = json.loads(answer.body)
    known = PROBLEM_TYPES.get(problem["code"])
    complete = problem.keys() >= PROBLEM_KEYS and known is not None and problem["detail"].endswith(".")
    if not complete or known is None or (known.status, problem["status"]) != (answer.status, answer.status):
        yield f"the problem is not complete: {problem}"
    if (problem["type"], problem["request_id"]) != (
        f"/problems/{slug(problem['code'])}",
        answer.header("x-request-id"),
    ):
        yield f"type or request id of the problem are wrong: {problem}"
    if unknown := {error["code"] for error in problem["errors"]} - set(FIELD_CODES):
        yield f"the document has no code {unknown}"
    accepted = "accept-patch" if attempt.sent.method == "PATCH" else "accept-post"
    if answer.status == 415 and "application/json" not in answer.header(accepted):
        yield f"{accepted} does not name JSON"
    blamed = [error.get("pointer", error.get("parameter", "")) for error in problem["errors"]]
    whole = any(error["code"] == "json_invalid" for error in problem["errors"]) or answer.status == 413
    whole = whole and len(attempt.blamed) == 1
    missing = [one for one in attempt.blamed if not any(f"{found}/".startswith(f"{one}/") for found in blamed)]
    if missing and not whole:
        yield f"{answer.status} does not name {missing} but {blamed}"


Result = TypeVar("Result")


async def run_here(function: Callable[..., Result], *arguments: object, **_options: object) -> Result:
    """Run a function in the thread of the event loop instead of a worker thread.

    One request is sent at a time, and switching threads takes longer than most of these requests.
    """
    return copy_context().run(function, *arguments)


def _aimed(found: Iterable[Target]) -> list[Target]:
    """Return the operations; only an import that has run can be undone."""
    return [
        replace(
            one, good=replace(one.good, path=one.good.path.replace(examples.IMPORT.encode(), FINISHED_IMPORT.encode()))
        )
        if one.name == "undo_import"
        else one
        for one in found
    ]


@contextmanager
def fuzz_harness(world: World, document: Node) -> Iterator[FuzzHarness]:
    """Open a harness with a session of the demo account; it records commits and log lines."""
    with world.database.write(NOW) as session:
        ask_for_reset(session)
        show_calendar(session)
        add_finished_import(session)
        user = users.find_by_email(session, examples.EMAIL)
        assert user is not None
        users.lock_with_password(session, user, user.password_hash)
        user_id, (_, token) = user.id, tokens.open_session(session, user, days=30)
    engine = world.database.engine
    with (
        patch.object(to_thread, "run_sync", run_here),
        patch.object(privacy, "ERASE_SECONDS", 0.01),  # its slices are rolled back, so they never end
        patch.object(jobs, "FORGETS_FOR_SECONDS", 0.01),  # so are its batches
        asyncio.Runner() as runner,
        recorded_logs(logging.getLogger()) as journal,
    ):
        harness = FuzzHarness(world, runner, journal, document, _aimed(targets(document, token)), user_id)
        harness.send(harness.targets[0].good)  # sets last_used_at, which each rolled-back request would set again
        harness.targets = [harness.confirmed(target) for target in harness.targets]
        event.listen(engine, "commit", harness.note_commit)
        try:
            yield harness
        finally:
            event.remove(engine, "commit", harness.note_commit)
