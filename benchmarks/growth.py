"""Growth with the amount of data: the same requests on data sets of several sizes, whose servers run at the same time.

wrk loads the queue, steps and notes; one client with a keep-alive connection sends all other requests.
"""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.progress import Progress

from benchmarks import compare
from benchmarks.load import DataSet, restore
from benchmarks.operations import Client, Operation, filled, known_of, reads, writes
from benchmarks.report import Line, Report, milliseconds
from benchmarks.servers import Effort, Load, ours, side_by_side

AIM = 1.25
ACCOUNTS = 3


@dataclass
class Place:
    """A data set with its server, and clients with the ids and values that their requests need."""

    data: DataSet
    address: str
    clients: list[tuple[Client, dict[str, str]]]

    @classmethod
    def of(cls, data: DataSet, address: str) -> "Place":
        clients = [Client(address, person) for person in data.loaded.people[:ACCOUNTS]]
        return cls(
            data, address, [(client, known_of(client, next(iter(client.person.interviews)))) for client in clients]
        )

    @property
    def name(self) -> str:
        return f"{self.data.loaded.size:,}"


def report(to: Report, sets: Mapping[int, DataSet], folder: Path, effort: Effort) -> None:
    """Measure each operation on all data sets of one kind of database."""
    kind = next(iter(sets.values())).loaded.kind
    section = f"Growth, {kind}: median of one call with " + ", ".join(f"{size:,}" for size in sets) + " applications"
    with ExitStack() as stack:
        places = []
        for size, data in sets.items():
            logs = folder / f"{kind}-{size}"
            logs.mkdir(exist_ok=True)
            places.append(Place.of(data, stack.enter_context(ours(data.url, logs)).url))
        _by_wrk(to, section, places, folder, effort)
        with Progress(transient=True) as progress:
            for operation in progress.track([*reads(), *writes()], description="Growth"):
                _told(
                    to,
                    section,
                    operation.name,
                    one_by_one(places, operation, min(effort.calls, operation.most)),
                    aim=None,
                )
        for place in places:
            restore(place.data, compare.TEXT)


def _by_wrk(to: Report, section: str, places: list[Place], folder: Path, effort: Effort) -> None:
    kinds = {
        "queue, page of 50": compare.pages,
        "queue by urgency, page of 50": compare.urgent_pages,
        "steps of one application": compare.steps,
        "record a note": compare.note_requests,
    }
    for name, requests in kinds.items():
        loads = [Load(place.name, place.address, requests(place.data.loaded.people)) for place in places]
        seen = side_by_side(loads, folder, effort, connections=(1,))
        failed = sum(one.failed for one in seen.values())
        _told(to, section, f"{name} (wrk, {failed} failed)", [one.latency for one in seen.values()], aim=AIM)


def one_by_one(places: list[Place], operation: Operation, calls: int) -> list[float]:
    """Return the median seconds of one operation for each place; places and accounts take turns."""
    taken: list[list[float]] = [[] for _ in places]
    for number in range(calls + 1):
        for place, times in zip(places, taken, strict=True):
            client, known = place.clients[number % len(place.clients)]
            took = _timed(client, operation, known)
            if number:  # the first call opens connections
                times.append(took)
    return [median(times) for times in taken]


def _timed(client: Client, operation: Operation, known: dict[str, str]) -> float:
    path, body = filled(operation.path, known), filled(operation.body, known) if operation.body else None
    client.refresh()
    began = time.perf_counter()
    status, answer = client.ask(operation.method, path, body)
    took = time.perf_counter() - began
    if status not in (200, 201):
        raise RuntimeError(f"{operation.name}: {status} {answer[:300]!r}")
    if operation.undo:
        made = client.made(answer)
        client.ask("DELETE", f"{operation.undo}/{made}")
    return took


def _told(to: Report, section: str, name: str, medians: list[float], *, aim: float | None) -> None:
    """Add the medians in the order of the sizes, and the ratio of the last to the first."""
    seen = " / ".join(milliseconds(one) for one in medians)
    ratio = medians[-1] / medians[0]
    if aim is None or len(medians) == 1:
        to.add(section, Line(name, seen, "", ratio))
    else:
        to.at_most(section, name, seen, "", ratio, aim)
