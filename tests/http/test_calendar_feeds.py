"""Calendar feeds: the secret address, its versions, who fetches it, and its limits."""

import logging
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, text

from api.protocol import rate_limit
from api.security import FEED_PREFIX, new_token
from tests.calendars import calendar, feed, fetched
from tests.conftest import World
from tests.http.api_client import (
    Answer,
    act,
    add,
    alter,
    fault,
    interviewed,
    problem,
    read,
    step,
)
from tests.served import served

pytestmark = pytest.mark.sqlite(profile="quick")

FEEDS = "/v1/calendar-feeds"


@pytest.mark.own_statements
def test_the_address_is_shown_once_and_ends_when_it_is_rotated_or_deleted(world: World, client: TestClient) -> None:
    made = add(client, FEEDS, name="Mine")
    href, path = f"{FEEDS}/{made['id']}", made["url"].partition("testserver")[2]
    assert path.startswith("/calendar/awf_")
    for shown in (read(client, href), read(client, FEEDS)["items"][0], alter(client, href, steps="todos")):
        assert (shown["url"], shown["webcal_url"]) == (None, None)
        assert "hash" not in shown
    assert fetched(world, path).status_code == 200
    turned = act(client, f"{href}/rotate")["url"].partition("testserver")[2]
    assert (fetched(world, path).status_code, fetched(world, turned).status_code) == (404, 200)
    assert client.delete(href).status_code == 204
    assert fetched(world, turned).status_code == 404


@pytest.mark.own_statements
def test_all_addresses_without_a_feed_get_the_same_answer(world: World, client: TestClient) -> None:
    path = feed(client)
    gone = feed(client)
    client.delete(f"{FEEDS}/{read(client, FEEDS)['items'][0]['id']}")
    other = world.sign_up()
    erased = feed(other)
    with world.database.engine.begin() as connection:
        email = other.get("/v1/me").json()["email"]
        connection.execute(text("UPDATE user_account SET disabled_at = created_at WHERE email = :it"), {"it": email})
    mistyped = path.replace("awf_", "awf_x")
    token = f"/calendar/{client.headers['authorization'].removeprefix('Bearer ')}.ics"
    answers = [fetched(world, one) for one in (gone, erased, mistyped, token, "/calendar/x.ics")]
    documents = [{**answer.json(), "request_id": ""} for answer in answers]
    assert {answer.status_code for answer in answers} == {404}
    assert [one for one in documents if one != documents[0]] == []


