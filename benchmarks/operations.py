"""The operations of the growth benchmark: reads, and writes that are undone afterwards."""

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from benchmarks.load import Person

SORTS = {
    "/v1/queue": ("due_at", "-due_at", "urgency"),
    "/v1/applications": ("-created_at", "created_at", "updated_at", "-updated_at", "company", "-company"),
    "/v1/contacts": ("created_at", "-created_at", "updated_at", "-updated_at"),
    "/v1/references": ("created_at", "-created_at", "name", "-name"),
    "/v1/search-activities": ("-at", "at"),
}
NESTED_SORTS = {
    "interviews": ("starts_at", "-starts_at", "created_at"),
    "notes": ("noted_at", "-noted_at", "created_at"),
    "letters": ("created_at", "updated_at"),
    "follow-ups": ("at", "created_at"),
    "stages": ("at",),
    "contacts": (),
    "references": (),
}
READS = {
    "queue, all states": "/v1/queue?state=overdue,open,upcoming",
    "queue, upcoming": "/v1/queue?state=upcoming",
    "queue, one step": "/v1/queue?step=4",
    "queue, one application": "/v1/queue?application_id={application}",
    "queue, due before": "/v1/queue?due_before={week_ago}",
    "queue, explained": "/v1/queue?limit=10&explain=true",
    "queue, by urgency without stale steps": "/v1/queue?sort=urgency&stale=exclude",
    "queue, only stale steps": "/v1/queue?stale=only",
    "queue, second page": "/v1/queue?limit=50&cursor={cursor}",
    "summary": "/v1/queue/summary",
    "an application": "/v1/applications/{application}",
    "its steps": "/v1/applications/{application}/steps",
    "its steps, explained": "/v1/applications/{application}/steps?explain=true",
    "applications, one stage": "/v1/applications?stage=rejected",
    "applications, company prefix": "/v1/applications?company=lark",
    "applications, archived": "/v1/applications?archived=false",
    "applications, status contact": "/v1/applications?status_contact_id={contact}",
    "applications, updated since": "/v1/applications?updated_since={week_ago}",
    "applications, expanded": "/v1/applications?expand=contacts,interviews,steps,next_action",
    "contacts, search": "/v1/contacts?search=ruiz",
    "activity of the account": "/v1/me/activity",
    "export of the account": "/v1/me/export",
}
EXPORTS = 9  # the service allows ten exports an hour for an account
IDLE_SECONDS = 2
MADE = "Made by a benchmark."


class Client:
    """A keep-alive connection with the token of one account."""

    def __init__(self, address: str, person: Person) -> None:
        self.person = person
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
        self.asked = time.monotonic()

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """Send a request; return the status and the body."""
        headers = {"Authorization": f"Bearer {self.person.token}"}
        content = None
        if body is not None:
            patch = method == "PATCH"
            content = json.dumps(body)
            headers["Content-Type"] = "application/merge-patch+json" if patch else "application/json"
        self.connection.request(method, path, content, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def refresh(self) -> None:
        """Reconnect after IDLE_SECONDS, because the server closes idle connections."""
        if time.monotonic() > self.asked + IDLE_SECONDS:
            self.connection.close()
            self.connection.connect()
        self.asked = time.monotonic()

    def made(self, answer: bytes) -> str:
        """Return the id of the object that a POST created."""
        return str(json.loads(answer)["id"])

    def json(self, path: str) -> Any:
        return json.loads(self.ask("GET", path)[1])


@dataclass(frozen=True)
class Operation:
    """One kind of request. `undo`: the path below which the object that a POST created is deleted afterwards.

    `most`: the number of calls that the service's own limit allows.
    """

    name: str
    method: str
    path: str
    body: Mapping[str, object] = field(default_factory=dict)
    undo: str = ""
    most: int = 1_000


def reads() -> list[Operation]:
    """Return all reads: the named ones, and each list in each of its orders."""
    found = [Operation(name, "GET", path, most=EXPORTS if "export" in name else 1_000) for name, path in READS.items()]
    for path, sorts in SORTS.items():
        found += [Operation(f"{path.removeprefix('/v1/')} by {sort}", "GET", f"{path}?sort={sort}") for sort in sorts]
    for noun, sorts in NESTED_SORTS.items():
        path = f"/v1/applications/{{application}}/{noun}"
        found += [Operation(f"its {noun} by {sort}", "GET", f"{path}?sort={sort}") for sort in sorts]
        found += [] if sorts else [Operation(f"its {noun}", "GET", path)]
    return found


def writes() -> list[Operation]:
    """Return a write for each kind of fact."""
    now = datetime.now(UTC).replace(microsecond=0)
    begins, ends = (now + timedelta(days=3)).isoformat(), (now + timedelta(days=3, hours=1)).isoformat()
    under = "/v1/applications/{application}"
    letter = {"interview_id": "{interview}", "body": MADE, "sent_at": now.isoformat()}
    call = {"direction": "out", "channel": "phone", "outcome": "spoke", "summary": MADE}
    return [
        Operation("record a note", "POST", f"{under}/notes", {"kind": "general", "text": MADE}, "/v1/notes"),
        Operation(
            "record an interview",
            "POST",
            f"{under}/interviews",
            {"starts_at": begins, "ends_at": ends},
            "/v1/interviews",
        ),
        Operation("record a letter", "POST", f"{under}/letters", letter, "/v1/letters"),
        Operation("record a follow-up", "POST", f"{under}/follow-ups", call, "/v1/follow-ups"),
        Operation("record a stage", "POST", f"{under}/stages", {"stage": "interviewing", "note": MADE}, "/v1/stages"),
        Operation(
            "record a search activity", "POST", "/v1/search-activities", {"kind": "event"}, "/v1/search-activities"
        ),
        Operation("change a contact", "PATCH", "/v1/contacts/{contact}", {"notes": MADE}),
        Operation("change an application", "PATCH", under, {"location": MADE}),
    ]


def filled(template: object, known: Mapping[str, str]) -> Any:
    """Fill the known values into all texts of a request."""
    if isinstance(template, str):
        return template.format_map(known) if "{" in template else template
    if isinstance(template, Mapping):
        return {name: filled(value, known) for name, value in template.items()}
    return template


def known_of(client: Client, application: str) -> dict[str, str]:
    """Return the ids and values for requests about one application of an account."""
    week_ago = (datetime.now(UTC) - timedelta(days=7)).strftime("%Y-%m-%dT%H:%M:%SZ")
    contacts = client.json(f"/v1/applications/{application}/contacts")["items"]
    return {
        "application": application,
        "interview": client.person.interviews[application],
        "contact": contacts[0]["contact_id"],
        "cursor": client.json("/v1/queue?limit=50")["next_cursor"] or "",
        "week_ago": week_ago,
    }
