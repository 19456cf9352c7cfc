"""Measures everything and writes RESULTS.md: `python -m benchmarks.run`, or `make bench`.

Data sets are loaded, or taken from the folder of `--data`; the servers are started as users start them and loaded from
outside. `--quick` takes the smallest size and short rounds: it shows that all of it works.
"""

import shlex
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path

from benchmarks import compare
from benchmarks.load import KINDS, NOTICE, SIZES, DataSet, data_set
from benchmarks.report import Report, milliseconds
from benchmarks.servers import Seen, all_three, needed


def per_second(seen: Seen) -> str:
    return f"{seen.rate:,.0f}/s"


def compared(report: Report, data: DataSet, how: dict[str, int]) -> None:
    """Measure the queue and notes side by side on one data set."""
    people = data.loaded.people
    section = f"Side by side: {data.loaded.size:,} applications, {data.loaded.kind}"
    with tempfile.TemporaryDirectory(prefix="afterword-bench-") as temporary:
        folder = Path(temporary)
        with all_three(data.url, folder) as addresses:
            compare.prepare(data, addresses["ours"])
            same = compare.check_same(people, addresses)
            report.note(section, "items that all three answer alike", f"{same:,}")
            seen = compare.queue(people, addresses, folder, **how)
            notes = compare.notes(people, addresses, folder, **how)
    for name, one in seen.items():
        report.note(section, f"{NAMES.get(name, name)}, 1 connection", milliseconds(one.latency))
    _ratios(report, section, seen, notes)
    failed = sum(one.failed for one in (*seen.values(), *notes.values()))
    report.note(section, "answers other than 2xx and 304", f"{failed:,}")


NAMES = {
    "ours": "queue, page of 50",
    "floor": "the same, floor",
    "usual": "the same, usual way",
    "unchanged": "the same, unchanged (304)",
    "steps": "steps of one application",
}


def _ratios(report: Report, section: str, seen: dict[str, Seen], notes: dict[str, Seen]) -> None:
    ours = per_second(seen["ours"])
    for what, beside, aim in (("usual way", "usual", 2.5), ("floor", "floor", 0.45)):
        ratio = seen["ours"].rate / seen[beside].rate
        report.at_least(
            section, f"queue, 8 connections, against the {what}", ours, per_second(seen[beside]), ratio, aim
        )
    unchanged, livez = seen["unchanged"], seen["livez"]
    ratio = unchanged.rate / livez.rate
    report.at_least(
        section,
        "unchanged queue (304), 8 connections, against livez",
        per_second(unchanged),
        per_second(livez),
        ratio,
        0.5,
    )
    noted, bare = notes["ours"], notes["floor"]
    ratio = noted.latency / bare.latency
    seen_at = milliseconds(noted.latency), milliseconds(bare.latency)
    report.at_most(section, "recording a note, 1 connection, against a bare insert", *seen_at, ratio, 3)
    ratio = bare.rate / noted.rate
    report.at_most(
        section, "recording a note, 8 connections, against a bare insert", per_second(noted), per_second(bare), ratio, 3
    )


def words() -> Namespace:
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="the smallest size and short rounds")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--database", nargs="+", choices=KINDS, default=["sqlite"])
    parser.add_argument("--data", type=Path, help="keep data sets in this folder, or take them from it")
    return parser.parse_args()


def main() -> None:
    """Measure and report."""
    given = words()
    needed()
    how = {"rounds": 1, "seconds": 1} if given.quick else {"rounds": 5, "seconds": 4}
    report = Report()
    for kind in given.database:
        for size in given.sizes[:1] if given.quick else given.sizes:
            with data_set(kind, size, given.data) as data:
                NOTICE.print(f"Measuring {size:,} applications on {kind} …")
                compared(report, data, how)
    report.show()
    if not given.quick:
        report.write(f"python -m benchmarks.run {shlex.join(sys.argv[1:])}")


if __name__ == "__main__":
    main()
