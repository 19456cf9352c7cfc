"""Sign-ins reveal no account by their time and do not block readers; a large account is exported and erased.

The large account is one full record that was entered over HTTP and then copied in the tables.
"""

import json
import re
import secrets
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import Connection, Engine, Table, create_engine, insert, select
from sqlmodel import SQLModel, col

from api.models import User
from api.models.base import new_id
from tests.services.full_record import record_everything
from tests.trials.server_process import Server, Trial, forget_the_peak, memory, milliseconds, options, percentile, run

TRIES, TOGETHER, SECONDS = 50, 100, 6
APPLICATIONS = 10_000
PASSWORD = "three tall lanterns"  # of an account that is deleted with the trial's database
MARK = "Zwieseltier"
FILES = ("applications", "interviews", "contacts", "queue?state=overdue,open,upcoming")
OWNERS = ("application_id", "interview_id")
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MB = 1_000_000


class Accounts:
    """A trial on one server with one account."""

    def __init__(self, trial: Trial, server: Server) -> None:
        self.trial, self.server, self.verdict = trial, server, trial.verdict
        self.quick = trial.words.quick
        self.email = f"{MARK}-{secrets.token_hex(4)}@example.com"
        self.token = ""

    def hold(self) -> None:
        phases = [self._open, self._time_sign_ins, self._sign_in_together, self._take_out, self._erase]
        for phase in self.trial.progress.track(phases, description="accounts"):
            phase()

    def _client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return httpx.Client(base_url=self.server.url, headers=headers, timeout=300)

    def _open(self) -> None:
        with self._client() as client:
            body = {"email": self.email, "password": PASSWORD, "full_name": MARK, "time_zone": "Europe/Berlin"}
            client.post("/v1/users", json=body).raise_for_status()
            self.token = self._sign_in(client).raise_for_status().json()["token"]

    def _sign_in(self, client: httpx.Client, **other: str) -> httpx.Response:
        return client.post("/v1/sessions", json={"email": self.email, "password": PASSWORD, **other})

    def _time_sign_ins(self) -> None:
        """Compare the time of sign-ins with an unknown address and with a wrong password, in turn."""
        took: dict[str, list[float]] = {"unknown": [], "wrong": []}
        with self._client() as client:
            for turn in range(2 * (10 if self.quick else TRIES)):
                kind = "unknown" if turn % 2 else "wrong"
                other = (
                    {"email": f"{secrets.token_hex(8)}@example.com"} if turn % 2 else {"password": "not the one at all"}
                )
                began = time.monotonic()
                assert self._sign_in(client, **other).status_code == 401
                took[kind].append(time.monotonic() - began)
        unknown, wrong = (statistics.median(took[kind]) for kind in ("unknown", "wrong"))
        apart = abs(unknown - wrong) / min(unknown, wrong)
        words = f"{milliseconds(unknown)} and {milliseconds(wrong)}, {apart:.1%} apart"
        self.verdict.promise("unknown address and wrong password within 10 %", words, kept=apart <= 0.1)

    def _sign_in_together(self) -> None:
        """Read while a hundred clients sign in as fast as they can."""
        with self._client() as client:
            idle = statistics.median(self._reads(client, 1.0 if self.quick else 3.0))
            until, statuses = time.monotonic() + SECONDS, Counter[int]()
            with ThreadPoolExecutor(TOGETHER) as pool:
                for _ in range(TOGETHER):
                    pool.submit(self._sign_in_until, until, statuses)
                time.sleep(0.3)
                busy = self._reads(client, SECONDS - 1.5)
        median = statistics.median(busy)
        said = ", ".join(f"{status}: {times:,}" for status, times in sorted(statuses.items()))
        self.verdict.note(f"{TOGETHER} clients sign in for {SECONDS} s", said)
        self.verdict.promise("  only 201 and 503", said, kept=set(statuses) == {201, 503})
        words = f"{milliseconds(idle)} idle, {milliseconds(median)} meanwhile ({len(busy):,} reads)"
        self.verdict.promise("  reads stay under 5 times their idle median", words, kept=median < 5 * idle)

    def _reads(self, client: httpx.Client, seconds: float) -> list[float]:
        took, until = [], time.monotonic() + seconds
        while time.monotonic() < until:
            began = time.monotonic()
            client.get("/v1/me").raise_for_status()
            took.append(time.monotonic() - began)
        return took

    def _sign_in_until(self, until: float, statuses: Counter[int]) -> None:
        with httpx.Client(base_url=self.server.url, timeout=60) as client:
            while time.monotonic() < until:
                answer = self._sign_in(client)
                with LOCK:
                    statuses[answer.status_code] += 1
                if answer.status_code == 503:
                    time.sleep(float(answer.headers["Retry-After"]))

    def _take_out(self) -> None:
        count = 200 if self.quick else APPLICATIONS
        with self._client() as client:
            record_everything(client, datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1))  # type: ignore[arg-type]  # an httpx client works like a TestClient
            user_id = client.get("/v1/me").json()["id"]
        engine = create_engine(self.trial.here.url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.begin() as connection:
            rows = multiply(connection, user_id, count - 1)
        engine.dispose()
        before = forget_the_peak(self.server.pid)
        began, lines, size = time.monotonic(), Counter[str](), 0
        with self._client() as client, client.stream("GET", "/v1/me/export") as answer:
            iterator = answer.iter_lines()
            manifest = json.loads(next(iterator))
            for line in iterator:
                lines[line[9 : line.index('"', 9)]] += 1
                size += len(line)
        peak = memory(self.server.pid, "VmHWM")
        took = time.monotonic() - began
        self.verdict.note(
            f"an account of {count:,} applications, {rows:,} rows made", f"{size / MB:,.0f} MB in {took:.1f} s"
        )
        whole = dict(lines) == manifest["rows"] and lines["application"] == count
        self.verdict.promise("  as many lines as in the manifest", f"{lines.total():,}", kept=whole)
        words = f"{peak / MB:,.0f} MB at the most, {before / MB:,.0f} before"
        self.verdict.promise("  memory grows by less than 40 MB", words, kept=peak - before < 40 * MB)
        for name in FILES:
            self._export_file(name)

    def _export_file(self, name: str) -> None:
        """Export a list as CSV, and read how far the server's memory grew."""
        before = forget_the_peak(self.server.pid)
        began, lines, size = time.monotonic(), 0, 0
        with self._client() as client, client.stream("GET", f"/v1/exports/{name}") as answer:
            answer.raise_for_status()
            for chunk in answer.iter_bytes():
                lines, size = lines + chunk.count(b"\n"), size + len(chunk)
        took, peak = time.monotonic() - began, memory(self.server.pid, "VmHWM")
        words = f"{lines - 1:,} lines, {size / MB:,.1f} MB in {took:.1f} s, {(peak - before) / MB:,.0f} MB more memory"
        self.verdict.promise(f"  /v1/exports/{name}: memory by less than 20 MB", words, kept=peak - before < 20 * MB)

    def _erase(self) -> None:
        other = httpx.Client(base_url=self.server.url, headers={"Authorization": f"Bearer {self.trial.here.account()}"})
        with self._client() as client, other, ThreadPoolExecutor(1) as pool:
            confirmation = client.delete("/v1/me").json()["confirmation"]
            code, body = {"confirmation": confirmation}, {"password": PASSWORD}
            began = time.monotonic()
            erasing = pool.submit(client.request, "DELETE", "/v1/me", params=code, json=body)
            statuses, seconds = self._write_beside(other)
            status, took = erasing.result().status_code, time.monotonic() - began
        self.verdict.promise("erased", f"{status}, all rows after {took:.1f} s", kept=status == 204)
        words = f"{dict(statuses)}, p99 {milliseconds(percentile(seconds, 0.99))}"
        self.verdict.promise("  another account's writes meanwhile", words, kept=set(statuses) == {201})
        if self.trial.here.is_sqlite:
            found = {path.name: path.read_bytes().lower().count(MARK.lower().encode()) for path in self._files()}
            self.verdict.promise("  its texts in the files of the database", found, kept=not any(found.values()))

    def _write_beside(self, other: httpx.Client) -> tuple[Counter[int], list[float]]:
        """Write in another account until the first one has no rows; return the statuses and the seconds."""
        statuses, seconds = Counter[int](), list[float]()
        engine = create_engine(self.trial.here.url.replace("postgresql://", "postgresql+psycopg://"))
        while not statuses or self._has_rows(engine):
            began = time.monotonic()
            statuses[other.post("/v1/contacts", json={"full_name": "Kim"}).status_code] += 1
            seconds.append(time.monotonic() - began)
        engine.dispose()
        time.sleep(1)  # then the log is truncated
        return statuses, seconds

    def _has_rows(self, engine: Engine) -> bool:
        with engine.connect() as connection:
            users = select(col(User.id)).where(col(User.email) == self.email.lower())
            ended = select(col(User.id)).where(col(User.erased_at).is_not(None))
            return bool(connection.execute(users).first() or connection.execute(ended).first())

    def _files(self) -> Iterator[Any]:
        return self.trial.here.folder.glob("trial.db*")


LOCK = threading.Lock()


def multiply(connection: Connection, user_id: str, times: int) -> int:
    """Copy an account's application with all its rows `times` times; return the number of new rows."""
    rows: dict[Table, list[dict[str, Any]]] = {}
    for table in SQLModel.metadata.sorted_tables:
        of = [name for name in OWNERS if name in table.c or (name, table.name) == ("application_id", "application")]
        if of:
            rows[table] = _under(connection, table, user_id, of[0])
    ids = {str(row["id"]) for found in rows.values() for row in found if "id" in row}
    made = 0
    for number in range(times):
        fresh = {id_: new_id() for id_ in ids}
        for table, found in rows.items():
            copies = [{name: _renamed(value, fresh) for name, value in row.items()} for row in found]
            if table.name == "application":
                copies = [{**row, "company": f"{MARK} {number}"} for row in copies]
            connection.execute(insert(table), copies)
            made += len(copies)
    return made


def _under(connection: Connection, table: Table, user_id: str, of: str) -> list[dict[str, Any]]:
    """Return the account's rows of a table that belong to its application."""
    wanted = select(table).where(table.c.user_id == user_id)
    if of in table.c:
        wanted = wanted.where(table.c[of].is_not(None))
    return [dict(row) for row in connection.execute(wanted).mappings()]


def _renamed(value: Any, fresh: dict[str, str]) -> Any:
    if isinstance(value, str):
        return ID.sub(lambda found: fresh.get(found[0], found[0]), value)
    if isinstance(value, list | dict):
        return json.loads(_renamed(json.dumps(value), fresh))
    return value


def accounts(trial: Trial) -> None:
    server = trial.here.server()
    server.start()
    Accounts(trial, server).hold()
    server.stop()


if __name__ == "__main__":
    run(options(__doc__), accounts)
