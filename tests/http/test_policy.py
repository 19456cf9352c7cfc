"""The policy: every value with its origin, overridden by the user and by each application."""

import datetime as dt

import pytest
from fastapi.testclient import TestClient

from tests.http.api_client import Answer, add, alter, application, fault, interviewed, problem, read, step

pytestmark = pytest.mark.sqlite

MINE = "/v1/me/policy"


def here(app: str) -> str:
    return f"/v1/applications/{app}/policy"


def test_somebody_elses_policy_is_not_found(client: TestClient, stranger: TestClient) -> None:
    alter(stranger, MINE, search_days=3)
    assert read(client, MINE)["search_days"] == {"value": 7, "origin": "system"}


def test_at_first_every_value_is_the_default_of_the_system(client: TestClient) -> None:
    policy = read(client, MINE)
    assert policy.pop("recomputing") is False
    assert {figure["origin"] for figure in policy.values()} == {"system"}
    assert {name: figure["value"] for name, figure in policy.items()} == {
        "thank_you_hours": 24,
        "contacts_hours": 24,
        "same_day_floor_hours": 2,
        "references_business_days": 1,
        "call_after_business_days": 2,
        "call_window_business_days": 1,
        "hear_by_rule": "within",
        "chase_after_business_days": 5,
        "retry_business_days": 1,
        "max_unanswered": 2,
        "search_days": 7,
        "business_opens": "09:00",
        "business_closes": "17:00",
        "workdays": [0, 1, 2, 3, 4],
        "holidays": [],
        "thank_each_interviewer": False,
        "default_interview_minutes": 60,
        "next_stage_help_days": 7,
        "notes_help_days": 3,
        "thank_you_help_days": 7,
        "call_help_business_days": 15,
        "disabled_steps": [],
    }


def test_the_applications_value_overrides_the_users_and_null_removes_an_override(client: TestClient) -> None:
    app = application(client)
    alter(client, MINE, thank_you_hours=12, search_days=3)
    alter(client, here(app), thank_you_hours=6)
    found = read(client, here(app))
    assert found["thank_you_hours"] == {"value": 6, "origin": "application"}
    assert found["search_days"] == {"value": 3, "origin": "user"}
    assert found["contacts_hours"] == {"value": 24, "origin": "system"}
    assert read(client, f"/v1/applications/{app}")["policy"] == {"thank_you_hours": 6}
    assert alter(client, here(app), thank_you_hours=None)["thank_you_hours"] == {"value": 12, "origin": "user"}
    assert read(client, f"/v1/applications/{app}")["policy"] == {}
    alter(client, MINE, thank_you_hours=None)
    assert read(client, here(app))["thank_you_hours"] == {"value": 24, "origin": "system"}


def test_a_list_is_replaced_and_shown_sorted(client: TestClient) -> None:
    alter(client, MINE, workdays=[6, 0, 0], holidays=["2026-12-25", "2026-07-03"], disabled_steps=[7, 5])
    found = alter(client, MINE, holidays=["2026-07-03"])
    assert found["workdays"]["value"] == [0, 6]
    assert found["holidays"] == {"value": ["2026-07-03"], "origin": "user"}
    assert found["disabled_steps"]["value"] == [5, 7]


