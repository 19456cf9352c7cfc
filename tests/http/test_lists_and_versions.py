"""Pagination, ETags and `If-Match`."""

import base64
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import (
    Answer,
    add,
    alter,
    application,
    contact,
    fault,
    interviewed,
    items,
    problem,
    put,
    read,
    steps,
)

pytestmark = pytest.mark.sqlite(profile="quick")

ALL = "/v1/applications"


def many(client: TestClient, count: int = 5) -> list[str]:
    return [application(client, company=f"Company {n % 2}") for n in range(count)]


def test_a_page_ends_before_it_is_larger_than_2_mb(client: TestClient) -> None:
    notes = f"{ALL}/{application(client)}/notes"
    long = [add(client, notes, kind="general", text=f"{number}" + "ä" * 19_990)["id"] for number in range(60)]
    found, href, sizes = [], f"{notes}?limit=200", []
    while href:
        answer = client.get(href)
        sizes.append(len(answer.content))
        found += [one["id"] for one in answer.json()["items"]]
        link, cursor = answer.headers.get("link"), answer.json()["next_cursor"]
        assert (link is None) == (cursor is None)
        href = link.removeprefix("<").removesuffix('>; rel="next"') if link else ""
    assert found == long
    assert 1_950_000 < max(sizes) < 2_001_000
    assert len(sizes) == 2


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "updated_at", "-updated_at", "company", "-company"])
def test_pages_follow_each_other_in_every_order(client: TestClient, sort: str) -> None:
    many(client)
    whole = items(client, ALL, sort=sort)
    found, href = [], f"{ALL}?sort={sort}&limit=2"
    while href:
        answer = client.get(href)
        found += answer.json()["items"]
        link, cursor = answer.headers.get("link"), answer.json()["next_cursor"]
        assert (link is None) == (cursor is None)
        href = link.removeprefix("<").removesuffix('>; rel="next"') if link else ""
        assert cursor is None or f"cursor={cursor}" in href
    assert found == whole
    assert len(found) == 5


def test_a_full_last_page_has_no_next(client: TestClient) -> None:
    many(client, 4)
    first = read(client, ALL, limit=2)
    assert read(client, ALL, limit=2, cursor=first["next_cursor"])["next_cursor"] is None
    assert read(client, ALL, limit=4)["next_cursor"] is None


def test_rows_added_or_deleted_between_pages_shift_no_other_row(client: TestClient) -> None:
    made = many(client)
    first = read(client, ALL, sort="created_at", limit=2)
    client.delete(f"{ALL}/{made[1]}")
    late = application(client)
    rest = items(client, ALL, sort="created_at", limit=200, cursor=first["next_cursor"])
    assert [one["id"] for one in rest] == [*made[2:], late]


def test_a_cursor_belongs_to_a_user_an_address_its_filters_and_its_order(
    client: TestClient, stranger: TestClient
) -> None:
    many(client)
    many(stranger)
    cursor = read(client, ALL, limit=2)["next_cursor"]
    items(client, ALL, limit=3, cursor=cursor)
    wrong: list[tuple[TestClient, str, Answer]] = [
        (stranger, ALL, {}),
        (client, ALL, {"sort": "created_at"}),
        (client, ALL, {"stage": "applied"}),
        (client, ALL, {"company": ""}),
        (client, "/v1/contacts", {}),
        (client, "/v1/queue", {}),
    ]
    for asker, href, params in wrong:
        problem(asker.get(href, params={**params, "cursor": cursor}), 400, "bad_cursor", "cursor")


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("", id="empty"),
        pytest.param("x", id="one-character"),
        pytest.param("äöü", id="not-ascii"),
        pytest.param("=" * 8, id="padding"),
        pytest.param(base64.urlsafe_b64encode(b"0" * 12 + b'["2026-06-01T12:00:00Z",[1,2]]').decode(), id="forged"),
        pytest.param(base64.urlsafe_b64encode(b"0" * 40).decode(), id="random-bytes"),
    ],
)
def test_a_cursor_that_we_did_not_make_is_refused(client: TestClient, cursor: str) -> None:
    many(client, 1)
    problem(client.get(ALL, params={"cursor": cursor}), 400, "bad_cursor", "cursor")


def test_a_cursor_that_was_changed_by_one_character_is_refused(client: TestClient) -> None:
    many(client)
    cursor = read(client, ALL, limit=2)["next_cursor"]
    for place in range(0, len(cursor) - 1, 9):
        other = "A" if cursor[place] != "A" else "B"
        changed = cursor[:place] + other + cursor[place + 1 :]
        problem(client.get(ALL, params={"cursor": changed}), 400, "bad_cursor")
    assert client.get(ALL, params={"cursor": "x" * 2001}).status_code in (400, 422)


