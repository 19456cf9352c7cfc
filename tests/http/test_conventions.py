"""Conventions of all endpoints: how requests are parsed, answers shaped and errors reported."""

import codecs
import gzip
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from api.models.base import new_id
from api.storage.session import OwnedSession
from tests.conftest import World
from tests.http.api_client import (
    NOW,
    PROBLEM,
    UNKNOWN,
    Answer,
    act,
    add,
    alter,
    application,
    contact,
    fault,
    interviewed,
    items,
    problem,
    read,
    steps,
)

pytestmark = pytest.mark.sqlite

ALL = "/v1/applications"
MINIMAL = {"company": "Acme", "role": "Engineer"}
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param(
            {"reference_check": {"date": "2026-06-02", "hour": 1}}, "/reference_check/hour", id="in-a-nested-object"
        ),
        pytest.param({"policy": {"a/b~c": 1}}, "/policy/a~1b~0c", id="with-characters-that-a-pointer-escapes"),
        pytest.param({"": 1}, "/", id="without-a-name"),
    ],
)
def test_an_unknown_field_is_refused_with_its_pointer(client: TestClient, body: Answer, pointer: str) -> None:
    assert fault(client.post(ALL, json={**MINIMAL, **body}), pointer) == "unknown_field"
    assert fault(client.patch(f"{ALL}/{application(client)}", json=body), pointer) == "unknown_field"
    assert len(items(client, ALL)) == 1


def test_all_errors_of_a_body_are_reported_at_once(client: TestClient) -> None:
    found = problem(client.post(ALL, json={"company": "", "time_zone": "US", "x": 1}), 422, "invalid")
    assert sorted(error["pointer"] for error in found["errors"]) == ["/company", "/role", "/time_zone", "/x"]
    assert found["detail"] == "4 fields are invalid: fix each as `errors` says."


def test_for_an_unknown_query_parameter_the_allowed_ones_are_named(client: TestClient) -> None:
    found = client.get(ALL, params={"colour": "red", "limit": 1}).json()
    for name in ("archived", "company", "cursor", "expand", "limit", "sort", "stage", "updated_since"):
        assert name in found["errors"][0]["detail"]
    none = client.patch("/v1/me", params={"dry_run": "true"}, json={}).json()
    assert none["detail"] == "This address takes no query parameters."


def test_an_id_chosen_by_the_client_is_used_once_per_user(client: TestClient, stranger: TestClient) -> None:
    own = new_id()
    made = add(client, ALL, **MINIMAL, id=own.upper())
    assert made["id"] == own
    answer = client.post(ALL, json={"company": "Other", "role": "Lead", "id": own})
    problem(answer, 409, "id_taken", "/id")
    assert [one["company"] for one in items(client, ALL)] == ["Acme"]
    add(stranger, ALL, company="Theirs", role="Lead", id=own)
    assert read(client, f"{ALL}/{own}")["company"] == "Acme"
    assert read(stranger, f"{ALL}/{own}")["company"] == "Theirs"
    assert client.delete(f"{ALL}/{own}").status_code == 204
    assert read(stranger, f"{ALL}/{own}")["company"] == "Theirs"


def test_an_id_that_is_deleted_is_answered_with_the_address_that_restores_it(world: World, client: TestClient) -> None:
    app, kim, note = new_id(), new_id(), new_id()
    notes = f"{ALL}/{app}/notes"
    add(client, ALL, **MINIMAL, id=app)
    add(client, "/v1/contacts", full_name="Kim Lee", id=kim)
    add(client, notes, kind="general", text="x", id=note)
    assert client.delete(f"/v1/contacts/{kim}").status_code == 204
    assert client.delete(f"{ALL}/{app}").status_code == 204
    other = application(client)
    ways = {}
    for href, body in (
        (ALL, {**MINIMAL, "id": app}),
        ("/v1/contacts", {"full_name": "Kim Lee", "id": kim}),
        (f"{ALL}/{other}/notes", {"kind": "general", "text": "x", "id": note}),
    ):
        found = problem(client.post(href, json=body), 409, "id_taken", "/id")
        ways[href] = found["detail"].partition(" POST ")[2].partition(",")[0]
    assert ways == {
        ALL: f"{ALL}/{app}/restore",
        "/v1/contacts": f"/v1/contacts/{kim}/restore",
        f"{ALL}/{other}/notes": f"{ALL}/{app}/restore",
    }
    for way in ways.values():
        act(client, way)
    assert read(client, f"/v1/notes/{note}")["id"] == note
    client.delete(f"{ALL}/{app}")
    world.clock.now += timedelta(days=31)
    late = problem(client.post(ALL, json={**MINIMAL, "id": app}), 409, "id_taken", "/id")
    assert "restore" not in late["detail"]
    assert "read it" not in late["detail"]


