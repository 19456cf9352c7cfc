"""A write whose clock is behind, because it waited for the lock or came through another machine."""

from datetime import timedelta

from fastapi.testclient import TestClient

from tests.conftest import World

TALK = {"time_zone": "America/New_York", "starts_at": "2026-05-29T14:00:00Z", "ends_at": "2026-05-29T15:00:00Z"}


def test_evidence_of_the_next_five_minutes_becomes_now_and_later_evidence_is_refused(
    world: World, client: TestClient
) -> None:
    app = client.post("/v1/applications", json={"company": "Acme", "role": "Editor"}).json()["id"]
    for seconds, status in ((300, 201), (301, 422)):
        body = {"kind": "general", "text": "x", "noted_at": (world.clock.now + timedelta(seconds=seconds)).isoformat()}
        answer = client.post(f"/v1/applications/{app}/notes", json=body)
        assert answer.status_code == status
        if status == 201:
            assert answer.json()["noted_at"] == f"{world.clock.now:%Y-%m-%dT%H:%M:%SZ}"


def test_evidence_dated_by_a_clock_that_is_ahead_still_counts(world: World, client: TestClient) -> None:
    app = client.post("/v1/applications", json={"company": "Acme", "role": "Editor"}).json()["id"]
    round_ = client.post(f"/v1/applications/{app}/interviews", json=TALK).json()["id"]
    letter = {"interview_id": round_, "body": "Thank you.", "sent_at": "2026-06-01T12:00:00Z"}
    assert client.post(f"/v1/applications/{app}/letters", json=letter).status_code == 201
    stage = client.post(f"/v1/applications/{app}/stages", json={"stage": "interviewing"})
    assert stage.status_code == 201
    world.clock.now -= timedelta(seconds=30)
    assert client.post(f"/v1/applications/{app}/notes", json={"kind": "general", "text": "x"}).status_code == 201
    states = {line["step"]: line["state"] for line in client.get(f"/v1/applications/{app}/steps").json()["headline"]}
    assert states["thank_you"] == "done_late"
    assert client.patch(f"/v1/stages/{stage.json()['id']}", json={"note": "Asked in."}).status_code == 200
    assert client.get(f"/v1/applications/{app}").json()["stage"] == "interviewing"