@pytest.mark.parametrize("name", ["\u0390" * 200, "\U0001f600" * 200, '"' * 200], ids=["folded", "emoji", "quotes"])
def test_a_cursor_has_room_for_the_longest_names(client: TestClient, name: str) -> None:
    made = sorted(application(client, company=name) for _ in range(3))
    first = read(client, ALL, sort="company", limit=1)
    rest = items(client, ALL, sort="company", cursor=first["next_cursor"])
    assert [one["id"] for one in (*first["items"], *rest)] == made


def test_pagination_works_at_the_earliest_and_the_latest_instant(client: TestClient) -> None:
    app = application(client)
    starts = {"1970-01-01T00:30": "Pacific/Kiritimati", "2199-12-31T23:30": "Pacific/Midway"}
    for start, zone in [*starts.items()] * 2:
        add(client, f"{ALL}/{app}/interviews", start_local=start, time_zone=zone)
    for href in (f"{ALL}/{app}/interviews?limit=1", "/v1/queue?state=overdue,open,upcoming&limit=1"):
        whole = client.get(href.replace("limit=1", "limit=200")).json()["items"]
        found, page = [], href
        while page:
            answer = client.get(page)
            found += answer.json()["items"]
            page = answer.headers.get("link", "").removeprefix("<").removesuffix('>; rel="next"')
        assert found == whole
        assert len(found) >= 4


@pytest.mark.parametrize("limit", ["0", "-1", "1.5", "many", "", "1e2", "0x10"])
def test_an_invalid_limit_is_refused(client: TestClient, limit: str) -> None:
    problem(client.get(ALL, params={"limit": limit}), 422, "invalid", "limit")


def test_a_page_has_50_rows_unless_asked_and_200_at_most(client: TestClient) -> None:
    for _ in range(201):
        add(client, "/v1/search-activities", kind="other")
    href = "/v1/search-activities"
    lengths = [len(items(client, href, **params)) for params in ({}, {"limit": 200}, {"limit": 201}, {"limit": 10**9})]
    assert lengths == [50, 200, 200, 200]


def test_an_object_shows_its_etag_in_headers_bodies_and_lists(client: TestClient) -> None:
    href = f"{ALL}/{application(client)}"
    answer = client.patch(href, json={"role": "Chief"})
    tag = answer.headers["etag"]
    assert (answer.json()["etag"], answer.json()["version"]) == (tag, 2)
    assert client.get(href).headers["etag"] == tag == items(client, ALL)[0]["etag"]


def changed_once(client: TestClient, header: str) -> tuple[str, str, str]:
    """Change an object; return its address, its tag, and the header with the tags filled in."""
    href = f"{ALL}/{application(client)}"
    old, new = client.get(href).json()["etag"], alter(client, href, role="Chief")["etag"]
    return href, new, header.replace("OLD", old).replace("NEW", new).replace("BARE", new.strip('"'))


@pytest.mark.parametrize(
    ("header", "status"),
    [
        pytest.param("NEW", 304, id="the-same"),
        pytest.param("W/NEW", 304, id="the-same-though-weak"),
        pytest.param("OLD, NEW", 304, id="one-of-several"),
        pytest.param("*", 304, id="any"),
        pytest.param("OLD", 200, id="another"),
        pytest.param("BARE", 200, id="without-quotes"),
        pytest.param("", 200, id="nothing"),
    ],
)
def test_if_none_match_answers_304_for_the_current_version(client: TestClient, header: str, status: int) -> None:
    href, tag, header = changed_once(client, header)
    answer = client.get(href, headers={"If-None-Match": header})
    assert (answer.status_code, answer.headers["etag"]) == (status, tag)
    assert (answer.content == b"", "content-type" in answer.headers) == (status == 304, status == 200)


