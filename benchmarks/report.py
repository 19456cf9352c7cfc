"""What was measured, as one table on the terminal and in RESULTS.md, beside what was aimed at."""

import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from api.storage.engine import SQLITE_VERSION

RESULTS = Path(__file__).with_name("RESULTS.md")
PACKAGES = ("fastapi", "starlette", "uvicorn", "sqlmodel", "sqlalchemy", "pydantic", "psycopg")


@dataclass(frozen=True)
class Line:
    """One thing that was measured. `kept` says whether what was aimed at was reached, None where nothing was."""

    what: str
    seen: str
    beside: str = ""
    ratio: float | None = None
    aim: str = ""
    kept: bool | None = None


@dataclass
class Report:
    """The lines of a run by heading, in the order in which they were measured."""

    sections: dict[str, list[Line]] = field(default_factory=dict)
    versions: list[str] = field(default_factory=list)

    def add(self, section: str, line: Line) -> None:
        self.sections.setdefault(section, []).append(line)

    def note(self, section: str, what: str, seen: str) -> None:
        """Tell a figure that nothing was aimed at."""
        self.add(section, Line(what, seen))

    def promise(self, section: str, what: str, seen: str, *, kept: bool) -> None:
        """Tell what must be so."""
        self.add(section, Line(what, seen, aim="must be so", kept=kept))

    def at_least(self, section: str, what: str, seen: str, beside: str, ratio: float, aim: float) -> None:
        self.add(section, Line(what, seen, beside, ratio, f"at least {aim:g}", ratio >= aim))

    def at_most(self, section: str, what: str, seen: str, beside: str, ratio: float, aim: float) -> None:
        self.add(section, Line(what, seen, beside, ratio, f"at most {aim:g}", ratio <= aim))

    def show(self) -> None:
        table = Table("", "seen", "beside", "ratio", "aim", "", title="Benchmarks", title_justify="left")
        for section, lines in self.sections.items():
            table.add_section()
            table.add_row(f"[bold]{section}[/]")
            for line in lines:
                verdict = {None: "", True: "reached", False: "[bold red]MISSED[/]"}[line.kept]
                table.add_row(line.what, line.seen, line.beside, _ratio(line), line.aim, verdict)
        Console(width=None if sys.stdout.isatty() else 170).print(table)

    def write(self, how: str, path: Path = RESULTS) -> None:
        """Write the results anew, with the machine, the date and the versions."""
        lines = ["# Results of the benchmarks", "", *_environment(how, self.versions), ""]
        for section, found in self.sections.items():
            lines += [f"## {section}", "", "| | seen | beside | ratio | aim | |", "|---|---|---|---|---|---|"]
            for line in found:
                verdict = {None: "", True: "reached", False: "**missed**"}[line.kept]
                lines.append(f"| {line.what} | {line.seen} | {line.beside} | {_ratio(line)} | {line.aim} | {verdict} |")
            lines.append("")
        path.write_text("\n".join(lines), encoding="utf-8")


def _ratio(line: Line) -> str:
    return "" if line.ratio is None else f"{line.ratio:.2f}"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"


def _environment(how: str, versions: Sequence[str]) -> list[str]:
    """Return what the figures depend on; nothing that names the machine."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    wrk = _first_line(["wrk", "-v"]).partition(" [")[0]
    return [
        f"- {datetime.now(UTC):%-d %B %Y}, `{how}`.",
        f"- {_processor()}, {_cores()} cores, {_memory():.0f} GiB of memory, {platform.system()} {platform.machine()}.",
        f"- Python {platform.python_version()}, SQLite {SQLITE_VERSION}, {', '.join([*versions, wrk])}; {packages}.",
        "- Every ratio is of figures measured side by side in one run, round by round in turn; figures are medians.",
    ]


def _first_line(words: Sequence[str]) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).partition("\n")[0].strip()


def _read(path: str, name: str, read: Callable[[str], str]) -> str:
    lines = Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []
    return next((read(line) for line in lines if line.startswith(name)), "unknown")


def _processor() -> str:
    return _read("/proc/cpuinfo", "model name", lambda line: line.partition(":")[2].strip())


def _cores() -> int:
    return Path("/proc/cpuinfo").read_text(encoding="utf-8").count("processor\t:")


def _memory() -> float:
    return int(_read("/proc/meminfo", "MemTotal", lambda line: line.split()[1])) / (1 << 20)
