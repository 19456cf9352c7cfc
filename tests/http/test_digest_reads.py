"""The digest as it would be now: sections, limits, formats, and what is left out."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import act, add, alter, application, contact, fault, interview, interviewed, put, read
from tests.invariants.statements import counted
from tests.wanted_mails import (
    DIGEST,
    NOTIFICATIONS,
    WANTS,
    at,
    subscriber,
)

pytestmark = pytest.mark.sqlite

Worlds = Callable[..., World]


@pytest.fixture
def world(make_world: Worlds) -> World:
    return make_world(**WANTS)


def lines(found: Any, section: str) -> list[tuple[int, str | None]]:
    return [
        (one["number"], one["application"]["company"] if one["application"] else None)
        for one in found[section]["items"]
    ]


@pytest.mark.parametrize("day", [5, 15])
def test_the_digest_is_what_the_queue_has_and_step_seven_is_one_line(
    client: TestClient, world: World, day: int
) -> None:
    for company in ("Acme", "Beta", "Gamma"):
        interview(client, application(client, company=company))
    at(world, 2026, 6, day, 8)
    found = read(client, DIGEST)
    queue = read(client, "/v1/queue", stale="exclude", limit=200)["items"]
    expected = [(one["number"], one["application"]["company"]) for one in queue if one["number"] != 7]
    shown = [one for one in lines(found, "overdue") if one[0] != 7]
    assert set(shown) <= set(expected)
    assert len(shown) + found["overdue"]["more"] == len(expected)
    sevens = [one for section in ("overdue", "due") for one in lines(found, section) if one[0] == 7]
    assert sevens == [(7, None)]
    assert ((7, None) in lines(found, "overdue")) == (day == 15)
    due_at = [one["due_at"] for one in found["overdue"]["items"]]
    assert due_at == sorted(due_at, reverse=True)


def test_each_section_has_ten_lines_and_says_how_many_more_there_are(client: TestClient, world: World) -> None:
    alter(client, NOTIFICATIONS, digest_at="08:00")
    for number in range(13):
        app = application(client, company=f"Company {number}")
        interview(
            client, app, starts_at=f"2026-06-02T{number + 8:02}:30:00Z", ends_at=f"2026-06-02T{number + 9:02}:00:00Z"
        )
    at(world, 2026, 6, 2, 4)
    found = read(client, DIGEST)
    assert (len(found["interviews"]["items"]), found["interviews"]["more"]) == (10, 3)
    assert len(found["due"]["items"]) == 10
    assert found["due"]["more"] > 10
    said = client.get(DIGEST, params={"format": "text"}).text
    assert "… and 3 more" in said
    assert said.count("\n* ") == 20


def test_snoozed_steps_are_left_out(client: TestClient) -> None:
    interviewed(client)
    before = read(client, DIGEST)
    for one in [*before["overdue"]["items"], *before["due"]["items"]]:
        act(client, f"/v1/steps/{one['step_id']}/snooze", until="2026-06-03T12:00:00Z")
    after = read(client, DIGEST)
    assert (after["empty"], after["overdue"]["items"], after["due"]["items"]) == (True, [], [])
    later = read(client, DIGEST, as_of="2026-06-03T12:00:00Z")
    assert lines(before, "overdue")[0] in lines(later, "overdue")


def test_stale_steps_are_only_counted(client: TestClient, world: World) -> None:
    interviewed(client)
    at(world, 2026, 8, 1)
    found = read(client, DIGEST)
    assert found["stale"] == len(read(client, "/v1/queue", stale="only")["items"]) > 0
    assert not {one["step_id"] for one in found["overdue"]["items"]} & {
        one["id"] for one in read(client, "/v1/queue", stale="only")["items"]
    }


def test_an_empty_digest_says_so(client: TestClient) -> None:
    found = read(client, DIGEST)
    assert (found["empty"], found["subject"], found["period"]) == (True, "Afterword: nothing is due", "off")
    assert "Nothing is due" in client.get(DIGEST, params={"format": "text"}).text


def test_what_has_no_next_date_is_in_a_weekly_digest_only(world: World) -> None:
    client = subscriber(world, digest="daily")
    application(client, company="Quiet")
    assert read(client, DIGEST)["nothing_scheduled"] == {"items": [], "more": 0}
    alter(client, NOTIFICATIONS, digest="weekly")
    found = read(client, DIGEST)
    summary = read(client, "/v1/queue/summary")["nothing_scheduled"]
    assert [one["application"] for one in found["nothing_scheduled"]["items"]] == summary
    assert found["empty"] is True  # that alone is no reason for a mail


def test_the_digest_reaches_to_the_next_one(world: World) -> None:
    client = subscriber(world, digest="daily", digest_workdays_only=True)
    at(world, 2026, 6, 5, 8)  # a Friday
    assert read(client, DIGEST)["until"] == "2026-06-08T12:00:00Z"
    alter(client, NOTIFICATIONS, digest="weekly")
    assert read(client, DIGEST)["until"] == "2026-06-08T12:00:00Z"
    assert read(client, DIGEST, as_of="2026-06-08T12:00:00Z")["until"] == "2026-06-15T12:00:00Z"


def test_no_earlier_instant_can_be_read(client: TestClient) -> None:
    answer = client.get(DIGEST, params={"as_of": "2026-06-01T11:54:00Z"})
    assert fault(answer, "as_of") == "in_the_past"
    assert read(client, DIGEST, as_of="2026-07-01T12:00:00Z")["as_of"] == "2026-07-01T12:00:00Z"


def test_formats_are_negotiated_and_have_tags_of_their_own(client: TestClient) -> None:
    interviewed(client)
    tags = set()
    for accept, kind in (("application/json", "json"), ("text/plain", "text"), ("text/html", "html")):
        answer = client.get(DIGEST, headers={"Accept": accept})
        assert answer.headers["content-type"].startswith(accept), kind
        tags.add(answer.headers["ETag"])
        again = client.get(DIGEST, headers={"Accept": accept, "If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
    assert len(tags) == 3
    assert client.get(DIGEST, headers={"Accept": "image/png"}).status_code == 406
    policy = client.get(DIGEST, params={"format": "html"}).headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src-attr 'unsafe-inline';")


def test_the_number_of_statements_does_not_grow(client: TestClient, world: World) -> None:
    alter(client, NOTIFICATIONS, digest_details="full")
    app, round_ = interviewed(client)
    interview(client, app, starts_at="2026-06-01T15:00:00Z")
    put(client, f"/v1/interviews/{round_}/interviewers/{contact(client)}")
    with_one = counted(world.database, lambda: read(client, DIGEST))
    for number in range(6):
        more, round_ = interviewed(client)
        interview(client, more, starts_at=f"2026-06-01T{15 + number}:00:00Z")
        add(client, "/v1/contacts", full_name=f"Person {number}")
    assert counted(world.database, lambda: read(client, DIGEST)) == with_one
