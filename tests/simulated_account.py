"""A simulated account: 25 applications in 60 days of a person who does most of the steps; always the same facts.

`python -m tests.simulated_account` prints the first rows of its queue by deadline and by urgency.
"""

import random
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from api.main import create_app
from api.models.token import TokenCreate
from api.models.user import UserCreate
from api.services.accounts import tokens, users
from api.settings import Settings

NOW = datetime(2026, 6, 4, 12, tzinfo=UTC)
ROWS = 10
BEFORE = "/v1/queue?limit=200"
AFTER = "/v1/queue?sort=urgency&limit=200"
ZONE = "America/New_York"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
Answer = dict[str, Any]


class Simulation:
    """Records facts over HTTP as of `NOW`."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.random, self.count = random.Random(5), 0
        person = {"name": "Robin Okafor", "email": "r@example.com", "permission_at": _at(NOW - 80 * DAY)}
        self.reference = self.create("/v1/references", person)

    def send(self, method: str, href: str, body: Answer) -> Answer:
        answer = self.client.request(method, href, json=body)
        answer.raise_for_status()
        document: Answer = answer.json()
        return document

    def create(self, href: str, body: Answer) -> str:
        """Record a fact with the next id, because ids decide the order of equal deadlines; return the id."""
        self.count += 1
        return str(self.send("POST", href, {"id": f"019e0000-0000-7000-8000-{self.count:012}", **body})["id"])

    def happens(self, share: float) -> bool:
        return self.random.random() < share

    def apply(self, number: int) -> None:
        """Record an application and its rounds, of which the last may lie in the next week; half are ended then."""
        applied = NOW - self.random.randint(5, 60) * DAY
        known = {"company": f"Company {number:02}", "role": "Editor", "stage": "applied", "stage_at": _at(applied)}
        app = self.create("/v1/applications", {**known, "applied_on": applied.date().isoformat()})
        at, ends = applied + self.random.randint(4, 12) * DAY, []
        for _ in range(self.random.choice([0, 1, 1, 1, 2])):
            if at > NOW + 7 * DAY:
                break
            ends.append(self.interview(app, at.replace(hour=15)))
            at += self.random.randint(7, 14) * DAY
        if ends and self.happens(0.5) and min(ends[-1] + 14 * DAY, NOW) > ends[-1]:
            stage = self.random.choice(["rejected", "no_response"])
            ended = {"stage": stage, "at": _at(min(ends[-1] + 14 * DAY, NOW))}
            self.create(f"/v1/applications/{app}/stages", ended)

    def interview(self, app: str, start: datetime) -> datetime:
        """Record a round and, if it is over, most of what follows it; return its end."""
        end = start + HOUR
        times = {"starts_at": _at(start), "ends_at": _at(end), "time_zone": ZONE}
        id_ = self.create(f"/v1/applications/{app}/interviews", times)
        if end < NOW:
            at = min(end + self.random.choice([1, 3, 8, 30]) * HOUR, NOW)
            self.debrief(app, id_, end, at)
            self.follow_up(app, id_, end, at)
        return end

    def debrief(self, app: str, id_: str, end: datetime, at: datetime) -> None:
        if self.happens(0.6):
            for kind in ("positive", "concern"):
                note = {"interview_id": id_, "kind": kind, "text": "A note.", "noted_at": _at(at)}
                self.create(f"/v1/applications/{app}/notes", note)
        if self.happens(0.5):
            learned = {"next_stage": "A panel.", "stage_learned_at": _at(at), "timing_learned_at": _at(at)}
            hear_by = {"date": (end + 10 * DAY).date().isoformat()}
            self.send("PATCH", f"/v1/interviews/{id_}", {**learned, "hear_by": hear_by})

    def follow_up(self, app: str, id_: str, end: datetime, at: datetime) -> None:
        under = f"/v1/applications/{app}"
        if self.happens(0.7):
            letter = {"interview_id": id_, "body": "Thank you.", "subject": "Thank you", "channel": "hand"}
            sent_at = min(end + self.random.choice([5, 20, 40]) * HOUR, NOW)
            letter_id = self.create(f"{under}/letters", letter)
            self.send("POST", f"/v1/letters/{letter_id}/send", {"sent_at": _at(sent_at), "channel": "hand"})
        if self.happens(0.6) and end + 5 * DAY < NOW:
            call = {"direction": "out", "channel": "phone", "at": _at(end + 5 * DAY)}
            outcome = self.random.choice(["spoke", "left_message", "no_answer"])
            self.create(f"{under}/follow-ups", {**call, "outcome": outcome})
        if self.happens(0.5):
            person = {"full_name": "Sam Desk", "job_title": "Head", "email": "p@example.com", "learned_at": _at(at)}
            contact = self.create("/v1/contacts", {**person, "phone": "+1 212 555 0100"})
            self.send("PUT", f"/v1/interviews/{id_}/interviewers/{contact}", {})
            self.send("PATCH", under, {"status_contact_id": contact, "status_contact_since": _at(at)})
        if self.happens(0.4):
            told = {"linked_at": _at(at), "alerted_at": _at(at), "briefed_at": _at(at)}
            details = {"job_details_given": True, "company_details_given": True}
            self.send("PUT", f"{under}/references/{self.reference}", {**told, **details})


def _at(instant: datetime) -> str:
    return instant.isoformat()


def simulate(client: TestClient) -> None:
    """Record the facts of the account with a client whose clock stands at `NOW`."""
    simulation = Simulation(client)
    for number in range(25):
        simulation.apply(number)


def table(items: Sequence[Answer]) -> str:
    """Return the first rows of a queue as a Markdown table."""
    rows = [
        f"| {number} | {item['due_at'][:16].replace('T', ' ')} | {_said(item)} | {item['number']} `{item['step']}` | "
        f"{item['application']['company']} | {(item['next_action'] or {}).get('code', '–').partition(':')[0]} |"
        for number, item in enumerate(items[:ROWS], 1)
    ]
    head = ["| | due (UTC) | state | step | application | next action |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def _said(item: Answer) -> str:
    return "stale" if item["stale"] else str(item["state"])


def opened(folder: Path) -> TestClient:
    """Return a client with a new account on a temporary database, at `NOW`."""
    app = create_app(Settings(database_url=f"sqlite:///{folder / 'simulated.db'}"), clock=lambda: NOW)
    app.state.database.migrate()
    with app.state.database.write(NOW) as session:
        body = UserCreate(email="s@example.com", password="tall grey horse", full_name="Sam Doe", time_zone=ZONE)
        users.sign_up(session, body, None)
        _, secret = tokens.issue_token(session, TokenCreate.model_validate({"name": "simulation"}))
    return TestClient(app, headers={"Authorization": f"Bearer {secret}"})


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        client = opened(Path(folder))
        simulate(client)
        for title, address in (("Before", BEFORE), ("After", AFTER)):
            items = client.get(address).json()["items"]
            stale = sum(item["stale"] for item in items)
            print(f"{title}: GET {address}: {len(items)} rows, {stale} of them stale\n\n{table(items)}\n")  # noqa: T201  # the output
        client.app.state.database.dispose()  # type: ignore[attr-defined]  # the application that this made


if __name__ == "__main__":
    main()
