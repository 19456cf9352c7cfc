"""Growth with the size of one account: the same requests with 10, 100 and 1,000 applications in one account.

The accounts share a database and a server, and take turns. Each write is later than all that was recorded before, so
that step 7 of all other applications moves.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.load import Person, analyze, database, load_account
from benchmarks.operations import Client, filled, known_of
from benchmarks.report import Report, milliseconds
from benchmarks.servers import ours
from tests.trials.server_process import Postgres

SIZES = (10, 100, 1_000)
CALLS, QUICK_CALLS = 15, 3
UNDER = "/v1/applications/{application}"
FLAT, GROWING = 1.1, 3.0
Request = tuple[str, str, str, dict[str, object], float]
READS: tuple[Request, ...] = tuple(
    (name, "GET", f"/v1/queue?limit=10{more}", {}, 1.25)
    for name, more in (
        ("queue, page of 10", ""),
        ("queue by urgency, page of 10", "&sort=urgency"),
        ("queue, only stale steps, page of 10", "&stale=only"),
    )
)
WRITES: tuple[Request, ...] = (
    ("note", "POST", f"{UNDER}/notes", {"kind": "general", "text": "A note."}, FLAT),
    ("letter", "POST", f"{UNDER}/letters", {"kind": "other"}, FLAT),
    ("follow-up", "POST", f"{UNDER}/follow-ups", {"direction": "out", "channel": "email", "outcome": "emailed"}, FLAT),
    ("search activity", "POST", "/v1/search-activities", {"kind": "search"}, GROWING),
    ("interview", "POST", f"{UNDER}/interviews", {"starts_at": "{later}"}, GROWING),
    ("stage", "POST", f"{UNDER}/stages", {"stage": "interviewing"}, GROWING),
    ("application", "POST", "/v1/applications", {"company": "A", "role": "B", "applied_on": "{today}"}, GROWING),
    ("policy", "PATCH", "/v1/me/policy", {"search_days": "{days}"}, GROWING),
    ("zone", "PATCH", "/v1/me", {"time_zone": "{zone}"}, GROWING),
)


@contextmanager
def loaded(kind: str, folder: Path) -> Iterator[tuple[str, list[Person]]]:
    """Yield the URL of a database with one account of each size."""
    postgres = Postgres(folder / "cluster") if kind == "postgresql" else None
    url = postgres.url if postgres else f"sqlite:///{folder / 'data.db'}"
    try:
        with database(url) as target:
            target.migrate()
            people = []
            for number, size in enumerate(SIZES):
                with target.write(datetime.now(UTC).replace(microsecond=0)) as session:
                    person = load_account(session, number, measured=True, applications=size)
                people += [person] if person else []
            analyze(target)
        yield url, people
    finally:
        if postgres is not None:
            postgres.close()


def report(to: Report, kind: str, folder: Path, *, quick: bool) -> None:
    """Measure each request in the accounts, which take turns, and compare the largest with the smallest."""
    section = f"Size of one account, {kind}: median of one call with " + ", ".join(f"{size:,}" for size in SIZES)
    with (
        tempfile.TemporaryDirectory(dir=folder) as temporary,
        loaded(kind, Path(temporary)) as (url, people),
        ours(url, Path(temporary)) as server,
    ):
        clients = [Client(server.url, person) for person in people]
        known = [known_of(client, next(iter(client.person.interviews))) for client in clients]
        for name, method, path, body, aim in (*READS, *WRITES):
            rounds = [
                [
                    _timed(one, method, filled(path, mine), _body(body, call))
                    for one, mine in zip(clients, known, strict=True)
                ]
                for call in range((QUICK_CALLS if quick else CALLS) + 1)
            ]
            medians = [median(taken) for taken in zip(*rounds[1:], strict=True)]  # the first call opens connections
            seen = " / ".join(milliseconds(one) for one in medians)
            to.at_most(section, name, seen, "", medians[-1] / medians[0], aim)


def _body(body: dict[str, object], call: int) -> dict[str, object]:
    """Return the body of one call: dates are later and settings are others than in the call before."""
    now = datetime.now(UTC).replace(microsecond=0)
    values: dict[object, object] = {
        "{later}": (now + timedelta(days=30, minutes=call)).isoformat(),
        "{today}": now.date().isoformat(),
        "{days}": 5 + call % 2,
        "{zone}": ("Asia/Tokyo", "Europe/Berlin")[call % 2],
    }
    return {name: values.get(value, value) for name, value in body.items()}


def _timed(client: Client, method: str, path: str, body: dict[str, object]) -> float:
    client.refresh()
    began = time.perf_counter()
    status, answer = client.ask(method, path, body or None)
    took = time.perf_counter() - began
    if status not in (200, 201):
        raise RuntimeError(f"{method} {path}: {status} {answer[:300]!r}")
    return took
