"""A debrief in one request: all parts are recorded as if each had been sent alone, or none is."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import Answer, act, add, alter, contact, fault, interviewed, items, problem, read
from tests.services.checks import check_rows

pytestmark = pytest.mark.sqlite

ANA = {"full_name": "Ana Ruiz", "honorific": "Ms", "job_title": "CTO", "email": "ana@example.com"}
WHOLE: Answer = {
    "at": "2026-05-29T15:10:00Z",
    "people": [{**ANA, "is_status_contact": True}, {"full_name": "Ben", "optional": True}],
    "positives": [{"text": "Deploys", "wording": "I halved the time to deploy."}],
    "concerns": [{"text": "No Go", "wording": "I read Go every day."}, {"text": "Age"}],
    "remarks": [{"text": "The old press", "wording": "I keep thinking of the old press."}],
    "next_stage": "a second talk",
    "contact_from": {"date": "2026-06-05"},
}


@pytest.fixture
def talk(client: TestClient) -> tuple[str, str]:
    return interviewed(client)


def debriefed(client: TestClient, talk: tuple[str, str], **body: Any) -> Answer:
    return add(client, f"/v1/interviews/{talk[1]}/debrief", **body)


def states(answer: Answer) -> dict[int, str]:
    return {one["number"]: one["state"] for one in answer["headline"]}


def test_one_request_completes_the_first_three_steps(world: World, client: TestClient, talk: tuple[str, str]) -> None:
    app, interview = talk
    answer = debriefed(client, talk, **WHOLE)
    assert states(answer) == {1: "done", 2: "done", 3: "done", 4: "overdue", 5: "open", 6: "upcoming", 7: "open"}
    ana, ben = answer["contacts"]
    assert (ana["full_name"], ana["details_complete_since"]) == ("Ana Ruiz", "2026-05-29T15:10:00Z")
    assert read(client, f"/v1/applications/{app}")["status_contact_id"] == ana["id"]
    people = items(client, f"/v1/interviews/{interview}/interviewers")
    assert {one["contact_id"]: one["optional"] for one in people} == {ana["id"]: False, ben["id"]: True}
    assert [(one["kind"], one["address_in_letter"]) for one in answer["notes"]] == [
        ("positive", False),
        ("concern", True),
        ("concern", True),
        ("general", True),
    ]
    assert {one["noted_at"] for one in answer["notes"]} == {"2026-05-29T15:10:00Z"}
    stored = read(client, f"/v1/interviews/{interview}")
    assert (stored["next_stage"], stored["stage_learned_at"]) == ("a second talk", "2026-05-29T15:10:00Z")
    assert answer["interview"] == stored
    with world.database.read(world.clock.now) as session:
        session.owner = read(client, "/v1/me")["id"]
        check_rows(session)


def test_from_a_debrief_to_a_sent_letter_takes_four_requests(client: TestClient, talk: tuple[str, str]) -> None:
    debriefed(client, talk, **WHOLE)
    letter = add(client, f"/v1/interviews/{talk[1]}/letters/compose", recipients=[])
    assert "I keep thinking of the old press." in letter["body"]
    assert read(client, f"/v1/letters/{letter['id']}/check")["may_be_emailed"] is True
    assert act(client, f"/v1/letters/{letter['id']}/send", channel="hand")["status"] == "sent"


def test_an_empty_debrief_changes_nothing(client: TestClient, talk: tuple[str, str]) -> None:
    before = read(client, f"/v1/interviews/{talk[1]}")
    answer = debriefed(client, talk)
    assert (answer["interview"], answer["contacts"], answer["notes"]) == (before, [], [])


def test_ticks_are_dated_and_count_as_notes(client: TestClient, talk: tuple[str, str]) -> None:
    answer = debriefed(client, talk, at="2026-05-29T16:00:00Z", no_positives=True, no_concerns=True)
    assert states(answer)[3] == "done"
    assert answer["interview"]["no_concerns_at"] == "2026-05-29T16:00:00Z"


def test_a_known_contact_is_updated(client: TestClient, talk: tuple[str, str]) -> None:
    known = contact(client, full_name="Ana Ruiz")
    answer = debriefed(client, talk, people=[{"contact_id": known, "job_title": "CTO"}])
    assert [(one["id"], one["full_name"], one["job_title"]) for one in answer["contacts"]] == [
        (known, "Ana Ruiz", "CTO")
    ]
    alter(client, f"/v1/contacts/{known}", job_title="CEO")
    assert debriefed(client, talk, people=[{"contact_id": known}])["contacts"][0]["job_title"] == "CEO"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"people": [ANA, {}]}, "/people/1/full_name", id="a-person-without-a-name"),
        pytest.param({"people": [ANA], "concerns": [{"text": ""}]}, "/concerns/0/text", id="an-empty-concern"),
        pytest.param(
            {"people": [ANA], "next_stage": "x", "next_stage_unknown": True},
            "/next_stage_unknown",
            id="a-next-stage-that-is-also-unknown",
        ),
        pytest.param({"people": [ANA], "at": "2026-06-02T12:00:00Z"}, None, id="in-the-future"),
    ],
)
def test_a_debrief_with_one_error_records_nothing(
    client: TestClient, talk: tuple[str, str], body: Answer, pointer: str | None
) -> None:
    answer = client.post(f"/v1/interviews/{talk[1]}/debrief", json=body)
    if pointer is None:
        problem(answer, 422, "invalid")
    else:
        fault(answer, pointer)
    assert items(client, "/v1/contacts") == []
    assert items(client, f"/v1/applications/{talk[0]}/notes") == []


def test_somebody_elses_contact_is_not_found(client: TestClient, talk: tuple[str, str], stranger: TestClient) -> None:
    theirs = contact(stranger)
    answer = client.post(f"/v1/interviews/{talk[1]}/debrief", json={"people": [ANA, {"contact_id": theirs}]})
    assert problem(answer, 404, "not_found")["errors"][0]["pointer"] == "/people/1/contact_id"
    assert items(client, "/v1/contacts") == []


def test_a_debrief_sent_again_with_its_idempotency_key_is_recorded_once(
    client: TestClient, talk: tuple[str, str]
) -> None:
    href, headers = f"/v1/interviews/{talk[1]}/debrief", {"Idempotency-Key": "once"}
    first, again = (client.post(href, json=WHOLE, headers=headers) for _ in range(2))
    assert first.json() == again.json()
    assert len(items(client, "/v1/contacts")) == 2
