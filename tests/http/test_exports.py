"""Exports of whole lists as CSV: columns, filters, owner, scopes, limits, and memory that does not grow."""

import csv
import errno
import io
import tempfile
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.services.reports import cells
from api.storage import raw_sql
from api.words.csv_text import restored
from tests.conftest import World
from tests.http.api_client import (
    act,
    add,
    alter,
    application,
    contact,
    fault,
    interview,
    interviewed,
    items,
    problem,
    put,
)
from tests.services.full_record import record_everything

pytestmark = pytest.mark.sqlite(profile="quick")

NAMES = ("applications", "queue", "contacts", "interviews")
EVERY = pytest.mark.parametrize("name", NAMES)
HEADERS = {
    "applications": "id,company,role,stage,stage_since,stage_since_local,applied_on,closed_at,closed_at_local,"
    "closed_outcome,source,location,work_mode,salary_min,salary_max,salary_currency,salary_period,posting_url,time_zone,"
    "next_step,next_step_due_at,next_step_due_at_local,stage_history,created_at,created_at_local,updated_at,"
    "updated_at_local",
    "queue": "step_id,application_id,company,role,number,step,state,opens_at,opens_at_local,due_at,due_at_local,"
    "due_zone,reason,missing,next_action,snoozed_until,snoozed_until_local,helps_until,helps_until_local,stale",
    "contacts": "id,full_name,honorific,job_title,company,role,email,phone,postal_address,preferred_channel,"
    "details_source,name_verified,notes,created_at,created_at_local,updated_at,updated_at_local",
    "interviews": "id,application_id,company,role,round_no,kind,status,starts_at,starts_at_local,ends_at,ends_at_local,"
    "effective_end_at,effective_end_at_local,time_zone,start_local,end_local,location,link,interviewers,next_stage,"
    "contact_from,contact_by,hear_by,created_at,created_at_local,updated_at,updated_at_local",
}
HOSTILE = ['=HYPERLINK("http://x.example")', "-1+1", '@SUM(A1);"x", y', "'=1", "＝1", "Söhne & Co; x,=2"]


def exported(client: TestClient, name: str, **params: Any) -> list[dict[str, str]]:
    answer = client.get(f"/v1/exports/{name}", params=params)
    assert answer.status_code == 200, answer.text
    rows = csv.reader(io.StringIO(answer.content.decode(), newline=""))
    header = next(rows)
    return [dict(zip(header, row, strict=True)) for row in rows]


@EVERY
def test_a_file_for_which_there_is_no_space_is_refused(
    client: TestClient, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.BytesIO):
        def flush(self) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", Full)
    refused = client.get(f"/v1/exports/{name}")
    problem(refused, 507, "storage_full")
    assert refused.headers["retry-after"] == "60"


@EVERY
def test_the_columns_keep_their_order(client: TestClient, name: str) -> None:
    answer = client.get(f"/v1/exports/{name}")
    assert answer.content.decode() == f"{HEADERS[name]}\r\n"
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="afterword-{name}-2026-06-01.csv"'
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["cache-control"] == "no-store"


def test_the_name_of_a_file_has_the_users_date(world: World) -> None:
    world.clock.now = world.clock.now.replace(hour=23)
    sent = world.sign_up("Asia/Tokyo").get("/v1/exports/contacts").headers["content-disposition"]
    assert sent.endswith('-contacts-2026-06-02.csv"')


def test_an_application_has_its_fields_stages_and_next_step(client: TestClient) -> None:
    app = application(
        client,
        company="Larkfield Press",
        role="Editor",
        applied_on="2026-05-20",
        time_zone="Europe/Berlin",
        salary_min=62_000,
        salary_max=70_000.5,
        salary_currency="EUR",
        salary_period="year",
        posting_url="https://jobs.example.com/1?a=-1",
    )
    add(client, f"/v1/applications/{app}/stages", stage="interviewing", at="2026-05-28T02:00:00Z")
    interview(client, app)
    (row,) = exported(client, "applications")
    expected = {
        "id": app,
        "company": "Larkfield Press",
        "stage": "interviewing",
        "stage_since": "2026-05-28T02:00:00Z",
        "stage_since_local": "2026-05-27 22:00",
        "applied_on": "2026-05-20",
        "salary_min": "62000",
        "salary_max": "70000.5",
        "posting_url": "https://jobs.example.com/1?a=-1",
        "stage_history": "applied 2026-05-20 > interviewing 2026-05-27",
        "closed_at": "",
    }
    assert {name: row[name] for name in expected} == expected