ENCODED = {
    "gzip": ({"Content-Encoding": "gzip"}, "Content-Encoding"),
    "an-unknown-one": ({"Content-Encoding": "br"}, "Content-Encoding"),
    "gzip-twice": ({"Content-Encoding": "identity, GZIP"}, "Content-Encoding"),
    "gzip-as-transfer": ({"Transfer-Encoding": "gzip, chunked"}, "Transfer-Encoding"),
}


@pytest.mark.parametrize(("headers", "named"), ENCODED.values(), ids=ENCODED)
@pytest.mark.parametrize("href", [ALL, "/v1/sessions", "/v1/password-resets", "/mail/confirm/x"])
def test_an_encoded_body_is_refused_by_the_name_of_its_encoding(
    client: TestClient, href: str, headers: dict[str, str], named: str
) -> None:
    answer = client.post(href, content=gzip.compress(json.dumps(MINIMAL).encode()), headers={**JSON, **headers})
    found = problem(answer, 415, "unsupported_media_type")
    assert answer.headers["accept-encoding"] == "identity"
    assert [one["header"] for one in found["errors"]] == [named]
    assert items(client, ALL) == []


@pytest.mark.parametrize("headers", [{"Content-Encoding": "identity"}, {"Content-Encoding": ""}])
def test_a_body_that_is_not_encoded_is_accepted(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post(ALL, json=MINIMAL, headers=headers).status_code == 201
    assert client.get(ALL, headers={"Content-Encoding": "gzip"}).status_code == 200


def test_a_byte_order_mark_before_the_body_is_ignored(client: TestClient) -> None:
    content = json.dumps(MINIMAL).encode("utf-8-sig")
    key = {**JSON, "Idempotency-Key": "once"}
    first, again = (client.post(ALL, content=content, headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert again.headers["idempotency-replayed"] == "true"
    href = f"{ALL}/{first.json()['id']}"
    assert client.patch(href, content=codecs.BOM_UTF8 + b'{"role": "Lead"}', headers=JSON).status_code == 200
    problem(client.patch(href, content=codecs.BOM_UTF8 * 2 + b'{"role": "Chief"}', headers=JSON), 422, "invalid", "")
    assert read(client, href)["role"] == "Lead"


@pytest.mark.parametrize(
    "id_",
    [
        pytest.param("5b3b1a0e-7a1e-4c3f-9a55-0e8f0c1f2a3b", id="of-version-4"),
        pytest.param("019577a000007000800000000000000a", id="without-hyphens"),
        pytest.param("{019577a0-0000-7000-8000-00000000000a}", id="in-braces"),
        pytest.param("urn:uuid:019577a0-0000-7000-8000-00000000000a", id="as-a-urn"),
        pytest.param("", id="empty"),
        pytest.param(7, id="a-number"),
    ],
)
def test_an_id_that_is_no_canonical_uuid7_is_refused(client: TestClient, id_: object) -> None:
    fault(client.post("/v1/contacts", json={"full_name": "Kim Lee", "id": id_}), "/id")
    assert items(client, "/v1/contacts") == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param("2026-05-29T16:00:00Z", "2026-05-29T16:00:00Z", id="utc"),
        pytest.param("2026-05-29t16:00:00z", "2026-05-29T16:00:00Z", id="in-small-letters"),
        pytest.param("2026-05-29T12:00:00-04:00", "2026-05-29T16:00:00Z", id="new-york"),
        pytest.param("2026-05-30T05:45:00+13:45", "2026-05-29T16:00:00Z", id="the-chatham-islands"),
        pytest.param("2026-05-29T16:00:00.999999Z", "2026-05-29T16:00:00Z", id="fractions-are-cut-not-rounded"),
        pytest.param("2026-06-01T12:05:00Z", NOW, id="five-minutes-ahead-become-now"),
        pytest.param("2026-06-01T12:05:00.9Z", NOW, id="five-minutes-and-a-fraction-become-now"),
        pytest.param("2026-06-01T12:05:01Z", None, id="a-second-more-is-refused"),
        pytest.param("2026-05-29T16:00:00", None, id="no-offset"),
        pytest.param("2026-05-29", None, id="a-date"),
        pytest.param("2026-05-29T16:00:60Z", None, id="a-leap-second"),
        pytest.param("2026-02-29T16:00:00Z", None, id="a-day-that-does-not-exist"),
        pytest.param("1969-12-31T23:59:59Z", None, id="before-1970"),
        pytest.param("0000-01-01T00:00:00Z", None, id="year-0"),
        pytest.param("10000-01-01T00:00:00Z", None, id="five-digits-of-a-year"),
        pytest.param("1780000000", None, id="unix-time-as-text"),
        pytest.param(1780000000, None, id="unix-time"),
        pytest.param(10**400, None, id="a-number-beyond-the-largest-float"),
        pytest.param(True, None, id="true"),
    ],
)
def test_an_instant_is_read_with_any_offset_and_shown_in_utc(
    client: TestClient, sent: object, kept: str | None
) -> None:
    answer = client.post("/v1/search-activities", json={"kind": "event", "at": sent})
    if kept is None:
        fault(answer, "/at")
        assert items(client, "/v1/search-activities") == []
    else:
        assert (answer.status_code, answer.json()["at"]) == (201, kept)


def test_a_patch_is_read_as_a_merge_patch(client: TestClient) -> None:
    app = application(client, source="A friend", location="Berlin")
    for kind in ("application/merge-patch+json", "application/json", "Application/JSON; charset=utf-8"):
        answer = client.patch(f"{ALL}/{app}", content=b'{"source": null}', headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["source"], answer.json()["location"]) == (200, None, "Berlin")


@pytest.mark.parametrize("kind", ["application/jsonx", ""])
def test_another_content_type_is_refused_with_what_is_accepted(client: TestClient, kind: str) -> None:
    app, headers = application(client), {"Content-Type": kind}
    posted = client.post(ALL, content=json.dumps(MINIMAL), headers=headers)
    patched = client.patch(f"{ALL}/{app}", content=b'{"role": "x"}', headers=headers)
    problem(posted, 415, "unsupported_media_type")
    problem(patched, 415, "unsupported_media_type")
    assert posted.headers["accept-post"] == "application/json"
    assert patched.headers["accept-patch"] == "application/json, application/merge-patch+json"
    assert [one["role"] for one in items(client, ALL)] == ["Engineer"]


def test_a_post_does_not_accept_a_merge_patch(client: TestClient) -> None:
    headers = {"Content-Type": "application/merge-patch+json"}
    problem(client.post(ALL, content=json.dumps(MINIMAL), headers=headers), 415, "unsupported_media_type")


def test_a_body_may_have_256_kib(client: TestClient) -> None:
    app, size = application(client), 256 * 1024
    body = b'{"role": "Chief"}'
    whole = client.patch(f"{ALL}/{app}", content=body + b" " * (size - len(body)), headers=JSON)
    assert whole.status_code == 200


def test_a_trailing_slash_is_not_found(client: TestClient) -> None:
    problem(client.post(f"/v1/steps/{UNKNOWN}/snooze/"), 404, "not_found")


def test_head_is_refused_and_answered_304_like_get(world: World, client: TestClient) -> None:
    whole, head = client.get(f"{ALL}/{UNKNOWN}"), client.head(f"{ALL}/{UNKNOWN}")
    assert (head.status_code, head.content) == (whole.status_code, b"") == (404, b"")
    own = ("x-request-id", "ratelimit", "content-length")
    assert [h for h in head.headers.items() if h[0] not in own] == [h for h in whole.headers.items() if h[0] not in own]
    assert world.anonymous().head("/v1/me").status_code == 401
    tag = client.get("/v1/me").headers["etag"]
    assert client.head("/v1/me", headers={"If-None-Match": tag}).status_code == 304


def test_a_request_id_is_accepted_or_generated_and_always_returned(client: TestClient) -> None:
    given = client.get(f"{ALL}/{UNKNOWN}", headers={"X-Request-ID": "trace-1:2.3_4"})
    assert given.headers["x-request-id"] == given.json()["request_id"] == "trace-1:2.3_4"
    for wrong in ("a b", "x" * 129, "<script>", ""):
        made = client.get("/v1/me", headers={"X-Request-ID": wrong}).headers["x-request-id"]
        assert made != wrong
        assert len(made) == 36
    assert client.get("/v1/me").headers["x-request-id"] != client.get("/v1/me").headers["x-request-id"]


def test_a_problem_says_where_and_how_to_fix_it_and_has_a_page(world: World, client: TestClient) -> None:
    found = problem(client.post(ALL, json={"role": "Engineer"}), 422, "invalid", "/company")
    assert set(found) == {"type", "title", "status", "detail", "instance", "code", "request_id", "errors"}
    assert (found["type"], found["instance"]) == ("/problems/invalid", ALL)
    assert found["detail"] == 'This is required: send a text on one line, such as "Larkfield Press".'
    assert found["errors"] == [{"pointer": "/company", "code": "missing", "detail": found["detail"]}]
    page = world.anonymous().get(found["type"])
    assert page.status_code == 200


@pytest.mark.parametrize("id_", ["x" * 65, "x" * 3000, "%00", "%2e%2e", "%ff", "%F0%9F%98%80", UNKNOWN + "0"])
def test_a_malformed_id_is_not_found(client: TestClient, id_: str) -> None:
    app = application(client)
    for href in (f"{ALL}/{id_}", f"/v1/contacts/{id_}", f"/v1/steps/{id_}", f"{ALL}/{app}/references/{id_}"):
        problem(client.get(href), 404, "not_found")
    problem(client.delete(f"/v1/tokens/{id_}"), 404, "not_found")


BAD_BODIES = {
    "a-nested-duplicate-name": b'{"company": "A", "role": "B", "policy": {"search_days": 1, "search_days": 2}}',
    "nan": b'{"company": "A", "role": "B", "salary_min": NaN}',
    "infinity": b'{"company": "A", "role": "B", "salary_min": Infinity}',
    "1e400": b'{"company": "A", "role": "B", "salary_min": 1e400}',
    "a-number-of-5000-digits": b'{"company": "A", "role": "B", "salary_min": ' + b"9" * 5000 + b"}",
    "half-a-surrogate-pair": b'{"company": "\\ud800", "role": "B"}',
    "nul": b'{"company": "A\\u0000", "role": "B"}',
    "40-objects": b'{"company": "A", "role": "B", "policy": ' + b'{"a": ' * 40 + b"1" + b"}" * 41,
}


@pytest.mark.parametrize("content", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_body_that_no_column_can_hold_is_refused_with_422(client: TestClient, content: bytes) -> None:
    app = application(client)
    before = read(client, f"{ALL}/{app}")
    for method, href in (("POST", ALL), ("PATCH", f"{ALL}/{app}")):
        answer = client.request(method, href, content=content, headers=JSON)
        problem(answer, 422, "invalid")
        assert json.loads(answer.content.decode())
    assert len(items(client, ALL)) == 1
    assert read(client, f"{ALL}/{app}") == before


def failing(_session: OwnedSession) -> None:
    raise RuntimeError("The disk is gone.")


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda client, _: client.post(ALL, json=MINIMAL), id="a-creation"),
        pytest.param(lambda client, app: client.patch(f"{ALL}/{app}", json={"role": "Chief"}), id="a-change"),
        pytest.param(lambda client, app: client.delete(f"{ALL}/{app}"), id="a-deletion"),
        pytest.param(lambda client, app: client.post(f"{ALL}/{app}/steps/skip", json={"steps": "overdue"}), id="skips"),
    ],
)
def test_a_write_that_could_not_be_committed_is_not_acknowledged(
    client: TestClient, write: Callable[[TestClient, str], Answer]
) -> None:
    app, _ = interviewed(client)
    before = (items(client, ALL), steps(client, app))
    event.listen(OwnedSession, "before_commit", failing)
    try:
        answer = write(client, app)
    finally:
        event.remove(OwnedSession, "before_commit", failing)
    found = problem(answer, 500, "internal")  # type: ignore[arg-type]  # what the client answers
    assert "disk" not in json.dumps(found)
    assert (items(client, ALL), steps(client, app)) == before
    alter(client, f"{ALL}/{app}", role="Chief")


def test_an_empty_patch_changes_nothing_and_returns_the_whole_object(client: TestClient) -> None:
    app = application(client)
    before = read(client, f"{ALL}/{app}")
    after = client.patch(f"{ALL}/{app}", json={}).json()
    assert {**after, "version": 1, "etag": before["etag"]}.items() <= before.items()


def test_accept_html_and_range_are_ignored(world: World, client: TestClient) -> None:
    kim = contact(client)
    world.clock.now += timedelta(seconds=1)
    answer = client.get(f"/v1/contacts/{kim}", headers={"Accept": "text/html", "Range": "bytes=0-1"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert client.get("/v1/nothing", headers={"Accept": "text/html"}).headers["content-type"] == PROBLEM
