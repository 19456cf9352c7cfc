"""The comparisons: the queue and notes of ours beside the floor and the usual way, which must answer the same."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import floor
from benchmarks.load import DataSet, Person
from benchmarks.servers import Load, Seen, ask, side_by_side, wire

PAGE = "/v1/queue?limit=50"
TEXT = "Noted by a benchmark: they asked how the proof rounds were halved."


class DifferentError(Exception):
    """Two servers that are compared do not answer the same."""


def prepare(data: DataSet, address: str) -> None:
    """Give the floor the items that ours answers."""
    answers = {}
    for person in data.loaded.people:
        _, page = ask(address, "/v1/queue?limit=200", person.token)
        answers[person.token] = page["items"]
    floor.fill(data.url, answers)


def check_same(people: Sequence[Person], addresses: Mapping[str, str]) -> int:
    """Raise DifferentError unless all servers answer the same items; return how many were compared."""
    compared = 0
    for person in people:
        pages = {name: _items(address, person) for name, address in addresses.items()}
        for name, items in pages.items():
            if items != pages["ours"]:
                other = next((pair for pair in zip(items, pages["ours"], strict=False) if pair[0] != pair[1]), None)
                raise DifferentError(f"{name} answers {len(items)} items otherwise than ours: {other}")
        compared += len(pages["ours"])
    return compared


def _items(address: str, person: Person) -> list[dict[str, Any]]:
    _, page = ask(address, PAGE, person.token)
    items: list[dict[str, Any]] = page["items"]
    return items


def queue(people: Sequence[Person], addresses: Mapping[str, str], folder: Path, **how: int) -> dict[str, Seen]:
    """Compare a page of 50, and with it what answering nothing costs and what an unchanged page costs."""
    ours = addresses["ours"]
    pages = [wire("GET", PAGE, person.token) for person in people]
    known = []
    for person in people:
        headers, _ = ask(ours, PAGE, person.token)
        known.append(wire("GET", PAGE, person.token, None, f"If-None-Match: {headers['ETag']}"))
    steps = [wire("GET", f"/v1/applications/{id_}/steps", one.token) for one in people for id_ in one.interviews]
    loads = [Load(name, address, pages) for name, address in addresses.items()]
    loads += [
        Load("livez", ours, [wire("GET", "/livez", people[0].token)]),
        Load("unchanged", ours, known),
        Load("steps", ours, steps),
    ]
    return side_by_side(loads, folder, **how)


def notes(people: Sequence[Person], addresses: Mapping[str, str], folder: Path, **how: int) -> dict[str, Seen]:
    """Compare recording a note: in turn for every application of every account, so that none grows much."""
    requests = [
        wire(
            "POST",
            f"/v1/applications/{application}/notes",
            one.token,
            {"kind": "positive", "text": TEXT, "interview_id": interview},
        )
        for one in people
        for application, interview in one.interviews.items()
    ]
    loads = [Load(name, addresses[name], requests) for name in ("ours", "floor")]
    return side_by_side(loads, folder, **how)
