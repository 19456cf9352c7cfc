"""Single lines of an export: which are refused in the plan or in the run, and what follows where a line is missing."""

import json
from typing import Any

from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import add, alter, application, interview, items
from tests.http.api_client import read as get
from tests.imports import Answer, counted, ran, rows, settled, undone, uploaded
from tests.imports.test_restore import KIND, exported, facts, restored

MISSING = "019577a0-0000-7000-8000-00000000dead"


def lines_of(client: TestClient) -> list[Answer]:
    return [json.loads(line) for line in exported(client).splitlines()]


def line_of(lines: list[Answer], kind: str, **changes: Any) -> Answer:
    """Return a copy of the only line of a type."""
    (found,) = [line for line in lines if line["type"] == kind]
    return {**found, **changes}


def file_of(lines: list[Any]) -> str:
    return "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)


def test_a_line_that_does_not_fit_is_an_error_of_its_column(client: TestClient, stranger: TestClient) -> None:
    app = application(client, salary_min=5.0)
    lines = lines_of(client)
    manifest, stage = lines[0], line_of(lines, "stage_change")
    cases: list[tuple[Any, str | None, str | None]] = [
        ("{", "invalid_value", None),
        ("[]", "invalid_value", None),
        ('{"type": 7}', "invalid_value", None),
        ('{"type": "note", "text": NaN}', "invalid_value", None),
        (line_of(lines, "user_account", time_zone="Mars/Base"), "invalid_value", None),
        (line_of(lines, "user_account", policy={"thank_you_hours": -1}), "invalid_value", None),
        (line_of(lines, "application", salary_min=True), "invalid_value", "salary_min"),
        (line_of(lines, "application", salary_min="5"), "invalid_value", "salary_min"),
        (line_of(lines, "application", company=None), "invalid_value", "company"),
        ({**stage, "dated": 1}, "invalid_value", "dated"),
        ({**stage, "id": None}, "invalid_value", "id"),
        ('{"type": "application_contact"}', "invalid_value", "application_id"),
        ({**stage, "application_id": MISSING}, "points_nowhere", None),
        (line_of(lines, "application"), None, None),
        (line_of(lines, "application"), "not_restored", None),
        (stage, None, None),
    ]
    job = uploaded(stranger, file_of([manifest, *(line for line, _, _ in cases), {"type": "token"}]), KIND)
    found = {row["line_no"]: [(one["code"], one["column"]) for one in row["errors"]] for row in rows(stranger, job)}
    assert found == {n: [(code, column)] if code else [] for n, (_, code, column) in enumerate(cases, start=2)}
    assert (counted(job), job["left_out"]) == ({"new": 2, "error": 14}, {"token": 1})
    assert app == rows(stranger, job, outcome="new")[0]["values"]["row"]["id"]


def test_a_file_with_too_many_lines_is_refused(world: World, client: TestClient) -> None:
    content = file_of([lines_of(client)[0]]) + "\n" * 400_000
    job = settled(world, client, uploaded(client, content, KIND))
    assert (job["state"], job["error"].partition(":")[0]) == ("failed", "too_many_rows")


def test_what_is_refused_or_there_already_in_the_run_is_left_undone(
    world: World, client: TestClient, stranger: TestClient
) -> None:
    future, there = application(client, company="Future"), application(client, company="There")
    add(client, f"/v1/applications/{future}/notes", kind="general", text="Child.")
    lines = [
        {**line, "offered_at": "2027-01-01T00:00:00Z"} if line.get("id") == future else line
        for line in lines_of(client)
    ]
    job = uploaded(stranger, file_of(lines), KIND)
    assert not counted(job).keys() - {"new", "same"}
    add(stranger, "/v1/applications", id=there, company="Mine", role="Dev")
    ran(world, stranger, job)
    found = {}
    for row in rows(stranger, job):
        line = lines[row["line_no"] - 1]
        found[line["type"], line.get("application_id") or line["id"]] = (
            row["result"],
            [one["code"] for one in row["errors"]],
        )
    assert {key: value for key, value in found.items() if key[0] != "user_account"} == {
        ("application", future): ("failed", ["future_evidence"]),
        ("stage_change", future): ("changed", []),
        ("note", future): ("changed", []),
        ("application", there): ("changed", []),
        ("stage_change", there): ("done", []),
    }
    assert [one["company"] for one in items(stranger, "/v1/applications")] == ["Mine"]


def test_the_profile_is_restored_and_set_back(world: World, client: TestClient) -> None:
    app = application(client)
    interview(client, app)
    client.patch("/v1/me", json={"full_name": "Kim Lee", "time_zone": "Europe/Berlin"})
    client.patch("/v1/me/policy", json={"thank_you_hours": 30})
    other = world.sign_up()
    before, content = facts(exported(other)), exported(client)
    job = restored(world, other, content)
    assert facts(exported(other))["user_account"] == facts(content)["user_account"] != before["user_account"]
    job = undone(world, other, job)
    assert counted(job).get("kept", 0) == 0
    assert facts(exported(other))["user_account"] == before["user_account"]
    assert items(other, "/v1/applications") == []


def test_a_profile_that_was_changed_since_is_kept_by_an_undo(world: World, client: TestClient) -> None:
    client.patch("/v1/me", json={"full_name": "Kim Lee"})
    other = world.sign_up()
    job = restored(world, other, exported(client))
    alter(other, "/v1/me", full_name="Sam Roe")
    assert counted(undone(world, other, job)) == {"update": 1, "kept": 1}
    assert get(other, "/v1/me")["full_name"] == "Sam Roe"


def test_an_application_without_its_history_keeps_its_stage_and_its_dates(world: World, client: TestClient) -> None:
    opened, closed, offer = (application(client, company=name) for name in ("Open", "Closed", "Offer"))
    add(client, f"/v1/applications/{closed}/stages", stage="rejected", at="2026-05-20T10:00:00Z")
    add(client, f"/v1/applications/{offer}/stages", stage="offered", at="2026-05-22T10:00:00Z")
    other = world.sign_up()
    content = file_of([line for line in lines_of(client) if line["type"] != "stage_change"])
    restored(world, other, content.encode())
    names = ("id", "stage", "offered_at", "closed_at", "closed_outcome")
    assert [[one[name] for name in names] for one in items(other, "/v1/applications", sort="company")] == [
        [closed, "rejected", None, "2026-05-20T10:00:00Z", "rejected"],
        [offer, "offered", "2026-05-22T10:00:00Z", None, None],
        [opened, "applied", None, None, None],
    ]
    history = items(other, f"/v1/applications/{closed}/stages")
    assert [(one["stage"], one["dated"]) for one in history] == [("rejected", False)]


def test_an_interview_of_a_deleted_application_is_restored_with_it(world: World, client: TestClient) -> None:
    app = application(client)
    interview(client, app)
    before = items(client, f"/v1/applications/{app}/interviews")
    assert client.delete(f"/v1/applications/{app}").status_code == 204
    other = world.sign_up("Europe/Berlin")
    restored(world, other, exported(client))
    assert other.get(f"/v1/applications/{app}").status_code == 404
    assert other.post(f"/v1/applications/{app}/restore").status_code == 200
    (found,) = items(other, f"/v1/applications/{app}/interviews")
    names = ("id", "starts_at", "ends_at", "effective_end_at", "start_local", "time_zone", "round_no")
    assert {name: found[name] for name in names} == {name: before[0][name] for name in names}
