"""Search activities, and the deadlines of step 7 that follow from them."""

import pytest
from fastapi.testclient import TestClient

from tests.http.api_client import (
    NOW,
    UNKNOWN,
    Answer,
    add,
    alter,
    application,
    fault,
    interviewed,
    items,
    problem,
    step,
)

ALL = "/v1/search-activities"
NETWORKING = {"kind": "networking"}
BY_THE_INTERVIEW, FROM_TODAY = "2026-06-06T04:00:00Z", "2026-06-09T04:00:00Z"


def test_somebody_elses_activity_is_not_listed_and_moves_no_deadline(client: TestClient, stranger: TestClient) -> None:
    app, _ = interviewed(stranger)
    add(client, ALL, **NETWORKING)
    assert items(stranger, ALL) == []
    assert step(stranger, app, 7)["due_at"] == BY_THE_INTERVIEW


def test_an_activity_is_dated_now_and_moves_step_7_of_every_application(client: TestClient) -> None:
    apps = [interviewed(client)[0], interviewed(client)[0]]
    made = add(client, ALL, **NETWORKING, note="Meet-up.")
    assert (made["at"], made["application_id"], made["note"]) == (NOW, None, "Meet-up.")
    assert [step(client, app, 7)["due_at"] for app in apps] == [FROM_TODAY] * 2
    assert [e["id"] for e in step(client, apps[0], 7)["evidence"]] == [made["id"]]


def test_an_activity_for_one_application_moves_step_7_of_all_others(client: TestClient) -> None:
    apps = [interviewed(client)[0], interviewed(client)[0]]
    href = f"{ALL}/{add(client, ALL, **NETWORKING, application_id=apps[0])['id']}"
    assert [step(client, app, 7)["due_at"] for app in apps] == [BY_THE_INTERVIEW, FROM_TODAY]
    alter(client, href, application_id=apps[1])
    assert [step(client, app, 7)["due_at"] for app in apps] == [FROM_TODAY, BY_THE_INTERVIEW]
    alter(client, href, application_id=None)
    assert [step(client, app, 7)["due_at"] for app in apps] == [FROM_TODAY] * 2


def test_a_corrected_or_deleted_activity_brings_the_deadline_forward_again(client: TestClient) -> None:
    app, _ = interviewed(client)
    href = f"{ALL}/{add(client, ALL, **NETWORKING)['id']}"
    alter(client, href, at="2026-05-31T12:00:00Z")
    assert step(client, app, 7)["due_at"] == "2026-06-08T04:00:00Z"
    assert client.delete(href).status_code == 204
    assert (step(client, app, 7)["due_at"], items(client, ALL)) == (BY_THE_INTERVIEW, [])
    problem(client.get(href), 404, "not_found")


def test_activities_are_listed_newest_first(client: TestClient) -> None:
    for day in (1, 3, 2):
        add(client, ALL, **NETWORKING, at=f"2026-05-0{day}T12:00:00Z", note=str(day))
    assert [one["note"] for one in items(client, ALL)] == ["3", "2", "1"]
    assert [one["note"] for one in items(client, ALL, sort="at")] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"kind": "browsing"}, "/kind", id="an-unknown-kind"),
        pytest.param({"kind": None}, "/kind", id="null-for-the-kind"),
        pytest.param({"at": "2026-06-01T12:05:01Z"}, "/at", id="an-activity-in-the-future"),
        pytest.param({"note": ""}, "/note", id="an-empty-note"),
    ],
)
def test_an_invalid_activity_is_neither_recorded_nor_changed(client: TestClient, body: Answer, pointer: str) -> None:
    made = add(client, ALL, **NETWORKING)
    fault(client.post(ALL, json={**NETWORKING, **body}), pointer)
    fault(client.patch(f"{ALL}/{made['id']}", json=body), pointer)
    fault(client.patch(f"{ALL}/{made['id']}", json={"at": None}), "/at")
    assert items(client, ALL) == [made]


def test_an_activity_links_only_the_users_own_applications(client: TestClient, stranger: TestClient) -> None:
    for id_ in (application(stranger), UNKNOWN):
        answer = client.post(ALL, json={**NETWORKING, "application_id": id_})
        problem(answer, 404, "not_found", "/application_id")
    assert items(client, ALL) == []