def test_an_applications_policy_can_be_sent_with_the_application(client: TestClient) -> None:
    app = application(client, policy={"thank_you_hours": 6, "business_opens": "08:30"})
    alter(client, f"/v1/applications/{app}", policy={"thank_you_hours": 8})
    assert read(client, f"/v1/applications/{app}")["policy"] == {"thank_you_hours": 8, "business_opens": "08:30"}
    assert alter(client, f"/v1/applications/{app}", policy=None)["policy"] == {}


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [
        pytest.param("thank_you_hours", 1, 168, id="hours-for-the-letter"),
        pytest.param("contacts_hours", 1, 168, id="hours-for-contacts"),
        pytest.param("same_day_floor_hours", 1, 8, id="minimum-hours-of-today"),
        pytest.param("references_business_days", 0, 10, id="days-for-references"),
        pytest.param("call_after_business_days", 0, 20, id="days-until-the-call"),
        pytest.param("call_window_business_days", 0, 10, id="days-of-the-call-window"),
        pytest.param("chase_after_business_days", 1, 30, id="days-until-the-next-call"),
        pytest.param("retry_business_days", 1, 5, id="days-until-a-retry"),
        pytest.param("max_unanswered", 1, 6, id="unanswered-calls"),
        pytest.param("search_days", 1, 60, id="days-of-the-search"),
        pytest.param("default_interview_minutes", 5, 600, id="default-minutes-of-an-interview"),
        pytest.param("next_stage_help_days", 1, 90, id="days-in-which-the-next-stage-helps"),
        pytest.param("notes_help_days", 1, 90, id="days-in-which-notes-help"),
        pytest.param("thank_you_help_days", 1, 90, id="days-in-which-the-letter-helps"),
        pytest.param("call_help_business_days", 1, 60, id="days-in-which-the-call-helps"),
    ],
)
def test_a_value_outside_its_bounds_is_refused(client: TestClient, field: str, low: int, high: int) -> None:
    assert alter(client, MINE, **{field: low})[field]["value"] == low
    assert alter(client, MINE, **{field: high})[field]["value"] == high
    for outside in (low - 1, high + 200, "12", 1.5, True, 10**30):
        fault(client.patch(MINE, json={field: outside}), f"/{field}")
    assert read(client, MINE)[field]["value"] == high


def test_a_step_always_helps_where_the_policy_says_so_and_null_restores_the_default(client: TestClient) -> None:
    app, _ = interviewed(client)
    always = {"value": "always", "origin": "user"}
    assert alter(client, MINE, notes_help_days="always")["notes_help_days"] == always
    assert step(client, app, 3)["helps_until"] is None
    assert read(client, here(app))["notes_help_days"] == always
    alter(client, here(app), notes_help_days=1)
    assert step(client, app, 3)["helps_until"] == "2026-05-30T15:00:00Z"
    assert read(client, f"/v1/applications/{app}")["policy"] == {"notes_help_days": 1}
    alter(client, here(app), notes_help_days=None)
    assert alter(client, MINE, notes_help_days=None)["notes_help_days"] == {"value": 3, "origin": "system"}
    assert step(client, app, 3)["helps_until"] == "2026-06-01T15:00:00Z"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"notes_help_days": "never"}, "/notes_help_days", id="an-unknown-word"),
        pytest.param({"workdays": []}, "/workdays", id="a-week-without-workdays"),
        pytest.param({"workdays": [7]}, "/workdays/0", id="an-eighth-day"),
        pytest.param({"disabled_steps": [8]}, "/disabled_steps/0", id="an-eighth-step"),
        pytest.param({"holidays": ["2026-02-30"]}, "/holidays/0", id="a-day-that-does-not-exist"),
        pytest.param({"hear_by_rule": "before"}, "/hear_by_rule", id="an-unknown-rule"),
        pytest.param({"business_opens": "9"}, "/business_opens", id="an-hour-without-minutes"),
        pytest.param({"business_opens": "09:00:30"}, "/business_opens", id="seconds"),
        pytest.param({"business_opens": "09:00Z"}, "/business_opens", id="a-zone"),
        pytest.param({"thank_each_interviewer": 7}, "/thank_each_interviewer", id="a-number-for-a-boolean"),
        pytest.param({"coffee": 3}, "/coffee", id="an-unknown-field"),
        pytest.param(
            {"business_closes": "10:59"}, "/business_closes", id="office-hours-shorter-than-the-same-day-minimum"
        ),
        pytest.param({"same_day_floor_hours": 9}, "/business_closes", id="a-same-day-minimum-longer-than-office-hours"),
    ],
)
def test_an_invalid_policy_is_not_saved(client: TestClient, body: Answer, pointer: str) -> None:
    app = application(client)
    before = read(client, MINE)
    fault(client.patch(MINE, json={"search_days": 5, **body}), pointer)
    fault(client.patch(here(app), json={"search_days": 5, **body}), pointer)
    assert read(client, MINE) == before
    assert read(client, here(app)) == before


