"""Days, times and zones in letters, cards and briefings are those of their reader; sentences end once."""

from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import add, alter, application, contact, interview, interviewed, put, read
from tests.http.composing import KINDS, call_card, card_text, composed

pytestmark = pytest.mark.sqlite  # words and days; other files test the statements on both databases

# The reader's calendar and clock


@pytest.fixture
def far(world: World) -> tuple[TestClient, str, str]:
    """A video talk on Monday 18:00 in Los Angeles, which is Tuesday 11:00 for the employer in Tokyo."""
    client = world.sign_up("America/Los_Angeles")
    world.clock.now = datetime(2026, 11, 24, 8, tzinfo=UTC)
    app = application(client, time_zone="Asia/Tokyo")
    times = {"time_zone": "America/Los_Angeles", "start_local": "2026-11-23T18:00", "end_local": "2026-11-23T19:00"}
    return client, app, interview(client, app, kind="video", **times)


@pytest.mark.parametrize("kind", ["thank_you", "follow_up", "chase", "ask_next_stage", "ask_name", "withdrawal"])
@pytest.mark.parametrize("tone", ["formal", "friendly"])
def test_a_letter_names_the_day_of_its_reader(far: tuple[TestClient, str, str], kind: str, tone: str) -> None:
    client, _, round_ = far
    letter = composed(client, round_, kind, tone=tone)
    assert "on Tuesday, 24 November 2026" in letter["body"].replace("On", "on")
    assert "23 November" not in letter["body"]
    sheet = card_text(client, f"/v1/letters/{letter['id']}")
    assert "\n24 November 2026\n" in sheet


def test_a_missed_appointment_names_the_time_of_its_reader_with_the_zone(far: tuple[TestClient, str, str]) -> None:
    client, _, round_ = far
    alter(client, f"/v1/interviews/{round_}", status="no_show")
    body = composed(client, round_, "missed_appointment")["body"]
    assert "was arranged for Tuesday, 24 November 2026 at 11:00 (JST), but it did not take place." in body


def test_a_template_names_the_time_of_its_reader_with_the_zone(far: tuple[TestClient, str, str]) -> None:
    client, app, round_ = far
    alter(client, f"/v1/interviews/{round_}", contact_from={"date": "2026-12-01", "time": "10:30"})
    source = "On {{ date }}: {{ date_and_time }}. From {{ contact_from }}.\n\n{{ next }}"
    template = add(client, "/v1/letter-templates", name="Mine", body=source)["id"]
    assert composed(client, round_, template_id=template)["body"] == (
        "On Tuesday, 24 November 2026: Tuesday, 24 November 2026 at 11:00 (JST). "
        "From Tuesday, 1 December 2026 at 10:30 (JST).\n\n"
        "As we agreed, I will contact you after 10:30 (JST) on Tuesday, 1 December 2026 "
        "to ask for the status of my application."
    )
    assert app


def test_the_call_card_speaks_of_the_day_of_the_employer_and_names_the_zone(far: tuple[TestClient, str, str]) -> None:
    client, app, round_ = far
    alter(client, f"/v1/interviews/{round_}", contact_from={"date": "2026-12-01", "time": "10:30"})
    card = call_card(client, app)
    assert "We talked on Tuesday, 24 November 2026" in card["opening"]
    assert card["promised"] == ["You may call from Tuesday, 1 December 2026 at 10:30 (JST)."]
    assert "Local time there: Tuesday, 24 November 2026 at 17:00 (JST)." in card_text(
        client, f"/v1/applications/{app}/call-card"
    )


def test_a_briefing_names_the_day_of_the_employer_and_the_zone_of_the_call(far: tuple[TestClient, str, str]) -> None:
    client, app, _ = far
    robin = add(client, "/v1/references", name="Robin")["id"]
    put(client, f"/v1/applications/{app}/references/{robin}")
    alter(client, f"/v1/applications/{app}", reference_check={"date": "2026-11-26", "time": "14:30"})
    text = read(client, f"/v1/applications/{app}/references/{robin}/briefing")["text"]
    assert "On Tuesday, 24 November 2026 I had an interview" in text
    assert "call you on Thursday, 26 November 2026 at 14:30 (JST, UTC+09)." in text


def test_post_is_counted_from_the_day_of_the_employer(far: tuple[TestClient, str, str], world: World) -> None:
    client, _, round_ = far
    world.clock.now = datetime(2026, 11, 24, 20, tzinfo=UTC)  # 24 November in Los Angeles, 25 November in Tokyo
    alter(client, f"/v1/interviews/{round_}", hear_by={"date": "2026-11-27"})
    kim = contact(client, full_name="Kim Lee", postal_address="1 St", preferred_channel="post")
    assert composed(client, round_, recipients=[kim])["suggested_channel"]["channel"] == "hand"


