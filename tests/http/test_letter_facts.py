"""Letters, cards and briefings follow the newest facts, and tell only of what took place."""

from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import Answer, add, alter, application, contact, fault, interview, interviewed, put, read
from tests.http.composing import call_card, codes, composed, opening

pytestmark = pytest.mark.sqlite  # words and days; other files test the statements on both databases

OUT = {"direction": "out", "channel": "phone", "outcome": "spoke"}
IN = {"direction": "in", "channel": "email", "outcome": "status"}
AHEAD = {"starts_at": "2026-06-03T14:00:00Z", "ends_at": "2026-06-03T15:00:00Z"}


# The newest promise


@pytest.fixture
def promised(world: World, client: TestClient) -> tuple[str, str]:
    """A round that named 2 June, and a later contact that named 11 June; it is 15 June."""
    app, round_ = interviewed(client)
    alter(client, f"/v1/interviews/{round_}", hear_by={"date": "2026-06-02"})
    add(client, f"/v1/applications/{app}/follow-ups", **IN, hear_by={"date": "2026-06-11"})
    world.clock.now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    return app, round_


def test_a_chase_names_the_newest_promise(client: TestClient, promised: tuple[str, str]) -> None:
    app, round_ = promised
    letter = composed(client, round_, "chase")
    assert "I was hoping to hear from you by Thursday, 11 June 2026." in letter["body"]
    assert "2 June" not in letter["body"]
    assert letter["missing"] == ["recipient"]
    assert "promise_ahead" not in codes(client, letter)
    assert call_card(client, app)["promised"] == ["They said that you would hear from them by Thursday, 11 June 2026."]


def test_a_promise_that_only_a_follow_up_holds_is_not_missing(client: TestClient) -> None:
    app, round_ = interviewed(client)
    add(client, f"/v1/applications/{app}/follow-ups", **OUT, hear_by={"date": "2026-06-05"})
    letter = composed(client, round_, "chase")
    assert "promised_date" not in letter["missing"]
    assert "5 June 2026" in letter["body"]
    thanks = composed(client, round_)
    assert "I look forward to hearing from you by Friday, 5 June 2026." in thanks["body"]


def test_a_promise_that_is_still_ahead_is_no_disappointment_and_a_finding(client: TestClient) -> None:
    _, round_ = interviewed(client)
    alter(client, f"/v1/interviews/{round_}", hear_by={"date": "2026-06-05"})
    letter = composed(client, round_, "chase")
    assert "I look forward to hearing from you by Friday, 5 June 2026." in letter["body"]
    assert "hoping" not in letter["body"]
    assert codes(client, letter)["promise_ahead"] == "warning"


def test_a_thank_you_letter_promises_nothing_for_a_day_that_has_passed(
    client: TestClient, promised: tuple[str, str]
) -> None:
    app, round_ = promised
    body = composed(client, round_)["body"]
    assert "June" not in body
    assert "when you expect" not in body
    add(client, f"/v1/applications/{app}/follow-ups", **OUT, contact_from={"date": "2026-06-10"})
    assert "I will contact you" not in composed(client, round_)["body"]
    add(client, f"/v1/applications/{app}/follow-ups", **OUT, contact_from={"date": "2026-06-18"})
    assert "on or after Thursday, 18 June 2026" in composed(client, round_)["body"]


def test_a_later_round_ends_the_promises_of_earlier_ones(world: World, client: TestClient) -> None:
    app, _ = interviewed(client)
    first = read(client, f"/v1/applications/{app}/interviews")["items"][0]["id"]
    alter(client, f"/v1/interviews/{first}", hear_by={"date": "2026-06-02"}, timing_learned_at="2026-05-29T15:00:00Z")
    second = interview(client, app, **AHEAD)
    assert "by Tuesday, 2 June 2026" in composed(client, first, "chase")["body"]
    world.clock.now = datetime(2026, 6, 5, 12, tzinfo=UTC)
    assert "promised_date" in composed(client, second, "chase")["missing"]
    assert "promised_date" in composed(client, first, "chase")["missing"]
    assert call_card(client, app)["promised"] == ["They have not given a date."]
    alter(client, f"/v1/interviews/{second}", contact_by={"date": "2026-06-09"})
    assert call_card(client, app)["promised"] == ["Call by Tuesday, 9 June 2026 at the latest."]
    assert "by Tuesday, 9 June 2026" in composed(client, first)["body"]


