"""What holds at every address: how requests are read, answers are shaped and errors are told."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from api.db import OwnedSession
from api.models.base import new_id
from tests.conftest import World
from tests.http.story import (
    NOW,
    PROBLEM,
    UNKNOWN,
    Answer,
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

ALL = "/v1/applications"
MINIMAL = {"company": "Acme", "role": "Engineer"}
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"salary": 1}, "/salary", id="at-the-top"),
        pytest.param({"reference_check": {"date": "2026-06-02", "hour": 1}}, "/reference_check/hour", id="inside"),
        pytest.param({"policy": {"a/b~c": 1}}, "/policy/a~1b~0c", id="with-characters-of-the-pointer"),
        pytest.param({"": 1}, "/", id="without-a-name"),
    ],
)
def test_an_unknown_field_is_refused_where_it_stands(client: TestClient, body: Answer, pointer: str) -> None:
    assert fault(client.post(ALL, json={**MINIMAL, **body}), pointer) == "unknown_field"
    assert fault(client.patch(f"{ALL}/{application(client)}", json=body), pointer) == "unknown_field"
    assert len(items(client, ALL)) == 1


def test_every_fault_is_told_at_once(client: TestClient) -> None:
    found = problem(client.post(ALL, json={"company": "", "time_zone": "US", "x": 1}), 422, "invalid")
    assert sorted(error["pointer"] for error in found["errors"]) == ["/company", "/role", "/time_zone", "/x"]
    assert found["detail"] == "4 fields need mending: see `errors`."


def test_an_unknown_query_parameter_is_refused_and_the_known_are_named(client: TestClient) -> None:
    found = problem(client.get(ALL, params={"colour": "red", "limit": 1}), 422, "invalid", "colour")
    assert "colour" not in found["detail"]
    for name in ("archived", "company", "cursor", "expand", "limit", "sort", "stage", "updated_since"):
        assert name in found["errors"][0]["detail"]
    none = problem(client.post(ALL, params={"dry_run": "true"}, json=MINIMAL), 422, "invalid", "dry_run")
    assert none["detail"] == "This address takes no query parameters."
    assert items(client, ALL) == []


def test_an_id_of_the_clients_own_is_kept_and_taken_once(client: TestClient, stranger: TestClient) -> None:
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
        pytest.param("2026-06-01T12:05:00Z", NOW, id="five-minutes-ahead-are-now"),
        pytest.param("2026-06-01T12:05:00.9Z", NOW, id="and-a-fraction"),
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
        pytest.param(10**400, None, id="a-number-beyond-all-floats"),
        pytest.param(True, None, id="true"),
    ],
)
def test_an_instant_is_read_with_any_offset_and_told_in_utc(client: TestClient, sent: object, kept: str | None) -> None:
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


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
def test_another_content_type_is_refused_with_what_is_accepted(client: TestClient, kind: str) -> None:
    app, headers = application(client), {"Content-Type": kind}
    posted = client.post(ALL, content=json.dumps(MINIMAL), headers=headers)
    patched = client.patch(f"{ALL}/{app}", content=b'{"role": "x"}', headers=headers)
    problem(posted, 415, "unsupported_media_type")
    problem(patched, 415, "unsupported_media_type")
    assert posted.headers["accept-post"] == "application/json"
    assert patched.headers["accept-patch"] == "application/json, application/merge-patch+json"
    assert [one["role"] for one in items(client, ALL)] == ["Engineer"]


def test_a_merge_patch_is_no_way_to_post(client: TestClient) -> None:
    headers = {"Content-Type": "application/merge-patch+json"}
    problem(client.post(ALL, content=json.dumps(MINIMAL), headers=headers), 415, "unsupported_media_type")


def test_a_body_may_have_256_kib(client: TestClient) -> None:
    app, size = application(client), 256 * 1024
    body = b'{"role": "Chief"}'
    whole = client.patch(f"{ALL}/{app}", content=body + b" " * (size - len(body)), headers=JSON)
    assert whole.status_code == 200
    for content in (body + b" " * (size + 1 - len(body)), iter([body, b" " * size])):
        problem(client.patch(f"{ALL}/{app}", content=content, headers=JSON), 413, "payload_too_large")
    assert read(client, f"{ALL}/{app}")["version"] == 2


@pytest.mark.parametrize(
    ("method", "href", "allowed"),
    [
        pytest.param("DELETE", ALL, "GET, HEAD, POST", id="a-collection"),
        pytest.param("PUT", f"{ALL}/{UNKNOWN}", "DELETE, GET, HEAD, PATCH", id="an-object"),
        pytest.param("GET", f"/v1/steps/{UNKNOWN}/skip", "POST", id="an-action"),
        pytest.param("POST", f"/v1/steps/{UNKNOWN}/snooze/", None, id="a-slash-behind"),
        pytest.param("GET", f"/v1/steps/{UNKNOWN}/snooze", "DELETE, POST", id="two-routes"),
        pytest.param("POST", f"{ALL}/{UNKNOWN}/references/{UNKNOWN}", "DELETE, GET, HEAD, PATCH, PUT", id="a-link"),
        pytest.param("GET", "/v1/nothing", None, id="nothing"),
    ],
)
def test_a_wrong_method_is_told_all_the_right_ones(
    client: TestClient, method: str, href: str, allowed: str | None
) -> None:
    answer = client.request(method, href)
    if allowed is None:
        problem(answer, 404, "not_found")
    else:
        problem(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == allowed


def test_head_answers_like_get_without_a_body(world: World, client: TestClient) -> None:
    app, _ = interviewed(client)
    for href in (ALL, f"{ALL}/{app}", f"{ALL}/{app}/steps", "/v1/queue", "/v1/me", f"{ALL}/{UNKNOWN}"):
        whole, head = client.get(href), client.head(href)
        assert (head.status_code, head.content) == (whole.status_code, b""), href
        own = ("x-request-id", "ratelimit", *(() if whole.is_success else ("content-length",)))
        assert [h for h in head.headers.items() if h[0] not in own] == [
            h for h in whole.headers.items() if h[0] not in own
        ]
    assert world.anonymous().head("/v1/me").status_code == 401
    tag = client.get("/v1/me").headers["etag"]
    assert client.head("/v1/me", headers={"If-None-Match": tag}).status_code == 304


def test_a_request_id_is_taken_or_made_and_always_answered(client: TestClient) -> None:
    given = client.get(f"{ALL}/{UNKNOWN}", headers={"X-Request-ID": "trace-1:2.3_4"})
    assert given.headers["x-request-id"] == given.json()["request_id"] == "trace-1:2.3_4"
    for wrong in ("a b", "x" * 129, "<script>", ""):
        made = client.get("/v1/me", headers={"X-Request-ID": wrong}).headers["x-request-id"]
        assert made != wrong
        assert len(made) == 36
    assert client.get("/v1/me").headers["x-request-id"] != client.get("/v1/me").headers["x-request-id"]


def test_a_problem_tells_where_and_how_to_mend_it_and_has_a_page(world: World, client: TestClient) -> None:
    found = problem(client.post(ALL, json={"role": "Engineer"}), 422, "invalid", "/company")
    assert set(found) == {"type", "title", "status", "detail", "instance", "code", "request_id", "errors"}
    assert (found["type"], found["instance"]) == ("/problems/invalid", ALL)
    assert found["detail"] == "This is required: send it."
    assert found["errors"] == [{"pointer": "/company", "code": "missing", "detail": found["detail"]}]
    page = world.anonymous().get(found["type"])
    assert page.status_code == 200


@pytest.mark.parametrize("id_", ["x", "x" * 65, "x" * 3000, "%00", "%2e%2e", "%ff", "%F0%9F%98%80", UNKNOWN + "0"])
def test_what_cannot_be_an_id_is_not_found(client: TestClient, id_: str) -> None:
    app = application(client)
    for href in (f"{ALL}/{id_}", f"/v1/contacts/{id_}", f"/v1/steps/{id_}", f"{ALL}/{app}/references/{id_}"):
        problem(client.get(href), 404, "not_found")
    problem(client.delete(f"/v1/tokens/{id_}"), 404, "not_found")


BAD_BODIES = {
    "nothing": b"",
    "a-list": b"[]",
    "a-text": b'"x"',
    "null": b"null",
    "half-a-body": b'{"company": "A", "role": ',
    "a-name-twice": b'{"company": "A", "role": "B", "role": "C"}',
    "a-name-twice-inside": b'{"company": "A", "role": "B", "policy": {"search_days": 1, "search_days": 2}}',
    "nan": b'{"company": "A", "role": "B", "salary_min": NaN}',
    "infinity": b'{"company": "A", "role": "B", "salary_min": Infinity}',
    "1e400": b'{"company": "A", "role": "B", "salary_min": 1e400}',
    "a-number-of-5000-digits": b'{"company": "A", "role": "B", "salary_min": ' + b"9" * 5000 + b"}",
    "half-a-surrogate-pair": b'{"company": "\\ud800", "role": "B"}',
    "half-a-pair-as-a-name": b'{"company": "A", "role": "B", "\\udfff": 1}',
    "raw-half-a-pair": b'{"company": "\xed\xa0\x80", "role": "B"}',
    "nul": b'{"company": "A\\u0000", "role": "B"}',
    "nul-as-a-name": b'{"company": "A", "role": "B", "\\u0000": 1}',
    "latin-1": '{"company": "Äpfel", "role": "B"}'.encode("latin-1"),
    "100000-lists": b'{"company": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "40-objects": b'{"company": "A", "role": "B", "policy": ' + b'{"a": ' * 40 + b"1" + b"}" * 41,
}


@pytest.mark.parametrize("content", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_body_that_no_column_could_hold_is_refused_never_a_fault_of_ours(client: TestClient, content: bytes) -> None:
    app = application(client)
    before = read(client, f"{ALL}/{app}")
    for method, href in (("POST", ALL), ("PATCH", f"{ALL}/{app}")):
        answer = client.request(method, href, content=content, headers=JSON)
        problem(answer, 422, "invalid")
        assert json.loads(answer.content.decode())
    assert len(items(client, ALL)) == 1
    assert read(client, f"{ALL}/{app}") == before


def test_what_was_sent_is_never_echoed(client: TestClient, world: World) -> None:
    secret = "hunter2hunter2"
    bodies: list[tuple[str, Answer]] = [
        ("/v1/users", {"email": secret, "password": [secret], "full_name": {"x": secret}, "time_zone": secret}),
        ("/v1/sessions", {"email": [secret], "password": {secret: secret}}),
        (ALL, {**MINIMAL, "stage": secret, "applied_on": secret, "reference_check": secret, "salary_min": secret}),
        ("/v1/contacts", {"email": secret, "learned_at": secret, "id": secret}),
    ]
    for href, body in bodies:
        answer = client.post(href, json=body)
        assert (answer.status_code, secret in answer.text) == (422, False), answer.text
    for href in (f"{ALL}?stage={secret}", f"{ALL}?cursor={secret}", f"/v1/queue?state={secret}&due_before={secret}"):
        answer = client.get(href)
        assert (answer.status_code in (400, 422), secret in answer.text) == (True, False), answer.text
    assert secret not in world.anonymous().get("/v1/me", headers={"Authorization": f"Bearer {secret}"}).text


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
def test_what_could_not_be_committed_is_not_acknowledged(
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


def test_an_empty_patch_changes_nothing_but_is_answered_whole(client: TestClient) -> None:
    app = application(client)
    before = read(client, f"{ALL}/{app}")
    after = client.patch(f"{ALL}/{app}", json={}).json()
    assert {**after, "version": 1, "etag": before["etag"]}.items() <= before.items()


def test_a_contact_is_as_closed_as_an_application_to_odd_headers(world: World, client: TestClient) -> None:
    kim = contact(client)
    world.clock.now += timedelta(seconds=1)
    answer = client.get(f"/v1/contacts/{kim}", headers={"Accept": "text/html", "Range": "bytes=0-1"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert client.get("/v1/nothing", headers={"Accept": "text/html"}).headers["content-type"] == PROBLEM
