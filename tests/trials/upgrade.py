"""Upgrade a database with data from an older commit: `python -m tests.trials.upgrade --since COMMIT`.

The server of that commit, from `git archive`, is filled over HTTP with simulated accounts and stopped. This version
migrates the database and serves it. All that the lists of facts showed before is there with the same values, no step
differs from a fresh evaluation, the search index equals the texts, and each account can write.

It runs with the packages that are installed now, so the commit must work with them.
"""

import io
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests import simulated_account
from tests.trials.server_process import (
    ANNOUNCED,
    ROOT,
    SkippedTrialError,
    Trial,
    TrialEnvironment,
    milliseconds,
    options,
    run,
    wait_until,
)

LISTS = ("applications", "contacts", "references", "search-activities")
UNDER_AN_APPLICATION = ("stages", "interviews", "notes", "letters", "references", "follow-ups", "offers")
# A new version of the rules, of a representation or of a text may change them.
CHANGING = {"etag", "updated_at", "warnings"}
PASSWORD = "tall grey horse"  # of accounts that the trial deletes
Facts = dict[str, Any]


def unpacked(commit: str, folder: Path) -> Path:
    """Extract the code of a commit; return its folder."""
    command = ["git", "-C", str(ROOT), "archive", commit, "api", "migrations", "alembic.ini"]
    archive = subprocess.run(command, capture_output=True, check=False)
    if archive.returncode:
        raise SkippedTrialError(f"git has no commit {commit} here: {archive.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


class Older:
    """The version of a commit on the database of the trial."""

    def __init__(self, here: TrialEnvironment, folder: Path) -> None:
        self.folder = folder
        self.environment = {**here.environment, "PYTHONPATH": str(folder)}
        self.log = here.logs / "older.log"

    def migrate(self) -> None:
        self._command("migrate")

    def serve(self, filled: Any) -> None:
        """Serve while a function runs that gets the address."""
        command = [sys.executable, "-m", "api", "serve", "--port", "0"]
        with (
            self.log.open("wb") as log,
            subprocess.Popen(command, env=self.environment, stderr=log, cwd=self.folder) as server,
        ):
            try:
                wait_until(lambda: bool(ANNOUNCED.search(self.log.read_bytes())), "the older server starts", 300)
                announced = ANNOUNCED.search(self.log.read_bytes())
                assert announced
                filled(announced[1].decode())
            finally:
                server.terminate()

    def _command(self, *words: str) -> None:
        command = [sys.executable, "-m", "api", *words]
        subprocess.run(command, env=self.environment, cwd=self.folder, check=True, capture_output=True)


class Patient(httpx.HTTPTransport):
    """Sends a request again that got 503, which has no effect, because a busy machine is no finding."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for _ in range(60):
            answer = super().handle_request(request)
            if answer.status_code != 503:
                return answer
            answer.close()
            time.sleep(1)
        return answer


@contextmanager
def opened(url: str, number: int, *, new: bool) -> Iterator[httpx.Client]:
    """Yield a client of an account; `new` opens the account."""
    person = {"email": f"person{number}@example.com", "password": PASSWORD}
    with httpx.Client(base_url=url, timeout=120, transport=Patient()) as client:
        if new:
            named = {**person, "full_name": "Sam Doe", "time_zone": simulated_account.ZONE}
            client.post("/v1/users", json=named).raise_for_status()
        token = client.post("/v1/sessions", json=person).raise_for_status().json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def items(client: httpx.Client, path: str) -> Iterator[Facts]:
    """Yield the objects of a list over all its pages."""
    cursor: str | None = ""
    while cursor is not None:
        query: dict[str, int | str] = {"limit": 200, **({"cursor": cursor} if cursor else {})}
        page = client.get(path, params=query).raise_for_status().json()
        yield from page["items"]
        cursor = page["next_cursor"]


def facts(client: httpx.Client) -> Facts:
    """Return all facts of an account by their address."""
    found: Facts = {"/v1/me": client.get("/v1/me").json()}
    paths = [f"/v1/{name}" for name in LISTS]
    for application in items(client, "/v1/applications"):
        paths += [f"/v1/applications/{application['id']}/{name}" for name in UNDER_AN_APPLICATION]
    for path in paths:
        found |= {f"{path}#{number}": item for number, item in enumerate(items(client, path))}
    return found


def lost(before: Any, after: Any, where: str) -> Iterator[str]:
    """Yield where something that was there is missing or has another value; new keys are allowed."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in before.keys() - CHANGING:
            if name not in after:
                yield f"{where}/{name}: missing"
            else:
                yield from lost(before[name], after[name], f"{where}/{name}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from lost(one, other, f"{where}/{index}")
    elif before != after:
        yield f"{where}: {before!r} became {after!r}"


def upgraded(trial: Trial, here: TrialEnvironment, folder: Path) -> None:
    """Fill the older version, migrate, serve, compare."""
    accounts, before = (1 if trial.words.quick else trial.words.accounts), list[Facts]()
    older = Older(here, unpacked(trial.words.since, folder))
    older.migrate()

    def fill(url: str) -> None:
        for number in range(accounts):
            with opened(url, number, new=True) as client:
                simulated_account.simulate(client)  # type: ignore[arg-type]  # it needs `request` alone
                before.append(facts(client))

    older.serve(fill)
    began = time.monotonic()
    migrated = here.run("migrate")
    seconds = time.monotonic() - began
    server = here.server()
    server.start()
    missing, unwritten = list[str](), 0
    for number, facts_before in enumerate(before):
        with opened(server.url, number, new=False) as client:
            wait_until(lambda c=client: not c.get("/v1/queue/summary").json()["recomputing"], "judged again", 300)  # type: ignore[misc]
            missing += lost(facts_before, facts(client), f"account {number}")
            made = client.post("/v1/applications", json={"company": "After the upgrade", "role": "Editor"})
            unwritten += made.status_code != 201
    server.stop()
    told(trial, here, migrated, (accounts, sum(map(len, before)), seconds), (missing, unwritten))


def told(
    trial: Trial,
    here: TrialEnvironment,
    migrated: subprocess.CompletedProcess[str],
    size: tuple[int, int, float],
    found: tuple[list[str], int],
) -> None:
    """Write the table, after the checks of the command line."""
    (accounts, count, seconds), (missing, unwritten), verdict = size, found, trial.verdict
    steps, index = here.run("steps", "check"), here.run("search", "rebuild", "--check")
    verdict.note("facts before", f"{count:,} of {accounts} accounts")
    verdict.promise("migrated", migrated.stderr.strip()[-200:], kept=migrated.returncode == 0)
    verdict.note("that took", milliseconds(seconds))
    verdict.promise("facts lost or changed", "\n".join(missing[:8]) or "0", kept=not missing)
    verdict.promise("steps against a fresh evaluation", steps.stderr.strip(), kept=" 0 differences" in steps.stderr)
    verdict.promise("search index against the texts", index.stderr.strip(), kept=index.returncode == 0)
    verdict.promise("accounts that cannot write", unwritten, kept=not unwritten)


def upgrade(trial: Trial) -> None:
    """Hold the trial on a database of its own, because the trial's is at head already."""
    folder = trial.here.folder / "older"
    folder.mkdir()
    if trial.here.is_sqlite:
        trial.here.url = f"sqlite:///{folder / 'upgraded.db'}"
    elif trial.here.postgres is not None:
        trial.here.url = emptied(trial.here)
    else:
        raise SkippedTrialError("name sqlite or postgresql: the trial needs a database that it creates")
    upgraded(trial, trial.here, folder)


def emptied(here: TrialEnvironment) -> str:
    """Empty the trial's PostgreSQL database; return its URL."""
    with psycopg.connect(here.url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return here.url


if __name__ == "__main__":
    parser = options(__doc__)
    parser.add_argument("--since", required=True, help="the commit to upgrade from")
    parser.add_argument("--accounts", type=int, default=3)
    run(parser, upgrade)