def test_the_headers_of_a_calendar(world: World, client: TestClient) -> None:
    path = feed(client)
    answer = fetched(world, path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["content-disposition"] == 'inline; filename="afterword.ics"'
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "content-encoding" not in fetched(world, path, **{"Accept-Encoding": "gzip, br"}).headers
    unchanged = fetched(world, path, answer.headers["etag"])
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["etag"] == answer.headers["etag"]
    assert unchanged.headers["cache-control"] == "private, no-cache"
    head = world.anonymous().head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", answer.headers["etag"])


@pytest.mark.own_statements
def test_a_server_finds_a_calendar_by_its_address(world: World, client: TestClient) -> None:
    path = feed(client)
    with served(world) as (host, port), httpx.Client(base_url=f"http://{host}:{port}") as http:
        first = http.get(path)
        again = http.get(path, headers={"If-None-Match": first.headers["etag"]})
        other = http.get(f"/calendar/{new_token(FEED_PREFIX)}.ics")
    assert (first.status_code, again.status_code, other.status_code) == (200, 304, 404)


def test_the_tag_changes_with_a_write_and_when_a_week_begins_and_with_nothing_else(
    world: World, client: TestClient, stranger: TestClient
) -> None:
    app, _ = interviewed(client)
    path = feed(client, steps="both")
    first = fetched(world, path)
    tag = first.headers["etag"]
    interviewed(stranger)
    world.clock.now += timedelta(days=6)  # Monday 1 June to Sunday
    again = fetched(world, path)
    assert (again.headers["etag"], again.content) == (tag, first.content)
    world.clock.now += timedelta(days=1)
    assert fetched(world, path, tag).status_code == 200
    tag = fetched(world, path).headers["etag"]
    add(client, f"/v1/applications/{app}/notes", kind="general", text="A note.")
    assert fetched(world, path, tag).status_code == 200


def test_a_fetch_is_recorded_once_an_hour_and_changes_no_tag(world: World, client: TestClient) -> None:
    made = add(client, FEEDS)
    href, path = f"{FEEDS}/{made['id']}", made["url"].partition("testserver")[2]
    assert read(client, href)["last_fetched_at"] is None
    tag = fetched(world, path, **{"User-Agent": "Mozilla/5.0 (X11) Thunderbird/140.0"}).headers["etag"]
    shown = read(client, href)
    assert (shown["last_fetched_by"], shown["version"]) == ("thunderbird", 1)
    first = shown["last_fetched_at"]
    world.clock.now += timedelta(minutes=59)
    assert fetched(world, path, tag, **{"User-Agent": "Google-Calendar-Importer"}).status_code == 304
    assert read(client, href)["last_fetched_at"] == first
    world.clock.now += timedelta(minutes=1)
    assert fetched(world, path, tag, **{"User-Agent": "Google-Calendar-Importer"}).status_code == 304
    assert read(client, href)["last_fetched_by"] == "google"


@pytest.mark.parametrize(
    ("agent", "program"),
    [
        ("Google-Calendar-Importer", "google"),
        ("macOS/15.1 (24B83) dataaccessd/1.0", "apple"),
        ("iOS/18.1 (22B83) dataaccessd/1.0", "apple"),
        ("Microsoft.Exchange/15.20", "outlook"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:128.0) Gecko/20100101 Thunderbird/128.0", "thunderbird"),
        ("Nextcloud Calendar Crawler 1.0", "nextcloud"),
        ("ICSx5/2.2 (ktor; okhttp)", "icsx5"),
        ("curl/8", "other"),
        ("", "other"),
    ],
)
def test_the_calendar_program_is_recognized(agent: str, program: str, world: World, client: TestClient) -> None:
    made = add(client, FEEDS)
    fetched(world, made["url"].partition("testserver")[2], **{"User-Agent": agent})
    assert read(client, f"{FEEDS}/{made['id']}")["last_fetched_by"] == program


def test_an_unchanged_calendar_costs_one_row(world: World, client: TestClient) -> None:
    interviewed(client)
    path = feed(client)
    tag = fetched(world, path).headers["etag"]
    world.database.close_inline_connection()  # so that its statement is seen
    seen: list[str] = []
    event.listen(world.database.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    assert fetched(world, path, tag).status_code == 304
    assert fetched(world, path).status_code == 200  # kept
    assert seen == []  # only the statement on the driver's connection


def test_fetches_and_renderings_are_limited(make_world: Any) -> None:
    world = make_world(feed_requests_per_minute=20)
    client = world.sign_up()
    path, other = feed(client), feed(client)
    for _ in range(12):
        add(client, "/v1/search-activities", kind="applied")
        assert fetched(world, path).status_code == 200
    tag = fetched(world, path).headers["etag"]
    add(client, "/v1/search-activities", kind="applied")
    refused = fetched(world, other)
    problem(refused, 429, "too_many_requests")
    assert int(refused.headers["retry-after"]) >= 1
    assert [fetched(world, path, tag).status_code for _ in range(7)] == [429] * 7
    assert fetched(world, feed(client)).status_code == 429
    stranger = world.sign_up()
    assert fetched(world, feed(stranger)).status_code == 200


def test_an_address_can_be_fetched_so_often_a_minute(make_world: Any) -> None:
    world = make_world(feed_requests_per_minute=3)
    client = world.sign_up()
    path = feed(client)
    tag = fetched(world, path).headers["etag"]
    assert [fetched(world, path, tag).status_code for _ in range(3)] == [304, 304, 429]
    unlimited = make_world(feed_requests_per_minute=0)
    path = feed(unlimited.sign_up())
    assert {fetched(unlimited, path).status_code for _ in range(70)} == {200}


def test_fetches_of_addresses_without_a_feed_use_up_nobody_s(make_world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "MAX_BUCKETS", 3)  # further addresses share one
    world = make_world(feed_requests_per_minute=3)
    path = feed(world.sign_up())
    strange = [f"/calendar/{new_token(FEED_PREFIX)}.ics" for _ in range(9)]
    assert {fetched(world, one).status_code for one in strange} == {404}
    assert fetched(world, path).status_code == 200


def test_a_feed_needs_the_rights_to_what_it_shows(world: World) -> None:
    for missing in ("applications:read", "steps:read"):
        rest = [scope for scope in ("applications:read", "steps:read", "account:write") if scope != missing]
        client = world.sign_up(scopes=rest)
        assert problem(client.post(FEEDS, json={}), 403, "forbidden")["missing_scopes"] == [missing]


def test_ten_feeds_at_most(client: TestClient) -> None:
    for _ in range(10):
        add(client, FEEDS)
    assert problem(client.post(FEEDS, json={}), 409, "quota_exceeded")["quota"] == "calendar_feeds"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"steps": "all"}, "/steps"),
        ({"details": None}, "/details"),
        ({"alarm_minutes": 4}, "/alarm_minutes"),
        ({"alarm_minutes": 10_081}, "/alarm_minutes"),
        ({"name": "a\nb"}, "/name"),
        ({"url": "x"}, "/url"),
    ],
)
def test_bad_feeds_are_refused(body: Answer, pointer: str, client: TestClient) -> None:
    fault(client.post(FEEDS, json=body), pointer)


def test_no_log_line_has_the_secret(world: World, client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    path = feed(client)
    secret = path.removeprefix("/calendar/").removesuffix(".ics")
    with caplog.at_level(logging.DEBUG):
        fetched(world, path)
        fetched(world, path.replace("awf_", "awf_x"))
    ours = [
        record.__dict__ for record in caplog.records if not record.name.startswith("http")
    ]  # the client's own lines
    assert ours
    assert secret[4:30] not in str(ours)


def test_links_lead_to_the_frontend_and_the_address_to_the_public_server(make_world: Any) -> None:
    world = make_world(app_url="https://app.example.org/{kind}/{id}", public_url="https://afterword.example.org")
    client = world.sign_up()
    app, round_ = interviewed(client)
    made = add(client, FEEDS, steps="todos")
    assert made["url"].startswith("https://afterword.example.org/calendar/awf_")
    assert made["webcal_url"].startswith("webcal://afterword.example.org/calendar/awf_")
    items = calendar(world, made["url"].removeprefix("https://afterword.example.org")).by_uid()
    assert items[f"interview-{round_}@afterword"].get("url") == f"https://app.example.org/interview/{round_}"
    thanks = step(client, app, 4)["id"]
    assert items[f"todo-{thanks}@afterword"].get("url") == f"https://app.example.org/step/{thanks}"
