"""Measures everything and writes RESULTS.md: `python -m benchmarks.run`, or `make bench`.

Data sets are loaded, or taken from the folder of `--data`; the servers are started as users start them and loaded from
outside. `--quick` takes the smallest size and short rounds: it shows that all of it works.
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

from benchmarks import compare, growth, plans, rejudging, rules, startup, workers
from benchmarks.load import KINDS, NOTICE, SIZES, DataSet, data_set, database, restore
from benchmarks.report import Report
from benchmarks.servers import QUICK, WHOLE, Effort, needed

PARTS = ("rules", "startup", "load", "compare", "growth", "plans", "workers", "rejudge")
LOAD_AIM = 1_500


def loading(to: Report, data: DataSet) -> None:
    """Tell what loading took, now or when the data set was made."""
    told, section = data.loaded, "Bulk loading with rules"
    seconds = told.processor if told.kind == "sqlite" else told.seconds
    what = f"{told.size:,} applications, {told.kind}, one process"
    seen = f"{told.size / seconds:,.0f} a second ({told.seconds:,.0f} s)"
    to.at_least(section, what, seen, f"{LOAD_AIM:,} a second", told.size / seconds / LOAD_AIM, 1)
    to.note(section, "its memory before and after", f"{told.memory_before:.0f} / {told.memory_after:.0f} MiB")


def version_of(data: DataSet) -> list[str]:
    """Return the version of a database that is a server."""
    with database(data.url) as target, target.engine.connect() as connection:
        return [] if target.is_sqlite else [f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar()}"]


Part = Callable[[], None]


def parts_of(
    to: Report, sets: Mapping[int, DataSet], given: Namespace, effort: Effort, folder: Path
) -> Iterator[tuple[str, Part]]:
    """Return what is measured on the data sets of one kind of database, in its order."""
    largest, smallest = sets[max(sets)], sets[min(sets)]
    for data in sets.values():
        yield "load", partial(loading, to, data)
        yield "compare", partial(compare.report, to, data, folder, effort)
        yield "compare", partial(restore, data, compare.TEXT)
    yield "growth", partial(growth.report, to, sets, folder, effort)
    yield "plans", partial(plans.report, to, largest, aloud=given.plans)
    if not largest.url.startswith("sqlite"):
        yield "workers", partial(workers.scaling, to, largest, folder, effort)
    yield "workers", partial(workers.correctness, to, smallest, folder, effort)
    yield "rejudge", partial(rejudging.report, to, largest)


def options() -> Namespace:
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="the smallest size and short rounds; writes nothing")
    parser.add_argument("--sizes", type=int, nargs="+", help="1000 100000 1000000 if not said otherwise")
    parser.add_argument("--database", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--data", type=Path, help="keep data sets in this folder, or take them from it")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="only these")
    parser.add_argument(
        "--rounds", type=int, help=f"rounds of load, of which medians are taken: {WHOLE.rounds} or fewer"
    )
    parser.add_argument("--plans", action="store_true", help="print the plan of every hot statement")
    return parser.parse_args()


def command_line(words: Sequence[str]) -> str:
    """Return the command as anybody would repeat it: without this machine's folder."""
    line = shlex.join(["python", "-m", "benchmarks.run", *words])
    return re.sub(r"--data[ =]\S+", "--data FOLDER", line)


def write(to: Report, given: Namespace) -> None:
    """Write what was seen; a quick run shows nothing worth keeping."""
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
                        write(to, given)  # what was seen so far stays, should the rest be interrupted
    write(to, given)
    to.show()


if __name__ == "__main__":
    main()
