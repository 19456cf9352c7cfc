"""Compare queue and notes of our service with the floor and the usual way; all three must return the same items."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import floor
from benchmarks.load import MEBIBYTE, DataSet, Person
from benchmarks.report import Line, Report, milliseconds
from benchmarks.servers import Effort, Load, Seen, all_three, ask, side_by_side, wire
from tests.trials.server_process import memory

MOST_MEMORY = 150
PAGE = "/v1/queue?limit=50"
URGENT = "/v1/queue?sort=urgency&limit=50"
TEXT = "Noted by a benchmark: they asked how the proof rounds were halved."


class DifferentError(Exception):
    """Two compared servers return different items."""


def prepare(data: DataSet, address: str) -> None:
    """Fill the floor's table with the items that our service returns."""
    answers = {}
    for person in data.loaded.people:
        _, page = ask(address, "/v1/queue?limit=200", person.token)
        answers[person.token] = page["items"]
    floor.fill(data.url, answers)


def check_same(people: Sequence[Person], addresses: Mapping[str, str]) -> int:
    """Raise DifferentError unless all servers return the same items; return the number of items."""
    compared = 0
    for person in people:
        found = {name: ask(address, PAGE, person.token)[1]["items"] for name, address in addresses.items()}
        compared += same(found)
    return compared


def same(found: Mapping[str, list[dict[str, Any]]]) -> int:
    """Raise DifferentError unless all lists are equal in every field; return the number of items."""
    wanted = found["ours"]
    for name, items in found.items():
        if items != wanted:
            pair = next((pair for pair in zip(items, wanted, strict=False) if pair[0] != pair[1]), None)
            raise DifferentError(f"{name} returns {len(items)} items, ours {len(wanted)}; the first difference: {pair}")
    return len(wanted)


def pages(people: Sequence[Person]) -> list[str]:
    return [wire("GET", PAGE, person.token) for person in people]


def urgent_pages(people: Sequence[Person]) -> list[str]:
    return [wire("GET", URGENT, person.token) for person in people]


def steps(people: Sequence[Person]) -> list[str]:
    return [wire("GET", f"/v1/applications/{id_}/steps", one.token) for one in people for id_ in one.interviews]


def note_requests(people: Sequence[Person]) -> list[str]:
    """Return requests for a note on each application of each account in turn, so that no application grows much."""
    return [
        wire(
            "POST",
            f"/v1/applications/{application}/notes",
            one.token,
            {"kind": "positive", "text": TEXT, "interview_id": interview},
        )
        for one in people
        for application, interview in one.interviews.items()
    ]


def unchanged(people: Sequence[Person], address: str) -> list[str]:
    """Return requests for each account's page with the ETag of the current page."""
    tags = [ask(address, PAGE, person.token)[0]["ETag"] for person in people]
    return [
        wire("GET", PAGE, person.token, None, f"If-None-Match: {tag}") for person, tag in zip(people, tags, strict=True)
    ]


def queue(people: Sequence[Person], addresses: Mapping[str, str], folder: Path, effort: Effort) -> dict[str, Seen]:
    """Measure a page of 50 on all servers; on ours also by urgency, unchanged, `/livez` and an application's steps."""
    ours = addresses["ours"]
    loads = [Load(name, address, pages(people)) for name, address in addresses.items()]
    loads += [
        Load("urgency", ours, urgent_pages(people)),
        Load("livez", ours, [wire("GET", "/livez", people[0].token)]),
        Load("unchanged", ours, unchanged(people, ours)),
        Load("steps", ours, steps(people)),
    ]
    return side_by_side(loads, folder, effort)


def notes(people: Sequence[Person], addresses: Mapping[str, str], folder: Path, effort: Effort) -> dict[str, Seen]:
    """Measure recording a note on all servers."""
    loads = [Load(name, address, note_requests(people)) for name, address in addresses.items()]
    return side_by_side(loads, folder, effort)