@pytest.mark.parametrize("kind", ["thank_you", "chase"])
def test_a_draft_with_a_day_that_has_changed_since_is_a_finding(client: TestClient, kind: str) -> None:
    app, round_ = interviewed(client)
    alter(client, f"/v1/interviews/{round_}", hear_by={"date": "2026-06-05"})
    letter = composed(client, round_, kind)
    assert "older_date" not in codes(client, letter)
    add(client, f"/v1/applications/{app}/follow-ups", **IN, hear_by={"date": "2026-06-11"})
    assert codes(client, letter)["older_date"] == "warning"
    assert "older_date" not in codes(client, composed(client, round_, kind))


def test_a_draft_with_the_day_of_an_interview_that_was_moved_is_a_finding(client: TestClient) -> None:
    _, round_ = interviewed(client)
    letter = composed(client, round_)
    alter(client, f"/v1/interviews/{round_}", starts_at="2026-05-28T14:00:00Z", ends_at="2026-05-28T15:00:00Z")
    assert codes(client, letter)["older_date"] == "warning"
    assert "older_date" not in codes(client, composed(client, round_))


def test_a_draft_with_a_day_that_has_passed_since_is_a_finding(world: World, client: TestClient) -> None:
    _, round_ = interviewed(client)
    alter(client, f"/v1/interviews/{round_}", hear_by={"date": "2026-06-05"})
    letter = composed(client, round_)
    assert "date_passed" not in codes(client, letter)
    world.clock.now = datetime(2026, 6, 8, 12, tzinfo=UTC)
    assert codes(client, letter)["date_passed"] == "warning"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        pytest.param({"hear_by": {"date": "2026-06-02"}}, "chase", id="a-date"),
        pytest.param({"hear_by": {"date": "2026-06-02"}, "contact_from": {"date": "2026-06-04"}}, "chase", id="both"),
        pytest.param({"contact_from": {"date": "2026-06-04"}}, "follow_up", id="your-date-only"),
        pytest.param({}, "chase", id="none"),
    ],
)
def test_a_hint_to_write_suggests_the_letter_that_fits_the_newest_promise(
    world: World, client: TestClient, facts: Answer, code: str
) -> None:
    app, round_ = interviewed(client)
    ana = contact(client, full_name="Ana Ruiz", email="ana@example.com")
    alter(client, f"/v1/applications/{app}", status_contact_id=ana)
    alter(client, f"/v1/interviews/{round_}", hear_by={"date": "2026-06-12"})
    add(client, f"/v1/applications/{app}/follow-ups", **IN, **facts)
    world.clock.now = datetime(2026, 6, 30, 12, tzinfo=UTC)
    steps = read(client, f"/v1/applications/{app}/steps")["steps"]
    told = [hint["text"] for one in steps for hint in one["advice"] if hint["code"] == "write_instead"]
    assert told, steps
    assert all((f"`{code}`" in text) for text in told)
    assert all(("`chase`" in text) == (code == "chase") for text in told)


def test_a_date_of_yours_from_a_call_ends_the_advice_to_ask_for_one(client: TestClient) -> None:
    app, round_ = interviewed(client)
    alter(client, f"/v1/interviews/{round_}", hear_by={"date": "2026-06-12"})

    def advised() -> bool:
        steps = read(client, f"/v1/applications/{app}/steps")["steps"]
        return any(hint["code"] == "ask_for_your_date" for one in steps for hint in one["advice"])

    assert advised()
    add(client, f"/v1/applications/{app}/follow-ups", **OUT, contact_from={"date": "2026-06-04"})
    assert not advised()


# Interviews that did not take place


