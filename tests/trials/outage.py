"""Outages – a full disk, a database that is stopped or hung, SIGTERM – are reported, and the server recovers from them.

SQLite: a full disk (Linux, as root, because the trial mounts a small one). PostgreSQL: stopped, hung. Both: SIGTERM
while writers wait for a lock that another connection holds.
"""

import asyncio
import os
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg

from tests.trials.server_process import (
    NOTICE,
    Postgres,
    Server,
    Trial,
    TrialEnvironment,
    milliseconds,
    options,
    run,
    trial_environment,
)

DISK_MB = 12
ROOM = 300_000
AT_ONCE = 60  # more than the worker threads
NOTHING = 0
PLACES = 6  # more writers would wait for admission and be refused
Answer = tuple[int, float]


class Outage:
    """A server with an account of one application, and a client."""

    def __init__(self, trial: Trial, here: TrialEnvironment) -> None:
        self.here, self.verdict = here, trial.verdict
        self.server: Server = here.server()
        self.server.start()
        self.token = here.account()
        self.client = httpx.AsyncClient(
            base_url=self.server.url,
            headers={"Authorization": f"Bearer {self.token}"},
            limits=httpx.Limits(max_connections=None),
            timeout=25,
        )
        self.application = ""

    async def open(self) -> None:
        made = await self.client.post("/v1/applications", json={"company": "Outage", "role": "Editor"})
        self.application = f"/v1/applications/{made.raise_for_status().json()['id']}"

    async def read(self) -> Answer:
        return await timed(self.client.get(self.application))

    async def write(self, text: str = "A note.") -> Answer:
        return await timed(self.client.post(f"{self.application}/notes", json={"kind": "general", "text": text}))

    async def live(self) -> Answer:
        return await timed(self.client.get("/livez"))

    async def many(self) -> list[Answer]:
        """Send reads and writes in equal numbers, all at once."""
        return list(await asyncio.gather(*(self.write() if n % 2 else self.read() for n in range(AT_ONCE))))

    async def heals(self, within: float) -> float | None:
        """Try to write until it succeeds; return the seconds it took, None if it did not succeed in time."""
        began = time.monotonic()
        while time.monotonic() - began < within:
            if (await self.write())[0] == 201:
                return time.monotonic() - began
            await asyncio.sleep(0.05)
        return None

    async def promise_healed(self, what: str, seconds: float | None, within: float) -> None:
        seen = "never" if seconds is None else f"after {seconds:.1f} s"
        self.verdict.promise(what, seen, kept=seconds is not None and seconds <= within)


async def timed(request: Awaitable[httpx.Response]) -> Answer:
    """Return the status, or NOTHING without an answer, and the seconds it took."""
    began, status = time.monotonic(), NOTHING
    with suppress(httpx.TransportError):
        status = (await request).status_code
    return status, time.monotonic() - began


def summary(answers: list[Answer]) -> str:
    statuses = Counter(status or "no answer" for status, _ in answers)
    parts = [f"{status}: {times}" for status, times in statuses.items()]
    return f"{', '.join(parts)}; slowest {max(took for _, took in answers):.1f} s"


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Mount a disk of a few megabytes; yields False where that is not allowed."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "afterword-trial", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


async def full_disk(outage: Outage) -> None:
    """Write until the disk is full, fill it to the last byte, write and read, then free space."""
    filler = outage.here.folder / "filler"
    fill(filler)
    os.truncate(filler, filler.stat().st_size - ROOM)
    writes = [await outage.write("x" * 20_000)]
    while writes[-1][0] == 201 and len(writes) < 1_000:
        writes.append(await outage.write("x" * 20_000))
    fill(filler)
    writes += [await outage.write("x" * 20_000) for _ in range(20)]
    acknowledged = sum(status == 201 for status, _ in writes)
    reads = [await outage.read() for _ in range(20)]
    refused = {status for status, _ in writes} - {201}
    outage.verdict.promise("full disk: writes", summary(writes), kept=bool(refused) and refused <= {503, 507})
    outage.verdict.promise("full disk: reads", summary(reads), kept={status for status, _ in reads} == {200})
    filler.unlink()
    await outage.promise_healed("space is free again: a write succeeds", await outage.heals(10), within=10)
    notes = await outage.client.get(f"{outage.application}/notes", params={"limit": 200})
    large = sum(len(note["text"]) > 1_000 for note in notes.json()["items"])
    outage.verdict.promise(
        "acknowledged writes that are stored", f"{large} of {acknowledged}", kept=large == acknowledged
    )
    outage.server.stop()
    with closing(sqlite3.connect(outage.here.folder / "trial.db")) as database:
        seen = database.execute("PRAGMA integrity_check").fetchall()
    outage.verdict.promise("integrity_check", seen, kept=seen == [("ok",)])


