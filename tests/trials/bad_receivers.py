"""Dead, hanging, dripping and failing receivers beside a good one, and a tick over 300,000 waiting notices.

Several accounts have webhooks whose receivers refuse, hang, send a byte a second, or answer 500; they write all the
time. The events of another account arrive at its good receiver at once, and a third account, without a webhook, writes
as fast as in the rounds in which the bad webhooks are off.
"""

import statistics
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import Connection, create_engine, insert, select, text, update
from sqlmodel import SQLModel

from api.models import Application, StepInstance, StepNotice
from api.models.base import new_id
from api.settings import Settings
from api.storage.database import Database
from api.workers.ticks import tick_pass
from tests.trials.receivers import NETWORKS, Receivers, receiving
from tests.trials.server_process import Trial, milliseconds, options, percentile, run

BAD_ACCOUNTS, ROUNDS, ROUND_SECONDS = 6, 6, 20.0
WAITING, AT_ONCE, DUE = 300_000, 20_000, 100
PATHS = ("hang", "drip", "error")
MAX_DELAY_SECONDS, MAX_RATIO, MAX_TICK_SECONDS = 2.0, 1.10, 0.05
FAR = timedelta(days=300)
USERS = SQLModel.metadata.tables["user_account"]


class BadReceivers:
    """A trial: rounds with the bad webhooks on, and rounds with them off, in turn."""

    def __init__(self, trial: Trial, receivers: Receivers) -> None:
        self.trial, self.receivers, self.verdict = trial, receivers, trial.verdict
        self.server = trial.here.server(NETWORKS)
        self.rounds = 2 if trial.words.quick else trial.words.rounds
        self.seconds = 4.0 if trial.words.quick else ROUND_SECONDS
        self.delays: dict[bool, list[float]] = {True: [], False: []}
        self.notes: dict[bool, list[float]] = {True: [], False: []}
        self.stop = threading.Event()

    def hold(self) -> None:
        self._ticks()
        self.server.start()
        accounts = [self._client(self.trial.here.account()) for _ in range(BAD_ACCOUNTS + 2)]
        *bad, good, writer = accounts
        hooks = [(client, self._hook(client, url)) for client in bad for url in self._bad_urls()]
        self._hook(good, self.receivers.url("good"))
        load = [threading.Thread(target=self._write_on, args=(client,)) for client in bad]
        for thread in load:
            thread.start()
        for number in self.trial.progress.track(range(2 * self.rounds)):
            is_on = number % 2 == 0
            for client, hook in hooks:
                client.patch(f"/v1/webhooks/{hook}", json={"enabled": is_on}).raise_for_status()
            self._round(good, writer, is_on=is_on)
        self.stop.set()
        for thread in load:
            thread.join()
        self._judge()
        for client in accounts:
            client.close()

    def _client(self, token: str) -> httpx.Client:
        return httpx.Client(base_url=self.server.url, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def _bad_urls(self) -> list[str]:
        return [self.receivers.refused, *map(self.receivers.url, PATHS)]

    def _hook(self, client: httpx.Client, url: str) -> str:
        made = {"url": url, "event_types": ["application.created"]}
        return str(client.post("/v1/webhooks", json=made).raise_for_status().json()["id"])

    def _application(self, client: httpx.Client) -> dict[str, Any]:
        answer = client.post("/v1/applications", json={"company": "Acme", "role": "Editor"})
        made: dict[str, Any] = answer.raise_for_status().json()
        return made

    def _write_on(self, client: httpx.Client) -> None:
        """Write one application every two seconds, in rounds of both kinds."""
        while not self.stop.wait(2):
            self._application(client)

    def _round(self, good: httpx.Client, writer: httpx.Client, *, is_on: bool) -> None:
        app = self._application(writer)["id"]
        until = time.monotonic() + self.seconds
        while time.monotonic() < until:
            known = set(self.receivers.arrived_at)
            self._application(good)
            sent = time.monotonic()
            for _ in range(10):
                began = time.monotonic()
                note = {"kind": "general", "text": "A note."}
                writer.post(f"/v1/applications/{app}/notes", json=note).raise_for_status()
                self.notes[is_on].append(time.monotonic() - began)
            while not (new := self.receivers.arrived_at.keys() - known) and time.monotonic() < sent + 60:
                time.sleep(0.005)
            arrived = [self.receivers.arrived_at[one] for one in new]
            self.delays[is_on].append(max(0.0, min(arrived) - sent) if arrived else 60.0)

    def _judge(self) -> None:
        seen = dict(sorted(self.receivers.requests.items()))
        self.verdict.note("requests that arrived", seen)
        for is_on in (True, False):
            delays = self.delays[is_on]
            words = f"p50 {milliseconds(percentile(delays, 0.5))}, p99 {milliseconds(percentile(delays, 0.99))}"
            what = f"delay at the good receiver, bad ones {'on' if is_on else 'off'}, n = {len(delays)}"
            if is_on:
                self.verdict.promise(what, words, kept=percentile(delays, 0.99) <= MAX_DELAY_SECONDS)
            else:
                self.verdict.note(what, words)
        on, off = (statistics.median(self.notes[is_on]) for is_on in (True, False))
        words = f"{milliseconds(on)} and {milliseconds(off)}, {on / off - 1:+.0%}"
        what = f"somebody else's note, median with and without, n = {len(self.notes[True])}"
        self.verdict.promise(what, words, kept=on / off <= MAX_RATIO)

    def _ticks(self) -> None:
        """Measure a tick over notices that wait, and one in which some are due."""
        count = 5_000 if self.trial.words.quick else WAITING
        engine = create_engine(self.trial.here.url.replace("postgresql://", "postgresql+psycopg://"))
        self.trial.here.account()
        now = datetime.now(UTC).replace(microsecond=0)
        with engine.begin() as connection:
            user = str(connection.execute(select(USERS.c.id)).scalar_one())
            _fill(connection, user, now, count)
        if not self.trial.here.is_sqlite:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("ANALYZE"))
        settings = Settings(database_url=self.trial.here.url)
        database = Database(settings)
        idle = [self._tick(database, settings, now) for _ in range(50)]
        busy = self._tick(database, settings, now + FAR + timedelta(seconds=DUE - 1))
        database.dispose()
        engine.dispose()
        words = f"{idle[0] * 1000:.1f} ms the first, {statistics.median(idle) * 1000:.2f} ms the median"
        kept = statistics.median(idle) < MAX_TICK_SECONDS
        self.verdict.promise(f"a tick while {count:,} notices wait", words, kept=kept)
        self.verdict.note(f"a tick in which {DUE} steps open", milliseconds(busy))

    def _tick(self, database: Database, settings: Settings, now: datetime) -> float:
        began = time.perf_counter()
        tick_pass(database, lambda: now, settings)
        return time.perf_counter() - began


