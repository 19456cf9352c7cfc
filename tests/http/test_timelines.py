"""The timeline over HTTP: the same steps as everywhere else, the events, and the formats."""

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import Answer, add, application, interview, interviewed, problem, read, steps

pytestmark = pytest.mark.sqlite

SVG = "{http://www.w3.org/2000/svg}"


def timeline(client: TestClient, app: str, **params: object) -> Answer:
    return read(client, f"/v1/applications/{app}/timeline", **params)


def bars(shown: Answer) -> list[tuple[str, str, str, str]]:
    return sorted(
        (bar["step_id"], bar["opens_at"], bar["due_at"], bar["state"])
        for lane in shown["lanes"]
        for bar in lane["bars"]
    )


def test_bars_are_the_steps_now_and_at_another_instant(client: TestClient) -> None:
    app, _ = interviewed(client)
    interview(client, app, starts_at="2026-06-08T14:00:00Z")
    for params in ({}, {"as_of": "2026-05-29T18:00:00Z"}, {"as_of": "2026-06-20T00:00:00Z"}):
        shown, expected = timeline(client, app, **params), steps(client, app, **params)
        there = [step for step in expected["steps"] if step["opens_at"]]
        assert bars(shown) == sorted((one["id"], one["opens_at"], one["due_at"], one["state"]) for one in there)
        assert [lane["state"] for lane in shown["lanes"]] == [head["state"] for head in expected["headline"]]


def test_events_of_every_kind_are_marks_in_their_order(client: TestClient) -> None:
    app, _ = interviewed(client)
    parent = f"/v1/applications/{app}"
    add(client, f"{parent}/stages", stage="interviewing", at="2026-05-20T12:00:00Z")
    contact = {"channel": "phone", "at": "2026-05-30T12:00:00Z"}
    add(client, f"{parent}/follow-ups", direction="out", outcome="no_answer", **contact)
    add(client, f"{parent}/follow-ups", direction="in", outcome="status", **{**contact, "at": "2026-05-31T12:00:00Z"})
    add(client, f"{parent}/offers", received_at="2026-06-01T09:00:00Z")
    interview(client, app, starts_at="2026-06-03T14:00:00Z", status="cancelled")
    shown = timeline(client, app)
    assert [(mark["kind"], mark["label"]) for mark in shown["marks"]] == [
        ("stage", "interviewing"),
        ("interview", "interview 1"),
        ("contacted", "phone: no answer"),
        ("contacted_you", "phone: status"),
        ("offer", "offer"),
        ("interview", "interview 2 (cancelled)"),
    ]
    for at, number in (("2026-05-19T00:00:00Z", 2), ("2026-05-30T00:00:00Z", 3), ("2026-05-30T18:00:00Z", 4)):
        assert len(timeline(client, app, as_of=at)["marks"]) == number  # interviews are planned, so always there


def test_it_begins_and_ends_at_local_midnights(client: TestClient) -> None:
    app, _ = interviewed(client)
    shown = timeline(client, app)
    assert (shown["starts_at"], shown["zone"]) == ("2026-05-29T04:00:00Z", "America/New_York")
    assert shown["ends_at"] == "2026-06-06T04:00:00Z"  # the end of the day until which step 7 is due
    assert shown["now"] == "2026-06-01T12:00:00Z"


def test_a_closed_application_ends_with_its_last_event(world: World, client: TestClient) -> None:
    app = application(client, applied_on="2026-05-01")
    add(client, f"/v1/applications/{app}/stages", stage="rejected", at="2026-05-11T12:00:00Z")
    world.clock.now += timedelta(days=300)
    shown = timeline(client, app)
    assert (shown["ends_at"], shown["now"]) == ("2026-05-12T04:00:00Z", None)
    assert shown["summary"] == "The application is closed: rejected. No interview was recorded."


def test_the_etag_stays_for_the_hour_until_something_changes(world: World, client: TestClient) -> None:
    app, _ = interviewed(client)
    world.clock.now = datetime(2026, 6, 1, 12, 5, tzinfo=UTC)
    address = f"/v1/applications/{app}/timeline"
    for kind in ("json", "svg", "html"):
        tag = client.get(address, params={"format": kind}).headers["ETag"]
        world.clock.now += timedelta(minutes=10)
        assert client.get(address, params={"format": kind}, headers={"If-None-Match": tag}).status_code == 304
        contact = {"direction": "out", "channel": "phone", "outcome": "spoke", "at": world.clock.now.isoformat()}
        add(client, f"{address.removesuffix('/timeline')}/follow-ups", **contact)
        assert client.get(address, params={"format": kind}, headers={"If-None-Match": tag}).status_code == 200


def test_formats_by_accept_and_by_parameter(client: TestClient) -> None:
    app, _ = interviewed(client)
    address = f"/v1/applications/{app}/timeline"
    svg = client.get(address, headers={"Accept": "image/svg+xml"})
    assert (svg.headers["content-type"], svg.headers["vary"]) == ("image/svg+xml", "Accept")
    assert "default-src 'none'; style-src 'sha256-" in svg.headers["content-security-policy"]
    root = ET.fromstring(svg.text)
    assert root.findtext(f"{SVG}desc") == timeline(client, app)["summary"]
    assert client.get(address, params={"format": "html"}).headers["content-type"] == "text/html; charset=utf-8"
    assert ET.fromstring(client.get(address, params={"format": "svg", "width": 480}).text).get("width") == "480"
    problem(client.get(address, headers={"Accept": "text/csv"}), 406, "not_acceptable")


def test_the_policy_names_the_styles_that_are_sent_and_nothing_else(client: TestClient) -> None:
    app, _ = interviewed(client)
    for address in (f"/v1/applications/{app}/timeline", "/v1/stats/funnel", "/v1/stats/response-times"):
        for kind in ("svg", "html"):
            answer = client.get(address, params={"format": kind})
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; style-src 'sha256-")
            for style in re.findall("<style>(.*?)</style>", answer.text, re.DOTALL):
                assert f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'" in policy


def test_more_than_200_contacts_are_cut_and_said_to_be(client: TestClient) -> None:
    app = application(client)
    for minute in range(201):
        at = (datetime(2026, 5, 1, tzinfo=UTC) + timedelta(hours=minute)).isoformat()
        add(client, f"/v1/applications/{app}/follow-ups", direction="in", channel="email", outcome="status", at=at)
    shown = timeline(client, app)
    assert (len(shown["marks"]), shown["is_complete"]) == (200, False)
    assert shown["marks"][0]["at"] == "2026-05-01T01:00:00Z"
    assert client.get(f"/v1/applications/{app}/timeline", params={"format": "html"}).status_code == 200
