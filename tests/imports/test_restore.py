"""An export restored: into an empty account it gives the same account, and twice it changes nothing."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.workers.recompute import recompute_pass
from tests.conftest import World
from tests.http.api_client import interviewed, items
from tests.http.api_client import read as get
from tests.imports import Answer, counted, ran, rows, settled, undone, uploaded
from tests.services.checks import check_rows
from tests.services.full_record import record_everything

KIND = "application/jsonl"
NOT_RESTORED = {
    *("activity", "token", "step_instance", "calendar_feed", "webhook", "notification"),
    *("import_job", "import_row", "import_object"),
}


def exported(client: TestClient) -> bytes:
    content: bytes = client.get("/v1/me/export").content
    return content


def facts(content: bytes) -> dict[str, list[Answer]]:
    """Return the rows of an export by type, without versions and what an import cannot restore."""
    found: dict[str, list[Answer]] = {}
    for line in content.splitlines()[1:]:
        row = json.loads(line)
        kind = row.pop("type")
        if kind == "user_account":
            row = {name: row[name] for name in ("full_name", "time_zone", "locale", "policy")}
        if kind not in NOT_RESTORED:
            left = ("version", "incarnation", "changed_seq", "changed_at", "updated_at")
            found.setdefault(kind, []).append({name: row[name] for name in row if name not in left})
    return found


def steps_of(client: TestClient) -> list[Any]:
    shown = [get(client, f"/v1/applications/{one['id']}/steps") for one in items(client, "/v1/applications")]
    return [
        [{k: s[k] for k in ("id", "state", "opens_at", "due_at", "completed_at")} for s in one["steps"]]
        for one in shown
    ]


def restored(world: World, client: TestClient, content: bytes) -> Answer:
    job = ran(world, client, settled(world, client, uploaded(client, content, KIND)))
    recompute_pass(world.database, world.clock)
    return job


def test_an_export_restored_into_an_empty_account_gives_the_same_facts_and_steps(
    world: World, client: TestClient
) -> None:
    record_everything(client, world.clock.now)
    client.patch("/v1/me/policy", json={"thank_you_hours": 30, "workdays": [0, 1, 2]})
    other = world.sign_up("Europe/Berlin")
    content = exported(client)
    job = restored(world, other, content)
    assert job["state"] == "finished"
    assert not {"error", "failed", "changed", "question"} & counted(job).keys(), rows(other, job)
    assert facts(exported(other)) == facts(content)
    assert steps_of(other) == steps_of(client) != []
    with world.database.read(world.clock.now) as session:
        session.owner = get(other, "/v1/me")["id"]
        check_rows(session)


def test_an_application_in_the_bin_comes_back_there_with_its_interviews(world: World, client: TestClient) -> None:
    app, round_ = interviewed(client, starts_at="2026-05-29T14:00:00Z", ends_at="2026-05-29T15:30:00Z")
    before = get(client, f"/v1/interviews/{round_}")
    assert client.delete(f"/v1/applications/{app}").status_code == 204
    other, content = world.sign_up(), exported(client)
    assert restored(world, other, content)["state"] == "finished"
    assert items(other, "/v1/applications") == []
    assert facts(exported(other)) == facts(content)
    for one in (client, other):
        assert one.post(f"/v1/applications/{app}/restore").status_code == 200
    after = get(other, f"/v1/interviews/{round_}")
    shown = ("starts_at", "ends_at", "start_local", "end_local", "effective_end_at", "time_zone")
    assert [after[name] for name in shown if name in before] == [before[name] for name in shown if name in before]
    assert steps_of(other) == steps_of(client) != []


def test_restored_twice_everything_is_the_same(world: World, client: TestClient) -> None:
    record_everything(client, world.clock.now)
    other = world.sign_up()
    content = exported(client)
    restored(world, other, content)
    again = uploaded(other, content, KIND)
    assert counted(again).keys() == {"same"}


def test_a_restore_undone_leaves_an_empty_account(world: World, client: TestClient) -> None:
    record_everything(client, world.clock.now)
    other = world.sign_up()
    before = facts(exported(other))
    job = undone(world, other, restored(world, other, exported(client)))
    assert job["state"] == "undone"
    assert counted(job).get("kept", 0) == 0, rows(other, job, result="kept")
    recompute_pass(world.database, world.clock)
    assert [items(other, f"/v1/{what}") for what in ("applications", "contacts", "references")] == [[], [], []]
    assert facts(exported(other))["user_account"] == before["user_account"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        pytest.param(b'{"type":"note"}\n', "not_an_export", id="no manifest"),
        pytest.param(b"[[[[", "not_an_export", id="no JSON"),
        pytest.param(b"[" * 100_000, "not_an_export", id="deep"),
        pytest.param(
            b'{"type":"manifest","format":"afterword-export","format_version":99}\n',
            "unknown_format_version",
            id="newer",
        ),
        pytest.param(
            b'{"type":"manifest","format":"afterword-export","format_version":1}\n' + b"x" * 1_100_000,
            "line_too_long",
            id="a long line",
        ),
    ],
)
def test_a_file_that_is_no_export_says_so(world: World, client: TestClient, content: bytes, error: str) -> None:
    job = settled(world, client, uploaded(client, content, KIND))
    assert job["state"] == "failed"
    assert job["error"].startswith(error)
