"""The order by urgency: what still helps first, stale steps last, left out, alone, counted or skipped."""

import json
from collections.abc import Iterator
from csv import DictReader
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from fastapi.testclient import TestClient

from api.storage import keyset
from tests import simulated_account
from tests.conftest import World
from tests.http.api_client import (
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
    steps,
)
from tests.services.copies import Record, world_on
from tests.stores import Store

pytestmark = pytest.mark.sqlite(profile="quick")

QUEUE, SUMMARY, SKIP = "/v1/queue", "/v1/queue/summary", "/v1/steps/skip"
ALL = "overdue,open,upcoming"
URGENT: Answer = {"sort": "urgency", "limit": 200}
RECENT = {"starts_at": "2026-06-01T09:00:00Z", "ends_at": "2026-06-01T10:00:00Z"}
LONG_AGO = {"starts_at": "2026-04-20T14:00:00Z", "ends_at": "2026-04-20T15:00:00Z"}


def told(found: list[Answer]) -> str:
    return " ".join(f"{item['application']['company']}{item['number']}" for item in found)


def three(client: TestClient) -> dict[str, str]:
    """Record applications A, interviewed six weeks ago, B, interviewed last Friday, and C, interviewed this morning."""
    apps = {name: application(client, company=name) for name in "ABC"}
    interview(client, apps["A"], **LONG_AGO)
    interview(client, apps["B"])
    interview(client, apps["C"], **RECENT)
    return apps


STALE = "A1 A3 A4 A2 A6"  # step 2 as long as the call


@pytest.mark.own_statements
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        pytest.param({}, f"A5 B1 B3 B4 B2 C1 C3 B5 C2 C4 C5 A7 B7 C7 {STALE}", id="stale-ones-come-last"),
        pytest.param({"stale": "exclude"}, "A5 B1 B3 B4 B2 C1 C3 B5 C2 C4 C5 A7 B7 C7", id="or-not-at-all"),
        pytest.param({"stale": "only"}, STALE, id="or-alone"),
        pytest.param({"stale": "only", "state": "open,upcoming"}, "", id="no-open-step-is-stale"),
        pytest.param({"state": "overdue"}, f"A5 B1 B3 B4 B2 {STALE}", id="overdue-ones"),
        pytest.param({"state": "open"}, "C1 C3 B5 C2 C4 C5 A7 B7 C7", id="open-ones"),
        pytest.param(
            {"state": "upcoming,overdue"}, f"A5 B1 B3 B4 B2 B6 C6 {STALE}", id="upcoming-ones-before-the-stale"
        ),
        pytest.param({"state": "overdue", "step": 5}, "A5", id="one-step"),
        pytest.param({"state": "overdue", "application_id": "B"}, "B1 B3 B4 B2", id="one-application"),
        pytest.param({"due_before": "2026-05-30T15:00:00Z"}, f"A5 B1 B3 {STALE}", id="due-before-an-instant"),
        pytest.param({"sort": "due_at", "state": "overdue", "stale": "exclude"}, "A5 B1 B3 B4 B2", id="by-deadline"),
        pytest.param({"sort": "-due_at", "state": "overdue", "stale": "exclude"}, "B2 B4 B3 B1 A5", id="newest-first"),
        pytest.param({"sort": "due_at", "stale": "only"}, STALE, id="stale-ones-by-deadline"),
        pytest.param({"as_of": "2026-06-01T15:00:00Z", "state": "overdue"}, f"A5 B1 B4 B2 {STALE} B3", id="later-on"),
    ],
)
def test_what_still_helps_comes_first(world: World, client: TestClient, params: Answer, expected: str) -> None:
    world.clock.now = datetime(2026, 6, 1, 14, tzinfo=UTC)
    apps = three(client)
    params = {**params, "application_id": apps["B"]} if "application_id" in params else params
    found = items(client, QUEUE, **{**URGENT, **params})
    assert sorted(told(found).split()) == sorted(expected.split())
    groups: list[list[Answer]] = [[], [], [], []]
    for item in found:
        groups[3 if item["stale"] else ("overdue", "open", "upcoming").index(item["state"])].append(item)
    down = params.get("sort") == "-due_at"
    ordered = [sorted(group, key=lambda item: (item["due_at"], item["id"]), reverse=down) for group in groups]
    assert found == [item for group in ordered for item in group]


