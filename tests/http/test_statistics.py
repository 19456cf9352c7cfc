"""Statistics over HTTP: the figures of what was recorded, the period, the groups, and the formats."""

import csv
import io
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import World
from tests.drawing import drawn
from tests.http.api_client import add, application, fault, interview, read
from tests.rules.search_histories import (
    NOW,
    ZONE,
    Drawn,
    Event,
    drawn_applications,
    slow_funnel,
    slow_responses,
)

pytestmark = pytest.mark.sqlite(profile="quick")

FUNNEL, RESPONSES = "/v1/stats/funnel", "/v1/stats/response-times"


def record(client: TestClient, one: Drawn) -> str:
    """Record a drawn application through the API."""
    first = one.events[0]
    more = {"stage_at": first.at.isoformat()} if first.at else {}
    if one.applied_on is not None:
        more["applied_on"] = one.applied_on.isoformat()
    app = application(client, stage=first.what.removeprefix("stage "), time_zone=ZONE, **more)
    for event in one.events[1:]:
        _record_event(client, app, event)
    return app


def _record_event(client: TestClient, app: str, event: Event) -> None:
    kind, _, detail = event.what.partition(" ")
    assert event.at is not None
    at = event.at.isoformat()
    parent = f"/v1/applications/{app}"
    if kind == "stage":
        add(client, f"{parent}/stages", stage=detail, at=at)
    elif kind == "interview":
        interview(client, app, starts_at=at, status=detail)
    elif kind == "contact":
        outcome = "status" if detail == "in" else "spoke"
        add(client, f"{parent}/follow-ups", at=at, direction=detail, channel="phone", outcome=outcome)
    else:
        add(client, f"{parent}/offers", received_at=at)


def dated_like_the_api(one: Drawn) -> Drawn:
    """Date the first stage as the service does: by the date of application, if there is no other."""
    first = one.events[0]
    if first.at is not None or one.applied_on is None:
        return one
    midnight = datetime.combine(one.applied_on, time(), ZoneInfo(ZONE)).astimezone(UTC)
    dated = Event(first.what, min(midnight, NOW))
    return Drawn(one.applied_on, tuple(sorted((dated, *one.events[1:]), key=lambda event: event.at or NOW)))


@pytest.mark.own_statements
@drawn(quick=12, long=300)
@given(found=st.lists(drawn_applications(), max_size=8))
def test_figures_equal_a_slow_computation_of_what_was_recorded(world: World, found: list[Drawn]) -> None:
    client = world.sign_up()
    for one in found:
        record(client, one)
    known = [dated_like_the_api(one) for one in found]
    made, slow = read(client, FUNNEL), slow_funnel(known)
    assert {level["name"]: level["count"] for level in made["levels"]} == slow["levels"]
    assert {end["outcome"]: end["count"] for end in made["endings"]} == slow["endings"]
    assert made["waiting"] == slow["waiting"]
    times, responses = read(client, RESPONSES), slow_responses(known)
    counts = {
        (days["from_days"], kind): days[kind] for days in times["days"] for kind in ("answered", "waiting", "silent")
    }
    assert counts == responses["days"]
    assert (times["median_days"], times["undated"]) == (responses["median"], responses["undated"])


def applied(client: TestClient, number: int, *, answered: int = 0, **fields: Any) -> None:
    """Record applications of 1 May 2026, of which some were answered after four days."""
    for index in range(number):
        app = application(client, applied_on="2026-05-01", time_zone=ZONE, **fields)
        if index < answered:
            add(client, f"/v1/applications/{app}/stages", stage="rejected", at="2026-05-05T12:00:00Z")


@pytest.mark.parametrize("number", [0, 1, 4, 5, 9, 10])
def test_small_numbers_have_no_percentages_and_no_median(client: TestClient, number: int) -> None:
    applied(client, number, answered=number)
    made, times = read(client, FUNNEL), read(client, RESPONSES)
    assert [level["count"] for level in made["levels"]] == [number, number, 0, 0, 0]
    assert [level["percent"] for level in made["levels"]] == ([100, 100, 0, 0, 0] if number >= 10 else [None] * 5)
    assert made["too_few"] is (number < 10)
    assert ("no percentages" in made["summary"]) is (0 < number < 10)
    assert times["median_days"] == (4 if number >= 5 else None)
    assert ("too few for a median" in times["summary"]) is (0 < number < 5)
    for address in (FUNNEL, RESPONSES):
        for kind in ("svg", "html", "csv"):
            answer = client.get(address, params={"format": kind})
            assert answer.status_code == 200
            assert ("\u00a0%" in answer.text) is (number >= 10 and kind != "csv" and address == FUNNEL)


