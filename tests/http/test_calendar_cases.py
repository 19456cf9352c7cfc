"""The 109 cases of `tests/rules/scenarios.json`, read back from the calendar feed."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from tests.calendars import HAS_ICAL_JS, NO_ICAL_JS, Item, due_of, feed, fetched, with_ical_js, with_icalendar
from tests.conftest import World
from tests.http.api_client import (
    Answer,
    read,
    steps,
)
from tests.http.test_scenarios import Recorder
from tests.rules.vectors import SCENARIOS

pytestmark = pytest.mark.sqlite  # words and days; other files test the statements on both databases

OPEN_STATES = ("upcoming", "open", "overdue")
CLOSED_STATES = ("done", "done_late", "skipped", "not_applicable", "missed")
STATUS = {"done": "COMPLETED", "done_late": "COMPLETED"}
SECOND = timedelta(seconds=1)


def check_step(shown: Answer, event_: Item | None, todo: Item | None) -> None:
    """Check that an event and a to-do give back deadline and state of a step."""
    due, zone, progress = datetime.fromisoformat(shown["due_at"]), shown["due_zone"], shown["progress"]
    is_open = shown["state"] in OPEN_STATES
    assert (event_ is not None) == is_open
    assert todo is not None
    if event_ is not None:
        assert due_of(event_, zone) == due
        assert event_.get("status") == "CONFIRMED"
    assert due_of(todo, zone) == due
    some = "IN-PROCESS" if 0 < progress["done"] < progress["total"] else "NEEDS-ACTION"
    assert todo.get("status") == (some if is_open else STATUS.get(shown["state"], "CANCELLED"))
    if todo.get("status") == "COMPLETED":
        assert todo.instant("completed") == datetime.fromisoformat(shown["completed_at"])


def test_every_case_comes_back_from_the_feed(world: World) -> None:
    """I15: deadlines and states of all cases come back from a calendar, for events and to-dos."""
    recorded: list[tuple[str, list[Answer]]] = []
    texts: list[str] = []
    for case in SCENARIOS:
        world.clock.now = datetime(2026, 12, 1, tzinfo=UTC)
        recorder = Recorder(world.sign_up(case["facts"]["user_tz"]))
        recorder.enter(case["facts"], case["policy"])
        path = feed(recorder.client, steps="both")
        world.clock.now = datetime.fromisoformat(case["now"])
        texts.append(fetched(world, path).text)
        recorded.append((case["id"], all_steps(recorder.client)))
    assert len(recorded) == 109
    readers = [with_icalendar, with_ical_js] if HAS_ICAL_JS else [with_icalendar]
    for reader in readers:
        seen: set[str] = set()
        for (name, shown), found in zip(recorded, reader(texts), strict=True):
            seen |= check_case(name, shown, found.by_uid())
        assert seen == {*OPEN_STATES, *CLOSED_STATES}
    if not HAS_ICAL_JS:
        pytest.skip(f"read with icalendar only: {NO_ICAL_JS}")


def all_steps(client: TestClient) -> list[Answer]:
    """Return the steps with dates of all applications."""
    apps = read(client, "/v1/applications")["items"]
    return [step for app in apps for step in steps(client, app["id"])["steps"] if step["due_at"] is not None]


def check_case(name: str, shown: list[Answer], items: dict[str, Item]) -> set[str]:
    """Check that a calendar has all steps, and step 7 as one entry; return the states that there were."""
    for one in shown:
        if one["number"] == 7:
            continue
        key = f"{one['id']}@afterword"
        try:
            check_step(one, items.pop(f"step-{key}", None), items.pop(f"todo-{key}", None))
        except AssertionError as error:
            raise AssertionError(f"{name}: {one['number']} {one['scope']}") from error
    search = [one for one in shown if one["number"] == 7 and one["state"] in OPEN_STATES]
    mine = {uid: item for uid, item in items.items() if uid.startswith(("step-7-", "todo-7-"))}
    assert len(mine) == (2 if search else 0), name
    if search:
        first = min(search, key=lambda one: str(one["due_at"]))
        dues = {due_of(item, first["due_zone"]) for item in mine.values()}
        assert dues == {datetime.fromisoformat(first["due_at"])}, name
    assert {item.name for item in items.values()} <= {"vevent"} | {item.name for item in mine.values()}
    return {one["state"] for one in shown if one["number"] != 7}