def test_a_policy_has_at_most_400_holidays(client: TestClient) -> None:
    days = [(dt.date(2026, 1, 1) + dt.timedelta(days=n)).isoformat() for n in range(401)]
    fault(client.patch(MINE, json={"holidays": days}), "/holidays")
    assert len(alter(client, MINE, holidays=days[:400])["holidays"]["value"]) == 400


def test_office_hours_may_be_exactly_as_long_as_the_same_day_minimum(client: TestClient) -> None:
    assert alter(client, MINE, business_closes="11:00")["business_closes"]["value"] == "11:00"


def test_a_users_policy_must_be_valid_with_every_applications_overrides(client: TestClient) -> None:
    application(client, policy={"business_closes": "12:00"})
    fault(client.patch(MINE, json={"business_opens": "11:00"}), "/business_closes")
    assert read(client, MINE)["business_opens"] == {"value": "09:00", "origin": "system"}


def test_changing_a_users_policy_reevaluates_every_application(client: TestClient) -> None:
    (first, _), (second, _) = interviewed(client), interviewed(client)
    alter(client, here(second), thank_you_hours=30)
    alter(client, MINE, thank_you_hours=48, disabled_steps=[5])
    assert step(client, first, 4)["due_at"] == "2026-05-31T15:00:00Z"
    assert step(client, second, 4)["due_at"] == "2026-05-30T21:00:00Z"
    assert [step(client, app, 5)["state"] for app in (first, second)] == ["not_applicable"] * 2
    alter(client, MINE, disabled_steps=None)
    assert [step(client, app, 5)["state"] for app in (first, second)] == ["open"] * 2


def test_an_applications_policy_affects_only_that_application(client: TestClient) -> None:
    (first, _), (second, _) = interviewed(client), interviewed(client)
    alter(client, here(first), holidays=["2026-06-01"])
    assert step(client, first, 5)["due_at"] == "2026-06-03T04:00:00Z"
    assert step(client, second, 5)["due_at"] == "2026-06-02T04:00:00Z"


def test_the_default_length_sets_the_end_of_a_round_without_one(client: TestClient) -> None:
    app, round_ = interviewed(client, starts_at="2026-05-29T14:00:00Z")
    assert read(client, f"/v1/interviews/{round_}")["effective_end_at"] == "2026-05-29T15:00:00Z"
    alter(client, here(app), default_interview_minutes=90)
    assert read(client, f"/v1/interviews/{round_}")["effective_end_at"] == "2026-05-29T15:30:00Z"
    assert step(client, app, 4)["opens_at"] == "2026-05-29T15:30:00Z"


def test_the_etag_of_a_policy_is_valid_in_if_match(client: TestClient) -> None:
    app = application(client)
    for href in (MINE, here(app)):
        tag = client.get(href).headers["etag"]
        assert client.get(href, headers={"If-None-Match": tag}).status_code == 304
        answer = client.patch(href, json={"search_days": 4}, headers={"If-Match": tag})
        assert answer.status_code == 200, answer.text
        assert answer.headers["etag"] == client.get(href).headers["etag"] != tag
        refused = client.patch(href, json={"search_days": 5}, headers={"If-Match": tag})
        assert problem(refused, 412, "precondition_failed")["current"]["search_days"]["value"] == 4
        assert read(client, href)["search_days"]["value"] == 4


def test_an_application_with_an_invalid_policy_is_not_recorded(client: TestClient) -> None:
    body = {"company": "Acme", "role": "Engineer", "policy": {"thank_you_hours": 0}}
    fault(client.post("/v1/applications", json=body), "/policy/thank_you_hours")
    body = {**body, "policy": {"business_opens": "16:00"}}
    assert client.post("/v1/applications", json=body).status_code == 422
    assert read(client, "/v1/applications")["items"] == []
    add(client, "/v1/applications", company="Acme", role="Engineer", policy=None)
