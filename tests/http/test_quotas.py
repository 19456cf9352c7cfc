"""Quotas: every table has one or a reason, adding is refused at it, and deleting always works."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import SQLModel

from api.models.base import new_id
from api.models.token import SESSIONS
from api.models.user import User
from api.services import quotas
from api.services.accounts import tokens
from api.services.quotas import QUOTAS, Quota, rows_by_quota
from api.services.steps import judge
from tests.conftest import World
from tests.invariants.failures import Failures
from tests.invariants.statements import plan, recorded
from tests.services.full_record import record_everything

ROWS = {quota.name: (table, quota) for table, quota in QUOTAS.items() if isinstance(quota, Quota)}


def test_every_table_has_a_quota_or_a_reason_why_it_needs_none() -> None:
    mapped = {mapper.class_.__tablename__ for mapper in SQLModel._sa_registry.mappers}
    assert {table.__tablename__ for table in QUOTAS} == mapped == set(SQLModel.metadata.tables)


@pytest.fixture
def full(world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """An account with all kinds of facts that has reached every quota of rows."""
    ids = record_everything(client, world.clock.now)
    for at in ("A", "B"):
        ids[f"new {at}"] = client.post("/v1/contacts", json={"full_name": at}).json()["id"]
    ids["new reference"] = client.post("/v1/references", json={"name": "Kim"}).json()["id"]
    with world.database.read(world.clock.now) as session:
        session.owner = client.get("/v1/me").json()["id"]
        used = {quota.name: rows for quota, rows in rows_by_quota(session)}
    assert min(used.values()) >= 1, used
    quotas._count_statement.cache_clear()
    for table, quota in ROWS.values():
        monkeypatch.setitem(QUOTAS, table, replace(quota, most=used[quota.name]))
    yield ids
    quotas._count_statement.cache_clear()


def additions(ids: dict[str, str], at: str) -> dict[str, tuple[str, str, dict[str, Any]]]:
    app, interview = f"/v1/applications/{ids['application']}", f"/v1/interviews/{ids['interview']}"
    return {
        "live_applications": ("POST", "/v1/applications", {"company": "Acme", "role": "Engineer"}),
        "stages": ("POST", f"{app}/stages", {"stage": "interviewing", "at": at}),
        "interviews": ("POST", f"{app}/interviews", {"starts_at": at}),
        "interviewers": ("PUT", f"{interview}/interviewers/{ids['new A']}", {}),
        "notes": ("POST", f"{app}/notes", {"kind": "general", "text": "A note."}),
        "letters": ("POST", f"{app}/letters", {"recipients": [ids["contact"]], "kind": "other"}),
        "follow_ups": (
            "POST",
            f"{app}/follow-ups",
            {"direction": "out", "channel": "phone", "outcome": "spoke", "at": at},
        ),
        "offers": ("POST", f"{app}/offers", {"received_at": at}),
        "application_contacts": ("PUT", f"{app}/contacts/{ids['new B']}", {}),
        "application_references": ("PUT", f"{app}/references/{ids['new reference']}", {}),
        "contacts": ("POST", "/v1/contacts", {"full_name": "Kim"}),
        "references": ("POST", "/v1/references", {"name": "Kim"}),
        "letter_templates": ("POST", "/v1/letter-templates", {"name": "Short", "body": "Thank you."}),
        "calendar_feeds": ("POST", "/v1/calendar-feeds", {}),
        "webhooks": ("POST", "/v1/webhooks", {"url": "https://hooks.example.com/a"}),
        "search_activities": ("POST", "/v1/search-activities", {"kind": "search"}),
        "tokens": ("POST", "/v1/tokens", {"name": "App"}),
    }


def test_at_its_quota_every_kind_is_refused_and_the_problem_says_which(
    world: World, client: TestClient, full: dict[str, str]
) -> None:
    wanted = additions(full, client.get(f"/v1/interviews/{full['interview']}").json()["starts_at"])
    steps = client.get(f"/v1/applications/{full['application']}/steps").json()["steps"]
    wanted["step_overrides"] = ("POST", f"/v1/steps/{steps[0]['id']}/skip", {})
    assert set(wanted) == set(ROWS)
    with Failures() as failures:
        for name, (method, href, body) in wanted.items():
            with failures.of(name):
                refused = client.request(method, href, json=body)
                assert (refused.status_code, refused.json()["code"]) == (409, "quota_exceeded"), refused.text
                problem, limit = refused.json(), QUOTAS[ROWS[name][0]].most  # type: ignore[union-attr]
                assert (problem["quota"], problem["used"], problem["limit"]) == (name, limit, limit)


def test_quotas_are_counted_in_an_index(world: World, client: TestClient) -> None:
    row = {"application_id": new_id(), "interview_id": new_id()}
    with Failures() as failures:
        for name, (table, _) in ROWS.items():
            with failures.of(name):
                with recorded(world.database) as found, world.database.read(world.clock.now) as session:
                    session.owner = new_id()
                    quotas.check(session, table, row)
                (statement,) = found
                lines = plan(world.database, statement)
                assert not [line for line in lines if re.search("^SCAN (?!anon)|Seq Scan", line)], lines
                assert [line for line in lines if re.search("COVERING INDEX|Index (Only )?Scan", line)], lines


def test_the_usage_names_every_quota_and_what_is_used_of_it(client: TestClient, full: dict[str, str]) -> None:
    shown = {one["name"]: one for one in client.get("/v1/me/usage").json()["quotas"]}
    assert set(shown) == {*ROWS, "sessions", "stored_bytes"}
    for name in ROWS:
        assert shown[name]["used"] == shown[name]["limit"] >= 1, name
    assert shown["notes"]["per"] == "application"
    assert shown["contacts"]["used"] == len(client.get("/v1/contacts").json()["items"])
    assert shown["stored_bytes"]["unit"] == "bytes"
    assert 5_000 < shown["stored_bytes"]["used"] < shown["stored_bytes"]["limit"] == 200_000_000


def test_after_a_deletion_there_is_room_again(client: TestClient, full: dict[str, str]) -> None:
    new = {"full_name": "Kim"}
    assert client.post("/v1/contacts", json=new).status_code == 409
    assert client.delete(f"/v1/contacts/{full['new A']}").status_code == 204
    assert client.post("/v1/contacts", json=new).status_code == 201
    restored = client.post(f"/v1/contacts/{full['new A']}/restore")
    assert (restored.status_code, restored.json()["code"]) == (409, "quota_exceeded")


def test_one_session_too_many_ends_the_one_that_was_unused_for_longest(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotas, "MAX_SESSIONS", 3)
    user_id, opened = client.get("/v1/me").json()["id"], []
    for number in range(5):
        with world.database.write(world.clock.now) as session:
            session.owner = user_id
            judge.lock_user(session)
            user = session.get_one(User, user_id)
            token, _ = tokens.open_session(session, user, days=30, name=str(number))
            if number == 0:
                token.last_used_at = world.clock.now.replace(year=world.clock.now.year + 1)
            opened.append(token.id)
    with world.database.read(world.clock.now) as session:
        session.owner = user_id
        left = {token.name for token in session.exec(tokens.select_tokens(SESSIONS)).all()}
    assert left == {"0", "3", "4"}