@pytest.mark.parametrize(
    ("header", "status"),
    [
        pytest.param("NEW", 200, id="the-same"),
        pytest.param("OLD, NEW", 200, id="one-of-several"),
        pytest.param("*", 200, id="any"),
        pytest.param("W/NEW", 200, id="the-same-that-a-proxy-weakened"),
        pytest.param("W/OLD, W/NEW", 200, id="one-of-several-weak-ones"),
        pytest.param("OLD", 412, id="another"),
        pytest.param("W/OLD", 412, id="another-that-is-weak"),
    ],
)
def test_a_change_is_made_to_the_version_that_was_read(client: TestClient, header: str, status: int) -> None:
    href, tag, header = changed_once(client, header)
    before = read(client, href)
    answer = client.patch(href, json={"role": "Lead"}, headers={"If-Match": header})
    assert answer.status_code == status
    if status == 412:
        found = problem(answer, 412, "precondition_failed")
        assert found["current"].items() <= before.items()
        assert answer.headers["etag"] == tag
        problem(client.delete(href, headers={"If-Match": header}), 412, "precondition_failed")
        assert read(client, href) == before


@pytest.mark.parametrize("header", ["BARE", "W/BARE", "'BARE'", "", ",,"])
def test_an_if_match_without_an_etag_is_not_called_a_change(client: TestClient, header: str) -> None:
    href, _, header = changed_once(client, header)
    found = problem(client.patch(href, json={"role": "Lead"}, headers={"If-Match": header}), 422, "invalid")
    assert [(one["header"], one["code"]) for one in found["errors"]] == [("If-Match", "unusable_etag")]
    assert "quotes" in found["detail"]
    assert read(client, href)["role"] == "Chief"


def test_if_match_is_checked_after_the_schema_and_before_the_rules_of_a_change(client: TestClient) -> None:
    href = f"{ALL}/{application(client)}"
    answer = client.patch(href, json={"archived_at": "2026-06-01T00:00:00Z"}, headers={"If-Match": '"9"'})
    problem(answer, 412, "precondition_failed")
    fault(client.patch(href, json={"x": 1}, headers={"If-Match": '"9"'}), "/x")


def test_a_change_of_a_derived_field_changes_the_etag(client: TestClient) -> None:
    app, round_ = interviewed(client, starts_at="2026-05-29T14:00:00Z")
    href = f"/v1/interviews/{round_}"
    before = client.get(href).headers["etag"]
    alter(client, f"/v1/applications/{app}/policy", default_interview_minutes=90)
    after = client.get(href, headers={"If-None-Match": before})
    assert (after.status_code, after.json()["effective_end_at"]) == (200, "2026-05-29T15:30:00Z")


def test_the_location_header_leads_to_the_new_object(client: TestClient) -> None:
    app, round_ = interviewed(client)
    kim = contact(client)
    created = [
        client.post("/v1/contacts", json={"full_name": "Sam"}),
        client.post(f"{ALL}/{app}/notes", json={"kind": "general", "text": "x"}),
        client.post("/v1/references", json={"name": "Ada"}),
        client.put(f"{ALL}/{app}/contacts/{kim}", json={}),
        client.put(f"/v1/interviews/{round_}/interviewers/{kim}", json={}),
    ]
    for answer in created:
        assert answer.status_code == 201
        assert answer.headers["location"].startswith("/v1/")
        assert client.get(answer.headers["location"]).status_code == 200
    for answer in created[:3]:
        assert client.get(answer.headers["location"]).json() == answer.json()


def test_a_dry_run_of_any_deletion_deletes_nothing(world: World, client: TestClient) -> None:
    app, round_ = interviewed(client)
    base, kim = f"{ALL}/{app}", contact(client)
    ada = add(client, "/v1/references", name="Ada")["id"]
    put(client, f"{base}/contacts/{kim}")
    put(client, f"{base}/references/{ada}")
    put(client, f"/v1/interviews/{round_}/interviewers/{kim}")
    note = add(client, f"{base}/notes", kind="positive", text="x", interview_id=round_)["id"]
    call = add(client, f"{base}/follow-ups", direction="out", channel="phone", outcome="spoke")["id"]
    hrefs = [base, f"/v1/contacts/{kim}", f"/v1/references/{ada}", f"{base}/contacts/{kim}", f"{base}/references/{ada}"]
    hrefs += [f"/v1/interviews/{round_}", f"/v1/interviews/{round_}/interviewers/{kim}"]
    hrefs += [f"/v1/notes/{note}", f"/v1/follow-ups/{call}"]
    before = (steps(client, app), client.get("/v1/queue").headers["etag"])
    world.clock.now += timedelta(seconds=1)
    for href in hrefs:
        answer = client.delete(href, params={"dry_run": "true"})
        assert (answer.status_code, list(answer.json())) == (200, ["reopened_steps"]), href
    assert (steps(client, app), client.get("/v1/queue").headers["etag"]) == before
    problem(client.delete(base, params={"dry_run": "perhaps"}), 422, "invalid", "dry_run")
    read(client, base)