def test_the_prep_card_names_the_zone_of_the_interview_and_your_own_time(world: World) -> None:
    client = world.sign_up("Europe/Berlin")
    app = application(client, time_zone="Asia/Tokyo")
    times = {"time_zone": "America/Los_Angeles", "start_local": "2026-11-23T18:00"}
    text = card_text(client, f"/v1/interviews/{interview(client, app, **times)}/prep-card")
    assert "  Monday, 23 November 2026 at 18:00 (PST)\n" in text
    assert "  Your time: Tuesday, 24 November 2026 at 03:00 (CET)\n" in text
    here = {"time_zone": "Europe/Berlin", "start_local": "2026-11-23T18:00"}
    text = card_text(client, f"/v1/interviews/{interview(client, app, **here)}/prep-card")
    assert "  Monday, 23 November 2026 at 18:00 (CET)\n" in text
    assert "Your time" not in text


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("Etc/GMT+5", "UTC-05"),
        ("America/North_Dakota/Center", "CDT, UTC-05"),
        ("PRC", "CST, UTC+08"),
        ("Asia/Kathmandu", "UTC+05:45"),
        ("Etc/UTC", "UTC"),
        ("Europe/London", "BST, UTC+01"),
    ],
)
def test_a_zone_is_named_by_abbreviation_or_offset(client: TestClient, zone: str, name: str) -> None:
    app = application(client, time_zone=zone, reference_check={"date": "2026-06-02", "time": "14:30"})
    interview(client, app)
    kim = contact(client, phone="+1 212 555 0123")
    alter(client, f"/v1/applications/{app}", status_contact_id=kim)
    robin = add(client, "/v1/references", name="Robin")["id"]
    put(client, f"/v1/applications/{app}/references/{robin}")
    text = read(client, f"/v1/applications/{app}/references/{robin}/briefing")["text"]
    assert f"on Tuesday, 2 June 2026 at 14:30 ({name})." in text
    short = name.partition(",")[0]
    card = card_text(client, f"/v1/applications/{app}/call-card")
    assert f"({short}). Office hours" in card
    steps = read(client, f"/v1/applications/{app}/steps")["steps"]
    call = next(one for one in steps if one["number"] == 6)
    assert f"office hours 09:00–17:00 {short})" in call["next_action"]["text"]
    for told in (text, card, str(call["next_action"]["text"]), call["reason"]["text"]):
        assert zone not in told
        assert "GMT+" not in told


# The ends of sentences


@pytest.mark.parametrize("company", ["Larkfield Inc.", "Yahoo!", "Who?", "Shop “Etc.”"])
def test_a_sentence_has_one_end(client: TestClient, company: str) -> None:
    app = application(client, company=company, role="Engineer Jr.", location="Boston, Mass.")
    round_ = interview(client, app)
    texts = [composed(client, round_, kind, tone=tone)["body"] for kind in KINDS for tone in ("formal", "friendly")]
    source = "I want {{ company }}. And {{ role }}. By {{ next_stage }}."
    own = add(client, "/v1/letter-templates", name="Mine", body=source)["id"]
    alter(client, f"/v1/interviews/{round_}", next_stage="a talk with Kim Jr.")
    texts.append(composed(client, round_, template_id=own)["body"])
    texts += [composed(client, round_)["body"], card_text(client, f"/v1/applications/{app}/call-card")]
    robin = add(client, "/v1/references", name="Robin", best_times="after 6 p.m.", phone="+1 212 555 0123")["id"]
    put(client, f"/v1/applications/{app}/references/{robin}")
    link = f"/v1/applications/{app}/references/{robin}"
    texts += [read(client, f"{link}/{name}")["text"] for name in ("briefing", "thanks")]
    jr = contact(client, full_name="John Smith Jr.")
    put(client, f"/v1/interviews/{round_}/interviewers/{jr}")
    steps = read(client, f"/v1/applications/{app}/steps")["steps"]
    texts += [one["next_action"]["text"] for one in steps if one["next_action"]]
    assert any("Smith Jr." in text for text in texts)
    for text in texts:
        for wrong in ("..", "!.", "?.", ".”."):
            assert wrong not in text, text


# Ends of days


def test_midnight_is_the_end_of_the_day_before(client: TestClient) -> None:
    app, round_ = interviewed(client)
    moment = {"date": "2026-06-06", "time": "00:00"}
    alter(client, f"/v1/interviews/{round_}", contact_from=moment, hear_by=moment)
    assert call_card(client, app)["promised"] == [
        "You may call from Saturday, 6 June 2026.",
        "They said that you would hear from them by the end of Friday, 5 June 2026.",
    ]
    assert "on or after Saturday, 6 June 2026" in composed(client, round_)["body"]
    alter(client, f"/v1/interviews/{round_}", contact_from=None, contact_by=moment)
    assert "Call by the end of Friday, 5 June 2026 at the latest." in call_card(client, app)["promised"]
    assert "I will contact you by the end of Friday, 5 June 2026" in composed(client, round_)["body"]
    alter(client, f"/v1/interviews/{round_}", contact_by=None)
    assert "by Friday, 5 June 2026." in composed(client, round_)["body"]
