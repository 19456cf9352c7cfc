"""Applications: their defaults, and how they are found, changed, archived, deleted and restored."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import (
    NOW,
    UNKNOWN,
    Answer,
    act,
    add,
    alter,
    application,
    contact,
    fault,
    interviewed,
    items,
    problem,
    read,
    step,
    steps,
)

pytestmark = pytest.mark.sqlite(profile="quick")

ALL = "/v1/applications"
EXPANDED = ("contacts", "interviews", "steps", "headline", "next_action")
EXPANDED_IN_ONE = ("interviewers", "notes", "letters", "references", "follow_ups", "offers")
BLANK = [
    *("source", "posting_url", "posting_text", "location", "work_mode", "applied_on", "archived_at"),
    *("salary_min", "salary_max", "salary_currency", "salary_period", "status_contact_id", "status_contact_since"),
    *("references_given_at", "reference_check", "references_not_needed_at", "why_role", "why_company"),
    *("offered_at", "closed_at", "closed_outcome"),
]
MINIMAL = {"company": "Acme", "role": "Engineer"}


def test_somebody_elses_application_is_not_listed(client: TestClient, stranger: TestClient) -> None:
    application(client)
    assert items(stranger, ALL) == []


def test_company_and_role_are_enough(client: TestClient) -> None:
    answer = client.post(ALL, json=MINIMAL)
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{ALL}/{made['id']}"
    assert answer.headers["etag"] == made["etag"]
    assert made == {
        **MINIMAL,
        **dict.fromkeys(BLANK),
        "id": made["id"],
        "created_at": NOW,
        "updated_at": NOW,
        "version": 1,
        "etag": made["etag"],
        "time_zone": "America/New_York",
        "stage": "applied",
        "policy": {},
        "possible_duplicate": None,
    }
    del made["possible_duplicate"]  # only in the response that records it
    assert {**made, **dict.fromkeys((*EXPANDED, *EXPANDED_IN_ONE)), "more": {}} == read(client, f"{ALL}/{made['id']}")
    assert items(client, ALL) == [{**made, **dict.fromkeys(EXPANDED), "more": {}}]
    assert items(client, "/v1/search-activities") == []


def test_a_first_stage_without_a_date_is_undated(client: TestClient) -> None:
    (line,) = items(client, f"{ALL}/{application(client)}/stages")
    assert (line["stage"], line["dated"], line["at"], line["note"]) == ("applied", False, NOW, None)


def test_the_day_of_applying_dates_the_first_line_and_is_a_search_activity(client: TestClient) -> None:
    app = application(client, applied_on="2026-05-20", time_zone="Europe/Berlin")
    (line,) = items(client, f"{ALL}/{app}/stages")
    assert (line["dated"], line["at"]) == (True, "2026-05-19T22:00:00Z")
    (activity,) = items(client, "/v1/search-activities")
    assert (activity["kind"], activity["application_id"], activity["at"]) == ("applied", app, "2026-05-20T04:00:00Z")


def test_a_given_date_of_the_first_stage_beats_the_day_of_applying(client: TestClient) -> None:
    app = application(client, applied_on="2026-05-20", stage="saved", stage_at="2026-05-10T10:00:00+02:00")
    (line,) = items(client, f"{ALL}/{app}/stages")
    assert (line["stage"], line["at"], line["dated"]) == ("saved", "2026-05-10T08:00:00Z", True)


def test_having_applied_elsewhere_covers_the_search_of_the_others(client: TestClient) -> None:
    app, _ = interviewed(client)
    assert step(client, app, 7)["due_at"] == "2026-06-06T04:00:00Z"
    application(client, applied_on="2026-05-31")
    assert step(client, app, 7)["due_at"] == "2026-06-08T04:00:00Z"


@pytest.mark.parametrize(
    ("zone", "employer", "day"),
    [
        pytest.param("America/New_York", "America/New_York", "2026-06-01", id="today"),
        pytest.param("Pacific/Kiritimati", "America/Los_Angeles", "2026-06-02", id="today-of-the-applicant"),
        pytest.param("America/Los_Angeles", "Pacific/Kiritimati", "2026-06-02", id="today-of-the-employer"),
    ],
)
def test_applied_on_may_be_today_in_any_zone_involved(world: World, zone: str, employer: str, day: str) -> None:
    client = world.sign_up(zone)
    app = application(client, applied_on=day, time_zone=employer)
    assert items(client, f"{ALL}/{app}/stages")[0]["at"] <= NOW


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"company": " "}, "/company", id="a-blank-company"),
        pytest.param({"company": "x" * 201}, "/company", id="a-company-that-is-too-long"),
        pytest.param({"role": None}, "/role", id="null-for-the-role"),
        pytest.param({"time_zone": "US"}, "/time_zone", id="a-zone-folder"),
        pytest.param({"time_zone": "EDT"}, "/time_zone", id="an-abbreviation"),
        pytest.param({"stage": "hired"}, "/stage", id="an-unknown-stage"),
        pytest.param({"posting_url": "javascript:alert(1)"}, "/posting_url", id="a-javascript-link"),
        pytest.param({"salary_currency": "euro"}, "/salary_currency", id="not-a-currency"),
        pytest.param({"salary_min": -1}, "/salary_min", id="a-negative-salary"),
        pytest.param({"salary_min": True}, "/salary_min", id="true-for-a-number"),
        pytest.param({"salary_min": "12"}, "/salary_min", id="a-text-for-a-number"),
        pytest.param({"applied_on": "2026-05-01T00:00:00"}, "/applied_on", id="a-midnight-for-a-day"),
        pytest.param({"posting_text": " \n"}, "/posting_text", id="a-blank-text"),
        pytest.param({"salary_min": 2, "salary_max": 1}, "/salary_max", id="a-range-the-wrong-way-round"),
        pytest.param({"reference_check": {"date": "2026-06-02", "time": "25:00"}}, "/reference_check/time", id="25h"),
        pytest.param({"reference_check": "2026-06-02"}, "/reference_check", id="a-date-for-a-moment"),
        pytest.param({"applied_on": "2026-06-02"}, "/applied_on", id="applied-tomorrow"),
        pytest.param({"stage_at": "2026-06-01T12:05:01Z"}, "/stage_at", id="a-stage-in-the-future"),
        pytest.param(
            {"references_given_at": "2026-06-02T00:00:00Z"}, "/references_given_at", id="references-given-in-the-future"
        ),
        pytest.param({"archived_at": NOW}, "/archived_at", id="archived-though-open"),
        pytest.param({"status_contact_since": NOW}, "/status_contact_since", id="a-date-without-a-status-contact"),
        pytest.param({"offered_at": NOW}, "/offered_at", id="a-derived-field"),
    ],
)
def test_an_invalid_application_is_neither_recorded_nor_changed(client: TestClient, body: Answer, pointer: str) -> None:
    app = application(client)
    before = items(client, ALL)
    fault(client.post(ALL, json={**MINIMAL, **body}), pointer)
    if pointer not in ("/stage", "/stage_at", "/offered_at"):
        fault(client.patch(f"{ALL}/{app}", json=body), pointer)
    assert items(client, ALL) == before
    assert items(client, "/v1/search-activities") == []


def test_the_status_contact_must_be_the_users_own_contact(client: TestClient, stranger: TestClient) -> None:
    app, theirs = application(client), contact(stranger)
    for id_ in (theirs, UNKNOWN, "nobody"):
        answer = client.patch(f"{ALL}/{app}", json={"status_contact_id": id_})
        problem(answer, 404, "not_found", "/status_contact_id")
        answer = client.post(ALL, json={**MINIMAL, "status_contact_id": id_})
        problem(answer, 404, "not_found", "/status_contact_id")
    assert [one["status_contact_id"] for one in items(client, ALL)] == [None]


@pytest.mark.parametrize("field", ["stage", "closed_at", "closed_outcome", "offered_at"])
def test_the_stage_is_changed_by_its_history_and_the_refusal_says_so(client: TestClient, field: str) -> None:
    app = application(client)
    answer = client.patch(f"{ALL}/{app}", json={field: "rejected" if field == "stage" else None, "role": "Chief"})
    assert fault(answer, f"/{field}") == "read_only"
    assert "/v1/applications/{application_id}/stages" in answer.json()["detail"]
    assert read(client, f"{ALL}/{app}")["role"] == "Engineer"


@pytest.mark.own_statements
def test_a_merge_patch_leaves_what_is_absent_and_clears_what_is_null(client: TestClient) -> None:
    app = application(client, source="A friend", location="Berlin", salary_min=1, salary_max=2.5)
    after = alter(client, f"{ALL}/{app}", source=None, role="Chief", salary_max=3)
    assert (after["source"], after["location"], after["role"]) == (None, "Berlin", "Chief")
    assert (after["salary_min"], after["salary_max"], after["version"]) == (1, 3, 2)
    for field in ("company", "role", "time_zone"):
        fault(client.patch(f"{ALL}/{app}", json={field: None}), f"/{field}")


def test_the_status_contact_gets_a_date_when_set_and_loses_it_when_cleared(world: World, client: TestClient) -> None:
    app, kim, sam = application(client), contact(client), contact(client, full_name="Sam Roe")
    first = alter(client, f"{ALL}/{app}", status_contact_id=kim)
    assert first["status_contact_since"] == NOW
    earlier = alter(client, f"{ALL}/{app}", status_contact_since="2026-05-30T08:00:00Z")
    assert (earlier["status_contact_id"], earlier["status_contact_since"]) == (kim, "2026-05-30T08:00:00Z")
    fault(client.patch(f"{ALL}/{app}", json={"status_contact_since": None}), "/status_contact_since")
    world.clock.now += timedelta(hours=1)
    assert alter(client, f"{ALL}/{app}", status_contact_id=kim)["status_contact_since"] == "2026-05-30T08:00:00Z"
    assert alter(client, f"{ALL}/{app}", status_contact_id=sam)["status_contact_since"] == "2026-06-01T13:00:00Z"
    assert alter(client, f"{ALL}/{app}", status_contact_id=None)["status_contact_since"] is None


@pytest.mark.own_statements
def test_only_a_closed_application_is_archived_and_reopening_unarchives_it(client: TestClient) -> None:
    app = application(client)
    fault(client.patch(f"{ALL}/{app}", json={"archived_at": NOW}), "/archived_at")
    line = add(client, f"{ALL}/{app}/stages", stage="rejected")
    assert alter(client, f"{ALL}/{app}", archived_at=NOW)["archived_at"] == NOW
    assert [one["id"] for one in items(client, ALL, archived=True)] == [app]
    assert items(client, ALL, archived=False) == []
    assert client.delete(f"/v1/stages/{line['id']}").status_code == 204
    assert read(client, f"{ALL}/{app}")["archived_at"] is None


def test_an_application_that_ended_long_ago_is_recorded_archived_at_once(client: TestClient) -> None:
    app = application(client, stage="rejected", stage_at="2026-01-05T10:00:00Z", archived_at="2026-02-01T10:00:00Z")
    found = read(client, f"{ALL}/{app}")
    assert (found["closed_at"], found["closed_outcome"]) == ("2026-01-05T10:00:00Z", "rejected")
    assert found["archived_at"] == "2026-02-01T10:00:00Z"


def named(found: list[Answer]) -> str:
    return " ".join(one["company"] for one in found)


@pytest.mark.own_statements
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        pytest.param({}, "éclair Acme_2 ACME Äpfel", id="newest-first"),
        pytest.param({"sort": "created_at"}, "Äpfel ACME Acme_2 éclair", id="oldest-first"),
        pytest.param({"sort": "company"}, "ACME Acme_2 Äpfel éclair", id="by-company-case-insensitive"),
        pytest.param({"sort": "-company"}, "éclair Äpfel Acme_2 ACME", id="by-company-backwards"),
        pytest.param({"sort": "updated_at"}, "ACME Acme_2 éclair Äpfel", id="least-recently-changed"),
        pytest.param({"sort": "-updated_at"}, "Äpfel éclair Acme_2 ACME", id="most-recently-changed"),
        pytest.param({"company": "acme"}, "Acme_2 ACME", id="a-prefix-case-insensitive"),
        pytest.param({"company": "ÄP"}, "Äpfel", id="a-prefix-with-an-umlaut"),
        pytest.param({"company": "acme_"}, "Acme_2", id="an-underscore-is-no-wildcard"),
        pytest.param({"company": "%"}, "", id="a-percent-sign-is-no-wildcard"),
        pytest.param({"stage": "rejected"}, "Acme_2", id="by-stage"),
        pytest.param({"stage": "applied", "company": "ac"}, "ACME", id="two-filters"),
        pytest.param({"updated_since": "2026-06-01T12:02:00Z"}, "éclair Acme_2 Äpfel", id="changed-since"),
        pytest.param({"updated_since": "2026-06-01T14:03:00+02:00"}, "éclair Äpfel", id="changed-since-with-an-offset"),
    ],
)
def test_applications_are_found_and_ordered(world: World, client: TestClient, params: Answer, expected: str) -> None:
    made = []
    for company, stage in (("Äpfel", "applied"), ("ACME", "applied"), ("Acme_2", "rejected"), ("éclair", "saved")):
        made.append(application(client, company=company, stage=stage))
        world.clock.now += timedelta(minutes=1)
    alter(client, f"{ALL}/{made[0]}", role="Chief")
    assert named(items(client, ALL, **params)) == expected


def test_applications_are_found_by_their_status_contact(client: TestClient) -> None:
    kim = contact(client)
    app = application(client, status_contact_id=kim)
    application(client)
    assert [one["id"] for one in items(client, ALL, status_contact_id=kim.upper())] == [app]


@pytest.mark.parametrize(
    ("params", "name"),
    [
        pytest.param({"sort": "role"}, "sort", id="an-unknown-order"),
        pytest.param({"status_contact_id": "somebody"}, "status_contact_id", id="not-an-id"),
        pytest.param({"stage": "hired"}, "stage", id="an-unknown-stage"),
        pytest.param({"archived": "perhaps"}, "archived", id="not-a-boolean"),
        pytest.param({"updated_since": "2026-06-01T12:00:00"}, "updated_since", id="no-offset"),
        pytest.param({"updated_since": "9999-12-31T23:59:59-12:00"}, "updated_since", id="beyond-the-last-date"),
        pytest.param({"company": "A\x00"}, "company", id="nul"),
        pytest.param({"expand": "contacts,letters"}, "expand", id="an-unknown-expansion"),
    ],
)
def test_an_invalid_query_parameter_is_named(client: TestClient, params: Answer, name: str) -> None:
    problem(client.get(ALL, params=params), 422, "invalid", name)


def test_an_application_is_deleted_with_everything_and_restored_with_it(client: TestClient) -> None:
    app, round_ = interviewed(client, no_positives_at="2026-05-29T16:00:00Z")
    note = add(client, f"{ALL}/{app}/notes", interview_id=round_, kind="concern", text="Slow start.")["id"]
    before = steps(client, app)
    step_id = before["steps"][0]["id"]
    queue = read(client, "/v1/queue")
    assert client.delete(f"{ALL}/{app}").status_code == 204
    gone = [
        f"{ALL}/{app}",
        f"{ALL}/{app}/steps",
        f"/v1/interviews/{round_}",
        f"/v1/notes/{note}",
        f"/v1/steps/{step_id}",
    ]
    for href in gone:
        problem(client.get(href), 404, "not_found")
    problem(client.delete(f"{ALL}/{app}"), 404, "not_found")
    assert items(client, ALL) == items(client, "/v1/queue") == []
    assert act(client, f"{ALL}/{app}/restore")["id"] == app
    assert steps(client, app) == before
    assert read(client, "/v1/queue") == queue
    for href in gone:
        read(client, href)


def test_restoring_an_application_that_is_not_deleted_changes_nothing(client: TestClient) -> None:
    app = application(client)
    assert act(client, f"{ALL}/{app}/restore")["version"] == 1


@pytest.mark.parametrize(
    ("days", "status"), [pytest.param(30, 200, id="on-the-30th-day"), pytest.param(31, 404, id="on-the-31st")]
)
def test_a_deleted_application_can_be_restored_for_30_days(
    world: World, client: TestClient, days: int, status: int
) -> None:
    app = application(client)
    client.delete(f"{ALL}/{app}")
    world.clock.now += timedelta(days=days)
    assert client.post(f"{ALL}/{app}/restore").status_code == status
    assert len(items(client, ALL)) == (status == 200)


def test_an_application_that_is_deleted_covers_no_search(client: TestClient) -> None:
    app, _ = interviewed(client)
    other = application(client, applied_on="2026-05-31")
    client.delete(f"{ALL}/{other}")
    assert step(client, app, 7)["due_at"] == "2026-06-06T04:00:00Z"
    assert items(client, "/v1/search-activities") == []
    act(client, f"{ALL}/{other}/restore")
    assert step(client, app, 7)["due_at"] == "2026-06-08T04:00:00Z"
    assert len(items(client, "/v1/search-activities")) == 1