def test_the_next_step_is_the_one_that_the_list_expands(world: World, client: TestClient) -> None:
    record_everything(client, world.clock.now)
    for days in (9, 2, -5):
        starts = world.clock.now - timedelta(days=days)
        interviewed(client, starts_at=starts.isoformat(), ends_at=(starts + timedelta(hours=1)).isoformat())
    application(client, stage="saved")
    listed = items(client, "/v1/applications", expand="next_action")
    expected = {
        one["id"]: (action["step"], action["due_at"]) if (action := one["next_action"])["due_at"] else ("", "")
        for one in listed
    }
    rows = exported(client, "applications")
    assert {row["id"]: (row["next_step"], row["next_step_due_at"]) for row in rows} == expected
    assert len({step for step, _ in expected.values()}) >= 3


def test_an_undated_stage_has_no_date(client: TestClient) -> None:
    application(client)
    (row,) = exported(client, "applications")
    assert (row["stage_since"], row["stage_history"]) == ("", "applied without date")


def test_the_filters_are_those_of_the_list_and_the_day_of_application(client: TestClient) -> None:
    kept = application(client, company="Acme", applied_on="2026-05-20", stage="rejected")
    alter(client, f"/v1/applications/{kept}", archived_at="2026-05-30T00:00:00Z")
    application(client, company="Birch", applied_on="2026-05-21")
    application(client, company="Acorn")
    for params, companies in (
        ({}, ["Acme", "Birch", "Acorn"]),
        ({"company": "ac"}, ["Acme", "Acorn"]),
        ({"stage": "rejected"}, ["Acme"]),
        ({"archived": "false"}, ["Birch", "Acorn"]),
        ({"updated_since": "2026-06-01T12:00:01Z"}, []),
        ({"from": "2026-05-20"}, ["Acme", "Birch"]),
        ({"from": "2026-05-20", "to": "2026-05-20"}, ["Acme"]),
        ({"to": "2026-05-21"}, ["Acme", "Birch"]),
    ):
        assert [row["company"] for row in exported(client, "applications", **params)] == companies, params
    fault(client.get("/v1/exports/applications", params={"from": "2026-05-02", "to": "2026-05-01"}), "to")
    fault(client.get("/v1/exports/applications", params={"status_contact_id": "x"}), "status_contact_id")


def test_the_queue_is_the_one_of_the_list(world: World, client: TestClient) -> None:
    record_everything(client, world.clock.now)
    interviewed(client)
    for params in (
        {},
        {"state": "overdue,open,upcoming"},
        {"state": "open", "sort": "-due_at"},
        {"step": 4},
        {"state": "overdue,open", "as_of": "2026-07-01T00:00:00Z"},
        {"due_before": "2026-05-30T00:00:00Z"},
    ):
        expected = [
            (one["id"], one["application"]["company"], one["step"], one["state"], one["due_at"], one["reason"]["text"])
            for one in items(client, "/v1/queue", limit=200, **params)
        ]
        rows = exported(client, "queue", **params)
        found = [
            tuple(row[name] for name in ("step_id", "company", "step", "state", "due_at", "reason")) for row in rows
        ]
        assert found == expected, params
    assert exported(client, "queue", state="overdue,open,upcoming")[0]["missing"]
    fault(client.get("/v1/exports/queue", params={"state": "late"}), "state")
    fault(client.get("/v1/exports/queue", params={"as_of": "2026-05-01T00:00:00Z"}), "as_of")


@pytest.mark.own_statements
def test_interviews_come_by_start_with_the_names_of_the_interviewers(client: TestClient) -> None:
    app, later = interviewed(client)
    earlier = interview(
        client, app, time_zone="Europe/Berlin", start_local="2026-05-20T10:00", kind="video", location="Room 2"
    )
    for name in ("Kim Lee", "Ana Ruiz"):
        put(client, f"/v1/interviews/{later}/interviewers/{contact(client, full_name=name)}")
    alter(
        client,
        f"/v1/interviews/{later}",
        contact_from={"date": "2026-06-04", "time": "14:30"},
        hear_by={"date": "2026-06-09"},
    )
    first, second = exported(client, "interviews")
    assert (first["id"], first["location"], first["interviewers"]) == (earlier, "Room 2", "")
    assert (first["start_local"], first["starts_at_local"]) == ("2026-05-20 10:00", "2026-05-20 04:00")
    assert (second["id"], second["interviewers"]) == (later, "Ana Ruiz; Kim Lee")
    assert (second["contact_from"], second["hear_by"]) == ("2026-06-04 14:30", "2026-06-09")


def test_hostile_texts_are_safe_and_come_back(client: TestClient) -> None:
    for text in HOSTILE:
        contact(client, full_name=text, notes=f"{text}\n- {text}", phone="+1 212 555 0123")
        application(client, company=text, role=text)
    rows = exported(client, "contacts")
    assert [restored(row["full_name"]) for row in rows] == HOSTILE
    assert [restored(row["notes"]) for row in rows] == [f"{text}\n- {text}" for text in HOSTILE]
    assert {row["phone"] for row in rows} == {"'+1 212 555 0123"}
    assert not [value for row in rows for value in row.values() if value.startswith(("=", "-", "+", "@", "＝"))]
    assert [restored(row["company"]) for row in exported(client, "applications")] == HOSTILE