def _fill(connection: Connection, user: str, now: datetime, count: int) -> None:
    """Give an account steps that open in the far future, a second apart, with their notices."""
    app = new_id()
    times = {"created_at": now, "updated_at": now}
    values = {"user_id": user, "id": app, "company": "x", "role": "x", "stage": "applied", "version": 1, **times}
    table = Application.__table__
    blank: dict[str, object] = {
        column.name: [] if "JSON" in str(column.type) else False if "BOOL" in str(column.type) else 0
        for column in table.columns
        if not column.nullable and column.name not in values and column.default is None and not column.server_default
    }
    connection.execute(insert(table), {**blank, **values})
    connection.execute(update(USERS).values(listens=1))
    _fill_steps(connection, user, app, now, count)


def _fill_steps(connection: Connection, user: str, app: str, now: datetime, count: int) -> None:
    for first in range(0, count, AT_ONCE):
        steps, notices = [], []
        for number in range(first, min(first + AT_ONCE, count)):
            opens_at = now + FAR + timedelta(seconds=number)
            step = {
                "user_id": user,
                "id": new_id(),
                "application_id": app,
                "number": 4,
                "scope": f"interview:{number}",
                "opens_at": opens_at,
                "due_at": opens_at + timedelta(days=1),
                "reason": "send_thank_you",
                "missing": [],
                "detail": {"zone": "UTC", "basis": "elapsed"},
                "rules_version": 1,
                "changed_seq": 0,
                "changed_at": now,
            }
            steps.append(step)
            notices.append(
                {
                    "user_id": user,
                    "step_id": step["id"],
                    "told": 0,
                    "due_at": step["due_at"],
                    "notify_at": opens_at,
                }
            )
        connection.execute(insert(StepInstance.__table__), steps)
        connection.execute(insert(StepNotice.__table__), notices)


def bad_receivers(trial: Trial) -> None:
    with receiving() as receivers:
        BadReceivers(trial, receivers).hold()


if __name__ == "__main__":
    words = options(__doc__)
    words.add_argument("--rounds", type=int, default=ROUNDS, help="rounds of each kind")
    run(words, bad_receivers)
