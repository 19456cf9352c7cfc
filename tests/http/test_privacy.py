"""Privacy: the activity log, the export of an account, and the erasure of accounts and contacts."""

import json
from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import DateTime, Table, insert, make_url, text
from sqlmodel import SQLModel, select

from api.models import User
from api.rules.facts import Moment
from api.services.accounts.export import SECRETS, tables
from api.settings import Settings
from api.storage.database import Database
from api.workers.retention import apply_retention
from tests.conftest import World
from tests.http.api_client import Answer, add, alter, application, contact, items, problem, read
from tests.http.test_accounts import bearer, session_of
from tests.services.checks import check_rows, dump
from tests.services.full_record import record_everything
from tests.stores import Store

MARK = "Xylophagous"
EXPORT = "/v1/me/export"


def exported(client: TestClient) -> list[Answer]:
    answer = client.get(EXPORT)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/jsonl"
    assert answer.headers["content-disposition"] == 'attachment; filename="afterword-2026-06-01.jsonl"'
    assert answer.text.endswith("\n")
    return [json.loads(line) for line in answer.text.splitlines()]


def done(client: TestClient) -> list[tuple[str, str, str]]:
    """Return the activity, newest first: name of the token, operation, path of the object."""
    return [(one["token_name"], one["operation"], one["object"]) for one in items(client, "/v1/me/activity")]


def test_every_write_is_logged_with_who_when_and_what_but_no_contents(world: World, client: TestClient) -> None:
    phone = bearer(world, add(client, "/v1/tokens", name="phone")["token"])
    made = application(phone, company=MARK)
    world.clock.now += timedelta(minutes=1)
    alter(phone, f"/v1/applications/{made}", role=MARK)
    read(phone, f"/v1/applications/{made}")
    assert phone.delete(f"/v1/applications/{made}").status_code == 204
    found = items(client, "/v1/me/activity")
    assert [(one["operation"], one["object"]) for one in found[:3]] == [
        ("delete_application", f"/v1/applications/{made}"),
        ("update_application", f"/v1/applications/{made}"),
        ("create_application", f"/v1/applications/{made}"),
    ]
    assert [one["at"] for one in found[:3]] == ["2026-06-01T12:01:00Z"] * 2 + ["2026-06-01T12:00:00Z"]
    assert {(one["token_name"], one["token_kind"]) for one in found[:3]} == {("phone", "personal")}
    assert MARK not in json.dumps(found)


def test_refused_replayed_and_dry_run_requests_are_not_logged(world: World, client: TestClient) -> None:
    made = application(client)
    before = done(client)
    client.post("/v1/applications", json={"company": ""})
    client.delete(f"/v1/applications/{made}", params={"dry_run": "true"})
    client.patch(f"/v1/applications/{made}", json={"role": "x"}, headers={"If-Match": '"9"'})
    assert done(client) == before
    headers = {"Idempotency-Key": "once"}
    for _ in range(2):
        client.post("/v1/applications", json={"company": "A", "role": "B"}, headers=headers)
    assert len(done(client)) == len(before) + 1


def test_the_end_of_a_session_is_logged(world: World, client: TestClient) -> None:
    mine = session_of(world, client)
    mine.delete("/v1/sessions/current")
    assert done(client)[0][1:] == ("end_current_session", "/v1/sessions/current")


def test_the_activity_log_is_not_shown_to_others(client: TestClient, stranger: TestClient) -> None:
    application(client)
    assert done(stranger) == []


def test_activity_is_kept_for_90_days(world: World, client: TestClient) -> None:
    application(client)
    world.clock.now += timedelta(days=90) - timedelta(seconds=1)
    apply_retention(world.database, world.clock.now)
    assert len(done(client)) == 1
    world.clock.now += timedelta(seconds=1)
    apply_retention(world.database, world.clock.now)
    assert done(client) == []


