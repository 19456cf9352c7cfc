"""One row in every owned table, entered through the API, and the addresses of all objects."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from fastapi.testclient import TestClient

from api.workers.deliveries import delivery_pass
from api.workers.imports import import_pass
from tests.receiver import Receiver

Answer = dict[str, Any]


@dataclass
class Entry:
    """Enters facts through the API and keeps the ids of new objects by name."""

    client: TestClient
    now: datetime
    ids: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, href: str, body: Answer | None = None) -> Answer:
        headers = {"Idempotency-Key": str(uuid4())} if href == "/v1/applications" else {}
        answer = self.client.request(method, href, json=body, headers=headers)
        assert answer.status_code in (200, 201, 202), (method, href, body, answer.text)
        document: Answer = answer.json() if answer.content else {}
        return document

    def make(self, name: str, href: str, body: Answer) -> str:
        self.ids[name] = str(self.send("POST", href, body)["id"])
        return self.ids[name]

    def before(self, **ago: float) -> str:
        return (self.now - timedelta(**ago)).isoformat()


def record_everything(client: TestClient, now: datetime) -> dict[str, str]:
    """Enter one application with at least one fact of every kind; return the ids by name."""
    entry = Entry(client, now)
    everything(entry)
    return entry.ids


def everything(entry: Entry) -> None:
    """Enter an application with at least one fact of every kind."""
    _people_and_rounds(entry)
    _papers(entry)
    entry.make("webhook", "/v1/webhooks", {"url": "https://hooks.example.com/a"})
    _life(entry)
    _by_hand(entry)
    _events(entry)
    _imports(entry)
    _assistant(entry)


def _people_and_rounds(entry: Entry) -> None:
    app = entry.make("application", "/v1/applications", {"company": "Acme", "role": "Engineer"})
    body = {"full_name": "Sam Desk", "job_title": "Director", "phone": "+1 555 0100", "email": "sam@example.com"}
    contact = entry.make("contact", "/v1/contacts", body)
    times = {"starts_at": entry.before(days=4), "ends_at": entry.before(days=4, hours=-1)}
    interview = entry.make("interview", f"/v1/applications/{app}/interviews", {**times, "told_by": contact})
    entry.send("PUT", f"/v1/interviews/{interview}/interviewers/{contact}", {"optional": False})
    entry.send("PUT", f"/v1/applications/{app}/contacts/{contact}", {"role": "hr"})
    entry.send("PATCH", f"/v1/applications/{app}", {"status_contact_id": contact})


def _papers(entry: Entry) -> None:
    app, interview, contact = (entry.ids[name] for name in ("application", "interview", "contact"))
    body: Answer = {"interview_id": interview, "recipients": [contact], "body": "Thank you."}
    letter = entry.make("letter", f"/v1/applications/{app}/letters", body)
    entry.send("POST", f"/v1/letters/{letter}/send", {"channel": "email", "sent_at": entry.before(days=1)})
    draft = {"interview_id": interview, "recipients": [contact], "kind": "other"}
    entry.make("draft", f"/v1/applications/{app}/letters", draft)
    template = {"name": "Short", "body": "{{ salutation }}\n\nThank you.", "subject": "Thanks"}
    entry.make("letter_template", "/v1/letter-templates", template)
    entry.send("PATCH", "/v1/me/notifications", {"digest_at": "07:30"})
    entry.make("calendar_feed", "/v1/calendar-feeds", {"name": "Mine"})
    body = {"interview_id": interview, "kind": "positive", "text": "Well.", "addressed_by_letter_id": letter}
    entry.make("note", f"/v1/applications/{app}/notes", body)
    reference = entry.make("reference", "/v1/references", {"name": "Robin Referee"})
    entry.send("PUT", f"/v1/applications/{app}/references/{reference}", {"alerted_at": entry.before(days=1)})


def _life(entry: Entry) -> None:
    app, contact = entry.ids["application"], entry.ids["contact"]
    body: Answer = {"stage": "interviewing", "at": entry.before(days=4)}
    entry.make("stage", f"/v1/applications/{app}/stages", body)
    body = {"direction": "out", "channel": "phone", "outcome": "spoke", "contact_id": contact}
    entry.make("follow_up", f"/v1/applications/{app}/follow-ups", {**body, "at": entry.before(hours=30)})
    body = {"pay": 1000.0, "currency": "EUR", "respond_by": entry.before(days=-3)}
    entry.make("offer", f"/v1/applications/{app}/offers", body)
    entry.make("activity", "/v1/search-activities", {"kind": "applied", "application_id": app})
    entry.make("general_activity", "/v1/search-activities", {"kind": "search"})


def _by_hand(entry: Entry) -> None:
    app = entry.ids["application"]
    found = entry.client.get(f"/v1/applications/{app}/steps").json()["steps"]
    steps = {step["number"]: step["id"] for step in found}
    entry.ids["step"] = steps[3]
    entry.send("POST", f"/v1/steps/{steps[1]}/skip", {"note": "They told us."})
    entry.send("POST", f"/v1/steps/{steps[5]}/snooze", {"until": entry.before(days=-2)})
    entry.send("POST", "/v1/password-resets", {"email": entry.client.get("/v1/me").json()["email"]})


def _events(entry: Entry) -> None:
    """Send the events of the last facts to the webhook."""
    app: Any = entry.client.app
    delivery_pass(app.state.database, lambda: entry.now, app.state.settings, send=Receiver())
    newest = entry.client.get(f"/v1/webhooks/{entry.ids['webhook']}/deliveries").json()["items"][0]
    entry.ids["delivery"], entry.ids["event"] = newest["id"], newest["event_id"]


def _imports(entry: Entry) -> None:
    """Run one import, which fills an empty field, and leave another one as a draft."""
    app: Any = entry.client.app
    for name, place in (("import", "Berlin"), ("draft_import", "Paris")):
        table = f"Company,Role,Status,Location\nAcme,Engineer,Applied,{place}\n"
        answer = entry.client.post("/v1/imports", content=table, headers={"Content-Type": "text/csv"})
        entry.ids[name] = answer.json()["id"]
        if name == "import":
            entry.send("PATCH", f"/v1/imports/{entry.ids[name]}", {"on_duplicate": "fill"})
            entry.send("POST", f"/v1/imports/{entry.ids[name]}/run", {})
            import_pass(app.state.database, lambda: entry.now, 200_000_000)


def addresses(ids: dict[str, str]) -> list[str]:
    """Return the addresses of all objects of a full record."""
    app, contact, reference = ids["application"], ids["contact"], ids["reference"]
    return [
        f"/v1/applications/{app}",
        f"/v1/applications/{app}/contacts/{contact}",
        f"/v1/applications/{app}/references/{reference}",
        f"/v1/contacts/{contact}",
        f"/v1/follow-ups/{ids['follow_up']}",
        f"/v1/interviews/{ids['interview']}",
        f"/v1/interviews/{ids['interview']}/interviewers/{contact}",
        f"/v1/letters/{ids['letter']}",
        f"/v1/letters/{ids['draft']}",
        f"/v1/letter-templates/{ids['letter_template']}",
        f"/v1/calendar-feeds/{ids['calendar_feed']}",
        f"/v1/webhooks/{ids['webhook']}",
        f"/v1/deliveries/{ids['delivery']}",
        f"/v1/events/{ids['event']}",
        f"/v1/imports/{ids['import']}",
        f"/v1/notes/{ids['note']}",
        f"/v1/offers/{ids['offer']}",
        f"/v1/references/{reference}",
        f"/v1/search-activities/{ids['activity']}",
        f"/v1/stages/{ids['stage']}",
        f"/v1/steps/{ids['step']}",
    ]


def lists(ids: dict[str, str]) -> list[str]:
    """Return the addresses of all lists of a full record."""
    app, interview = ids["application"], ids["interview"]
    kinds = (
        "interviews",
        "interviewers",
        "notes",
        "letters",
        "follow-ups",
        "offers",
        "stages",
        "contacts",
        "references",
        "steps",
    )
    return [
        "/v1/applications",
        "/v1/contacts",
        "/v1/references",
        "/v1/search-activities",
        "/v1/letter-templates",
        "/v1/calendar-feeds",
        "/v1/imports",
        f"/v1/imports/{ids['import']}/rows",
        "/v1/tokens",
        "/v1/sessions",
        "/v1/me/activity",
        "/v1/sessions",
        "/v1/queue",
        "/v1/queue/summary",
        "/v1/interviews",
        f"/v1/interviews/{interview}/interviewers",
        *(f"/v1/applications/{app}/{kind}" for kind in kinds),
    ]


def _assistant(entry: Entry) -> None:
    """Have an assistant change the application."""
    secret = entry.send("POST", "/v1/tokens", {"name": "assistant", "preset": "agent"})["token"]
    headers = {"Authorization": f"Bearer {secret}"}
    href = f"/v1/applications/{entry.ids['application']}"
    report = entry.client.patch(href, json={"location": "Paris"}, headers=headers, params={"effects": "true"})
    assert report.status_code == 200, report.text
    entry.ids["write"] = report.json()["write"]["id"]
