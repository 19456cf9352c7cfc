"""Several processes: the gain of a second worker on PostgreSQL, and correct steps when two processes write at once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from benchmarks import compare
from benchmarks.load import DataSet, Person, restore
from benchmarks.report import Report
from benchmarks.servers import Effort, Load, environment, ours, run, side_by_side, wire

READS_A_WRITE = 4


def mixed(people: list[Person]) -> list[str]:
    """Return four reads for each note."""
    pages, steps, notes = compare.pages(people), compare.steps(people), compare.note_requests(people)
    found = []
    for number, note in enumerate(notes):
        found += [note, *(steps[(number * 3 + n) % len(steps)] for n in range(READS_A_WRITE - 1))]
        found.append(pages[number % len(pages)])
    return found


def scaling(to: Report, data: DataSet, folder: Path, effort: Effort) -> None:
    """Compare one and two workers on PostgreSQL in the same run."""
    with ExitStack() as stack:
        loads = [
            Load(f"{count}", stack.enter_context(ours(data.url, folder, count)).url, mixed(data.loaded.people))
            for count in (1, 2)
        ]
        seen = side_by_side(loads, folder, effort, connections=(8,))
    restore(data, compare.TEXT)
    one, two = seen["1"], seen["2"]
    section = "Several processes"
    what = f"{data.loaded.kind}: two workers against one, four reads to a write, {one.failed + two.failed} refused"
    to.at_least(section, what, f"{two.rate:,.0f}/s", f"{one.rate:,.0f}/s", two.rate / one.rate, 1)


def correctness(to: Report, data: DataSet, folder: Path, effort: Effort) -> None:
    """Write to one database from two processes at once, then compare the stored steps with a fresh evaluation."""
    people = data.loaded.people
    searches = [
        wire("POST", "/v1/search-activities", one.token, {"kind": "event", "note": compare.TEXT}) for one in people
    ]
    requests = [
        request for pair in zip(compare.note_requests(people), searches * 100, strict=False) for request in pair
    ]
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        places = []
        for number in range(2):
            place = folder / f"worker-{number}"
            place.mkdir()
            address = stack.enter_context(ours(data.url, place)).url
            places.append(Load(f"{number}", address, requests[number:] + requests[:number]))
        loaded = pool.map(lambda load: side_by_side([load], folder, effort, connections=(8,)), places)
        failed = sum(one.failed for seen in loaded for one in seen.values())
    done = run(environment(data.url), "steps", "check")
    kept = done.returncode == 0 and ", 0 differences" in done.words
    restore(data, compare.TEXT)
    what = f"{data.loaded.kind}: steps after two processes wrote at once, {failed} refused"
    to.promise("Several processes", what, done.words.strip().rpartition(", ")[2], kept=kept)
