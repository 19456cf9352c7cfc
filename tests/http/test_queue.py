"""The queue: steps of all applications in order of their deadlines, page by page, and its summary."""

from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import (
    ENDED,
    NOW,
    Answer,
    act,
    add,
    alter,
    application,
    interview,
    interviewed,
    items,
    pages,
    problem,
    read,
    step,
)

QUEUE, SUMMARY = "/v1/queue", "/v1/queue/summary"
RECENT = {"starts_at": "2026-06-01T09:00:00Z", "ends_at": "2026-06-01T10:00:00Z"}


def told(found: list[Answer]) -> str:
    return " ".join(f"{item['application']['company']}{item['number']}" for item in found)


def two(client: TestClient) -> tuple[str, str]:
    """Record application A, interviewed last Friday, and application B, interviewed this morning."""
    first, second = application(client, company="A"), application(client, company="B", role="Lead")
    interview(client, first)
    interview(client, second, **RECENT)
    return first, second


def test_the_queue_shows_nothing_of_other_users(client: TestClient, stranger: TestClient) -> None:
    app, _ = two(client)
    assert items(stranger, QUEUE) == items(stranger, QUEUE, application_id=app) == []
    assert read(stranger, SUMMARY)["overdue"] == 0
    assert len(items(client, QUEUE)) == 4


def test_an_item_is_the_step_with_its_application(client: TestClient) -> None:
    app, _ = two(client)
    (found,) = items(client, QUEUE, step=1)
    assert found == {**step(client, app, 1), "application": {"id": app, "company": "A", "role": "Engineer"}}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        pytest.param({}, "A1 A3 A2 A4", id="overdue"),
        pytest.param({"sort": "-due_at"}, "A2 A4 A1 A3", id="newest-overdue-first"),
        pytest.param({"state": "open"}, "B1 B3 A5 B2 B4 B5 A7 B7", id="open"),
        pytest.param({"state": "upcoming"}, "A6 B6", id="upcoming"),
        pytest.param({"state": "upcoming,open,overdue"}, "A1 A3 A2 A4 B1 B3 A5 B2 B4 B5 A6 B6 A7 B7", id="all-states"),
        pytest.param({"state": "overdue,overdue,"}, "A1 A3 A2 A4", id="a-state-given-twice"),
        pytest.param({"state": "open", "step": 4}, "B4", id="one-step"),
        pytest.param({"state": "open", "application_id": "A"}, "A5 A7", id="one-application"),
        pytest.param({"due_before": "2026-05-30T15:00:00Z"}, "A1 A3", id="due-before-an-instant"),
        pytest.param({"as_of": "2026-06-03T21:00:00Z"}, "A1 A3 A2 A4 B1 B3 A5 B2 B4 B5 A6", id="two-days-ahead"),
        pytest.param({"as_of": "2026-06-01T11:55:00Z"}, "A1 A3 A2 A4", id="five-minutes-ago"),
    ],
)
def test_the_queue_is_filtered_and_ordered(client: TestClient, params: Answer, expected: str) -> None:
    app, _ = two(client)
    params = {**params, "application_id": app.upper()} if params.get("application_id") == "A" else params
    found = items(client, QUEUE, **params)
    assert sorted(told(found).split()) == sorted(expected.split())
    order = [(item["due_at"], item["id"]) for item in found]
    assert order == sorted(order, reverse=params.get("sort") == "-due_at")


@pytest.mark.parametrize("stale", ["include", "exclude"])
@pytest.mark.parametrize("sort", ["due_at", "-due_at"])
def test_small_pages_are_the_whole_queue_in_its_order(client: TestClient, sort: str, stale: str) -> None:
    for day in range(22, 30):
        interviewed(client, starts_at=f"2026-05-{day}T14:00:00Z", ends_at=f"2026-05-{day}T15:00:00Z")
    wanted = {"state": "overdue,open,upcoming", "sort": sort, "stale": stale}
    whole = [(item["due_at"], item["id"]) for item in items(client, QUEUE, **wanted, limit=200)]
    assert len(whole) > 20
    assert whole == sorted(whole, reverse=sort == "-due_at")
    paged = pages(client, QUEUE, **wanted, limit=3)
    assert [(item["due_at"], item["id"]) for page in paged for item in page] == whole