NAMES = {
    "ours": "queue, page of 50",
    "floor": "the same, floor",
    "usual": "the same, usual way",
    "urgency": "the same, by urgency",
    "unchanged": "the same, unchanged (304)",
    "steps": "steps of one application",
}


def report(to: Report, data: DataSet, folder: Path, effort: Effort) -> None:
    """Compare queue and notes of all servers on one data set."""
    people = data.loaded.people
    section = f"Side by side: {data.loaded.size:,} applications, {data.loaded.kind}"
    with all_three(data.url, folder) as servers:
        prepare(data, servers.addresses["ours"])
        compared = check_same(people, servers.addresses)
        to.note(section, "items that are equal in all three answers", f"{compared:,}")
        seen = queue(people, servers.addresses, folder, effort)
        written = notes(people, servers.addresses, folder, effort)
        held = memory(servers.ours.pid, "VmRSS") / MEBIBYTE
    for name, one in seen.items():
        to.note(section, f"{NAMES.get(name, name)}, 1 connection", milliseconds(one.latency))
    _reads(to, section, seen)
    _writes(to, section, written)
    failed = sum(one.failed for one in (*seen.values(), *written.values()))
    to.promise(section, "answers other than 2xx and 304", f"{failed:,}", kept=failed == 0)
    asked = seen["ours"].count + written["ours"].count
    what = f"memory of our one worker after {asked:,} pages and notes"
    to.at_most(section, what, f"{held:.0f} MiB", f"{MOST_MEMORY} MiB", held / MOST_MEMORY, 1)


def _reads(to: Report, section: str, seen: Mapping[str, Seen]) -> None:
    ours, livez = seen["ours"], seen["livez"]
    figures = milliseconds(ours.latency), milliseconds(livez.latency)
    to.add(section, Line("queue against livez, 1 connection", *figures, ours.latency / livez.latency))
    urgency = seen["urgency"]
    figures = milliseconds(urgency.latency), milliseconds(ours.latency)
    what = "queue by urgency against the queue by deadline"
    to.at_most(section, f"{what}, 1 connection", *figures, urgency.latency / ours.latency, 1.1)
    to.at_most(section, f"{what}, 8 connections", per_second(urgency), per_second(ours), ours.rate / urgency.rate, 1.1)
    pairs = (
        ("queue against the usual way", "ours", "usual", 2.5),
        ("queue against the floor", "ours", "floor", 0.45),
        ("unchanged queue against livez", "unchanged", "livez", 0.5),
    )
    for what, first, second, aim in pairs:
        one, other = seen[first], seen[second]
        rates = per_second(one), per_second(other)
        to.at_least(section, f"{what}, 8 connections", *rates, one.rate / other.rate, aim)
        latencies = milliseconds(one.latency), milliseconds(other.latency)
        to.at_least(section, f"{what}, 1 connection", *latencies, other.latency / one.latency, aim)


def _writes(to: Report, section: str, seen: Mapping[str, Seen]) -> None:
    ours, bare, usual = seen["ours"], seen["floor"], seen["usual"]
    latencies = milliseconds(ours.latency), milliseconds(bare.latency)
    what = "recording a note against a bare insert and commit"
    to.at_most(section, f"{what}, 1 connection", *latencies, ours.latency / bare.latency, 3)
    to.at_most(section, f"{what}, 8 connections", per_second(ours), per_second(bare), bare.rate / ours.rate, 3)
    what = "the same against the usual way's bare insert"
    latencies = milliseconds(ours.latency), milliseconds(usual.latency)
    to.add(section, Line(f"{what}, 1 connection", *latencies, ours.latency / usual.latency))
    to.add(section, Line(f"{what}, 8 connections", per_second(ours), per_second(usual), usual.rate / ours.rate))


def per_second(seen: Seen) -> str:
    return f"{seen.rate:,.0f}/s"
