"""Cards: what to ask in an interview, and what to say in a call."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import Answer, add, alter, application, contact, interview, interviewed, problem, put, read

pytestmark = pytest.mark.sqlite  # words and days; other files test the statements on both databases

AHEAD = {"starts_at": "2026-06-03T14:00:00Z", "location": "12 Dock Street"}


@pytest.fixture
def ahead(client: TestClient) -> tuple[str, str]:
    app = application(client)
    return app, interview(client, app, **AHEAD)


def prep(client: TestClient, round_: str) -> Answer:
    return read(client, f"/v1/interviews/{round_}/prep-card")


def call(client: TestClient, app: str) -> Answer:
    return read(client, f"/v1/applications/{app}/call-card")


def test_before_the_interview_the_card_lists_everything_to_ask(client: TestClient, ahead: tuple[str, str]) -> None:
    card = prep(client, ahead[1])
    assert card["questions"] == [
        "Which steps remain after today?",
        "Who decides, and whom should I ask about my application?",
        "From which day may I call you?",
    ]
    assert (card["place"], card["people"], card["is_anybody_known"]) == ("12 Dock Street", [], False)


def test_what_is_known_is_not_asked_again(client: TestClient, ahead: tuple[str, str]) -> None:
    app, round_ = ahead
    ana = contact(client, full_name="Ana Ruiz", honorific="Ms", job_title="CTO", phone="+1 212 555 0123")
    kim = contact(client, full_name="Kim Lee")
    for one in (ana, kim):
        put(client, f"/v1/interviews/{round_}/interviewers/{one}")
    alter(client, f"/v1/applications/{app}", status_contact_id=ana)
    alter(client, f"/v1/interviews/{round_}", next_stage="A second talk", hear_by={"date": "2026-06-12"})
    card = prep(client, round_)
    assert card["questions"] == []
    assert card["people"] == [{"contact_id": kim, "name": "Kim Lee", "missing": ["job_title", "reach"]}]
    assert card["is_anybody_known"] is True


def test_the_call_card_says_whom_to_call_what_to_say_and_what_was_promised(client: TestClient) -> None:
    app, round_ = interviewed(client)
    ana = contact(client, full_name="Ana Ruiz", honorific="Ms", job_title="CTO", phone="+1 212 555 0123")
    alter(client, f"/v1/applications/{app}", status_contact_id=ana)
    alter(client, f"/v1/interviews/{round_}", contact_from={"date": "2026-06-02", "time": "14:30"})
    notes = [
        add(client, f"/v1/applications/{app}/notes", interview_id=round_, kind="positive", text="x", wording=wording)[
            "id"
        ]
        for wording in ("I halved the time to deploy.", "I read Go every day.", "A third.")
    ]
    card = call(client, app)
    assert card["whom"] == {
        "contact_id": ana,
        "name": "Ms Ana Ruiz",
        "title": "CTO",
        "phone": "+1 212 555 0123",
        "email": None,
    }
    assert card["opening"].startswith("Good day, my name is Alex Doe. We talked on Friday, 29 May 2026 about")
    assert [one["note_id"] for one in card["points"]] == notes[:2]
    assert card["promised"] == ["You may call from Tuesday, 2 June 2026 at 14:30."]
    assert [one["outcome"] for one in card["outcomes"]] == ["no_answer", "left_message", "emailed", "spoke", "decision"]
    for choice in card["outcomes"]:
        body = {"direction": "out", "channel": choice["channel"], "outcome": choice["outcome"]}
        add(client, card["record"]["href"], **body)


def test_a_contact_who_was_deleted_is_not_called(client: TestClient) -> None:
    app, ana = application(client), contact(client, full_name="Ana Ruiz")
    alter(client, f"/v1/applications/{app}", status_contact_id=ana)
    assert call(client, app)["whom"]["contact_id"] == ana
    client.delete(f"/v1/contacts/{ana}")
    assert call(client, app)["whom"] is None


def test_the_call_card_speaks_of_the_latest_round(client: TestClient) -> None:
    app = application(client)
    for day in ("2026-05-27", "2026-05-30", "2026-05-28"):
        interview(client, app, starts_at=f"{day}T14:00:00Z")
    assert "We talked on Saturday, 30 May 2026 about" in call(client, app)["opening"]


def test_the_latest_promised_date_counts(client: TestClient) -> None:
    app, round_ = interviewed(client)
    alter(client, f"/v1/interviews/{round_}", hear_by={"date": "2026-06-02"})
    body = {"direction": "out", "channel": "phone", "outcome": "spoke", "contact_from": {"date": "2026-06-09"}}
    add(client, f"/v1/applications/{app}/follow-ups", **body)
    assert call(client, app)["promised"] == ["You may call from Tuesday, 9 June 2026."]


def test_a_call_card_without_facts_has_no_contact_no_points_and_no_date(client: TestClient) -> None:
    card = call(client, application(client))
    assert (card["whom"], card["points"], card["promised"]) == (None, [], ["They have not given a date."])
    assert "I applied for the position of Engineer" in card["opening"]


@pytest.mark.parametrize(
    ("now", "local", "is_open"),
    [
        pytest.param("2026-06-01T12:59:59Z", "Monday, 1 June 2026 at 08:59", False, id="a-second-before-they-open"),
        pytest.param("2026-06-01T13:00:00Z", "Monday, 1 June 2026 at 09:00", True, id="they-open"),
        pytest.param("2026-06-01T20:59:59Z", "Monday, 1 June 2026 at 16:59", True, id="a-second-before-they-close"),
        pytest.param("2026-06-01T21:00:00Z", "Monday, 1 June 2026 at 17:00", False, id="they-close"),
        pytest.param("2026-06-06T15:00:00Z", "Saturday, 6 June 2026 at 11:00", False, id="a-saturday"),
    ],
)
def test_whether_the_office_is_open_follows_the_employers_clock(
    world: World, client: TestClient, now: str, local: str, *, is_open: bool
) -> None:
    app = application(client)
    world.clock.now = datetime.fromisoformat(now).astimezone(UTC)
    hours = call(client, app)["hours"]
    assert (hours["local_time"], hours["is_open"], hours["as_of"]) == (local, is_open, now)
    alter(client, "/v1/me/policy", holidays=["2026-06-01"])
    assert call(client, app)["hours"]["is_open"] is False


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        pytest.param({}, "application/json", id="by-default"),
        pytest.param({"headers": {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}}, "text/html", id="a-browser"),
        pytest.param({"headers": {"Accept": "text/plain"}}, "text/plain", id="text"),
        pytest.param(
            {"headers": {"Accept": "text/html"}, "params": {"format": "json"}}, "application/json", id="format"
        ),
        pytest.param({"params": {"format": "html"}}, "text/html", id="a-page"),
    ],
)
def test_a_card_comes_in_the_requested_format(client: TestClient, asked: dict[str, Any], kind: str) -> None:
    app, round_ = interviewed(client)
    for href in (f"/v1/interviews/{round_}/prep-card", f"/v1/applications/{app}/call-card"):
        answer = client.get(href, **asked)
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] == kind


def test_an_unknown_format_is_not_acceptable(client: TestClient) -> None:
    app, _ = interviewed(client)
    answer = client.get(f"/v1/applications/{app}/call-card", headers={"Accept": "image/png"})
    problem(answer, 406, "not_acceptable")


def test_text_of_the_user_is_escaped(client: TestClient) -> None:
    app = application(client, company="<script>alert(1)</script>", role="'\"&")
    round_ = interview(client, app)
    page = client.get(f"/v1/interviews/{round_}/prep-card", params={"format": "html"})
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "style-src 'sha256-" in page.headers["content-security-policy"]
    text = client.get(f"/v1/interviews/{round_}/prep-card", params={"format": "text"}).text
    assert text.startswith("Before the interview: '\"& at <script>")
