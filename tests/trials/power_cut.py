"""Simulate power cuts under load: only what SQLite has synced is left, and every acknowledged write is in it.

A preloaded library copies each file of the database whenever it is synced. At a cut the server is killed, and the
database is rebuilt from these copies alone. `--normal` runs the server with synchronous=NORMAL; then the trial must
fail, which shows that it can detect a loss. Needs Linux and gcc.
"""

import asyncio
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.trials.facts import Acknowledged, Writer, point_at, writers
from tests.trials.server_process import Server, SkippedTrialError, Trial, TrialEnvironment, options, run

WRITERS = 16
DATABASE = "trial.db"
NORMAL = """from sqlalchemy import event
from sqlalchemy.pool import Pool


@event.listens_for(Pool, "checkout")
def _sync_less(connection, *_):
    connection.execute("PRAGMA synchronous=NORMAL").close()
"""


class Platter:
    """The folder of a database, with copies of its files as of their last sync."""

    def __init__(self, here: TrialEnvironment) -> None:
        self.folder, self.logs = here.folder.resolve(), here.logs
        self.base = self.folder / DATABASE
        shutil.copy(self.base, self._kept(""))

    def environment(self, *, normal: bool) -> dict[str, str]:
        """Compile the library; return the environment variables for a server that uses it."""
        library = self.logs / "synced.so"
        source = Path(__file__).with_name("synced.c")
        subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"], check=True)
        found = {"LD_PRELOAD": str(library), "SYNCED_FOLDER": f"{self.folder}{os.sep}"}
        if not normal:
            return found
        start = self.logs / "normal"
        start.mkdir()
        (start / "sitecustomize.py").write_text(NORMAL, encoding="utf-8")
        return {**found, "PYTHONPATH": os.pathsep.join(filter(None, [str(start), os.environ.get("PYTHONPATH")]))}

    def _kept(self, end: str) -> Path:
        return self.folder / f"{DATABASE}{end}.synced"

    @property
    def log_is_kept(self) -> bool:
        """Tell whether a sync of the WAL was seen."""
        return self._kept("-wal").exists()

    def rebuild(self) -> None:
        """Replace the files by their copies of the last sync; remove files without a copy."""
        for end in ("", "-wal", "-shm"):
            present = self.folder / f"{DATABASE}{end}"
            present.unlink(missing_ok=True)
            if self._kept(end).exists():
                shutil.copy(self._kept(end), present)


class PowerCut:
    """A trial: cycles of load, a cut, and a check of the writes that were acknowledged since the last cut."""

    def __init__(self, trial: Trial, writer: Writer) -> None:
        self.trial, self.writer = trial, writer
        self.platter = Platter(trial.here)
        self.server: Server = trial.here.server(self.platter.environment(normal=trial.words.normal))
        self.lost: list[Acknowledged] = []
        self.acknowledged = 0
        self.library = ""
        self.cuts = 4 if trial.words.quick else trial.words.cuts

    async def hold(self) -> None:
        self._start()
        for _ in self.trial.progress.track(range(self.cuts), description="power cuts"):
            before = len(self.writer.kept)
            await self._cut()
            self.platter.rebuild()
            self._start()
            await self._look(self.writer.kept[before:])
        self.lost += await self.writer.lost(self.writer.kept)
        self.library = (await self.writer.client.get("/readyz")).json()["database_version"]
        self.server.stop()

    def _start(self) -> None:
        self.server.start()
        point_at([self.writer], self.server.url)

    async def _cut(self) -> None:
        """Write until a random moment, then kill."""
        cut = asyncio.Event()
        load = [asyncio.create_task(self.writer.write_on(cut)) for _ in range(WRITERS)]
        await asyncio.sleep(random.uniform(0.3, 2.5))
        self.server.kill()
        cut.set()
        await asyncio.gather(*load)
        if self.writer.kept and not self.platter.log_is_kept and not self.trial.words.normal:
            raise RuntimeError("No sync of the WAL was seen: SQLite does not call the library's fsync.")

    async def _look(self, latest: list[Acknowledged]) -> None:
        """Read back the writes that were acknowledged since the last cut; a lost write is counted once."""
        lost = await self.writer.lost(latest)
        self.lost += lost
        self.acknowledged += len(latest)
        self.writer.mix.forget(lost)
        self.writer.kept = [kept for kept in self.writer.kept if kept not in lost]


def judge(trial: Trial, cut: PowerCut) -> None:
    verdict = trial.verdict
    verdict.note("SQLite", cut.library)
    verdict.note("cuts", cut.cuts)
    verdict.promise("acknowledged writes", f"{cut.acknowledged:,}", kept=cut.acknowledged > 0)
    verdict.note("answers", dict(cut.writer.statuses))
    verdict.promise("of these lost", len(cut.lost), kept=not cut.lost)
    difference = trial.here.differences()
    verdict.promise("steps against a fresh evaluation", difference or "0 differences", kept=not difference)
    with closing(sqlite3.connect(trial.here.folder / DATABASE)) as database:
        seen = database.execute("PRAGMA integrity_check").fetchall()
    verdict.promise("integrity_check", seen, kept=seen == [("ok",)])


async def power_cut(trial: Trial) -> None:
    if not trial.here.is_sqlite:
        raise SkippedTrialError("PostgreSQL syncs its own files: this trial is about SQLite")
    if not sys.platform.startswith("linux") or shutil.which("gcc") is None:
        raise SkippedTrialError("it needs Linux and gcc")
    async with writers([trial.here.account()]) as [writer]:
        one = PowerCut(trial, writer)
        await one.hold()
        judge(trial, one)


if __name__ == "__main__":
    words = options(__doc__)
    words.add_argument("--cuts", type=int, default=30)
    words.add_argument("--normal", action="store_true", help="run with synchronous=NORMAL: the trial must fail")
    run(words, lambda trial: asyncio.run(power_cut(trial)))
