"""Tokens of assistants: their presets, how long they last, what they may not do, and what the activity says of them."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.protocol.scopes import PRESETS, effective_scopes
from tests.conftest import World
from tests.http.api_client import Answer, add, application, contact, fault, items, problem, read
from tests.http.test_accounts import bearer, session_of
from tests.http.test_stored_bytes import counted

pytestmark = pytest.mark.sqlite(profile="quick")

TOKENS, CURRENT, ACTIVITY = "/v1/tokens", "/v1/tokens/current", "/v1/me/activity"


def assistant(world: World, client: TestClient, preset: str = "agent") -> TestClient:
    return bearer(world, add(client, TOKENS, name="assistant", preset=preset)["token"])


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_gives_its_scopes_for_30_days_and_none_of_the_account(
    world: World, client: TestClient, preset: str
) -> None:
    made = add(client, TOKENS, name="assistant", preset=preset)
    assert made["agent"]
    assert made["scopes"] == effective_scopes(PRESETS[preset])
    assert not [scope for scope in made["scopes"] if scope.startswith("account:")]
    assert made["expires_at"] == "2026-07-01T12:00:00Z"
    (listed,) = [one for one in items(client, TOKENS) if one["id"] == made["id"]]
    assert {name: made[name] for name in listed} == listed
    assert [one["agent"] for one in items(client, TOKENS)] == [True, False]


def test_what_each_preset_may_do(world: World, client: TestClient) -> None:
    reader, recorder, full = (assistant(world, client, preset) for preset in PRESETS)
    role: Answer = {"company": "Acme", "role": "Engineer"}
    skipped: Answer = {"kind": "networking"}
    assert problem(reader.post("/v1/applications", json=role), 403, "forbidden")["missing_scopes"]
    for one in (recorder, full):
        add(one, "/v1/applications", **role)
        contact(one)
    problem(recorder.post("/v1/search-activities", json=skipped), 403, "forbidden")
    add(full, "/v1/search-activities", **skipped)
    for one in (reader, recorder, full):
        assert len(items(one, "/v1/applications")) == len(items(one, "/v1/contacts")) == 2
        read(one, "/v1/queue")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        pytest.param({"scopes": ["steps:read"]}, "/preset", "either_or", id="with-scopes-too"),
        pytest.param({"expires_at": None}, "/expires_at", "too_late", id="that-never-expires"),
        pytest.param({"expires_at": "2026-08-30T12:00:01Z"}, "/expires_at", "too_late", id="beyond-90-days"),
        pytest.param({"expires_at": "2026-06-01T12:00:00Z"}, "/expires_at", "in_the_past", id="that-has-expired"),
        pytest.param({"preset": "admin"}, "/preset", "literal_error", id="of-an-unknown-preset"),
    ],
)
def test_a_token_for_an_assistant_is_refused(client: TestClient, body: Answer, pointer: str, code: str) -> None:
    answer = client.post(TOKENS, json={"name": "assistant", "preset": "agent", **body})
    assert fault(answer, pointer) == code
    assert len(items(client, TOKENS)) == 1


def test_a_token_for_an_assistant_may_last_90_days(world: World, client: TestClient) -> None:
    made = add(client, TOKENS, name="assistant", preset="agent", expires_at="2026-08-30T12:00:00Z")
    assert made["expires_at"] == "2026-08-30T12:00:00Z"


def test_a_token_gives_an_assistant_no_more_than_it_has(world: World) -> None:
    keeper = world.sign_up(scopes=["account:write", "applications:read", "contacts:read", "steps:read"])
    add(keeper, TOKENS, name="assistant", preset="agent_reader")
    answer = keeper.post(TOKENS, json={"name": "assistant", "preset": "agent"})
    lacking = ["applications:write", "contacts:write", "steps:write"]
    assert problem(answer, 403, "forbidden")["missing_scopes"] == lacking


def test_an_assistant_can_neither_make_tokens_nor_change_the_account(world: World, client: TestClient) -> None:
    mine, person = assistant(world, client), contact(client)
    refused: list[tuple[str, str, Answer | None]] = [
        ("POST", TOKENS, {"name": "more", "preset": "agent"}),
        ("GET", TOKENS, None),
        ("PATCH", "/v1/me", {"full_name": "Sam"}),
        ("DELETE", "/v1/me", None),
        ("GET", "/v1/sessions", None),
        ("POST", f"/v1/contacts/{person}/erase", None),
        ("GET", "/v1/exports/applications", None),
        ("GET", "/v1/me/export", None),
        ("POST", "/v1/webhooks", {"url": "https://hooks.example.com/a"}),
        ("POST", "/v1/calendar-feeds", {"name": "Mine"}),
        ("PATCH", "/v1/me/notifications", {"digest": "daily"}),
    ]
    before = items(client, ACTIVITY)
    for method, href, body in refused:
        problem(mine.request(method, href, json=body), 403, "not_for_agents")
    assert items(client, ACTIVITY) == before
    assert read(client, f"/v1/contacts/{person}")["full_name"] == "Kim Lee"


def test_what_an_assistant_may_not_do_is_told_before_errors_of_the_body(world: World, client: TestClient) -> None:
    problem(assistant(world, client).post(TOKENS, json={"no such field": 1}), 403, "not_for_agents")


def test_an_assistant_may_delete_a_single_fact(world: World, client: TestClient) -> None:
    made = application(client)
    assert assistant(world, client).delete(f"/v1/applications/{made}").status_code == 204


def test_every_valid_token_may_read_itself(world: World, client: TestClient) -> None:
    mine = read(assistant(world, client, "agent_reader"), CURRENT)
    assert mine == {
        "id": items(client, TOKENS)[0]["id"],
        "name": "assistant",
        "kind": "personal",
        "scopes": ["applications:read", "contacts:read", "steps:read"],
        "agent": True,
        "expires_at": "2026-07-01T12:00:00Z",
        "time_zone": "America/New_York",
        "now": "2026-06-01T12:00:00Z",
    }
    session = read(session_of(world, client), CURRENT)
    assert (session["kind"], session["scopes"], session["agent"]) == ("session", ["all"], False)
    narrow = world.sign_up(scopes=["steps:read"])
    assert read(narrow, CURRENT)["scopes"] == ["steps:read"]
    problem(world.anonymous().get(CURRENT), 401, "unauthorized")


def test_the_token_of_a_request_is_read_as_it_is_now(world: World, client: TestClient) -> None:
    mine = assistant(world, client)
    world.clock.now = world.clock.now.replace(hour=13)
    answer = mine.get(CURRENT)
    assert answer.json()["now"] == "2026-06-01T13:00:00Z"
    assert "etag" not in answer.headers
    world.clock.now = world.clock.now.replace(month=7)
    problem(mine.get(CURRENT), 401, "unauthorized")


def saying(tool: str) -> dict[str, Any]:
    return {"headers": {"X-Afterword-Tool": tool.encode("latin-1")}, "json": {"company": "Acme", "role": "Engineer"}}


def test_the_activity_says_what_assistants_did_and_with_which_tool(world: World, client: TestClient) -> None:
    mine, href = assistant(world, client), "/v1/applications"
    assert mine.post(href, **saying("save_application")).status_code == 201
    assert mine.post(href, json={"company": "Acme", "role": "Engineer"}).status_code == 201
    assert client.post(href, **saying("save_application")).status_code == 201
    assert client.post(href, **saying("Not A Tool!")).status_code == 201
    found = [(one["agent"], one["tool"], one["write_id"] is not None) for one in items(client, ACTIVITY)[:4]]
    assert sorted(found, key=str) == [
        (False, None, False),
        (False, None, False),
        (True, "save_application", True),
        (True, None, True),
    ]
    stored, really = counted(world, client)
    assert stored == really


@pytest.mark.own_statements
def test_the_activity_is_filtered_by_assistants(world: World, client: TestClient) -> None:
    application(assistant(world, client))
    application(client)
    by_agents, by_others = (items(client, ACTIVITY, agent=which) for which in ("true", "false"))
    assert [one["token_name"] for one in by_agents] == ["assistant"]
    assert {one["agent"] for one in by_others} == {False}
    both = items(client, ACTIVITY)
    assert sorted(one["id"] for one in both) == sorted(one["id"] for one in (*by_agents, *by_others))
    first = read(client, ACTIVITY, agent="false", limit=1)
    rest = read(client, ACTIVITY, agent="false", cursor=first["next_cursor"])
    assert first["items"] + rest["items"] == by_others
    fault(client.get(ACTIVITY, params={"agent": "some"}), "agent")


@pytest.mark.parametrize("tool", ["", "Save", "save-application", "a" * 41, "dué"])
def test_a_tool_that_is_no_name_is_refused(world: World, client: TestClient, tool: str) -> None:
    answer = assistant(world, client).post("/v1/applications", **saying(tool))
    problem(answer, 422, "invalid", "X-Afterword-Tool")
    assert items(client, "/v1/applications") == []


@pytest.mark.sqlite  # PostgreSQL decides by the number of rows
def test_what_assistants_did_is_read_by_an_index(world: World) -> None:
    with world.database.engine.connect() as connection:
        wanted = "SELECT id FROM activity WHERE user_id = '' AND agent = 1 ORDER BY at DESC, id DESC LIMIT 50"
        (plan,) = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {wanted}").all()
    assert "ix_activity_agent" in plan[-1]