@pytest.mark.parametrize(
    ("state", "kind", "text"),
    [
        ("no_show", "follow_up", "was arranged for Friday, 29 May 2026 at 10:00, but it did not take place."),
        ("cancelled", "follow_up", "was arranged for Friday, 29 May 2026 at 10:00, but it was cancelled."),
        ("ahead", "follow_up", "is arranged for Wednesday, 3 June 2026 at 10:00."),
        ("no_show", "chase", "was arranged for Friday, 29 May 2026 at 10:00, but it did not take place."),
        ("ahead", "chase", "is arranged for Wednesday, 3 June 2026 at 10:00."),
        ("cancelled", "ask_next_stage", "was arranged for Friday, 29 May 2026 at 10:00, but it was cancelled."),
        ("ahead", "ask_next_stage", "is arranged for Wednesday, 3 June 2026 at 10:00."),
        ("no_show", "withdrawal", "Thank you for considering me."),
        ("cancelled", "withdrawal", "Thank you for considering me."),
        ("ahead", "withdrawal", "Thank you for inviting me to an interview on Wednesday, 3 June 2026."),
        ("ahead", "ask_name", "Could you please tell me whom I will meet"),
        ("no_show", "missed_appointment", "at 10:00, but it did not take place. I am still interested."),
        ("cancelled", "missed_appointment", "at 10:00, but it was cancelled. I am still interested."),
        ("no_show", "thank_you", None),
        ("cancelled", "thank_you", None),
        ("ahead", "thank_you", None),
        ("no_show", "ask_name", None),
        ("cancelled", "ask_name", None),
        ("ahead", "missed_appointment", None),
    ],
)
@pytest.mark.parametrize("tone", ["formal", "friendly"])
def test_no_letter_speaks_of_a_talk_that_did_not_take_place(
    client: TestClient, state: str, kind: str, text: str | None, tone: str
) -> None:
    app = application(client)
    round_ = interview(client, app, **(AHEAD if state == "ahead" else {"status": state}))
    if text is None:
        answer = client.post(f"/v1/interviews/{round_}/letters/compose", json={"kind": kind, "tone": tone})
        assert fault(answer, "/kind") == ("interview_ahead" if state == "ahead" else "interview_not_held")
        assert read(client, f"/v1/applications/{app}/letters")["items"] == []
        return
    letter = composed(client, round_, kind, tone=tone)
    said = text.replace("Could you please", "Could you") if tone == "friendly" else text
    assert said in opening(letter)
    for untrue in ("We talked", "we talked", "our conversation", "had an interview", "everybody I met"):
        assert untrue not in letter["body"]
    code = "interview_ahead" if state == "ahead" else "interview_not_held"
    is_told = kind == "missed_appointment"
    assert codes(client, letter).get(code) == (None if is_told else "warning")
    assert [hint["code"] for hint in letter["warnings"]] == ([] if is_told else [code])


def test_a_draft_of_an_interview_that_was_cancelled_since_is_a_finding(client: TestClient) -> None:
    _, round_ = interviewed(client)
    letter = composed(client, round_, "follow_up")
    assert "interview_not_held" not in codes(client, letter)
    assert letter["warnings"] == []
    alter(client, f"/v1/interviews/{round_}", status="no_show")
    assert codes(client, letter)["interview_not_held"] == "warning"
    assert [one["code"] for one in read(client, f"/v1/letters/{letter['id']}")["warnings"]] == ["interview_not_held"]


def test_an_interview_that_counts_as_held_was_not_missed(client: TestClient) -> None:
    _, round_ = interviewed(client)
    letter = composed(client, round_, "missed_appointment")
    assert codes(client, letter)["interview_counts_as_held"] == "warning"
    alter(client, f"/v1/interviews/{round_}", status="held")
    answer = client.post(f"/v1/interviews/{round_}/letters/compose", json={"kind": "missed_appointment"})
    assert fault(answer, "/kind") == "interview_held"


def test_a_template_of_your_own_words_may_write_about_any_interview(client: TestClient) -> None:
    _, round_ = interviewed(client, status="no_show")
    own = add(client, "/v1/letter-templates", name="Mine", body="Thank you for the invitation.")["id"]
    letter = composed(client, round_, template_id=own)
    assert letter["body"] == "Thank you for the invitation."
    assert codes(client, letter)["interview_not_held"] == "warning"
    ours = add(client, "/v1/letter-templates", name="Theirs", body="{{ thanks }}")["id"]
    answer = client.post(f"/v1/interviews/{round_}/letters/compose", json={"template_id": ours})
    assert fault(answer, "/kind") == "interview_not_held"


