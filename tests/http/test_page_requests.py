"""How many requests a page of a frontend needs: one for the queue, two for an application, with the words for users."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import Answer, application, read
from tests.services.full_record import record_everything

pytestmark = pytest.mark.sqlite

EVERYTHING = "contacts,interviews,interviewers,notes,letters,references,follow_ups,offers,steps,headline,next_action"


class Page:
    """What one page requests; each request is counted."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.requests: Counter[str] = Counter()

    def get(self, href: str, **params: Any) -> Answer:
        self.requests[href] += 1
        return read(self.client, href, **params)


def words(card: Answer) -> Iterator[str | None]:
    """Yield what a card shows to a person: heading, reason, deadline, and what to do."""
    yield card["title"]
    yield card["reason"]["text"]
    yield card["due_text"]
    yield card["next_action"] and card["next_action"]["text"]


def test_a_page_of_the_queue_needs_one_request(world: World, client: TestClient) -> None:
    record_everything(client, world.clock.now)
    page = Page(client)
    found = page.get("/v1/queue", sort="urgency", state="overdue,open,upcoming")["items"]
    assert len(found) >= 3
    for item in found:
        assert all(words(item)), item
        assert item["application"]["company"]
        assert item["due_zone"]
        assert item["due_on_local"] <= item["due_at"][:10]
    assert page.requests.total() == 1


def test_a_page_of_an_application_needs_two_requests(world: World, client: TestClient) -> None:
    app = record_everything(client, world.clock.now)["application"]
    page = Page(client)
    labels = page.get("/v1/meta")["labels"]
    found = page.get(f"/v1/applications/{app}", expand=EVERYTHING)
    assert [name for name in EVERYTHING.split(",") if not found[name]] == []
    assert labels["stage"][found["stage"]]
    assert [labels["state"][card["state"]] for card in found["headline"]]
    assert [labels["note_kind"][note["kind"]] for note in found["notes"]]
    assert [labels["interview_kind"][round_["kind"]] for round_ in found["interviews"]]
    assert {person["interview_id"] for person in found["interviewers"]} == {one["id"] for one in found["interviews"]}
    assert found["more"] == {}
    assert page.requests.total() <= 2


def test_a_page_of_a_new_application_says_what_it_waits_for(client: TestClient) -> None:
    page = Page(client)
    found = page.get(f"/v1/applications/{application(client)}", expand="headline,next_action")
    for card in found["headline"]:
        title, reason, due, action = words(card)
        assert (bool(title), bool(reason), due, bool(action)) == (True, True, None, True)
    assert found["next_action"]["code"] == "create_interview"
    assert page.requests.total() == 1


def test_a_list_of_applications_with_seven_cards_each_and_its_numbers_needs_two_requests(
    world: World, client: TestClient
) -> None:
    record_everything(client, world.clock.now)
    application(client)
    page = Page(client)
    listed = page.get("/v1/applications", expand="headline,next_action")["items"]
    assert [len(one["headline"]) for one in listed] == [7, 7]
    assert page.get("/v1/applications/summary")["total"] == len(listed)
    assert page.requests.total() == 2


def test_a_calendar_of_all_interviews_needs_one_request(world: World, client: TestClient) -> None:
    record_everything(client, world.clock.now)
    page = Page(client)
    found = page.get("/v1/interviews", **{"from": "2026-05-01T00:00:00Z", "to": "2026-07-01T00:00:00Z"})["items"]
    assert [round_["application"]["company"] for round_ in found] == ["Acme"]
    assert page.requests.total() == 1