def test_an_export_has_every_row_of_the_account_and_no_secret(world: World, client: TestClient) -> None:
    record_everything(client, world.clock.now)
    record_everything(world.sign_up(), world.clock.now)
    manifest, *rows = exported(client)
    assert (manifest["format"], manifest["format_version"]) == ("afterword-export", 1)
    assert Counter(row["type"] for row in rows) == manifest["rows"]
    assert set(manifest["rows"]) | set(manifest["left_out"]) == set(SQLModel.metadata.tables)
    mine = dump(world.database, read(client, "/v1/me")["id"])
    assert manifest["rows"] == {name: len(mine[name]) for name in manifest["rows"]}
    assert all(manifest["rows"].values())
    assert not [name for row in rows for name in row if name in {*SECRETS, "user_id"}]
    assert done(client)[0][1:] == ("export_account", EXPORT)


def test_an_export_lists_parent_rows_before_their_children(world: World, client: TestClient) -> None:
    record_everything(client, world.clock.now)
    order = list(dict.fromkeys(row["type"] for row in exported(client)[1:]))
    for table in tables():
        for parent in {key.column.table.name for key in table.foreign_keys} - {table.name}:
            assert order.index(parent) < order.index(table.name)


def test_an_account_read_back_from_its_export_is_the_same(world: World, client: TestClient, store: Store) -> None:
    record_everything(client, world.clock.now)
    application(client, company="„Ünïcode“ & Söhne", role="🎓")
    rows = exported(client)[1:]
    me = next(row["id"] for row in rows if row["type"] == "user_account")
    url = store.copy()
    here = Database(Settings(database_url=url))
    with here.engine.begin() as connection:
        for table in tables():
            for row in [row for row in rows if row["type"] == table.name]:
                connection.execute(insert(table), _as_stored(table, row, me))
    theirs, mine = dump(world.database, me), dump(here, me)
    for table in tables():
        names = [column.name for column in table.columns if column.name != "last_used_at"]
        public = [number for number, name in enumerate(names) if name not in SECRETS]
        here_and_there = [[[row[n] for n in public] for row in dump_[table.name]] for dump_ in (mine, theirs)]
        assert here_and_there[0] == here_and_there[1], table.name
    with here.read(world.clock.now) as session:
        session.owner = me
        check_rows(session)
    here.dispose()
    store.drop(url)


def _as_stored(table: Table, row: Answer, user_id: str) -> dict[str, Any]:
    """Convert one line of an export to the values of its table row."""
    values: dict[str, Any] = {"user_id": user_id} if "user_id" in table.columns else {}
    for column in table.columns:
        value = row.get(column.name)
        if column.name in row:
            kind = getattr(column.type, "impl_instance", column.type)
            if isinstance(kind, DateTime) and value is not None:
                value = datetime.fromisoformat(value)
            elif type(column.type).__name__ == "MomentColumn" and value is not None:
                value = _moment(value)
            elif type(column.type).__name__ == "Date" and value is not None:
                value = datetime.fromisoformat(value).date()
            values[column.name] = value
    values |= {"hash": row["id"]} if "hash" in table.columns else {}
    return {**values, **({"secret": b"another"} if table.name == "webhook" else {})}


def _moment(value: Answer) -> Any:
    return Moment(date.fromisoformat(value["date"]), time.fromisoformat(value["time"]) if value["time"] else None)


def test_an_account_has_ten_exports_an_hour(client: TestClient) -> None:
    assert [client.get(EXPORT).status_code for _ in range(11)] == [200] * 10 + [429]


def test_an_account_is_erased_only_with_a_fresh_confirmation_of_the_same_token(
    world: World, client: TestClient
) -> None:
    application(client)
    told = problem(client.delete("/v1/me"), 409, "confirmation_required")
    assert told["erases"] == {"applications": 1, "contacts": 0}
    assert read(client, "/v1/me")
    other = bearer(world, add(client, "/v1/tokens", name="phone")["token"])
    problem(other.delete("/v1/me", params={"confirmation": told["confirmation"]}), 409, "confirmation_required")
    for wrong in (
        "",
        "x",
        "².x",
        "99999999999999999999.x",
        told["confirmation"][:-1] + "-",
        "0." + told["confirmation"],
    ):
        problem(client.delete("/v1/me", params={"confirmation": wrong}), 409, "confirmation_required")
    world.clock.now += timedelta(minutes=10, seconds=1)
    late = client.delete("/v1/me", params={"confirmation": told["confirmation"]})
    problem(late, 409, "confirmation_required")


