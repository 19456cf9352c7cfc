"""What a calendar feed shows, and how its entries change."""

from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from api.services.calendar import entries
from tests.calendars import calendar, due_of, feed, fetched
from tests.conftest import World
from tests.http.api_client import (
    act,
    add,
    alter,
    application,
    contact,
    interview,
    interviewed,
    put,
    step,
    steps,
)

pytestmark = pytest.mark.sqlite(profile="quick")

OPEN_STATES = ("upcoming", "open", "overdue")


def sequences(world: World, path: str) -> dict[str, int]:
    return {uid: int(item.get("sequence")) for uid, item in calendar(world, path).by_uid().items()}


def stamps(world: World, path: str) -> dict[str, datetime]:
    return {uid: item.instant("dtstamp") for uid, item in calendar(world, path).by_uid().items()}


def test_sequences_grow_when_an_entry_changes_goes_and_comes_back(world: World, client: TestClient) -> None:
    app, round_ = interviewed(client)
    path = feed(client, steps="todos")
    before = sequences(world, path)
    href = f"/v1/applications/{app}/stages"
    closed = add(client, href, stage="rejected", at=world.clock.now.isoformat())
    ended = sequences(world, path)
    assert client.delete(f"/v1/stages/{closed['id']}").status_code == 204
    reinstated = sequences(world, path)
    assert client.delete(f"/v1/applications/{app}").status_code == 204
    assert calendar(world, path).components == []
    act(client, f"/v1/applications/{app}/restore")
    restored = sequences(world, path)
    key = f"interview-{round_}@afterword"
    for uid in before.keys() - {key}:
        assert before[uid] < reinstated[uid] < restored[uid], uid
        if uid in ended:
            assert before[uid] < ended[uid] < reinstated[uid], uid
    assert before[key] <= restored[key]


@pytest.mark.own_statements
def test_what_changes_an_entry_raises_its_sequence_or_its_stamp(world: World, client: TestClient) -> None:
    app, round_ = interviewed(client, starts_at="2026-06-03T14:00:00Z", ends_at=None)
    person, key = contact(client), f"interview-{round_}@afterword"
    path = feed(client, steps="none")
    link = f"/v1/interviews/{round_}/interviewers/{person}"
    for name, change in (
        ("moved", lambda: alter(client, f"/v1/interviews/{round_}", starts_at="2026-06-04T14:00:00Z")),
        ("linked", lambda: put(client, link, optional=True)),
        ("unlinked", lambda: client.delete(link)),
        ("longer by the policy", lambda: client.patch("/v1/me/policy", json={"default_interview_minutes": 90})),
        (
            "longer by the application",
            lambda: alter(client, f"/v1/applications/{app}", policy={"default_interview_minutes": 45}),
        ),
    ):
        before = calendar(world, path)
        world.clock.now += timedelta(minutes=1)
        change()
        after = calendar(world, path)
        assert after.by_uid()[key].get("sequence") > before.by_uid()[key].get("sequence"), name
        assert after.by_uid()[key].instant("dtstamp") == world.clock.now, name
    put(client, link, optional=True)
    for name, change in (
        ("renamed", lambda: alter(client, f"/v1/applications/{app}", company="Bolt")),
        ("a person renamed", lambda: alter(client, f"/v1/contacts/{person}", full_name="Kim Lee-Ruiz")),
        ("a person deleted", lambda: client.delete(f"/v1/contacts/{person}")),
    ):
        world.clock.now += timedelta(minutes=1)
        change()
        assert stamps(world, path)[key] == world.clock.now, name
    assert "Kim" not in fetched(world, path).text


def test_step_7_moved_by_another_application_is_one_entry_with_a_higher_sequence(
    world: World, client: TestClient
) -> None:
    interviewed(client)
    interviewed(client)
    path = feed(client, interviews=False)
    before = {uid: item for uid, item in calendar(world, path).by_uid().items() if "-7-" in uid}
    (key,) = before
    assert before[key].get("summary") == "Continue your job search"
    world.clock.now += timedelta(minutes=1)
    add(client, "/v1/search-activities", kind="applied", at=world.clock.now.isoformat())
    after = calendar(world, path).by_uid()[key]
    assert after.get("sequence") > before[key].get("sequence")
    assert due_of(after, "America/New_York") > due_of(before[key], "America/New_York")
    assert after.instant("dtstamp") == world.clock.now
    assert after.get("last-modified") is None