@pytest.mark.parametrize(
    ("params", "name"),
    [
        pytest.param({"state": "done"}, "state", id="a-closed-state"),
        pytest.param({"state": ""}, "state", id="an-unknown-state"),
        pytest.param({"step": 0}, "step", id="step-0"),
        pytest.param({"step": 8}, "step", id="step-8"),
        pytest.param({"due_before": "2026-06-01"}, "due_before", id="a-date"),
        pytest.param({"due_before": "9999-12-31T23:59:59-12:00"}, "due_before", id="beyond-the-last-date"),
        pytest.param({"application_id": "nothing"}, "application_id", id="not-an-id"),
        pytest.param({"sort": "company"}, "sort", id="an-unknown-order"),
        pytest.param({"as_of": "2026-06-01T11:54:59Z"}, "as_of", id="more-than-five-minutes-ago"),
        pytest.param({"states": "open"}, "states", id="an-unknown-parameter"),
    ],
)
def test_an_invalid_query_of_the_queue_is_refused(client: TestClient, params: Answer, name: str) -> None:
    problem(client.get(QUEUE, params=params), 422, "invalid", name)


def test_a_queue_with_as_of_shows_its_instant(client: TestClient) -> None:
    two(client)
    assert read(client, QUEUE)["as_of"] is None
    ahead = read(client, QUEUE, as_of="2026-06-02T06:30:00.9+02:00")
    assert ahead["as_of"] == "2026-06-02T04:30:00Z"
    assert {item["state"] for item in ahead["items"]} == {"overdue"}
    assert told(read(client, QUEUE)["items"]) != told(ahead["items"])


def test_pages_are_disjoint_and_complete_and_all_use_the_instant_of_the_first_page(
    world: World, client: TestClient
) -> None:
    two(client)
    world.clock.now += timedelta(hours=15)
    whole = [item["id"] for item in items(client, QUEUE)]
    found = []
    for page in pages(client, QUEUE, limit=2):
        found += [item["id"] for item in page]
        world.clock.now += timedelta(hours=1)
    assert found == whole
    assert len(items(client, QUEUE)) > len(whole)


def test_pages_in_reverse_order_are_complete(client: TestClient) -> None:
    two(client)
    everything: Answer = {"state": "overdue,open,upcoming", "sort": "-due_at"}
    whole = [item["id"] for item in items(client, QUEUE, **everything)]
    first = read(client, QUEUE, **everything, limit=9)
    rest = read(client, QUEUE, **everything, limit=9, cursor=first["next_cursor"])
    assert [item["id"] for item in (*first["items"], *rest["items"])] == whole
    problem(client.get(QUEUE, params={"cursor": first["next_cursor"]}), 400, "bad_cursor", "cursor")


def test_a_snoozed_step_is_hidden_until_the_instant_its_snooze_ends(client: TestClient) -> None:
    app, _ = two(client)
    act(client, f"/v1/steps/{step(client, app, 1)['id']}/snooze", until="2026-06-02T00:00:00Z")
    act(client, f"/v1/steps/{step(client, app, 6)['id']}/snooze", until="2026-06-02T00:00:00Z")
    assert "A1" not in told(items(client, QUEUE))
    assert "A6" not in told(items(client, QUEUE, state="upcoming"))
    assert read(client, SUMMARY)["overdue"] == 3
    assert "A1" in told(items(client, QUEUE, as_of="2026-06-02T00:00:00Z"))
    assert "A1" not in told(items(client, QUEUE, as_of="2026-06-01T23:59:59Z"))


def test_a_closed_or_deleted_application_leaves_the_queue(client: TestClient) -> None:
    first, second = two(client)
    add(client, f"/v1/applications/{first}/stages", stage="rejected")
    client.delete(f"/v1/applications/{second}")
    assert items(client, QUEUE, state="overdue,open,upcoming") == []
    found = read(client, SUMMARY)
    assert (found["overdue"], found["open"], found["upcoming"], found["keep_looking"]) == (0, 0, 0, "not_started")
    assert (found["nothing_scheduled"], found["next_change_at"]) == ([], None)


