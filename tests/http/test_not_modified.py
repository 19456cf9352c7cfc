"""`304 Not Modified` for steps and the queue, which is decided before the answer is made."""

from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import UNKNOWN, act, add, interviewed, read, step

pytestmark = pytest.mark.sqlite

QUEUE = "/v1/queue"


def asked(client: TestClient, href: str, tag: str) -> int:
    return client.get(href, headers={"If-None-Match": tag}).status_code


def tag_of(client: TestClient, href: str) -> str:
    return client.get(href).headers["etag"]


@pytest.fixture(params=["by-the-event-loop", "by-a-thread"])
def reader(request: pytest.FixtureRequest, world: World, client: TestClient) -> TestClient:
    """A client of an application with an inline connection (on SQLite), and of one without it."""
    assert world.database.has_inline_connection == world.database.is_sqlite
    if request.param == "by-a-thread":
        world.database.close_inline_connection()
        assert not world.database.has_inline_connection
    return client


def test_an_answer_is_not_sent_again_until_a_write_or_the_clock_changes_it(world: World, reader: TestClient) -> None:
    app, _ = interviewed(reader)
    hrefs = [QUEUE, f"{QUEUE}?state=open", f"/v1/applications/{app}/steps", f"/v1/steps/{step(reader, app, 4)['id']}"]
    tags = {href: tag_of(reader, href) for href in hrefs}
    assert {asked(reader, href, tag) for href, tag in tags.items()} == {304}
    assert len(set(tags.values())) == len(hrefs)
    act(reader, f"/v1/steps/{step(reader, app, 1)['id']}/skip")
    assert {asked(reader, href, tag) for href, tag in tags.items()} == {200}
    tags = {href: tag_of(reader, href) for href in hrefs}
    world.clock.now += timedelta(days=2)
    assert {asked(reader, href, tag) for href, tag in tags.items()} == {200}


def test_the_queue_is_sent_again_from_each_instant_that_changes_it(world: World, reader: TestClient) -> None:
    app, _ = interviewed(reader)
    add(reader, f"/v1/applications/{app}/offers", respond_by="2026-06-20T11:11:11Z")
    act(reader, f"/v1/steps/{step(reader, app, 1)['id']}/snooze", until="2026-06-03T22:22:22Z")
    item = step(reader, app, 6)
    passing = {"2026-06-20T11:11:11Z", "2026-06-03T22:22:22Z", item["opens_at"], item["due_at"], item["helps_until"]}
    assert len(passing) == 5
    for instant in sorted(map(datetime.fromisoformat, passing)):
        world.clock.now = instant - timedelta(seconds=1)
        tag = tag_of(reader, QUEUE)
        assert asked(reader, QUEUE, tag) == 304
        world.clock.now = instant
        assert asked(reader, QUEUE, tag) == 200, instant


def test_an_etag_does_not_reveal_objects_of_others(reader: TestClient, stranger: TestClient) -> None:
    app, _ = interviewed(reader)
    mine = f"/v1/applications/{app}/steps"
    assert asked(reader, mine, "*") == 304
    assert asked(reader, f"/v1/applications/{UNKNOWN}/steps", "*") == 404
    assert asked(reader, f"/v1/steps/{UNKNOWN}", "*") == 404
    assert asked(stranger, mine, "*") == 404
    assert asked(stranger, mine, tag_of(reader, mine)) == 404


def test_an_etag_belongs_to_one_account(world: World, reader: TestClient) -> None:
    others = world.sign_up()
    assert read(reader, QUEUE) == read(others, QUEUE)
    assert asked(others, QUEUE, tag_of(reader, QUEUE)) == 200


def test_a_token_whose_only_responses_are_304_counts_as_used(world: World, reader: TestClient) -> None:
    app, _ = interviewed(reader)
    for href in (QUEUE, f"/v1/applications/{app}", "/v1/queue/summary"):
        tag = tag_of(reader, href)
        world.clock.now += timedelta(minutes=11)
        tag = tag if href != "/v1/queue/summary" else tag_of(reader, href)
        assert asked(reader, href, tag) == 304
        (token,) = read(reader, "/v1/tokens")["items"]
        assert token["last_used_at"] == f"{world.clock.now:%Y-%m-%dT%H:%M:%SZ}"


def test_an_etag_does_not_replace_a_token(world: World, reader: TestClient) -> None:
    tag = tag_of(reader, QUEUE)
    assert asked(world.anonymous(), QUEUE, tag) == 401
    (token,) = read(reader, "/v1/tokens")["items"]
    gone = reader.delete(f"/v1/tokens/{token['id']}")
    assert gone.status_code == 204
    assert asked(reader, QUEUE, tag) == 401