@pytest.mark.parametrize("status", ["no_show", "cancelled"])
def test_a_call_card_does_not_speak_of_a_talk_that_did_not_take_place(client: TestClient, status: str) -> None:
    app, round_ = interviewed(client, status=status)
    assert "I applied for the position of Engineer" in call_card(client, app)["opening"]
    interview(client, app, starts_at="2026-05-25T14:00:00Z", ends_at="2026-05-25T15:00:00Z")
    assert "We talked on Monday, 25 May 2026" in call_card(client, app)["opening"]
    assert round_


def test_a_call_card_does_not_speak_of_an_application_that_was_not_sent(client: TestClient) -> None:
    app = application(client, stage="saved")
    assert "I applied" not in call_card(client, app)["opening"]
    assert "interested in the position of Engineer" in call_card(client, app)["opening"]


def test_a_briefing_does_not_speak_of_an_interview_that_did_not_take_place(client: TestClient) -> None:
    app, _ = interviewed(client, status="no_show")
    alter(client, f"/v1/applications/{app}", why_role="I like small teams.")
    robin = add(client, "/v1/references", name="Robin")["id"]
    put(client, f"/v1/applications/{app}/references/{robin}")
    message = read(client, f"/v1/applications/{app}/references/{robin}/briefing")
    assert "I have applied for the position of Engineer" in message["text"]
    assert "I had an interview" not in message["text"]
    assert "I like small teams." in message["text"]
    assert "why_role" not in message["missing"]


# What is known is not asked again


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"contact_by": {"date": "2026-06-05"}}, id="until-when"),
        pytest.param({"contact_from": {"date": "2026-06-05"}}, id="from-when"),
        pytest.param({"hear_by": {"date": "2026-06-05"}}, id="their-date"),
        pytest.param({"timing_unknown": True}, id="they-would-not-say"),
    ],
)
def test_a_known_date_is_not_asked_again(client: TestClient, facts: Answer) -> None:
    app, round_ = interviewed(client)
    alter(client, f"/v1/interviews/{round_}", next_stage="x", **facts)
    body = composed(client, round_)["body"]
    assert "when you expect" not in body
    assert "contact_by" not in facts or "I will contact you by Friday, 5 June 2026 to ask" in body
    assert read(client, f"/v1/interviews/{round_}/prep-card")["questions"] == [
        "Who decides, and whom should I ask about my application?"
    ]
    asked = opening(composed(client, round_, "ask_next_stage"))
    assert "which steps remain" not in asked
    assert "who will decide" in asked
    assert app


def test_a_date_from_a_call_after_the_interview_is_not_asked_again(client: TestClient) -> None:
    app, round_ = interviewed(client)
    add(client, f"/v1/applications/{app}/follow-ups", **OUT, contact_by={"date": "2026-06-05"})
    assert "when you expect" not in composed(client, round_)["body"]
    assert "which date" not in composed(client, round_, "ask_next_stage")["body"]
    assert "From which day may I call you?" not in read(client, f"/v1/interviews/{round_}/prep-card")["questions"]


def test_that_they_would_not_say_what_comes_next_is_an_answer(client: TestClient) -> None:
    _, round_ = interviewed(client)
    alter(client, f"/v1/interviews/{round_}", next_stage_unknown=True)
    assert "next_stage" not in composed(client, round_)["missing"]
    assert "which steps" not in composed(client, round_, "ask_next_stage")["body"]
    assert "Which steps remain after today?" not in read(client, f"/v1/interviews/{round_}/prep-card")["questions"]


def test_after_a_further_round_was_arranged_nobody_is_asked_what_comes_next(client: TestClient) -> None:
    app, round_ = interviewed(client)
    interview(client, app, **AHEAD)
    letter = composed(client, round_)
    assert "next_stage" not in letter["missing"]
    assert "when you expect" not in letter["body"]


def test_a_letter_that_asks_for_what_is_all_known_asks_for_the_status(client: TestClient) -> None:
    app, round_ = interviewed(client)
    alter(client, f"/v1/applications/{app}", status_contact_id=contact(client, phone="+1 212 555 0123"))
    alter(client, f"/v1/interviews/{round_}", next_stage="x", contact_from={"date": "2026-06-05"})
    body = composed(client, round_, "ask_next_stage")["body"]
    assert "Could you please tell me the status of my application?" in body
    for asked in ("which steps", "who will", "which date"):
        assert asked not in body
