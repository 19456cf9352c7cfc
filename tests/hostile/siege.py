"""The demo account under hostile input: what is sent, what must come back, and what must not have happened."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlmodel import SQLModel

from api import demo, examples
from api.catalog import CATALOG
from api.openapi import document
from api.problems import MEDIA_TYPE, slug
from api.services import access, accounts
from tests.capture import NOW, ask_for_reset
from tests.conftest import World
from tests.hostile.attempts import Attempt, Target, Verdict, targets
from tests.hostile.door import Answer, Sent, knock
from tests.hostile.inputs import MARK

PROBLEM_KEYS = {"type", "title", "status", "detail", "instance", "code", "request_id", "errors"}
OF_EVERY_OPERATION = {405}
"""Statuses that no operation's document names: a hostile path may lead to another address."""


class Journal(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep everything that a line could be made of."""
        self.lines.append(f"{self.format(record)} {record.__dict__}")


@contextmanager
def journal_of(log: logging.Logger) -> Iterator[Journal]:
    """Keep every line that a logger writes, or one below it."""
    journal, level = Journal(), log.level
    log.addHandler(journal)
    log.setLevel(logging.INFO)
    try:
        yield journal
    finally:
        log.removeHandler(journal)
        log.setLevel(level)


@dataclass
class Siege:
    """The demo account, and what was wrong with its answers. Every commit is counted; while `undoing`, taken back."""

    world: World
    runner: asyncio.Runner
    journal: Journal
    targets: list[Target]
    user_id: str
    commits: int = 0
    undoing: bool = False
    faults: dict[str, list[str]] = field(default_factory=dict)

    def send(self, sent: Sent) -> Answer:
        self.journal.lines.clear()
        self.commits = 0
        return self.runner.run(knock(self.world.app, sent))

    def confirmed(self, target: Target) -> Target:
        """Return an operation with the code that it asks to be repeated, where it asks for one."""
        if target.name != "delete_me":
            return target
        code = json.loads(self.send(target.good).body)["confirmation"]
        return replace(target, good=replace(target.good, query=f"confirmation={code}".encode()))

    def attempt(self, target: Target, attempt: Attempt) -> None:
        """Send a request and note everything that is wrong with what comes back. Legitimate effects are undone."""
        self.undoing = attempt.verdict is not Verdict.REFUSED
        answer = self.send(attempt.sent)
        self.complain(target, attempt.name, list(self._faults(target, attempt, answer)))

    def complain(self, target: Target, name: str, faults: list[str]) -> None:
        if faults:
            self.faults.setdefault(target.name, []).append(f"{name}: {'; '.join(faults)}")

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
            yield f"the body echoes it: {text[:300]}"
        if any(_marked(name.decode("latin-1") + value.decode("latin-1")) for name, value in answer.headers):
            yield "a header echoes it"
        if any(_marked(line) for line in self.journal.lines):
            yield "a log line echoes it"

    def checksum(self) -> str:
        """Return a digest of every row of every table."""
        digest = hashlib.sha256()
        with self.world.database.engine.connect() as connection:
            for table in SQLModel.metadata.sorted_tables:
                rows = connection.execute(table.select().order_by(*table.primary_key.columns))
                digest.update(repr([tuple(row) for row in rows]).encode())
        return digest.hexdigest()

    def note_commit(self, connection: Connection) -> None:
        self.commits += 1
        if self.undoing:
            connection.connection.rollback()


def _marked(text: str) -> bool:
    return MARK.casefold() in text.casefold()


def _problem_faults(answer: Answer, attempt: Attempt) -> Iterator[str]:
    """Tell what is missing from a problem document."""
    if answer.header("content-type") != MEDIA_TYPE:
        yield f"{answer.status} is no problem document"
        return
    problem: dict[str, Any] = json.loads(answer.body)
    known = CATALOG.get(problem["code"])
    complete = problem.keys() >= PROBLEM_KEYS and known is not None and problem["detail"].endswith(".")
    if not complete or known is None or (known.status, problem["status"]) != (answer.status, answer.status):
        yield f"the problem is not complete: {problem}"
    if (problem["type"], problem["request_id"]) != (
        f"/problems/{slug(problem['code'])}",
        answer.header("x-request-id"),
    ):
        yield f"the problem is not itself: {problem}"
    blamed = [error.get("pointer", error.get("parameter", "")) for error in problem["errors"]]
    whole = any(error["code"] == "json_invalid" for error in problem["errors"]) or answer.status == 413
    whole = whole and len(attempt.blamed) == 1
    missing = [one for one in attempt.blamed if not any(f"{found}/".startswith(f"{one}/") for found in blamed)]
    if missing and not whole:
        yield f"{answer.status} does not blame {missing} but {blamed}"


@contextmanager
def besieged(world: World) -> Iterator[Siege]:
    """Build the demo account, whose session asks, and watch commits and log lines."""
    world.clock.now = NOW
    demo.build(world.database, NOW)
    with world.database.write(NOW) as session:
        ask_for_reset(session)
        user = accounts.by_email(session, examples.EMAIL)
        assert user is not None
        user_id, (_, token) = user.id, access.open_session(session, user, days=30)
    with asyncio.Runner() as runner, journal_of(logging.getLogger()) as journal:
        siege = Siege(world, runner, journal, list(targets(document(world.app, NOW), token)), user_id)
        siege.targets = [siege.confirmed(target) for target in siege.targets]
        event.listen(Engine, "commit", siege.note_commit)
        try:
            yield siege
        finally:
            event.remove(Engine, "commit", siege.note_commit)
