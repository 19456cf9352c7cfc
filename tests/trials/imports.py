"""Import 10,000 rows while another account writes notes, kill the server in the middle, and undo: nothing is doubled.

The server is killed with SIGKILL while the import runs, and started again: it goes on. The other account's notes are
measured all the time, with one pause between them as a person or a program would make.
"""

import time
from datetime import date, timedelta
from typing import Any

import httpx

from tests.trials.server_process import Server, Trial, milliseconds, options, percentile, run

SECONDS = 3_600.0
HEAD = "Company,Role,Status,Date Applied,Link,Notes,Contact,Email\n"
STAGES = ("Applied", "Rejected", "Interview", "Offer")
PAUSE = 0.01
NOTES = 1_000  # in one application, which may have twice as many


def table(rows: int) -> str:
    """Return a file of applications, each with a note and a person; four rows share one."""
    first = date(2026, 1, 1)
    return HEAD + "".join(
        f"Company {n},Engineer {n % 7},{STAGES[n % 4]},{first + timedelta(days=n % 90)},https://jobs.example.com/{n},"
        f"Note number {n} of this import,Person {n // 4},p{n // 4}@c{n // 4}.example\n"
        for n in range(rows)
    )


class Import:
    """A trial: one account imports, another one writes."""

    def __init__(self, trial: Trial) -> None:
        self.server: Server = trial.here.server()
        self.tokens = [trial.here.account() for _ in range(2)]
        self.rows = 300 if trial.words.quick else trial.words.rows
        self.id = ""
        self.application_id = ""
        self.taken: list[float] = []
        self.refused = 0

    def client(self, number: int) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.tokens[number]}"}
        return httpx.Client(base_url=self.server.url, headers=headers, timeout=60)

    def state(self) -> Any:
        with self.client(0) as client:
            return client.get(f"/v1/imports/{self.id}").json()

    def write_until(self, *states: str, rows: int | None = None) -> float:
        """Record notes in the second account until the import is in a state; return the seconds."""
        began, asked = time.monotonic(), 0.0
        with self.client(1) as client:
            while time.monotonic() - began < SECONDS:
                if time.monotonic() - asked > 0.5:
                    job, asked = self.state(), time.monotonic()
                    if job["state"] in states or (rows is not None and job["rows_done"] >= rows):
                        break
                self._note(client)
                time.sleep(PAUSE)
        return time.monotonic() - began

    def _note(self, client: httpx.Client) -> None:
        if len(self.taken) % NOTES == 0:
            made = client.post("/v1/applications", json={"company": "Small", "role": "Engineer"})
            self.application_id = made.raise_for_status().json()["id"]
        began = time.monotonic()
        body = {"kind": "general", "text": "A note."}
        self.refused += client.post(f"/v1/applications/{self.application_id}/notes", json=body).status_code != 201
        self.taken.append(time.monotonic() - began)

    def memory(self) -> int:
        """Return the largest memory of the server process so far in MB (Linux)."""
        with open(f"/proc/{self.server.pid}/status", encoding="utf-8") as status:
            return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))


def imports(trial: Trial) -> None:
    """Hold the trial."""
    one, verdict = Import(trial), trial.verdict
    one.server.start()
    before = one.memory()
    with one.client(0) as client:
        kind = {"Content-Type": "text/csv"}
        job = client.post("/v1/imports", content=table(one.rows).encode(), headers=kind).raise_for_status().json()
        one.id = job["id"]
        verdict.note("planned in", f"{one.write_until('draft', 'failed'):.1f} s")
        client.post(f"/v1/imports/{one.id}/run", json={}).raise_for_status()
    taken = one.write_until("finished", rows=one.rows // 2)
    verdict.note("memory of the server, before and with half of the import", f"{before} and {one.memory()} MB")
    one.server.kill()
    one.server.start()
    taken += one.write_until("finished", "stopped")
    job = one.state()
    verdict.note("imported in", f"{taken:.1f} s: {one.rows / taken:.0f} rows a second")
    verdict.promise("rows imported, after a kill", job["counts"]["done"], kept=job["counts"]["done"] == one.rows)
    with one.client(0) as client:
        there = client.get("/v1/applications/summary").json()["total"]
        verdict.promise("applications", there, kept=there == one.rows)
        client.post(f"/v1/imports/{one.id}/undo").raise_for_status()
    verdict.note("undone in", f"{one.write_until('undone'):.1f} s")
    with one.client(0) as client:
        left = client.get("/v1/applications/summary").json()["total"]
    verdict.promise("applications after the undo", left, kept=not left)
    slow = percentile(one.taken, 0.99)
    verdict.promise("somebody else's notes refused", f"{one.refused} of {len(one.taken)}", kept=not one.refused)
    verdict.promise("their 99th percentile, at most 500 ms", milliseconds(slow), kept=slow <= 0.5)
    verdict.note("their median", milliseconds(percentile(one.taken, 0.5)))
    one.server.stop()
    difference = trial.here.differences()
    verdict.promise("steps against a fresh evaluation", difference or "0 differences", kept=not difference)


if __name__ == "__main__":
    parser = options(__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    run(parser, imports)
