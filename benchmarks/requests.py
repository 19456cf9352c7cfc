"""How long requests take, in process, for accounts of several sizes: `python -m benchmarks.requests [SIZE …]`.

Each line is the median of its repetitions in milliseconds; `livez` is what the client and the framework cost by
themselves. Only ratios of one run say something: what grows with the size of the account, and what does not.
"""

import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fastapi.testclient import TestClient
from httpx2 import Response
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.capture import demo_app

SIZES = (10, 100, 500)
TALK = {"time_zone": "America/New_York", "starts_at": "2026-03-02T15:00:00Z", "ends_at": "2026-03-02T16:00:00Z"}
EXPAND = "?expand=contacts,interviews,steps,next_action"
Request = Callable[[], Response]


def fill(client: TestClient, size: int, progress: Progress) -> tuple[str, str]:
    """Make that many applications with an interview each; return the ids of the last ones."""
    application = interview = ""
    for number in progress.track(range(size), description=f"{size} applications"):
        body = {"company": f"Company {number}", "role": "Engineer"}
        application = client.post("/v1/applications", json=body).json()["id"]
        interview = client.post(f"/v1/applications/{application}/interviews", json=TALK).json()["id"]
    return application, interview


def median(request: Request, times: int) -> float:
    """Return the median duration in milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        answer = request()
        taken.append((time.perf_counter() - began) * 1000)
        answer.raise_for_status()
    return statistics.median(taken)


def measure(size: int, progress: Progress) -> dict[str, float]:
    """Return the medians for an account of that many applications."""
    with tempfile.TemporaryDirectory() as folder:
        app, client = demo_app(f"sqlite:///{Path(folder) / 'bench.db'}")
        application, interview = fill(client, size, progress)
        note = {"interview_id": interview, "kind": "positive", "text": "Liked the plan."}
        here = f"/v1/applications/{application}"
        requests: dict[str, tuple[Request, int]] = {
            "livez": (lambda: client.get("/livez"), 50),
            "read an application": (lambda: client.get(here), 50),
            "read its steps": (lambda: client.get(f"{here}/steps"), 50),
            "first page of the queue": (lambda: client.get("/v1/queue"), 50),
            "page of applications": (lambda: client.get("/v1/applications"), 30),
            "the same, expanded": (lambda: client.get(f"/v1/applications{EXPAND}"), 10),
            "record a note": (lambda: client.post(f"{here}/notes", json=note), 30),
            "record a search activity": (lambda: client.post("/v1/search-activities", json={"kind": "search"}), 10),
        }
        medians = {name: median(request, times) for name, (request, times) in requests.items()}
        client.close()
        app.state.database.dispose()
    return medians


def main() -> None:
    """Measure every size and print one table."""
    logging.disable(logging.CRITICAL)
    sizes = [int(word) for word in sys.argv[1:]] or list(SIZES)
    with Progress(console=Console(stderr=True)) as progress:
        columns = [measure(size, progress) for size in sizes]
    table = Table("milliseconds", *[f"{size:,} applications" for size in sizes])
    for name in columns[0]:
        table.add_row(name, *[f"{column[name]:.1f}" for column in columns])
    Console().print(table)


if __name__ == "__main__":
    main()