def test_the_summary_counts_by_state_and_step(client: TestClient) -> None:
    two(client)
    idle = application(client, company="C")
    found = read(client, SUMMARY)
    assert (found["capped_at"], found["overdue"], found["open"], found["upcoming"]) == (1000, 4, 8, 2)
    figures = [(line["number"], line["overdue"], line["open"], line["upcoming"]) for line in found["steps"]]
    ones = [(n, 1, 1, 0) for n in (1, 2, 3, 4)]
    assert figures == [*ones, (5, 0, 2, 0), (6, 0, 0, 2), (7, 0, 2, 0)]
    assert found["keep_looking"] == "open"
    assert found["nothing_scheduled"] == [{"id": idle, "company": "C", "role": "Engineer"}]
    assert found["next_change_at"] == "2026-06-02T04:00:00Z"


def test_the_next_change_is_the_first_of_all_steps_be_it_an_opening_or_a_deadline(
    world: World, client: TestClient
) -> None:
    interviewed(client, starts_at="2026-06-02T09:00:00Z", ends_at="2026-06-02T10:00:00Z")
    seen = set()
    for _ in range(5):
        found = items(client, QUEUE, state="overdue,open,upcoming")
        first = min(one["changes_at"] for one in found if one["changes_at"])
        assert read(client, SUMMARY)["next_change_at"] == first
        seen |= {name for one in found for name in ("opens_at", "due_at") if one[name] == first}
        world.clock.now = datetime.fromisoformat(first)
    assert seen == {"opens_at", "due_at"}


def test_the_summary_lists_applications_with_nothing_scheduled(client: TestClient) -> None:
    names = ("scheduled", "held", "closed", "saved", "quiet")
    apps = {name: application(client, company=name) for name in names}
    for ahead in ("scheduled", "held"):
        interview(client, apps[ahead], starts_at="2026-06-20T14:00:00Z", status=ahead)
    add(client, f"/v1/applications/{apps['closed']}/stages", stage="withdrawn")
    interview(client, apps["quiet"])
    for name in ("scheduled", "held", "quiet"):
        ids = [step(client, apps[name], n)["id"] for n in range(1, 7)]
        act(client, f"/v1/applications/{apps[name]}/steps/skip", steps=ids)
    assert [one["company"] for one in read(client, SUMMARY)["nothing_scheduled"]] == ["saved", "quiet"]


def test_keep_looking_is_the_worst_state_of_step_7_of_all_applications(world: World, client: TestClient) -> None:
    two(client)
    world.clock.now = world.clock.now.replace(day=9, hour=4)
    assert read(client, SUMMARY)["keep_looking"] == "overdue"
    add(client, "/v1/search-activities", kind="event")
    assert read(client, SUMMARY)["keep_looking"] == "open"


def test_an_unchanged_queue_is_not_sent_again(world: World, client: TestClient) -> None:
    app, _ = two(client)
    tags = {href: client.get(href).headers["etag"] for href in (QUEUE, SUMMARY, f"{QUEUE}?step=4", f"{QUEUE}?limit=2")}
    assert len(set(tags.values())) == 4

    def statuses() -> set[int]:
        return {client.get(href, headers={"If-None-Match": tag}).status_code for href, tag in tags.items()}

    world.clock.now += timedelta(hours=2)
    assert statuses() == {304}
    alter(client, f"/v1/applications/{app}", role="Chief")
    assert statuses() == {200}


def test_explain_adds_the_applied_rules_to_each_item(client: TestClient) -> None:
    two(client)
    plain, traced = items(client, QUEUE, state="overdue,open"), items(client, QUEUE, state="overdue,open", explain=True)
    assert [{**item, "trace": None} for item in traced] == plain
    assert all(item["trace"] for item in traced)


def test_a_step_is_overdue_from_the_second_of_its_deadline(world: World, client: TestClient) -> None:
    app, _ = interviewed(client)
    world.clock.now = world.clock.now.replace(day=2, hour=3, minute=59, second=59)
    assert 5 not in [item["number"] for item in items(client, QUEUE)]
    world.clock.now += timedelta(seconds=1)
    assert 5 in [item["number"] for item in items(client, QUEUE)]
    assert (ENDED < NOW, step(client, app, 5)["state"]) == (True, "overdue")
