"""The examples for other programs, run one after the other against the demo: what is shown is what comes."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import demo
from api.capture import demo_app
from api.http import examples as ids
from tests.conftest import World
from tests.docs.shown import ADDRESS, Demo, assert_shown, bash, blocks
from tests.invariants.failures import Failures

PAGE = (Path(__file__).parents[2] / "docs" / "clients.md").read_text(encoding="utf-8")
MARK = "@@@ end of block @@@"
APPLICATION, STEPS = f"/v1/applications/{ids.APPLICATION}", f"/v1/applications/{ids.APPLICATION}/steps"
STEP = f"/v1/steps/{ids.STEP}"
REPORT = "/v1/reports/job-search?from=2026-01-01&to=2026-12-31"
AT_10 = {"time_zone": "America/New_York", "start_local": "2026-03-02T10:00"}
COACH = [
    (200, "GET", APPLICATION, None),
    (200, "GET", f"{APPLICATION}/notes", None),
    (200, "GET", f"{APPLICATION}/letters", None),
    (200, "GET", STEPS, None),
    (200, "GET", REPORT, None),
    (200, "GET", "/v1/stats/response-times", None),
    (403, "POST", f"{APPLICATION}/notes", {"kind": "general", "text": "No."}),
    (403, "POST", f"{STEP}/skip", {}),
]
# For each program: status, method, path, body.
CALLS: dict[str, list[tuple[int, str, str, Any]]] = {
    "a calendar app that calls the API": [
        (200, "GET", "/v1/queue", None),
        (200, "GET", STEP, None),
        (403, "GET", APPLICATION, None),
        (403, "POST", f"{STEP}/complete", {}),
    ],
    "a coach who looks": [*COACH, (403, "GET", "/v1/contacts", None)],
    "a coach who also calls employers": [*COACH, (200, "GET", "/v1/contacts", None)],
    "a bot or a widget that ticks off steps": [
        (200, "GET", "/v1/queue", None),
        (200, "POST", f"{STEP}/complete", {}),
        (200, "POST", f"{STEP}/skip", {}),
        (200, "POST", f"{STEP}/reopen", {}),
        (200, "POST", f"{STEP}/snooze", {"until": "2026-03-20T09:00:00Z"}),
        (403, "GET", APPLICATION, None),
    ],
    "a tool for mail or notes": [
        (201, "POST", f"{APPLICATION}/notes", {"kind": "general", "text": "They have a garden."}),
        (201, "POST", f"{APPLICATION}/letters", {"kind": "thank_you", "body": "Thank you."}),
        (201, "POST", f"{APPLICATION}/follow-ups", {"direction": "out", "channel": "email", "outcome": "emailed"}),
        (201, "POST", f"{APPLICATION}/interviews", AT_10),
        (403, "GET", "/v1/queue", None),
        (403, "GET", "/v1/contacts", None),
    ],
    "a backup": [
        (200, "GET", APPLICATION, None),
        (200, "GET", "/v1/contacts", None),
        (200, "GET", "/v1/queue", None),
        (200, "GET", "/v1/me/export", None),
        (403, "POST", f"{APPLICATION}/notes", {"kind": "general", "text": "No."}),
    ],
}


def test_every_block_shows_what_comes(running: Demo) -> None:
    shown = blocks(PAGE, "sh", "json", "text")
    script = f"\necho '{MARK}'\n".join(text for kind, text in shown if kind == "sh")
    address, token = running
    own = script.replace(ADDRESS, address).replace("TOKEN=awp_…", f"TOKEN={token}")
    done = bash(own)
    assert (done.returncode, done.stderr) == (0, "")
    outputs = iter(done.stdout.split(f"{MARK}\n"))
    answer = ""
    for kind, text in shown:
        if kind == "sh":
            answer = next(outputs)
        elif kind == "json":
            assert_shown(json.loads(text), json.loads(answer), text)
        else:
            assert answer.replace("\r", "") == text


@pytest.mark.parametrize("day", range(7))
def test_the_step_that_the_bot_ticks_off_is_in_the_queue_on_every_weekday(world: World, day: int) -> None:
    """The references are due a workday before the call, so that not every day finds them overdue."""
    now = datetime(2026, 11, 23, 1, 30, tzinfo=UTC) + timedelta(days=day, hours=3 * day)
    world.clock.now = now
    (address,) = re.findall(r'\$API(/v1/queue\?[^"]*step=[^"]*)"', PAGE)
    headers = {"Authorization": f"Bearer {demo.build(world.database, now, hasher=lambda _: '')}"}
    items = world.anonymous().get(address, headers=headers).json()["items"]
    assert [item["number"] for item in items] == [5]


def scopes_of_programs() -> dict[str, list[str]]:
    """Return the scopes in the table of programs; `the same` are those of the row above."""
    table = re.search(r"^\| program \| scopes \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert table
    found: dict[str, list[str]] = {}
    for line in table[1].splitlines():
        _, program, cell, *_ = line.split("|")
        above = list(found.values())[-1] if "the same" in cell else []
        found[program.strip()] = above + re.findall(r"`([\w:-]+)`", cell)
    return found


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    app, client = demo_app(f"sqlite:///{tmp_path_factory.mktemp('clients') / 'demo.db'}")
    yield client
    client.close()
    app.state.database.dispose()


def token_of(client: TestClient, program: str) -> dict[str, str]:
    body = {"name": program, "scopes": scopes_of_programs()[program]}
    return {"Authorization": f"Bearer {client.post('/v1/tokens', json=body).json()['token']}"}


def test_each_program_can_do_what_the_page_says_and_no_more(client: TestClient) -> None:
    assert {name for name, scopes in scopes_of_programs().items() if scopes} == set(CALLS)
    with Failures() as failures:
        for program, calls in CALLS.items():
            headers = token_of(client, program)
            for status, method, path, body in calls:
                with failures.of(f"{program}: {method} {path}"):
                    answer = client.request(method, path, json=body, headers=headers)
                    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("program", "sees"), [("a coach who looks", False), ("a coach who also calls employers", True)]
)
def test_who_sees_the_details_of_people(client: TestClient, program: str, sees: bool) -> None:
    path = f"/v1/applications/{ids.APPLICATION}?expand=contacts"
    people = client.get(path, headers=token_of(client, program)).json()["contacts"]
    assert all(one["contact"]["full_name"] for one in people)
    assert any(one["contact"]["email"] or one["contact"]["phone"] for one in people) is sees
