"""Kill the server or its database under load, repeatedly: no acknowledged write is lost, and none is incomplete.

Sixteen writers post mixed facts with client ids or Idempotency-Keys. At random moments the server is killed with
SIGKILL and started again, and the acknowledged facts are read back. With `--kill database`, PostgreSQL is shut down at
once instead.
"""

import asyncio
import random
import sqlite3
import time
from collections import Counter
from contextlib import closing

from tests.trials.facts import Acknowledged, Writer, point_at, writers
from tests.trials.server_process import (
    Server,
    SkippedTrialError,
    Trial,
    TrialEnvironment,
    answers,
    options,
    run,
    wait_until,
)

ACCOUNTS, WRITERS_EACH = 2, 8
SAMPLE = 40
CHECK_EVERY = 5


class Crash:
    """A trial: cycles of load, a kill, and a check of the stored facts."""

    def __init__(self, trial: Trial, everybody: list[Writer]) -> None:
        self.trial, self.everybody = trial, everybody
        self.here = trial.here
        self.server: Server = trial.here.server()
        self.database_dies = trial.words.kill == "database"
        self.kills = 5 if trial.words.quick else trial.words.kills
        self.writes = 300 if trial.words.quick else trial.words.writes
        self.lost: list[Acknowledged] = []
        self.differences: list[str] = []
        self.back_after: list[float] = []

    @property
    def acknowledged(self) -> int:
        return sum(len(writer.kept) for writer in self.everybody)

    async def hold(self) -> None:
        task = self.trial.progress.add_task("kills", total=self.kills)
        done = 0
        self._start()
        while done < self.kills or self.acknowledged < self.writes:
            await self._cycle()
            done += 1
            await self._look(thorough=done % CHECK_EVERY == 0)
            words = f"kills, {self.acknowledged:,} writes"
            self.trial.progress.update(task, completed=min(done, self.kills), description=words)
        self.trial.verdict.note("kills", done)

    def _start(self) -> None:
        if self.database_dies and self.here.postgres is not None and self.server.url:
            self.here.postgres.start()
        else:
            self.server.start()
            point_at(self.everybody, self.server.url)

    async def _cycle(self) -> None:
        """Write until a random moment, kill, and restart."""
        cut = asyncio.Event()
        load = [asyncio.create_task(writer.write_on(cut)) for writer in self.everybody for _ in range(WRITERS_EACH)]
        await asyncio.sleep(random.uniform(0.05, 4))
        if self.database_dies and self.here.postgres is not None:
            self.here.postgres.stop()
            await asyncio.sleep(0.1)  # some requests find the database down
        else:
            self.server.kill()
        cut.set()
        await asyncio.gather(*load)
        began = time.monotonic()
        self._start()
        wait_until(lambda: answers(f"{self.server.url}/readyz"), "the service is back")
        self.back_after.append(time.monotonic() - began)

    async def _look(self, *, thorough: bool) -> None:
        """Read a sample back and retry; if `thorough`, check the steps before a retry can complete a partial write."""
        for writer in self.everybody:
            newest, rest = writer.kept[-SAMPLE // 2 :], writer.kept[: -SAMPLE // 2]
            self.lost += await writer.lost([*newest, *random.sample(rest, min(SAMPLE // 2, len(rest)))])
        if thorough and (difference := self.here.differences()):
            self.differences.append(difference)
        for writer in self.everybody:
            await writer.retry()

    async def judge(self) -> None:
        """Read all facts back by address and in the lists."""
        verdict = self.trial.verdict
        twice, halves, gone = Counter[str](), 0, list(self.lost)
        for writer in self.everybody:
            gone += await writer.lost(writer.kept)
            found, half = await writer.inventory()
            halves += half
            acknowledged = [kept.fact.marker for kept in writer.kept]
            gone += [kept for kept in writer.kept if not found[kept.fact.marker]]
            twice.update(marker for marker in acknowledged if found[marker] > 1)
            twice.update(fact.marker for fact in writer.unanswered if found[fact.marker] > 1)
        statuses = sum((writer.statuses for writer in self.everybody), Counter[int]())
        verdict.promise("acknowledged writes", f"{self.acknowledged:,}", kept=self.acknowledged >= self.writes)
        verdict.promise("of these lost", len({kept.fact.marker for kept in gone}), kept=not gone)
        verdict.promise("answers", dict(statuses), kept=set(statuses) <= {201, 503})
        retried = sum(len(writer.retried) for writer in self.everybody)
        verdict.note("without answer, repeated with their key", retried)
        verdict.note("without answer and key, stored or not", sum(len(w.unanswered) for w in self.everybody))
        verdict.promise("facts stored twice", len(twice), kept=not twice)
        verdict.promise("applications stored incompletely", halves, kept=not halves)
        verdict.note("longest start until ready again", f"{max(self.back_after):.1f} s")


def judge_rows(here: TrialEnvironment, trial: Trial, differences: list[str]) -> None:
    """Check the rows in the database after the server has stopped."""
    differences += filter(None, [here.differences()])
    trial.verdict.promise("steps against a fresh evaluation", differences or "0 differences", kept=not differences)
    if here.is_sqlite:
        with closing(sqlite3.connect(here.folder / "trial.db")) as database:
            for pragma, wanted in (("integrity_check", [("ok",)]), ("foreign_key_check", [])):
                seen = database.execute(f"PRAGMA {pragma}").fetchall()
                trial.verdict.promise(pragma, seen or "nothing found", kept=seen == wanted)


async def crash(trial: Trial) -> None:
    if trial.words.kill == "database" and trial.here.postgres is None:
        raise SkippedTrialError("only the trial's own PostgreSQL can be killed: use --database postgresql")
    async with writers([trial.here.account() for _ in range(ACCOUNTS)]) as everybody:
        one = Crash(trial, everybody)
        await one.hold()
        await one.judge()
        one.server.stop()
        judge_rows(trial.here, trial, one.differences)


if __name__ == "__main__":
    words = options(__doc__)
    words.add_argument("--kill", choices=["server", "database"], default="server")
    words.add_argument("--kills", type=int, default=50)
    words.add_argument("--writes", type=int, default=5_000, help="minimum number of acknowledged writes")
    run(words, lambda trial: asyncio.run(crash(trial)))
