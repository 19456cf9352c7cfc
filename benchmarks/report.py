"""The report of a run: measurements and aims, as a table on the terminal and in RESULTS.md."""

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
    """One measurement. `kept`: whether its aim was reached, None without an aim."""

    what: str
    seen: str
    beside: str = ""
    ratio: float | None = None
    aim: str = ""
    kept: bool | None = None


@dataclass
class Report:
    """The measurements of a run by heading, in their order."""

    sections: dict[str, list[Line]] = field(default_factory=dict)
    versions: list[str] = field(default_factory=list)

    def add(self, section: str, line: Line) -> None:
        self.sections.setdefault(section, []).append(line)

    def note(self, section: str, what: str, seen: str) -> None:
        """Add a measurement without an aim."""
        self.add(section, Line(what, seen))

    def promise(self, section: str, what: str, seen: str, *, kept: bool) -> None:
        """Add a required result."""
        self.add(section, Line(what, seen, aim="required", kept=kept))

    def at_least(self, section: str, what: str, seen: str, beside: str, ratio: float, aim: float) -> None:
        self.add(section, Line(what, seen, beside, ratio, f"at least {aim:g}", ratio >= aim))

    def at_most(self, section: str, what: str, seen: str, beside: str, ratio: float, aim: float) -> None:
        self.add(section, Line(what, seen, beside, ratio, f"at most {aim:g}", ratio <= aim))

    def show(self) -> None:
        table = Table("", "measured", "reference", "ratio", "aim", "", title="Benchmarks", title_justify="left")
        for section, lines in self.sections.items():
            table.add_section()
            table.add_row(f"[bold]{section}[/]")
            for line in lines:
                verdict = {None: "", True: "reached", False: "[bold red]MISSED[/]"}[line.kept]
                table.add_row(line.what, line.seen, line.beside, _ratio(line), line.aim, verdict)
        Console(width=None if sys.stdout.isatty() else 170).print(table)

    def write(self, how: str, path: Path = RESULTS) -> None:
        """Overwrite the results, with the date, the machine and the versions."""
        lines = ["# Results of the benchmarks", "", *_environment(how, self.versions), ""]
        for section, found in self.sections.items():
            lines += [f"## {section}", "", "| | measured | reference | ratio | aim | |", "|---|---|---|---|---|---|"]
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
    """Return the date, hardware and versions that the measurements depend on, without the host name."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    wrk = _first_line(["wrk", "-v"]).partition(" [")[0]
    return [
        f"- {datetime.now(UTC):%-d %B %Y}, `{how}`.",
        f"- {_processor()}, {_cores()} cores, {_memory():.0f} GiB of memory, {platform.system()} {platform.machine()}.",
        f"- Python {platform.python_version()}, SQLite {SQLITE_VERSION}, {', '.join([*versions, wrk])}; {packages}.",
        "- Both figures of a ratio were measured in the same run, in alternating rounds; all figures are medians.",
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
