"""Times of a round: local times and instants, zones and clock changes."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import Answer, add, alter, application, fault, interview, interviewed, items, read, step

pytestmark = pytest.mark.sqlite  # words and days; other files test the statements on both databases

NEW_YORK, BERLIN, KOLKATA, APIA = "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Apia"


def at(app: str) -> str:
    return f"/v1/applications/{app}/interviews"


@pytest.mark.parametrize(
    ("zone", "local", "fold", "instant"),
    [
        pytest.param(NEW_YORK, "2026-03-02T10:00:00", 0, "2026-03-02T15:00:00Z", id="winter-in-new-york"),
        pytest.param(NEW_YORK, "2026-07-02T10:00:00", 0, "2026-07-02T14:00:00Z", id="summer-in-new-york"),
        pytest.param(KOLKATA, "2026-03-02T15:00:30", 0, "2026-03-02T09:30:30Z", id="a-half-hour-offset-with-seconds"),
        pytest.param(APIA, "2026-03-02T09:00:00", 0, "2026-03-01T20:00:00Z", id="the-day-before-in-utc"),
        pytest.param("UTC", "2026-03-02T09:00:00", 0, "2026-03-02T09:00:00Z", id="utc"),
        pytest.param(
            "Australia/Lord_Howe", "2026-01-02T09:00:00", 0, "2026-01-01T22:00:00Z", id="a-clock-change-of-half-an-hour"
        ),
        pytest.param(NEW_YORK, "2026-11-01T01:30:00", 0, "2026-11-01T05:30:00Z", id="the-first-of-two-half-past-one"),
    ],
)
def test_a_local_time_and_its_instant_are_equivalent(
    client: TestClient, zone: str, local: str, fold: int, instant: str
) -> None:
    app = application(client)
    typed = add(client, at(app), time_zone=zone, start_local=local)
    synced = add(client, at(app), time_zone=zone, starts_at=instant)
    for made in (typed, synced, read(client, f"/v1/interviews/{typed['id']}")):
        assert (made["time_zone"], made["start_local"], made["start_fold"]) == (zone, local, fold)
        assert (made["starts_at"], made["end_local"], made["end_fold"]) == (instant, None, None)


def test_the_repeated_hour_of_a_clock_change_is_told_apart_by_fold(client: TestClient) -> None:
    app = application(client)
    second = add(client, at(app), time_zone=NEW_YORK, starts_at="2026-11-01T06:30:00Z", ends_at="2026-11-01T07:30:00Z")
    assert (second["start_local"], second["start_fold"]) == ("2026-11-01T01:30:00", 1)
    assert (second["end_local"], second["end_fold"]) == ("2026-11-01T02:30:00", 0)
    href = f"/v1/interviews/{second['id']}"
    assert alter(client, href, location="Room 2")["starts_at"] == "2026-11-01T06:30:00Z"
    typed = alter(client, href, start_local="2026-11-01T01:30")
    assert (typed["starts_at"], typed["start_fold"]) == ("2026-11-01T05:30:00Z", 0)


def test_a_skipped_local_time_uses_the_offset_before_the_change(client: TestClient) -> None:
    made = add(client, at(application(client)), time_zone=NEW_YORK, start_local="2026-03-08T02:30")
    assert (made["start_local"], made["starts_at"]) == ("2026-03-08T02:30:00", "2026-03-08T07:30:00Z")
    href = f"/v1/interviews/{made['id']}"
    again = alter(client, href, starts_at=made["starts_at"])
    assert (again["start_local"], again["starts_at"]) == ("2026-03-08T03:30:00", "2026-03-08T07:30:00Z")
    assert again["rescheduled_from"] == []


def test_any_offset_is_read_and_fractions_are_cut(client: TestClient) -> None:
    made = add(
        client, at(application(client)), starts_at="2026-05-29T19:30:15.999+05:30", ends_at="2026-05-29T11:00:00-04:00"
    )
    assert (made["starts_at"], made["ends_at"]) == ("2026-05-29T14:00:15Z", "2026-05-29T15:00:00Z")
    assert made["start_local"] == "2026-05-29T10:00:15"
    typed = add(client, at(made["application_id"]), start_local="2026-05-29T10:00:15.5")
    assert (typed["start_local"], typed["starts_at"]) == ("2026-05-29T10:00:15", "2026-05-29T14:00:15Z")


def test_changing_the_zone_keeps_the_local_time(client: TestClient) -> None:
    app, round_ = interviewed(client)
    href = f"/v1/interviews/{round_}"
    moved = alter(client, href, time_zone=BERLIN)
    assert (moved["start_local"], moved["end_local"]) == ("2026-05-29T10:00:00", "2026-05-29T11:00:00")
    assert (moved["starts_at"], moved["ends_at"]) == ("2026-05-29T08:00:00Z", "2026-05-29T09:00:00Z")
    assert step(client, app, 4)["due_at"] == "2026-05-30T09:00:00Z"
    back = alter(client, href, time_zone=NEW_YORK, starts_at="2026-05-29T14:00:00Z", ends_at="2026-05-29T15:00:00Z")
    assert (back["start_local"], back["ends_at"]) == ("2026-05-29T10:00:00", "2026-05-29T15:00:00Z")


def test_changing_the_zone_keeps_fold_only_where_that_hour_repeats_too(client: TestClient) -> None:
    made = add(client, at(application(client)), time_zone=NEW_YORK, starts_at="2026-11-01T06:30:00Z")
    href = f"/v1/interviews/{made['id']}"
    assert alter(client, href, time_zone="America/Detroit")["start_fold"] == 1
    moved = alter(client, href, time_zone=BERLIN)
    assert (moved["start_local"], moved["start_fold"], moved["starts_at"]) == (
        "2026-11-01T01:30:00",
        0,
        "2026-11-01T00:30:00Z",
    )


def test_changing_the_employers_zone_does_not_move_a_round(client: TestClient) -> None:
    app, round_ = interviewed(client)
    before = read(client, f"/v1/interviews/{round_}")
    alter(client, f"/v1/applications/{app}", time_zone="Asia/Tokyo")
    assert read(client, f"/v1/interviews/{round_}") == before
    assert step(client, app, 5)["due_zone"] == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        pytest.param({}, "/start_local", "missing", id="no-start"),
        pytest.param({"start_local": None}, "/start_local", "missing", id="null-for-the-start"),
        pytest.param(
            {"start_local": "2026-06-05T10:00", "starts_at": "2026-06-05T14:00:00Z"},
            *("/starts_at", "either_or"),
            id="the-start-in-both-forms",
        ),
        pytest.param(
            {"start_local": "2026-06-05T10:00", "end_local": "2026-06-05T11:00", "ends_at": "2026-06-05T15:00:00Z"},
            *("/ends_at", "either_or"),
            id="the-end-in-both-forms",
        ),
        pytest.param({"start_local": "2026-06-05T10:00Z"}, "/start_local", None, id="a-local-time-with-an-offset"),
        pytest.param({"starts_at": "2026-06-05T10:00"}, "/starts_at", None, id="an-instant-without-an-offset"),
        pytest.param({"starts_at": "2026-06-05"}, "/starts_at", None, id="a-date"),
        pytest.param({"starts_at": 1780000000}, "/starts_at", "not_a_text", id="unix-time"),
        pytest.param({"starts_at": "1780000000"}, "/starts_at", "not_a_text", id="unix-time-as-text"),
        pytest.param({"start_local": "1780000000"}, "/start_local", "not_a_text", id="unix-time-as-a-local-time"),
        pytest.param({"starts_at": "0001-01-01T00:00:00+14:00"}, "/starts_at", "instant_out_of_range", id="year-0"),
        pytest.param({"starts_at": "9999-12-31T23:59:59-14:00"}, "/starts_at", "instant_out_of_range", id="year-10000"),
        pytest.param({"start_local": "2026-06-05T10:00", "time_zone": "EST5"}, "/time_zone", "unknown_zone", id="EST5"),
        pytest.param(
            {"start_local": "2026-06-05T10:00", "end_local": "2026-06-05T10:00"},
            *("/end_local", "end_before_start"),
            id="an-end-equal-to-the-start",
        ),
        pytest.param(
            {"starts_at": "2026-06-05T10:00:00Z", "ends_at": "2026-06-05T09:59:59Z"},
            *("/ends_at", "end_before_start"),
            id="an-end-before-the-start",
        ),
        pytest.param(
            {"starts_at": "2026-06-05T10:00:00Z", "ends_at": "2026-06-06T10:00:01Z"},
            *("/ends_at", "longer_than_a_day"),
            id="longer-than-24-hours",
        ),
        pytest.param(
            {"starts_at": "2026-06-01T11:00:00Z", "actual_end": "2026-06-01T11:00:00Z"},
            *("/actual_end", "end_before_start"),
            id="an-actual-end-equal-to-the-start",
        ),
    ],
)
def test_a_round_at_an_impossible_time_is_not_recorded(
    client: TestClient, body: Answer, pointer: str, code: str | None
) -> None:
    app = application(client)
    found = fault(client.post(at(app), json=body), pointer)
    assert code in (None, found)
    assert items(client, at(app)) == []


def test_the_limit_of_24_hours_counts_elapsed_time(client: TestClient) -> None:
    app = application(client)
    night = {"time_zone": NEW_YORK, "start_local": "2026-10-31T16:00"}
    fault(client.post(at(app), json={**night, "end_local": "2026-11-01T16:00"}), "/end_local")
    made = add(client, at(app), **night, end_local="2026-11-01T15:00")
    assert made["ends_at"] == "2026-11-01T20:00:00Z"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"start_local": None}, id="no-local-start"),
        pytest.param({"starts_at": None}, id="no-start"),
        pytest.param({"start_local": "2026-06-02T10:00", "starts_at": None}, id="one-form-given-the-other-null"),
        pytest.param({"starts_at": "2026-06-02T10:00:00Z", "ends_at": "2026-06-02T09:00:00Z"}, id="end-before-start"),
        pytest.param({"ends_at": "2026-05-29T13:00:00Z"}, id="an-end-before-the-start"),
        pytest.param({"time_zone": None}, id="no-zone"),
        pytest.param({"time_zone": "Mars"}, id="an-unknown-zone"),
    ],
)
def test_a_change_to_an_impossible_time_changes_nothing(client: TestClient, body: Answer) -> None:
    _, round_ = interviewed(client)
    before = read(client, f"/v1/interviews/{round_}")
    answer = client.patch(f"/v1/interviews/{round_}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert read(client, f"/v1/interviews/{round_}") == before


def test_an_end_is_cleared_in_either_form_and_the_default_length_applies(client: TestClient) -> None:
    for name in ("end_local", "ends_at"):
        _, round_ = interviewed(client, ends_at="2026-05-29T16:00:00Z")
        after = alter(client, f"/v1/interviews/{round_}", **{name: None})
        assert (after["ends_at"], after["end_local"], after["end_fold"]) == (None, None, None)
        assert after["effective_end_at"] == "2026-05-29T15:00:00Z"


def test_the_actual_end_takes_precedence_over_the_planned_end(client: TestClient) -> None:
    app, round_ = interviewed(client)
    href = f"/v1/interviews/{round_}"
    assert alter(client, href, actual_end="2026-05-29T15:45:00Z")["effective_end_at"] == "2026-05-29T15:45:00Z"
    assert step(client, app, 4)["due_at"] == "2026-05-30T15:45:00Z"
    assert alter(client, href, actual_end=None)["effective_end_at"] == "2026-05-29T15:00:00Z"


def test_a_moved_round_lists_its_earlier_times(world: World, client: TestClient) -> None:
    app = application(client)
    round_ = interview(client, app, start_local="2026-06-03T10:00", end_local="2026-06-03T11:00")
    href = f"/v1/interviews/{round_}"
    assert alter(client, href, end_local="2026-06-03T11:30")["rescheduled_from"] == []
    world.clock.now += timedelta(hours=1)
    alter(client, href, start_local="2026-06-04T10:00", end_local="2026-06-04T11:00")
    world.clock.now += timedelta(hours=1)
    moved = alter(client, href, starts_at="2026-06-05T14:00:00Z", ends_at=None)
    assert moved["rescheduled_from"] == [
        {
            "start_local": "2026-06-03T10:00:00",
            "end_local": "2026-06-03T11:30:00",
            "time_zone": NEW_YORK,
            "moved_at": "2026-06-01T13:00:00Z",
            "end_moved_too": False,
        },
        {
            "start_local": "2026-06-04T10:00:00",
            "end_local": "2026-06-04T11:00:00",
            "time_zone": NEW_YORK,
            "moved_at": "2026-06-01T14:00:00Z",
            "end_moved_too": False,
        },
    ]
    assert step(client, app, 4)["opens_at"] == "2026-06-05T15:00:00Z"


@pytest.mark.parametrize(
    ("sent", "start", "end"),
    [
        pytest.param({"start_local": "2026-06-03T08:00"}, "2026-06-03T12:00:00Z", "2026-06-03T13:30:00Z", id="earlier"),
        pytest.param({"starts_at": "2026-06-09T14:00:00Z"}, "2026-06-09T14:00:00Z", "2026-06-09T15:30:00Z", id="later"),
        pytest.param(
            {"start_local": "2026-06-03T10:00", "time_zone": "Europe/Berlin"},
            "2026-06-03T08:00:00Z",
            "2026-06-03T09:30:00Z",
            id="in-another-zone",
        ),
        pytest.param({"start_local": "2026-11-01T00:45"}, "2026-11-01T04:45:00Z", "2026-11-01T06:15:00Z", id="dst"),
    ],
)
def test_a_new_start_alone_keeps_the_length_and_says_so(
    world: World, client: TestClient, sent: Answer, start: str, end: str
) -> None:
    round_ = interview(client, application(client), start_local="2026-06-03T10:00", end_local="2026-06-03T11:30")
    href = f"/v1/interviews/{round_}"
    moved = alter(client, href, **sent)
    assert (moved["starts_at"], moved["ends_at"], moved["effective_end_at"]) == (start, end, end)
    assert moved["rescheduled_from"][-1]["end_moved_too"]
    (warning,) = moved["warnings"]
    assert (warning["code"], warning["method"], warning["href"]) == ("end_moved_too", "PATCH", href)
    assert "so that the interview keeps its length" in warning["text"]
    assert read(client, href) == moved
    world.clock.now += timedelta(minutes=1)
    assert alter(client, href, location="Room 2")["warnings"] == []


def test_the_text_about_a_moved_end_names_the_local_time_and_its_zone(client: TestClient) -> None:
    round_ = interview(client, application(client), start_local="2026-06-03T10:00", end_local="2026-06-03T11:00")
    moved = alter(client, f"/v1/interviews/{round_}", start_local="2026-06-04T14:00")
    assert "to 15:00 on Thu 4 Jun 2026 (EDT)," in moved["warnings"][0]["text"]


def test_an_end_that_is_sent_or_unknown_does_not_follow_the_start(client: TestClient) -> None:
    app = application(client)
    href = f"/v1/interviews/{interview(client, app, start_local='2026-06-03T10:00', end_local='2026-06-03T11:00')}"
    sent = alter(client, href, start_local="2026-06-03T09:00", end_local="2026-06-03T11:00")
    assert (sent["end_local"], sent["warnings"]) == ("2026-06-03T11:00:00", [])
    same = alter(client, href, start_local="2026-06-03T09:00")
    assert (same["end_local"], same["warnings"]) == ("2026-06-03T11:00:00", [])
    assert alter(client, href, start_local="2026-06-03T08:00", end_local=None)["ends_at"] is None
    assert alter(client, href, start_local="2026-06-03T10:00")["ends_at"] is None


def test_evidence_from_before_a_moved_round_no_longer_counts(client: TestClient) -> None:
    app, round_ = interviewed(client)
    note = {"interview_id": round_, "text": "A note.", "noted_at": "2026-05-29T16:00:00Z"}
    for kind in ("positive", "concern"):
        add(client, f"/v1/applications/{app}/notes", **note, kind=kind)
    assert step(client, app, 3)["state"] == "done"
    alter(client, f"/v1/interviews/{round_}", starts_at="2026-06-03T14:00:00Z", ends_at="2026-06-03T15:00:00Z")
    moved = step(client, app, 3)
    assert (moved["state"], moved["progress"]["missing"]) == ("upcoming", ["positives", "concerns"])
    assert {warning["code"] for warning in moved["warnings"]} == {"evidence_before_interview"}


def test_the_first_hours_of_1970_are_shown_in_zones_where_it_is_1969(client: TestClient) -> None:
    made = interview(client, application(client), starts_at="2026-05-28T12:00:00Z", ends_at="2026-05-28T13:00:00Z")
    moved = alter(client, f"/v1/interviews/{made}", starts_at="1970-01-01T00:00:00Z")
    assert (moved["start_local"], moved["ends_at"]) == ("1969-12-31T19:00:00", "1970-01-01T01:00:00Z")
