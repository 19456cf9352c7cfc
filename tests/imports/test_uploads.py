"""Uploads: which bodies are taken, how large they may be, and who may send them."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.http import admission
from tests.conftest import World
from tests.http.api_client import application, problem
from tests.imports import counted, rows, settled, uploaded

pytestmark = pytest.mark.sqlite

TABLE = "Company,Role,Status\nAcme,Dev,Applied\n"
MANIFEST = '{"type":"manifest","format":"afterword-export","format_version":1}\n'


def sent(client: TestClient, content: Any, kind: str = "text/csv", **headers: str) -> Any:
    return client.post("/v1/imports", content=content, headers={"Content-Type": kind, **headers})


@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data; boundary=x", "application/zip", "text/vcard"]
)
def test_another_content_type_is_refused_with_those_that_are_taken(client: TestClient, kind: str) -> None:
    answer = sent(client, TABLE, kind)
    problem(answer, 415, "unsupported_media_type")
    assert "text/csv" in answer.headers["accept-post"]


def test_an_archive_and_an_empty_body_are_refused(client: TestClient) -> None:
    problem(sent(client, b"PK\x03\x04..."), 422, "invalid")
    problem(sent(client, b""), 422, "invalid")


def test_each_kind_has_its_own_limit(make_world: Any) -> None:
    world = make_world(max_import_bytes=2_000_000, max_restore_bytes=3_000_000)
    client = world.sign_up()
    problem(sent(client, "x" * 2_000_001), 413, "payload_too_large")
    problem(sent(client, "x" * 262_145, "text/calendar"), 413, "payload_too_large")
    problem(sent(client, "x" * 3_000_001, "application/jsonl"), 413, "payload_too_large")
    large = MANIFEST + "".join(json.dumps({"type": "token", "n": "x" * 200}) + "\n" for _ in range(10_000))
    assert sent(client, large, "application/jsonl").status_code == 201
    problem(client.post("/v1/applications", content="x" * 300_000), 413, "payload_too_large")


def test_a_large_body_is_not_read_without_a_valid_token(world: World) -> None:
    nobody = world.anonymous()
    problem(sent(nobody, "x" * 2_000_000), 401, "unauthorized")
    nobody.headers["Authorization"] = "Bearer nonsense"
    problem(sent(nobody, "x" * 2_000_000), 401, "unauthorized")


def test_two_large_files_are_read_at_a_time(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MAX_LARGE_UPLOADS", 0)
    answer = sent(client, "x" * 2_000_000)
    problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "1"
    assert sent(client, TABLE).status_code == 201


def test_a_restore_needs_the_right_to_change_the_account(world: World) -> None:
    client = world.sign_up(scopes=["applications:write", "contacts:write", "steps:write"])
    problem(sent(client, MANIFEST, "application/jsonl"), 403, "forbidden")
    assert sent(client, TABLE).status_code == 201


def test_a_retry_with_its_key_uploads_once(client: TestClient) -> None:
    first, again = (sent(client, TABLE, **{"Idempotency-Key": "one"}) for _ in range(2))
    assert first.json() == again.json()
    assert len(client.get("/v1/imports").json()["items"]) == 1
    problem(sent(client, TABLE + "Beta,Dev,Applied\n", **{"Idempotency-Key": "one"}), 422, "idempotency_key_reused")


ID, OTHER = "019577a0-0000-7000-8000-000000000001", "019577a0-0000-7000-8000-000000000002"
APP: dict[str, Any] = {
    "type": "application",
    "id": ID,
    "company": "Acme",
    "role": "Dev",
    "time_zone": "UTC",
    "stage": "applied",
}
APP |= {"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "policy": {}}


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        pytest.param(APP, "new", id="a good line"),
        pytest.param({**APP, "__proto__": {"x": 1}, "user_id": OTHER}, "new", id="fields that no table has"),
        pytest.param({**APP, "id": "1"}, "error", id="no id"),
        pytest.param({**APP, "id": OTHER.replace("-7", "-4", 1)}, "error", id="an id of another version"),
        pytest.param({**APP, "company": "x" * 201}, "error", id="too long"),
        pytest.param({**APP, "company": "a\u0000b"}, "error", id="NUL"),
        pytest.param({**APP, "company": "\ud800"}, "error", id="half of a surrogate pair"),
        pytest.param({**APP, "company": None}, "error", id="no company"),
        pytest.param({**APP, "role": ["x"]}, "error", id="a list"),
        pytest.param({**APP, "posting_url": "javascript:alert(1)"}, "error", id="a script"),
        pytest.param({**APP, "salary_min": 1e400}, "error", id="no number"),
        pytest.param({**APP, "created_at": "9999-12-31T23:59:59Z"}, "error", id="a year that is out of range"),
        pytest.param({**APP, "created_at": "2026-01-01T00:00:00"}, "error", id="no offset"),
        pytest.param({**APP, "stage": "dreaming"}, "error", id="no such stage"),
        pytest.param({**APP, "policy": {"workdays": [9]}}, "error", id="a policy that is none"),
        pytest.param({**APP, "status_contact_id": OTHER}, "error", id="points nowhere"),
        pytest.param({**APP, "policy": {"holidays": [["2026-01-01"] * 3] * 3}}, "error", id="nested"),
        pytest.param({"type": "note", "id": ID, "text": "x"}, "error", id="half a row"),
        pytest.param("[" * 5_000, "error", id="deep"),
        pytest.param("null", "error", id="null"),
        pytest.param('{"type": 7}', "error", id="a type that is a number"),
    ],
)
def test_a_hostile_line_of_an_export_is_an_error_of_its_row(
    world: World, client: TestClient, line: Any, outcome: str
) -> None:
    text = line if isinstance(line, str) else json.dumps(line)
    job = settled(world, client, uploaded(client, MANIFEST + text + "\n", "application/jsonl"))
    assert counted(job) == {outcome: 1}, rows(client, job)


def test_ids_of_another_user_point_nowhere(world: World, client: TestClient, stranger: TestClient) -> None:
    theirs = application(stranger)
    note = {"type": "note", "id": ID, "application_id": theirs, "kind": "general", "text": "x"}
    note |= dict.fromkeys(("noted_at", "created_at", "updated_at"), "2026-01-01T00:00:00Z")
    job = uploaded(client, MANIFEST + json.dumps(note) + "\n", "application/jsonl")
    assert rows(client, job)[0]["errors"][0]["code"] == "points_nowhere", rows(client, job)
    file = f"Afterword ID,Company,Role,Status\n{theirs},Acme,Dev,Applied\n"
    assert counted(uploaded(client, file)) == {"new": 1}
    answer = client.post(
        "/v1/imports", params={"application_id": theirs}, content="x", headers={"Content-Type": "text/calendar"}
    )
    problem(answer, 404, "not_found")