def fill(path: Path) -> None:
    with path.open("ab", buffering=0) as filler, suppress(OSError):
        while filler.write(b"x" * 4_096):
            pass


async def stopped(outage: Outage, postgres: Postgres) -> None:
    """Shut PostgreSQL down at once, send requests, and start it again."""
    postgres.stop()
    answers, live = await outage.many(), await outage.live()
    only_503 = {status for status, _ in answers} == {503}
    outage.verdict.promise("PostgreSQL stopped: requests", summary(answers), kept=only_503)
    outage.verdict.promise("  /livez", summary([live]), kept=live[0] == 200 and live[1] < 0.5)
    postgres.start()
    await outage.promise_healed("started again: a write succeeds", await outage.heals(30), within=5)


async def hung(outage: Outage, postgres: Postgres) -> None:
    """Freeze PostgreSQL, send more requests than there are worker threads, and resume it."""
    postgres.freeze()
    under_way = asyncio.create_task(outage.many())
    lives = []
    for _ in range(16):
        await asyncio.sleep(0.5)
        lives.append(await outage.live())
    answers = await under_way
    postgres.thaw()
    healed = await outage.heals(30)
    in_time = all(status == 503 and took <= 10 for status, took in answers)
    outage.verdict.promise("PostgreSQL hung: requests", summary(answers), kept=in_time)
    at_once = all(status == 200 and took < 0.5 for status, took in lives)
    outage.verdict.promise("  /livez meanwhile", summary(lives), kept=at_once)
    await outage.promise_healed("resumed: a write succeeds", healed, within=5)


@contextmanager
def held_lock(here: TrialEnvironment) -> Iterator[Callable[[], None]]:
    """Hold the lock that every write needs, from another connection; yields a function that releases it."""
    connection: Any
    if here.is_sqlite:
        connection = sqlite3.connect(here.folder / "trial.db", isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
    else:
        connection = psycopg.connect(here.url)
        connection.execute("SELECT * FROM user_account FOR UPDATE")
    with closing(connection):
        yield connection.rollback


async def termination(outage: Outage) -> None:
    """Send SIGTERM while writers wait for a lock, release the lock, and check their answers."""
    with held_lock(outage.here) as let_go:
        under_way = asyncio.gather(*(outage.write() for _ in range(PLACES)))
        await asyncio.sleep(0.7)
        outage.server.terminate()
        await asyncio.sleep(0.7)
        refused = await is_refused(outage.server.url)
        waiting = outage.server.ended_within(0) is None
        let_go()
    answers = await under_way
    began = time.monotonic()
    code = await asyncio.to_thread(outage.server.ended_within, 15)
    took = time.monotonic() - began
    outage.verdict.promise("SIGTERM: new connections refused", "yes" if refused else "no", kept=refused)
    finished = waiting and {status for status, _ in answers} == {201}
    outage.verdict.promise("  running writes finish", summary(answers), kept=finished)
    words = "never" if code is None else f"exit code {code}, {milliseconds(took)} after the last answer"
    outage.verdict.promise("  then the process ends", words, kept=code in (0, -15) and took <= 5)


async def is_refused(url: str) -> bool:
    where = urlsplit(url)
    try:
        _, writer = await asyncio.open_connection(where.hostname, where.port)
    except ConnectionRefusedError:
        return True
    writer.close()
    return False


async def one(trial: Trial, here: TrialEnvironment, *happenings: Callable[[Outage], Awaitable[None]]) -> None:
    outage = Outage(trial, here)
    async with outage.client:
        await outage.open()
        for happening in trial.progress.track(happenings, description="outages"):
            await happening(outage)


def outages(trial: Trial) -> None:
    here, postgres = trial.here, trial.here.postgres
    if postgres is not None:
        asyncio.run(one(trial, here, lambda o: stopped(o, postgres), lambda o: hung(o, postgres), termination))
        return
    asyncio.run(one(trial, here, termination))
    if not here.is_sqlite:
        NOTICE.print("only the trial's own PostgreSQL can be stopped: use --database postgresql")
        return
    with small_disk(here.folder / "disk") as mounted:
        if not mounted:
            NOTICE.print("the trial of a full disk is left out: mounting a small disk needs Linux and root")
            return
        with trial_environment("sqlite", here.folder / "disk") as small:
            asyncio.run(one(trial, small, full_disk))


if __name__ == "__main__":
    run(options(__doc__), outages)
