"""The 109 cases of `tests/rules/scenarios.json`, entered through the API and read back with `as_of`."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.rules.vectors import SCENARIOS

pytestmark = pytest.mark.sqlite

Answer = dict[str, Any]


class Recorder:
    """Enters the facts of a case through the API and maps the ids of the case to those of the database."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.ids: dict[str, str] = {}

    def send(self, method: str, href: str, body: Answer) -> Answer:
        answer = self.client.request(method, href, json=body)
        assert answer.status_code in (200, 201), (href, body, answer.text)
        document: Answer = answer.json()
        return document

    def application(self, zone: str, **fields: Any) -> str:
        body = {"company": "Acme", "role": "Engineer", "time_zone": zone, **fields}
        return str(self.send("POST", "/v1/applications", body)["id"])

    def enter(self, facts: Answer, policy: Answer) -> str:
        app = self.application(
            facts["tz"],
            policy=policy or None,
            reference_check=facts.get("reference_check"),
            references_given_at=facts.get("references_given_at"),
            references_not_needed_at=facts.get("references_not_needed_at"),
        )
        for interview in facts.get("interviews", []):
            self._interview(app, interview)
        if facts.get("status_contact_at"):
            self._status_contact(app, facts["status_contact_at"])
        self._papers(app, facts)
        self._references(app, facts)
        self._calls(app, facts)
        self._life(app, facts)
        self._elsewhere(facts)
        self._by_hand(app, facts)
        return app

    def _interview(self, app: str, raw: Answer) -> None:
        timing = {name: raw[name] for name in ("contact_from", "contact_by", "hear_by")}
        body: Answer = {
            "time_zone": raw["tz"],
            "starts_at": raw["start"],
            "ends_at": raw["end"],
            "actual_end": raw["actual_end"],
            "status": raw["status"],
            "no_positives_at": raw["no_positives_at"],
            "no_concerns_at": raw["no_concerns_at"],
            **timing,
        }
        if raw["cancelled_at"]:
            body["cancelled_at"] = raw["cancelled_at"]
        if raw["stage_at"]:
            body |= {"next_stage": "A panel", "stage_learned_at": raw["stage_at"]}
        if raw["timing_at"]:
            body |= {"timing_learned_at": raw["timing_at"], "timing_unknown": not any(timing.values())}
        made = self.send("POST", f"/v1/applications/{app}/interviews", body)
        self.ids[raw["id"]] = made["id"]
        for person in raw["interviewers"]:
            if person["id"] not in self.ids:
                self._person(person)
            href = f"/v1/interviews/{made['id']}/interviewers/{self.ids[person['id']]}"
            self.send("PUT", href, {"optional": person["optional"]})

    def _person(self, raw: Answer) -> None:
        body = {"full_name": f"Person {raw['id']}"}
        if raw["details_at"]:
            body |= {"job_title": "Director", "phone": "+1 555 0100", "learned_at": raw["details_at"]}
        self.ids[raw["id"]] = self.send("POST", "/v1/contacts", body)["id"]

    def _status_contact(self, app: str, at: str) -> None:
        body = {"full_name": "Sam Desk", "phone": "+1 555 0101", "learned_at": at}
        contact = self.send("POST", "/v1/contacts", body)["id"]
        body = {"status_contact_id": contact, "status_contact_since": at}
        self.send("PATCH", f"/v1/applications/{app}", body)

    def _papers(self, app: str, facts: Answer) -> None:
        for note in facts.get("notes", []):
            body = {
                "interview_id": self.ids[note["interview_id"]],
                "kind": note["kind"],
                "text": "A note.",
                "noted_at": note["at"],
            }
            self.send("POST", f"/v1/applications/{app}/notes", body)
        for letter in facts.get("letters", []):
            recipients = [self.ids[person] for person in letter["recipients"]]
            body = {"interview_id": self.ids[letter["interview_id"]], "body": "Thank you.", "recipients": recipients}
            made = self.send("POST", f"/v1/applications/{app}/letters", body)
            self.send("POST", f"/v1/letters/{made['id']}/send", {"sent_at": letter["sent_at"], "channel": "post"})

    def _references(self, app: str, facts: Answer) -> None:
        for reference in facts.get("references", []):
            person = self.send("POST", "/v1/references", {"name": f"Referee {reference['id']}"})["id"]
            self.ids[reference["id"]] = person
            body = {name: reference[name] for name in ("linked_at", "alerted_at", "briefed_at", "contacted_at")}
            told = reference["briefed_at"] is not None
            body |= {"job_details_given": told, "company_details_given": told}
            self.send("PUT", f"/v1/applications/{app}/references/{person}", body)

    def _calls(self, app: str, facts: Answer) -> None:
        for call in sorted(facts.get("followups", []), key=lambda call: str(call["id"])):
            names = ("at", "direction", "outcome", "contact_from", "contact_by", "hear_by")
            body = {"channel": "phone", **{name: call[name] for name in names}}
            self.ids[call["id"]] = self.send("POST", f"/v1/applications/{app}/follow-ups", body)["id"]

    def _life(self, app: str, facts: Answer) -> None:
        if facts.get("offered_at"):
            self.send("POST", f"/v1/applications/{app}/stages", {"stage": "offered", "at": facts["offered_at"]})
        if facts.get("closed_at"):
            body = {"stage": facts["closed_outcome"], "at": facts["closed_at"]}
            self.send("POST", f"/v1/applications/{app}/stages", body)

    def _elsewhere(self, facts: Answer) -> None:
        for at in facts.get("search_at", []):
            self.send("POST", "/v1/search-activities", {"kind": "applied", "at": at})
        for end in facts.get("other_interviews", []):
            other = self.application(facts["tz"])
            start = end.replace("T15", "T14")
            body = {"time_zone": facts["tz"], "starts_at": start, "ends_at": end}
            self.send("POST", f"/v1/applications/{other}/interviews", body)

    def _by_hand(self, app: str, facts: Answer) -> None:
        for override in facts.get("overrides", []):
            number, scope = self.key(override["key"])
            steps = self.client.get(f"/v1/applications/{app}/steps").json()["steps"]
            step = next(s for s in steps if (s["number"], s["scope"]) == (number, scope))
            self.send("POST", f"/v1/steps/{step['id']}/{override['action']}", {"at": override["at"]})

    def key(self, key: str) -> tuple[int, str]:
        """Translate the key of a case to the number and scope of a step in the database."""
        number, _, scope = key.partition(":")
        if not scope:
            return int(number), "application"
        kind, _, name = scope.rpartition(":")
        return int(number), f"{kind or 'interview'}:{self.ids.get(name, name)}"