def test_an_erased_account_leaves_no_row_and_other_accounts_unchanged(world: World, client: TestClient) -> None:
    record_everything(client, world.clock.now)
    stranger = world.sign_up()
    record_everything(stranger, world.clock.now)
    me, them = (read(one, "/v1/me")["id"] for one in (client, stranger))
    theirs = dump(world.database, them)
    confirmation = client.delete("/v1/me").json()["confirmation"]
    assert client.delete("/v1/me", params={"confirmation": confirmation}).status_code == 204
    assert not any(dump(world.database, me).values())
    assert dump(world.database, them) == theirs
    problem(client.get("/v1/me"), 401, "unauthorized")


@pytest.mark.sqlite
def test_the_files_hold_nothing_of_an_erased_account(world: World, client: TestClient) -> None:
    file = Path(str(make_url(world.app.state.settings.database_url).database))
    for number in range(60):
        made = application(client, company=f"{MARK} {number} " + "y" * (number * 3), role="Engineer")
        add(client, f"/v1/applications/{made}/notes", kind="positive", text=f"{MARK} " * (number % 7 + 1))
        contact(client, full_name=f"{MARK} {number}", email=f"{MARK}{number}@example.com")
    for one in items(client, "/v1/applications", limit=200)[::3]:
        alter(client, f"/v1/applications/{one['id']}", company=f"{MARK} {one['id']}", source=MARK * 9)
    client.post("/v1/applications", json={"company": MARK, "role": "x"}, headers={"Idempotency-Key": MARK})
    assert any(MARK.encode() in path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
    confirmation = client.delete("/v1/me").json()["confirmation"]
    assert client.delete("/v1/me", params={"confirmation": confirmation}).status_code == 204
    for path in file.parent.glob(f"{file.name}*"):
        assert MARK.lower().encode() not in path.read_bytes().lower(), path


def test_of_an_erased_person_nothing_is_left_but_that_it_was(world: World, client: TestClient) -> None:
    ids = record_everything(client, world.clock.now)
    person = contact(client, full_name=MARK, job_title=MARK, email=f"{MARK}@example.com")
    app, interview = ids["application"], ids["interview"]
    client.put(f"/v1/interviews/{interview}/interviewers/{person}", json={})
    body = {"interview_id": interview, "recipients": [person], "body": "Thank you."}
    letter = add(client, f"/v1/applications/{app}/letters", **body)["id"]
    client.post(f"/v1/letters/{letter}/send", json={"channel": "email"}, headers={"Idempotency-Key": "sent"})
    states = [(step["id"], step["state"]) for step in read(client, f"/v1/applications/{app}/steps")["steps"]]
    assert client.post(f"/v1/contacts/{person}/erase").status_code == 200
    assert [(step["id"], step["state"]) for step in read(client, f"/v1/applications/{app}/steps")["steps"]] == states
    kept = dump(world.database, read(client, "/v1/me")["id"])
    assert [name for name, rows in kept.items() if MARK in str(rows)] == []
    assert read(client, f"/v1/letters/{letter}")["sent_at"]


def test_a_deleted_account_releases_its_email_address(world: World, client: TestClient) -> None:
    email = read(client, "/v1/me")["email"]
    client.delete("/v1/me", params={"confirmation": client.delete("/v1/me").json()["confirmation"]})
    with world.database.read(world.clock.now) as session:
        wanted = select(User).where(User.email == email)
        assert session.exec(wanted, execution_options={"any_owner": True}).one_or_none() is None
    with world.database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM token")).scalar_one() == 0
