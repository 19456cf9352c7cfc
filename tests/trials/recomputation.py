"""Recompute a large account while another one writes, and kill the server meanwhile: it goes on.

An account of many applications changes its policy again and again. A second account records notes all the time: none of
its requests is refused. At random moments the server is killed with SIGKILL and started again. At the end no step row
differs from a fresh evaluation.
"""

import random
import time
from datetime import UTC, datetime, timedelta

import httpx

from tests.trials.server_process import Server, Trial, milliseconds, options, percentile, run, wait_until

SECONDS = 120.0


def fill(client: httpx.Client, applications: int) -> None:
    """Record applications, each with an interview."""
    now = datetime.now(UTC).replace(microsecond=0)
    for number in range(applications):
        made = client.post("/v1/applications", json={"company": f"Company {number}", "role": "Engineer"}).json()
        start = (now - timedelta(days=3, hours=number % 48)).isoformat()
        client.post(f"/v1/applications/{made['id']}/interviews", json={"starts_at": start}).raise_for_status()


class Recomputation:
    """A trial: changes of policy, kills, and the notes of somebody else."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.server: Server = trial.here.server()
        self.tokens = [trial.here.account() for _ in range(2)]
        self.kills = 2 if trial.words.quick else trial.words.kills
        self.applications = 200 if trial.words.quick else trial.words.applications
        self.killed_in_the_middle = 0

    def client(self, number: int) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.tokens[number]}"}
        return httpx.Client(base_url=self.server.url, headers=headers, timeout=SECONDS)

    def is_recomputing(self) -> bool:
        with self.client(0) as client:
            return bool(client.get("/v1/me/policy").json()["recomputing"])

    def change(self, number: int) -> None:
        """Change the policy, so that all applications are judged again."""
        with self.client(0) as client:
            client.patch("/v1/me/policy", json={"search_days": 5 + number % 2}).raise_for_status()

    def kill_in_the_middle(self, number: int) -> None:
        self.change(number)
        time.sleep(random.uniform(0, 0.3))
        self.killed_in_the_middle += self.is_recomputing()
        self.server.kill()
        self.server.start()

    def write_beside(self) -> tuple[list[float], int]:
        """Record notes in the second account until the first one is recomputed; return the seconds and the refusals."""
        taken, refused = list[float](), 0
        with self.client(1) as client:
            made = client.post("/v1/applications", json={"company": "Small", "role": "Engineer"}).json()
            while self.is_recomputing():
                began = time.monotonic()
                path = f"/v1/applications/{made['id']}/notes"
                refused += client.post(path, json={"kind": "general", "text": "A note."}).status_code != 201
                taken.append(time.monotonic() - began)
        return taken, refused


def recomputation(trial: Trial) -> None:
    """Hold the trial."""
    one, verdict = Recomputation(trial), trial.verdict
    one.server.start()
    with one.client(0) as client:
        fill(client, one.applications)
    for number in range(one.kills):
        one.kill_in_the_middle(number)
    wait_until(lambda: not one.is_recomputing(), "the account is recomputed", SECONDS)
    one.change(one.kills)
    taken, refused = one.write_beside()
    one.server.stop()
    difference = trial.here.differences()
    verdict.promise("kills during a recomputation", one.killed_in_the_middle, kept=one.killed_in_the_middle > 0)
    verdict.promise("somebody else's notes refused", f"{refused} of {len(taken)}", kept=not refused)
    verdict.note("their 99th percentile", milliseconds(percentile(taken, 0.99)) if taken else "none written")
    verdict.promise("steps against a fresh evaluation", difference or "0 differences", kept=not difference)


if __name__ == "__main__":
    parser = options(__doc__)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--applications", type=int, default=1_500, help="in the large account")
    run(parser, recomputation)
