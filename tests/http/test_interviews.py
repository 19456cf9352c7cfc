"""Interviews: the facts learned in them, their status, and the interviewers."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import (
    ENDED,
    NOW,
    STARTED,
    UNKNOWN,
    Answer,
    add,
    alter,
    application,
    contact,
    fault,
    interview,
    interviewed,
    items,
    problem,
    put,
    read,
    step,
    steps,
)

pytestmark = pytest.mark.sqlite(profile="quick")

LATER = "2026-06-01T13:00:00Z"
FRIDAY, MONDAY = {"date": "2026-06-05", "time": None}, {"date": "2026-06-08", "time": "14:30"}


def at(app: str) -> str:
    return f"/v1/applications/{app}/interviews"


def test_a_new_round_has_no_learned_facts(client: TestClient) -> None:
    app = application(client)
    answer = client.post(at(app), json={"starts_at": STARTED})
    made = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/v1/interviews/{made['id']}")
    assert (made["kind"], made["status"], made["round_no"]) == ("onsite", "scheduled", 1)
    assert (made["time_zone"], made["ends_at"], made["effective_end_at"]) == ("America/New_York", None, ENDED)
    assert made["rescheduled_from"] == []
    assert {made[name] for name in ("next_stage_unknown", "timing_unknown")} == {False}
    blank = ("next_stage", "stage_learned_at", "contact_from", "timing_learned_at", "told_by", "no_concerns_at")
    assert {made[name] for name in blank} == {None}
    assert read(client, f"/v1/interviews/{made['id']}") == made


def test_rounds_are_numbered_in_turn_and_listed_by_start(client: TestClient) -> None:
    app = application(client)
    second = interview(client, app, starts_at="2026-06-05T14:00:00Z", round_no=4)
    third = interview(client, app, starts_at="2026-06-03T14:00:00Z")
    assert [(r["id"], r["round_no"]) for r in items(client, at(app))] == [(third, 5), (second, 4)]
    assert [r["id"] for r in items(client, at(app), sort="-starts_at")] == [second, third]
    assert [r["id"] for r in items(client, at(app), sort="created_at")] == [second, third]


@pytest.mark.own_statements
@pytest.mark.parametrize(
    ("fact", "dating"),
    [
        pytest.param({"next_stage": "A panel"}, "stage_learned_at", id="the-next-stage"),
        pytest.param({"next_stage_unknown": True}, "stage_learned_at", id="next-stage-unknown"),
        pytest.param({"contact_from": FRIDAY}, "timing_learned_at", id="the-earliest-day-to-call"),
        pytest.param({"contact_by": FRIDAY}, "timing_learned_at", id="the-latest-day-to-call"),
        pytest.param({"hear_by": MONDAY}, "timing_learned_at", id="the-day-of-their-answer"),
        pytest.param({"timing_unknown": True}, "timing_learned_at", id="timing-unknown"),
        pytest.param({"status": "cancelled"}, "cancelled_at", id="the-cancellation"),
    ],
)
def test_a_learned_fact_is_dated_corrected_and_cleared_with_its_date(
    world: World, client: TestClient, fact: Answer, dating: str
) -> None:
    app, round_ = interviewed(client)
    href, name = f"/v1/interviews/{round_}", next(iter(fact))
    assert fault(client.patch(href, json={dating: NOW}), f"/{dating}") == "nothing_to_date"
    assert alter(client, href, **fact)[dating] == NOW
    world.clock.now += timedelta(hours=1)
    assert alter(client, href, **fact)[dating] == NOW
    assert alter(client, href, **{dating: ENDED})[dating] == ENDED
    assert fault(client.patch(href, json={dating: None}), f"/{dating}") == "fact_still_there"
    nothing = {"status": "scheduled"}.get(name, False if name.endswith("unknown") else None)
    after = alter(client, href, **{name: nothing})
    assert (after[name], after[dating]) == (nothing, None)
    assert alter(client, href, **fact)[dating] == LATER
    assert add(client, at(app), starts_at=STARTED, **fact)[dating] == LATER
    assert add(client, at(app), starts_at=STARTED, **fact, **{dating: ENDED})[dating] == ENDED


@pytest.mark.own_statements
@pytest.mark.parametrize(
    ("known", "flag"),
    [
        pytest.param({"next_stage": "A panel"}, "next_stage_unknown", id="the-next-stage"),
        pytest.param({"contact_from": FRIDAY}, "timing_unknown", id="the-earliest-day-to-call"),
        pytest.param({"contact_by": FRIDAY}, "timing_unknown", id="the-latest-day-to-call"),
        pytest.param({"hear_by": FRIDAY}, "timing_unknown", id="the-day-of-their-answer"),
    ],
)
def test_a_known_value_excludes_its_unknown_flag_and_resets_it(client: TestClient, known: Answer, flag: str) -> None:
    app, round_ = interviewed(client)
    href = f"/v1/interviews/{round_}"
    assert fault(client.patch(href, json={**known, flag: True}), f"/{flag}") == "known_and_unknown"
    fault(client.post(at(app), json={"starts_at": STARTED, **known, flag: True}), f"/{flag}")
    assert len(items(client, at(app))) == 1
    assert alter(client, href, **{flag: True})[flag] is True
    assert alter(client, href, **known)[flag] is False
    fault(client.patch(href, json={flag: True}), f"/{flag}")


@pytest.mark.own_statements
def test_moments_show_date_and_time_and_must_be_in_order(client: TestClient) -> None:
    _, round_ = interviewed(client)
    href = f"/v1/interviews/{round_}"
    after = alter(client, href, contact_from={"date": "2026-06-05"}, contact_by=MONDAY)
    assert (after["contact_from"], after["contact_by"]) == (FRIDAY, MONDAY)
    fault(client.patch(href, json={"contact_by": {"date": "2026-06-04"}}), "/contact_by")
    hours = {"contact_from": {"date": "2026-06-08", "time": "14:31"}}
    fault(client.patch(href, json=hours), "/contact_by")
    alter(client, href, contact_from={"date": "2026-06-08", "time": "14:30"})
    assert read(client, href)["contact_by"] == MONDAY


def test_told_by_must_be_the_users_own_contact(client: TestClient, stranger: TestClient) -> None:
    _, round_ = interviewed(client)
    href = f"/v1/interviews/{round_}"
    problem(client.patch(href, json={"told_by": contact(stranger)}), 404, "not_found", "/told_by")
    kim = contact(client)
    assert alter(client, href, told_by=kim)["told_by"] == kim
    assert alter(client, href, told_by=None)["told_by"] is None


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"kind": "lunch"}, "/kind", id="an-unknown-kind"),
        pytest.param({"status": "moved"}, "/status", id="an-unknown-status"),
        pytest.param({"round_no": 0}, "/round_no", id="a-round-0"),
        pytest.param({"round_no": 10**30}, "/round_no", id="a-round-number-too-large-for-its-column"),
        pytest.param({"round_no": "3"}, "/round_no", id="a-text-for-a-number"),
        pytest.param({"timing_unknown": "yes"}, "/timing_unknown", id="a-text-for-a-boolean"),
        pytest.param({"link": "JavaScript:alert(1)"}, "/link", id="a-javascript-link"),
        pytest.param({"link": "https://example.com/\x01"}, "/link", id="a-link-with-a-control-character"),
        pytest.param({"link": "a b"}, "/link", id="a-link-with-a-space"),
        pytest.param({"next_stage": ""}, "/next_stage", id="an-empty-next-stage"),
        pytest.param({"no_positives_at": "2026-06-01T12:05:01Z"}, "/no_positives_at", id="a-tick-in-the-future"),
        pytest.param({"actual_end": "2026-06-01T12:05:01Z"}, "/actual_end", id="an-actual-end-in-the-future"),
        pytest.param({"effective_end_at": ENDED}, "/effective_end_at", id="a-derived-field"),
        pytest.param({"hear_by": {"date": "2026-06-05", "zone": "UTC"}}, "/hear_by/zone", id="a-zone-in-a-moment"),
    ],
)
def test_an_invalid_round_is_neither_recorded_nor_changed(client: TestClient, body: Answer, pointer: str) -> None:
    app, round_ = interviewed(client)
    before, judged = items(client, at(app)), steps(client, app)
    fault(client.post(at(app), json={"starts_at": STARTED, **body}), pointer)
    fault(client.patch(f"/v1/interviews/{round_}", json=body), pointer)
    assert (items(client, at(app)), steps(client, app)) == (before, judged)


@pytest.mark.own_statements
def test_a_cancelled_round_has_no_steps_to_do_and_shows_who_cancelled_it(client: TestClient) -> None:
    app, round_ = interviewed(client)
    off = alter(client, f"/v1/interviews/{round_}", status="cancelled", cancelled_by="The employer")
    assert (off["cancelled_at"], off["cancelled_by"]) == (NOW, "The employer")
    found = [step(client, app, number) for number in range(1, 5)]
    assert {s["reason"]["code"] for s in found} == {"interview_cancelled"}
    assert [s["state"] for s in steps(client, app)["headline"]] == ["not_applicable"] * 4 + ["not_started"] * 3
    on = alter(client, f"/v1/interviews/{round_}", status="scheduled")
    assert (on["cancelled_at"], on["cancelled_by"]) == (None, None)
    assert step(client, app, 1)["state"] == "overdue"


def test_a_further_round_supersedes_steps_and_deleting_it_restores_them(client: TestClient) -> None:
    app, _ = interviewed(client)
    before = steps(client, app)
    second = interview(client, app, starts_at="2026-06-03T14:00:00Z")
    assert step(client, app, 1, before["steps"][0]["scope"])["reason"]["code"] == "superseded_by_next_round"
    told = client.delete(f"/v1/interviews/{second}", params={"dry_run": True}).json()["reopened_steps"]
    assert [(s["number"], s["state"]) for s in told] == [(1, "overdue"), (6, "upcoming")]
    assert client.delete(f"/v1/interviews/{second}").status_code == 204
    assert steps(client, app) == before


def test_notes_and_letters_of_a_deleted_round_stay_with_the_application(client: TestClient) -> None:
    app, round_ = interviewed(client)
    note = add(client, f"/v1/applications/{app}/notes", interview_id=round_, kind="positive", text="Clear talk.")
    letter = add(client, f"/v1/applications/{app}/letters", interview_id=round_, body="Thank you.")
    assert client.delete(f"/v1/interviews/{round_}").status_code == 204
    for href, before in ((f"/v1/notes/{note['id']}", note), (f"/v1/letters/{letter['id']}", letter)):
        answer = client.get(href, headers={"If-None-Match": before["etag"]})
        assert answer.status_code == 200, "deleting the round must change the version of its notes and letters"
        assert answer.json()["interview_id"] is None
    assert {s["state"] for s in steps(client, app)["headline"]} == {"not_started"}


def test_interviewers_are_added_changed_and_removed(client: TestClient) -> None:
    app, round_ = interviewed(client)
    kim, sam = contact(client, job_title="Director"), contact(client, full_name="Al Roe")
    people = f"/v1/interviews/{round_}/interviewers"
    first = client.put(f"{people}/{kim}", json={})
    assert (first.status_code, first.headers["etag"], first.json()["optional"]) == (201, first.json()["etag"], False)
    again = client.put(f"{people}/{kim}", json={"optional": True})
    assert (again.status_code, again.json()["optional"], again.json()["job_title"]) == (200, True, "Director")
    put(client, f"{people}/{sam}")
    assert [person["contact_id"] for person in items(client, people)] == sorted([sam, kim])
    assert [len(client.get(people, params={"limit": n}).json()["items"]) for n in (1, 2)] == [1, 2]
    assert step(client, app, 2)["progress"]["missing"] == [f"interviewer:{sam}", "status_contact"]
    assert client.delete(f"{people}/{sam}").status_code == 204
    problem(client.delete(f"{people}/{sam}"), 404, "not_found")
    assert [person["contact_id"] for person in items(client, people)] == [kim]
    read(client, f"/v1/contacts/{sam}")


@pytest.mark.own_statements
def test_an_interviewer_with_an_outdated_version_is_not_overwritten(client: TestClient) -> None:
    _, round_ = interviewed(client)
    href = f"/v1/interviews/{round_}/interviewers/{contact(client)}"
    old = put(client, href)["etag"]
    put(client, href, optional=True)
    for answer in (
        client.put(href, json={}, headers={"If-Match": old}),
        client.delete(href, headers={"If-Match": old}),
    ):
        assert problem(answer, 412, "precondition_failed")["current"]["optional"] is True
    assert [person["optional"] for person in items(client, f"/v1/interviews/{round_}/interviewers")] == [True]


def test_somebody_elses_contact_cannot_be_an_interviewer(client: TestClient, stranger: TestClient) -> None:
    _, round_ = interviewed(client)
    href = f"/v1/interviews/{round_}/interviewers"
    for id_ in (contact(stranger), UNKNOWN, "nobody"):
        problem(client.put(f"{href}/{id_}", json={}), 404, "not_found")
    fault(client.put(f"{href}/{contact(client)}", json={"optional": None}), "/optional")
    assert items(client, href) == []