def test_without_the_new_parameters_nothing_changes(world: World, client: TestClient) -> None:
    world.clock.now = datetime(2026, 6, 1, 14, tzinfo=UTC)
    three(client)
    found = items(client, QUEUE)
    assert [item["due_at"] for item in found] == sorted(item["due_at"] for item in found)
    assert sorted(told(found).split()) == sorted(f"A5 B1 B3 B4 B2 {STALE}".split())


def test_open_steps_due_today_come_before_other_open_ones(client: TestClient) -> None:
    """The user's day ends at 04:00 UTC; what is due at its end is due today."""
    three(client)
    found = [item for item in items(client, QUEUE, **URGENT) if item["state"] == "open"]
    today = [item["due_at"] <= "2026-06-02T04:00:00Z" for item in found]
    assert today == sorted(today, reverse=True)
    assert {True, False} == set(today)


@pytest.mark.parametrize(
    ("params", "name"),
    [
        pytest.param({"stale": "none"}, "stale", id="an-unknown-word"),
        pytest.param({"stale": ""}, "stale", id="nothing"),
        pytest.param({"sort": "-urgency"}, "sort", id="no-reverse-order"),
        pytest.param({"sort": "urgency", "state": ""}, "state", id="no-state"),
    ],
)
def test_an_invalid_query_is_refused(client: TestClient, params: Answer, name: str) -> None:
    problem(client.get(QUEUE, params=params), 422, "invalid", name)


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param([3, "2026-05-30T15:00:00+00:00", "019577a0-0000-7000-8000-000000000001"], id="too-large"),
        pytest.param([-1, "2026-05-30T15:00:00+00:00", "019577a0-0000-7000-8000-000000000001"], id="negative"),
        pytest.param(["0", "2026-05-30T15:00:00+00:00", "019577a0-0000-7000-8000-000000000001"], id="a-text"),
        pytest.param([10**30, "2026-05-30T15:00:00+00:00", "019577a0-0000-7000-8000-000000000001"], id="huge"),
        pytest.param(["2026-05-30T15:00:00+00:00", "019577a0-0000-7000-8000-000000000001"], id="of-another-order"),
    ],
)
def test_a_cursor_with_another_part_is_refused(client: TestClient, keys: list[object]) -> None:
    payload = json.dumps(["2026-06-01T12:00:00+00:00", keys], separators=(",", ":")).encode()
    bound_to = f"{QUEUE}?[('sort', 'urgency')]"
    cursor = keyset._encoded(keyset._digest(payload, str(read(client, "/v1/me")["id"]), bound_to) + payload)
    problem(client.get(QUEUE, params={"sort": "urgency", "cursor": cursor}), 400, "bad_cursor", "cursor")


@pytest.fixture(scope="module")
def simulation(store: Store) -> Iterator[Record]:
    """The simulated account, which is entered once."""
    url = store.copy()
    with world_on(url) as world:
        world.clock.now = simulated_account.NOW
        client = world.sign_up()
        simulated_account.simulate(client)
        user, authorization = read(client, "/v1/me")["id"], client.headers["Authorization"]
    yield Record(store, url, {}, user, authorization)
    store.drop(url)


@pytest.fixture
def simulated(simulation: Record) -> Iterator[tuple[World, TestClient]]:
    """The world and the client of the simulated account, at its instant."""
    with simulation.copied() as (world, client):
        world.clock.now = simulated_account.NOW
        yield world, client