def test_delimiter_and_byte_order_mark(client: TestClient) -> None:
    contact(client, full_name="Lee; Kim")
    content = client.get("/v1/exports/contacts", params={"delimiter": "semicolon", "bom": "true"}).content.decode()
    assert content.startswith("\ufeffid;full_name;")
    assert ';"Lee; Kim";' in content
    tabs = client.get("/v1/exports/contacts", params={"delimiter": "tab"}).content.decode()
    assert tabs.startswith("id\tfull_name\t")
    fault(client.get("/v1/exports/contacts", params={"delimiter": ","}), "delimiter")


@EVERY
def test_another_format_is_refused(client: TestClient, name: str) -> None:
    assert client.get(f"/v1/exports/{name}", params={"format": "csv"}).status_code == 200
    fault(client.get(f"/v1/exports/{name}", params={"format": "xlsx"}), "format")
    refused = client.get(f"/v1/exports/{name}", headers={"Accept": "image/png"})
    assert "text/csv" in problem(refused, 406, "not_acceptable")["detail"]


@EVERY
def test_deleted_and_erased_rows_and_those_of_others_are_left_out(
    world: World, client: TestClient, stranger: TestClient, name: str
) -> None:
    ids = record_everything(client, world.clock.now)
    record_everything(stranger, world.clock.now)
    gone = contact(client, full_name="Gone")
    assert client.delete(f"/v1/contacts/{gone}").status_code == 204
    assert len(exported(client, name, **({"state": "overdue,open,upcoming"} if name == "queue" else {}))) >= 1
    mine = client.get(f"/v1/exports/{name}").text
    assert not [id_ for id_ in record_ids(stranger) if id_ in mine]
    assert "Gone" not in mine
    act(client, f"/v1/contacts/{ids['contact']}/erase")
    assert "Sam Desk" not in client.get(f"/v1/exports/{name}", params={"format": "csv"}).text
    assert client.delete(f"/v1/applications/{ids['application']}").status_code == 204
    assert exported(client, name) == []


def record_ids(client: TestClient) -> list[str]:
    return [one["id"] for href in ("applications", "contacts") for one in items(client, f"/v1/{href}")]


def test_the_next_step_needs_the_scope_of_steps(world: World) -> None:
    client = world.sign_up(scopes=["applications:write"])
    interviewed(client)
    (row,) = exported(client, "applications")
    assert (row["next_step"], row["next_step_due_at"], row["next_step_due_at_local"]) == ("", "", "")
    assert row["stage_history"]


def test_sixty_exports_and_reports_an_hour_are_allowed_together(world: World, client: TestClient) -> None:
    for number in range(60):
        href = "/v1/reports/job-search" if number % 2 else "/v1/exports/contacts"
        assert client.get(href).status_code == 200
    problem(client.get("/v1/exports/interviews"), 429, "too_many_requests")
    problem(client.get("/v1/reports/job-search"), 429, "too_many_requests")
    world.clock.now += timedelta(hours=1)
    assert client.get("/v1/exports/interviews").status_code == 200


def test_an_export_is_in_the_activity(client: TestClient) -> None:
    exported(client, "contacts")
    newest = items(client, "/v1/me/activity")[0]
    assert (newest["operation"], newest["object"]) == ("export_contacts", "/v1/exports/contacts")


def test_rows_are_read_in_pieces_and_complete(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of several statements are read side by side, each in pieces that are smaller than the result."""
    monkeypatch.setattr(cells, "AT_ONCE", 2)
    monkeypatch.setattr(raw_sql, "STREAMED_AT_ONCE", 2)
    people = [contact(client, full_name=f"Person {number}") for number in range(3)]
    for number in range(7):
        app, talk = interviewed(client) if number % 3 else (application(client), None)
        alter(client, f"/v1/applications/{app}", company=f"Company {number}")
        for _ in range(number % 4):
            add(client, f"/v1/applications/{app}/stages", stage="interviewing", at="2026-05-30T10:00:00Z")
        for one in people if talk else ():
            put(client, f"/v1/interviews/{talk}/interviewers/{one}")
    rows = exported(client, "applications")
    assert [row["company"] for row in rows] == [f"Company {number}" for number in range(7)]
    assert [row["stage_history"].count(">") for row in rows] == [number % 4 for number in range(7)]
    assert [bool(row["next_step"]) for row in rows] == [bool(number % 3) for number in range(7)]
    assert {row["interviewers"] for row in exported(client, "interviews")} == {"Person 0; Person 1; Person 2"}
    state = {"state": "overdue,open,upcoming"}
    assert len(exported(client, "queue", **state)) == len(items(client, "/v1/queue", limit=200, **state)) > 10
