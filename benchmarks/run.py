"""Run all benchmarks and write RESULTS.md: `python -m benchmarks.run`, or `make bench`.

Data sets are loaded, or reused from the folder of `--data`. The servers run as separate processes, and the load comes
from outside. `--quick` uses the smallest size and short rounds; it only shows that the benchmarks work.
"""

import re
import shlex
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks import accounts, compare, growth, plans, rejudging, rules, startup, workers
from benchmarks.load import KINDS, NOTICE, SIZES, DataSet, data_set, database, restore
from benchmarks.report import Report
from benchmarks.servers import QUICK, WHOLE, Effort, needed

PARTS = ("rules", "startup", "load", "compare", "growth", "accounts", "plans", "workers", "rejudge")
LOAD_AIM = 1_500


def loading(to: Report, data: DataSet) -> None:
    """Add the time of loading, which was stored with the data set."""
    told, section = data.loaded, "Bulk loading with rules"
    seconds = told.processor if told.kind == "sqlite" else told.seconds
    what = f"{told.size:,} applications, {told.kind}, one process"
    seen = f"{told.size / seconds:,.0f} a second ({told.seconds:,.0f} s)"
    to.at_least(section, what, seen, f"{LOAD_AIM:,} a second", told.size / seconds / LOAD_AIM, 1)
    to.note(section, "memory before and after", f"{told.memory_before:.0f} / {told.memory_after:.0f} MiB")


def version_of(data: DataSet) -> list[str]:
    """Return the version of a PostgreSQL server; an empty list for SQLite."""
    with database(data.url) as target, target.engine.connect() as connection:
        return [] if target.is_sqlite else [f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar()}"]


Part = Callable[[], None]


def parts_of(
    to: Report, sets: Mapping[int, DataSet], given: Namespace, effort: Effort, folder: Path
) -> Iterator[tuple[str, Part]]:
    """Yield the parts for the data sets of one kind of database, in order."""
    largest, smallest = sets[max(sets)], sets[min(sets)]
    for data in sets.values():
        yield "load", partial(loading, to, data)
        yield "compare", partial(compare.report, to, data, folder, effort)
        yield "compare", partial(restore, data, compare.TEXT)
    yield "growth", partial(growth.report, to, sets, folder, effort)
    yield "accounts", partial(accounts.report, to, largest.loaded.kind, folder, quick=given.quick)
    yield "plans", partial(plans.report, to, largest, aloud=given.plans)
    if not largest.url.startswith("sqlite"):
        yield "workers", partial(workers.scaling, to, largest, folder, effort)
    yield "workers", partial(workers.correctness, to, smallest, folder, effort)
    yield "rejudge", partial(rejudging.report, to, largest)


def options() -> Namespace:
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="use the smallest size and short rounds; write nothing")
    parser.add_argument("--sizes", type=int, nargs="+", help="numbers of applications (default: 1000 100000 1000000)")
    parser.add_argument("--database", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--data", type=Path, help="keep data sets in this folder, and reuse them")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="run only these parts")
    parser.add_argument("--rounds", type=int, help=f"rounds of load for each median (at most {WHOLE.rounds})")
    parser.add_argument("--plans", action="store_true", help="print all query plans")
    return parser.parse_args()


def command_line(words: Sequence[str]) -> str:
    """Return the command without the folder of this machine."""
    line = shlex.join(["python", "-m", "benchmarks.run", *words])
    return re.sub(r"--data[ =]\S+", "--data FOLDER", line)


def write(to: Report, given: Namespace) -> None:
    """Write the results, unless the run is quick."""
    if not given.quick:
        to.write(command_line(sys.argv[1:]))


def main() -> None:
    """Measure and report."""
    given = options()
    needed()
    effort = QUICK if given.quick else WHOLE
    effort = replace(effort, rounds=given.rounds or effort.rounds)
    sizes = sorted(given.sizes or (SIZES[:1] if given.quick else SIZES))
    to = Report()
    with tempfile.TemporaryDirectory(prefix="afterword-bench-") as temporary:
        folder = Path(temporary)
        if "rules" in given.parts:
            rules.report(to, quick=given.quick)
        if "startup" in given.parts:
            startup.report(to, folder, effort)
        for kind in given.database:
            with ExitStack() as stack:
                sets = {size: stack.enter_context(data_set(kind, size, given.data or folder)) for size in sizes}
                to.versions += version_of(sets[max(sets)])
                for name, part in parts_of(to, sets, given, effort, folder):
                    if name in given.parts:
                        NOTICE.print(f"Measuring {name} on {kind} …")
                        part()
                        write(to, given)  # results so far are kept if the run is interrupted
    write(to, given)
    to.show()


if __name__ == "__main__":
    main()