def test_a_period_and_groups(client: TestClient) -> None:
    applied(client, 6, answered=5, source="Job board", work_mode="remote")
    applied(client, 2, answered=1, source="A friend")
    application(client, applied_on="2026-04-30", source="Job board")
    application(client)  # without a date
    made = read(client, FUNNEL, **{"from": "2026-05-01", "to": "2026-05-01", "by": "source"})
    assert (made["applied"], made["undated"], made["by"]) == (8, 1, "source")
    groups = [(group["value"], group["is_other"], group["applied"]) for group in made["groups"]]
    assert groups == [("Job board", False, 6), (None, True, 2)]
    times = read(client, RESPONSES, **{"from": "2026-05-01", "by": "work_mode"})
    assert [(group["value"], group["median_days"], group["answered"]) for group in times["groups"]] == [
        ("remote", 4, 5),
        (None, None, 1),
    ]
    assert times["undated"] == 1
    assert read(client, FUNNEL, to="2026-04-30")["applied"] == 1


def test_a_period_that_ends_before_it_begins_is_refused(client: TestClient) -> None:
    answer = client.get(FUNNEL, params={"from": "2026-05-02", "to": "2026-05-01"})
    assert fault(answer, "to") == "before_from"
    assert fault(client.get(FUNNEL, params={"width": "200"}), "width") == "greater_than_equal"


def test_deleted_applications_and_those_of_others_are_not_counted(world: World, client: TestClient) -> None:
    applied(client, 2)
    other = world.sign_up()
    assert read(other, FUNNEL)["applied"] == 0
    app = application(client, applied_on="2026-05-01")
    assert client.delete(f"/v1/applications/{app}").status_code == 204
    assert read(client, FUNNEL)["applied"] == 2
    assert read(client, RESPONSES)["waiting"] == 2


def test_a_call_by_you_is_no_answer_and_a_call_by_them_is_one(client: TestClient) -> None:
    app = application(client, applied_on="2026-05-20", time_zone=ZONE)
    call = {"channel": "phone", "at": "2026-05-25T14:00:00Z"}
    add(client, f"/v1/applications/{app}/follow-ups", direction="out", outcome="spoke", **call)
    assert [level["count"] for level in read(client, FUNNEL)["levels"]] == [1, 0, 0, 0, 0]
    add(client, f"/v1/applications/{app}/follow-ups", direction="in", outcome="status", **call)
    assert [level["count"] for level in read(client, FUNNEL)["levels"]] == [1, 1, 0, 0, 0]
    assert read(client, RESPONSES)["days"][1]["answered"] == 1


def test_an_invitation_counts_from_the_day_on_which_it_was_recorded(world: World, client: TestClient) -> None:
    app = application(client, applied_on="2026-05-20", time_zone=ZONE)
    interview(client, app, starts_at="2026-06-20T14:00:00Z")
    world.clock.now = NOW + timedelta(days=30)
    assert [days["answered"] for days in read(client, RESPONSES)["days"]] == [0, 0, 1, 0, 0, 0]


def test_csv_has_every_figure_and_no_formula(client: TestClient) -> None:
    applied(client, 10, answered=5, source='=HYPERLINK("http://example.com")')
    answer = client.get(FUNNEL, params={"format": "csv", "by": "source"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="afterword-funnel.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["count"] for row in rows[:5]] == ["10", "5", "0", "0", "0"]
    assert {row["group"] for row in rows} == {"", '\'=HYPERLINK("http://example.com")'}
    times = client.get(RESPONSES, params={"format": "csv"}).text
    assert [row["answered"] for row in csv.DictReader(io.StringIO(times))] == ["0", "5", "0", "0", "0", "0"]


def test_a_matching_etag_gets_304_until_something_changes(client: TestClient) -> None:
    for kind in ("json", "svg", "html", "csv"):
        first = client.get(FUNNEL, params={"format": kind})
        again = {"If-None-Match": first.headers["ETag"]}
        assert client.get(FUNNEL, params={"format": kind}, headers=again).status_code == 304
        applied(client, 1)
        assert client.get(FUNNEL, params={"format": kind}, headers=again).status_code == 200