def test_the_simulated_account_begins_with_what_still_helps(simulated: tuple[World, TestClient]) -> None:
    _, client = simulated
    before, after = (
        client.get(address).json()["items"] for address in (simulated_account.BEFORE, simulated_account.AFTER)
    )
    three_weeks_ago = (simulated_account.NOW - timedelta(days=21)).isoformat()
    assert (len(before), sum(item["due_at"] < three_weeks_ago for item in before)) == (17, 13)
    assert [item["stale"] for item in before[:3]] == [True] * 3
    assert [item["stale"] for item in after] == [False] * 13 + [True] * 11
    assert {item["id"] for item in before} == {item["id"] for item in after if item["state"] == "overdue"}


@pytest.mark.parametrize("seed", range(2))
def test_pages_are_disjoint_and_complete_while_time_passes_and_facts_change(
    simulated: tuple[World, TestClient], seed: int
) -> None:
    """A step that no fact moves is on exactly one page; one that is done leaves the pages that follow."""
    world, client = simulated
    random, params = Random(seed), {"sort": "urgency", "state": ALL}
    whole = items(client, QUEUE, **params, limit=200)
    found: list[Answer] = []
    done: set[str] = set()
    for page in pages(client, QUEUE, **params, limit=random.randint(2, 5)):
        found += page
        world.clock.now += timedelta(hours=random.choice([1, 30, 200]))
        change = random.choice(["skip", "new", "letter"])
        if change == "skip":
            chosen = random.choice(whole)
            act(client, f"/v1/steps/{chosen['id']}/skip")
            done |= {item["id"] for item in whole if item["application_id"] == chosen["application_id"]}
        elif change == "new":
            interview(client, application(client, company="New"), starts_at="2026-06-03T14:00:00Z")
        else:
            app = random.choice(whole)["application_id"]
            round_ = read(client, f"/v1/applications/{app}/interviews")["items"][0]["id"]
            letter = {"interview_id": round_, "kind": "thank_you", "sent_at": "2026-06-04T12:00:00Z"}
            add(client, f"/v1/applications/{app}/letters", **letter)
            done |= {item["id"] for item in whole if item["application_id"] == app}
    untouched = [item["id"] for item in whole if item["id"] not in done]
    ids = [item["id"] for item in found]
    assert [id_ for id_ in ids if id_ in untouched] == untouched
    assert len([id_ for id_ in ids if id_ not in done]) == len({id_ for id_ in ids if id_ not in done})


def test_the_summary_counts_stale_steps_among_the_overdue_ones(world: World, client: TestClient) -> None:
    world.clock.now = datetime(2026, 6, 1, 14, tzinfo=UTC)
    apps = three(client)
    found = read(client, SUMMARY)
    assert (found["overdue"], found["stale"]) == (10, 5)
    assert [line["stale"] for line in found["steps"]] == [1, 1, 1, 1, 0, 1, 0]
    snoozed = step(client, apps["A"], 1)["id"]
    act(client, f"/v1/steps/{snoozed}/snooze", until="2026-06-03T00:00:00Z")
    found = read(client, SUMMARY)
    assert (found["overdue"], found["stale"], found["steps"][0]["stale"]) == (9, 4, 0)


def test_stale_steps_of_all_applications_are_skipped_at_once(world: World, client: TestClient) -> None:
    world.clock.now = datetime(2026, 6, 1, 14, tzinfo=UTC)
    apps, quiet = three(client), application(client, company="D")
    interview(client, quiet, **LONG_AGO)
    before = {app: steps(client, app) for app in (*apps.values(), quiet)}
    listed = [item["id"] for item in items(client, QUEUE, stale="only")]
    trial = act(client, f"{SKIP}?dry_run=true", steps="stale", note="Too late.")
    assert (trial["dry_run"], trial["has_more"], [item["id"] for item in trial["items"]]) == (True, False, listed)
    assert {(item["state"], item["stale"]) for item in trial["items"]} == {("skipped", False)}
    assert {app: steps(client, app) for app in (*apps.values(), quiet)} == before
    done = act(client, SKIP, steps="stale", note="Too late.")
    assert done == {**trial, "dry_run": False}
    assert len(listed) == 10
    assert items(client, QUEUE, stale="only") == []
    assert [steps(client, apps[name]) for name in "BC"] == [before[apps[name]] for name in "BC"]
    again = act(client, SKIP, steps="stale")
    assert again == {"dry_run": False, "has_more": False, "items": []}
    reopened = act(client, f"/v1/steps/{listed[0]}/reopen")
    assert (reopened["state"], reopened["stale"], reopened["due_at"]) == ("overdue", True, trial["items"][0]["due_at"])