def test_a_call_or_a_snooze_does_not_hide_and_a_closed_step_leaves_the_events(world: World, client: TestClient) -> None:
    app, _ = interviewed(client)
    thanks = step(client, app, 4)
    path = feed(client)
    key = f"step-{thanks['id']}@afterword"
    before = calendar(world, path).by_uid()[key]
    world.clock.now += timedelta(minutes=1)
    act(client, f"/v1/steps/{thanks['id']}/snooze", until="2026-06-02T12:00:00Z")
    assert calendar(world, path).by_uid()[key] == before
    act(client, f"/v1/steps/{thanks['id']}/skip")
    assert key not in calendar(world, path).by_uid()


@pytest.mark.parametrize(("weeks", "days", "is_shown"), [(13, 0, True), (13, 1, False)])
def test_the_window_begins_13_weeks_before_this_week(
    weeks: int, days: int, is_shown: bool, world: World, client: TestClient
) -> None:
    end = world.clock.now.replace(hour=0) - timedelta(weeks=weeks, days=days) + timedelta(hours=1)
    app = application(client)
    begin = end - timedelta(hours=1)
    round_ = interview(client, app, starts_at=begin.isoformat(), ends_at=end.isoformat())
    shown = calendar(world, feed(client, steps="none")).by_uid()
    assert (f"interview-{round_}@afterword" in shown) == is_shown


def test_a_cancelled_interview_stays_for_five_weeks(world: World, client: TestClient) -> None:
    _, round_ = interviewed(client, starts_at="2026-06-03T14:00:00Z", ends_at="2026-06-03T15:00:00Z")
    path = feed(client, steps="none")
    alter(client, f"/v1/interviews/{round_}", status="cancelled")
    (item,) = calendar(world, path).components
    assert item.get("status") == "CANCELLED"
    world.clock.now += timedelta(weeks=5, days=6)
    assert len(calendar(world, path).components) == 1
    world.clock.now += timedelta(days=1)
    assert calendar(world, path).components == []


@pytest.mark.own_statements
def test_at_most_so_many_entries_the_newest_first(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "MAX_COMPONENTS", 5)
    app = application(client)
    days = [10, 11, 12]
    rounds = [
        interview(client, app, starts_at=f"2026-06-{day}T14:00:00Z", ends_at=f"2026-06-{day}T15:00:00Z") for day in days
    ]
    events = calendar(world, feed(client))
    assert len(events.components) == 5
    assert [item.get("uid") for item in events.components[:3]] == [f"interview-{id_}@afterword" for id_ in rounds[::-1]]
    everything = sum(step["state"] in OPEN_STATES for step in steps(client, app)["steps"]) + 3
    assert events.get("x-afterword-omitted") == str(everything - 5)
    alone = calendar(world, feed(client, interviews=False, steps="both"))
    assert len(alone.components) == 5
    assert len({item.get("uid")[5:] for item in alone.components}) == 3


def test_a_feed_shows_no_word_of_an_application_without_details(world: World, client: TestClient) -> None:
    app = application(client, company="Canarycompany", role="Canaryrole")
    round_ = interview(client, app, location="Canaryroom", link="https://canarylink.example", next_stage="Canarystage")
    person = contact(client, full_name="Canaryname", phone="+1 555 canaryphone", email="canarymail@example.com")
    put(client, f"/v1/interviews/{round_}/interviewers/{person}", optional=False)
    add(client, f"/v1/applications/{app}/notes", kind="general", text="Canarynote")
    full = fetched(world, feed(client, steps="both")).text.replace("\r\n ", "").lower()
    for word in ("company", "role", "room", "link", "name"):
        assert f"canary{word}" in full, word
    for word in ("phone", "mail", "note", "stage"):
        assert f"canary{word}" not in full, word
    minimal = fetched(world, feed(client, steps="both", details="minimal", alarms=True)).text.replace("\r\n ", "")
    assert "canary" not in minimal.lower()
    assert minimal.count("SUMMARY:Interview\r\n") == 1


def test_a_hostile_company_adds_no_property(world: World, client: TestClient) -> None:
    name = "Acme;\\nATTENDEE:x\\,END:VEVENT"
    interview(client, application(client, company=name))
    found = calendar(world, feed(client, steps="none"))
    (item,) = found.components
    assert item.get("summary") == f"Interview: {name} – Engineer"