def find(steps: Answer, key: str, recorder: Recorder) -> Answer | None:
    wanted = recorder.key(key)
    exact: Answer | None = next((s for s in steps["steps"] if (s["number"], s["scope"]) == wanted), None)
    if exact is not None or ":" in key:
        return exact
    line: Answer = steps["headline"][int(key) - 1]
    found: Answer = next(s for s in steps["steps"] if s["number"] == line["number"] and s["id"] == line["step_id"])
    return found


def shown(step: Answer, name: str, recorder: Recorder) -> Any:
    if name == "reason":
        return step["reason"]["code"]
    if name == "missing":
        names = {id_: short for short, id_ in recorder.ids.items()}
        parts = (part.partition(":") for part in step["progress"]["missing"])
        return [f"{kind}{colon}{names.get(id_, id_)}" for kind, colon, id_ in parts]
    return step[name]


@pytest.mark.parametrize("case", SCENARIOS, ids=[case["id"] for case in SCENARIOS])
def test_the_case_holds_over_http(case: Answer, make_world: Callable[..., World]) -> None:
    world = make_world()
    world.clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    recorder = Recorder(world.sign_up(case["facts"]["user_tz"]))
    app = recorder.enter(case["facts"], case["policy"])
    steps = recorder.client.get(f"/v1/applications/{app}/steps", params={"as_of": case["now"]}).json()
    for expected in case["expect"]:
        step = find(steps, expected["key"], recorder)
        if expected.get("absent"):
            assert step is None
            continue
        assert step is not None, expected["key"]
        for name in expected.keys() - {"key"}:
            assert shown(step, name, recorder) == expected[name], (expected["key"], name)