def test_a_step_that_the_queue_hides_is_not_skipped(world: World, client: TestClient) -> None:
    world.clock.now = datetime(2026, 6, 1, 14, tzinfo=UTC)
    app = three(client)["A"]
    snoozed = step(client, app, 3)["id"]
    act(client, f"/v1/steps/{snoozed}/snooze", until="2026-06-03T00:00:00Z")
    assert snoozed not in [item["id"] for item in act(client, SKIP, steps="stale")["items"]]
    assert read(client, f"/v1/steps/{snoozed}")["state"] == "overdue"


def test_many_stale_steps_are_skipped_in_several_requests(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.services.facts.step_overrides.MAX_SKIPPED", 3)
    three(client)
    sizes = []
    while (answer := act(client, SKIP, steps="stale"))["items"]:
        sizes.append((len(answer["items"]), answer["has_more"]))
    assert sizes == [(3, True), (2, False)]


def test_a_request_skips_steps_of_few_applications(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.services.steps.judge.MAX_JUDGED", 1)
    for _ in range(2):
        interviewed(client, **LONG_AGO)
    first, second = (act(client, SKIP, steps="stale") for _ in range(2))
    assert (len(first["items"]), first["has_more"], len(second["items"]), second["has_more"]) == (5, True, 5, False)


def test_skipping_is_refused_as_a_whole(world: World, client: TestClient, stranger: TestClient) -> None:
    world.clock.now = datetime(2026, 6, 1, 14, tzinfo=UTC)
    three(client)
    bodies: list[Answer] = [{}, {"steps": "overdue"}, {"steps": []}, {"steps": "stale", "at": "2026-06-01T14:05:01Z"}]
    for body in bodies:
        problem(client.post(SKIP, json=body), 422, "invalid")
    assert act(stranger, SKIP, steps="stale")["items"] == []
    assert len(items(client, QUEUE, stale="only")) == 5


def test_a_repeated_request_with_a_key_gets_the_same_response(world: World, client: TestClient) -> None:
    world.clock.now = datetime(2026, 6, 1, 14, tzinfo=UTC)
    three(client)
    first, second = (client.post(SKIP, json={"steps": "stale"}, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (second.headers["Idempotency-Replayed"], second.json()) == ("true", first.json())


def test_a_letter_skipped_by_hand_makes_the_details_stale_at_once(world: World, client: TestClient) -> None:
    world.clock.now = datetime(2026, 6, 1, 14, tzinfo=UTC)
    alter(client, "/v1/me/policy", disabled_steps=[6])
    app, _ = interviewed(client)
    assert step(client, app, 2)["stale"] is False
    act(client, f"/v1/steps/{step(client, app, 4)['id']}/skip")
    assert step(client, app, 2)["stale"] is True


def test_the_export_of_the_queue_has_the_same_steps_in_the_same_order(world: World, client: TestClient) -> None:
    world.clock.now = datetime(2026, 6, 1, 14, tzinfo=UTC)
    three(client)
    for params in ({"sort": "urgency"}, {"sort": "urgency", "state": ALL, "stale": "exclude"}, {"stale": "only"}):
        listed = items(client, QUEUE, **params, limit=200)
        rows = list(DictReader(client.get("/v1/exports/queue", params=params).text.splitlines()))
        assert [row["step_id"] for row in rows] == [item["id"] for item in listed]
        assert [row["stale"] for row in rows] == [str(item["stale"]).lower() for item in listed]
