"""The stage history: the latest line sets the stage, a final stage closes the application, a correction reopens it."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import NOW, Answer, add, alter, application, fault, interviewed, items, problem, read, step

pytestmark = pytest.mark.sqlite(profile="quick")

Line = tuple[str, str]


def at(app: str) -> str:
    return f"/v1/applications/{app}/stages"


def test_a_new_line_is_dated_now_and_sets_the_stage_of_the_application(client: TestClient) -> None:
    app = application(client)
    answer = client.post(at(app), json={"stage": "interviewing", "note": "They rang."})
    line = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/v1/stages/{line['id']}")
    assert (line["at"], line["dated"], line["note"], line["application_id"]) == (NOW, True, "They rang.", app)
    found = read(client, f"/v1/applications/{app}")
    assert (found["stage"], found["version"]) == ("interviewing", 2)


@pytest.mark.own_statements
@pytest.mark.parametrize(
    ("lines", "stage", "offered", "closed", "outcome"),
    [
        pytest.param([], "applied", None, None, None, id="no-further-line"),
        pytest.param(
            [("offered", "05-04"), ("offered", "05-06")], "offered", "05-04", None, None, id="the-first-offer"
        ),
        pytest.param(
            [("offered", "05-04"), ("interviewing", "05-05"), ("offered", "05-06")],
            *("offered", "05-06", None, None),
            id="the-first-offer-since-the-last-earlier-stage",
        ),
        pytest.param(
            [("offered", "05-04"), ("accepted", "05-08")],
            *("accepted", "05-04", "05-08", "accepted"),
            id="an-offer-accepted",
        ),
        pytest.param(
            [("no_response", "05-04"), ("rejected", "05-08")],
            *("rejected", None, "05-04", "rejected"),
            id="closed-at-the-first-final-stage-with-the-outcome-of-the-last",
        ),
        pytest.param(
            [("rejected", "05-04"), ("interviewing", "05-06")], *("interviewing", None, None, None), id="reinstated"
        ),
        pytest.param(
            [("rejected", "05-04"), ("interviewing", "05-06"), ("withdrawn", "05-08")],
            *("withdrawn", None, "05-08", "withdrawn"),
            id="reinstated-and-withdrawn",
        ),
        pytest.param(
            [("rejected", "05-08"), ("interviewing", "05-04")],
            *("rejected", None, "05-08", "rejected"),
            id="recorded-in-another-order",
        ),
    ],
)
def test_stage_offer_and_ending_follow_from_the_history(
    client: TestClient, lines: list[Line], stage: str, offered: str | None, closed: str | None, outcome: str | None
) -> None:
    app = application(client)
    for name, day in lines:
        add(client, at(app), stage=name, at=f"2026-{day}T10:00:00Z")
    found = read(client, f"/v1/applications/{app}")
    assert (found["stage"], found["closed_outcome"]) == (stage, outcome)
    assert found["offered_at"] == (offered and f"2026-{offered}T10:00:00Z")
    assert found["closed_at"] == (closed and f"2026-{closed}T10:00:00Z")


def test_an_undated_first_line_sorts_before_every_dated_one(client: TestClient) -> None:
    app = application(client)
    add(client, at(app), stage="interviewing", at="2020-01-01T00:00:00Z")
    assert [line["stage"] for line in items(client, at(app))] == ["applied", "interviewing"]
    assert read(client, f"/v1/applications/{app}")["stage"] == "interviewing"


@pytest.mark.own_statements
def test_an_undated_line_that_is_given_a_date_is_dated(client: TestClient) -> None:
    app = application(client)
    add(client, at(app), stage="interviewing", at="2026-05-01T00:00:00Z")
    first = items(client, at(app))[0]["id"]
    assert alter(client, f"/v1/stages/{first}", note="By post.")["dated"] is False
    assert alter(client, f"/v1/stages/{first}", at="2026-05-02T00:00:00Z")["dated"] is True
    assert [line["stage"] for line in items(client, at(app))] == ["interviewing", "applied"]
    assert read(client, f"/v1/applications/{app}")["stage"] == "applied"


def test_a_corrected_line_closes_or_reinstates(client: TestClient) -> None:
    app, _ = interviewed(client)
    line = add(client, at(app), stage="rejected", at="2026-05-31T00:00:00Z")["id"]
    assert [step(client, app, n)["state"] for n in (1, 5, 7)] == ["missed", "not_applicable", "not_applicable"]
    alter(client, f"/v1/stages/{line}", stage="interviewing")
    assert read(client, f"/v1/applications/{app}")["closed_at"] is None
    assert [step(client, app, n)["state"] for n in (1, 5, 7)] == ["overdue", "open", "open"]


def test_an_offer_ends_only_step_6(client: TestClient) -> None:
    app, _ = interviewed(client)
    add(client, at(app), stage="offered")
    assert (step(client, app, 6)["state"], step(client, app, 6)["reason"]["code"]) == (
        "not_applicable",
        "offer_received",
    )
    assert [step(client, app, n)["state"] for n in (1, 5, 7)] == ["overdue", "open", "open"]


def test_deleting_a_final_stage_restores_the_old_deadlines_and_a_dry_run_shows_them(client: TestClient) -> None:
    app, _ = interviewed(client)
    before = [step(client, app, n) for n in range(1, 8)]
    line = add(client, at(app), stage="rejected")["id"]
    closed = [step(client, app, n) for n in range(1, 8)]
    told = read_dry_run(client, f"/v1/stages/{line}")
    assert [step(client, app, n) for n in range(1, 8)] == closed
    assert [(s["number"], s["state"], s["due_at"]) for s in told] == [
        (s["number"], s["state"], s["due_at"]) for s in before
    ]
    assert client.delete(f"/v1/stages/{line}").status_code == 204
    assert [step(client, app, n) for n in range(1, 8)] == before


def read_dry_run(client: TestClient, href: str) -> list[Answer]:
    answer = client.delete(href, params={"dry_run": "true"})
    assert answer.status_code == 200
    found: list[Answer] = answer.json()["reopened_steps"]
    return found


def test_the_only_line_of_a_history_cannot_be_deleted(client: TestClient) -> None:
    app = application(client)
    (line,) = items(client, at(app))
    for params in ({}, {"dry_run": "true"}):
        problem(client.delete(f"/v1/stages/{line['id']}", params=params), 409, "last_stage")
    assert items(client, at(app)) == [line]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"stage": "hired"}, "/stage", id="an-unknown-stage"),
        pytest.param({"stage": None}, "/stage", id="null-for-the-stage"),
        pytest.param({"stage": "offered", "at": "2026-06-01T12:05:01Z"}, "/at", id="in-the-future"),
        pytest.param({"stage": "offered", "at": "2026-06-01"}, "/at", id="a-date"),
        pytest.param({"stage": "offered", "note": ""}, "/note", id="an-empty-note"),
        pytest.param({"stage": "offered", "dated": True}, "/dated", id="a-derived-field"),
    ],
)
def test_an_invalid_line_changes_nothing(client: TestClient, body: Answer, pointer: str) -> None:
    app = application(client)
    before = items(client, at(app))
    fault(client.post(at(app), json=body), pointer)
    fault(client.patch(f"/v1/stages/{before[0]['id']}", json=body), pointer)
    assert items(client, at(app)) == before
    assert read(client, f"/v1/applications/{app}")["version"] == 1


def test_a_date_of_a_line_is_corrected_but_never_cleared(client: TestClient) -> None:
    app = application(client)
    (line,) = items(client, at(app))
    fault(client.patch(f"/v1/stages/{line['id']}", json={"at": None}), "/at")


def test_closing_another_application_before_its_round_removes_that_round_from_step_7(
    world: World, client: TestClient
) -> None:
    app, _ = interviewed(client)
    other, _ = interviewed(client, starts_at="2026-06-10T14:00:00Z", ends_at="2026-06-10T15:00:00Z")
    assert step(client, app, 7)["due_at"] == "2026-06-18T04:00:00Z"
    world.clock.now += timedelta(days=1)
    add(client, at(other), stage="withdrawn")
    assert step(client, app, 7)["due_at"] == "2026-06-06T04:00:00Z"
