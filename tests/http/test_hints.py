"""Following the method and address of every next action completes the step that named it.

An answer that only gives words to use (a card, a briefing, a letter that asks) names the operation that records the
result.
"""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.documented import leads_somewhere, operation_at
from tests.http.api_client import (
    Answer,
    act,
    add,
    alter,
    application,
    contact,
    interview,
    items,
    problem,
    put,
    read,
    step,
    steps,
)

pytestmark = pytest.mark.sqlite  # words and days; other files test the statements on both databases

LONG_AGO = {"starts_at": "2026-05-11T14:00:00Z", "ends_at": "2026-05-11T15:00:00Z"}
TODAY = {"starts_at": "2026-06-01T10:00:00Z", "ends_at": "2026-06-01T11:30:00Z"}
TOLD = {"alerted_at": "2026-06-01T12:00:00Z", "job_details_given": True, "company_details_given": True}
EVERY_GAP = [
    *("ask_hr", "link_interviewer", "complete_contact", "choose_status_contact", "write_positive", "write_concern"),
    *("draft_letter", "mark_sent", "link_reference", "alert_reference"),
    *("call", "add_application"),
]
Bodies = dict[str, Callable[[TestClient, Answer], Answer]]


def of_round(_client: TestClient, found: Answer) -> Answer:
    return {"interview_id": found["scope"].removeprefix("interview:")}


BODIES: Bodies = {
    "record_next_stage": lambda *_: {"next_stage": "A panel"},
    "record_contact_time": lambda *_: {"timing_unknown": True},
    "prepare_questions": lambda *_: {},
    "ask_hr": lambda *_: {"kind": "ask_next_stage"},
    "record_answer": lambda *_: {"next_stage_unknown": True, "timing_unknown": True},
    "link_interviewer": lambda *_: {},
    "complete_contact": lambda *_: {"job_title": "Director", "email": "kim@example.com"},
    "choose_status_contact": lambda client, _: {"status_contact_id": contact(client, phone="1")},
    "choose_contact": lambda client, _: {"status_contact_id": contact(client, phone="1")},
    "write_positive": lambda client, found: {**of_round(client, found), "kind": "positive", "text": "Calm."},
    "write_concern": lambda client, found: {**of_round(client, found), "kind": "concern", "text": "Salary."},
    "draft_letter": lambda *_: {},
    "review_letter": lambda *_: {"body": "Thank you."},
    "mark_sent": lambda *_: {},
    "link_reference": lambda *_: {},
    "record_follow_up": lambda *_: {"direction": "out", "channel": "phone", "outcome": "decision"},
    "log_search": lambda *_: {"kind": "event"},
    "add_application": lambda *_: {"company": "Zenith", "role": "Lead", "applied_on": "2026-06-01"},
}


def follow(client: TestClient, found: Answer) -> str:
    """Do the next action of a step and record its result; return the code of the action without the id at its end."""
    action = found["next_action"]
    code = str(action["code"]).partition(":")[0]
    shown = fulfil(client, found, action)
    record = shown.get("record") or next((h for h in found["advice"] if h["code"] == "record_answer"), None)
    if record:
        fulfil(client, found, record)
    return code


def fulfil(client: TestClient, found: Answer, hint: Answer) -> Answer:
    code = str(hint["code"]).partition(":")[0]
    people = {
        "contact_id": lambda: contact(client),
        "reference_id": lambda: str(add(client, "/v1/references", name="Ada May")["id"]),
    }
    href = re.sub(r"\{(\w+)\}", lambda match: people[match[1]](), hint["href"])
    body = None if hint["method"] == "GET" else hint.get("body") or BODIES[code](client, found)
    answer = client.request(hint["method"], href, json=body)
    assert answer.is_success, (hint, answer.text)
    shown: Answer = answer.json()
    return shown


def followed(client: TestClient, app: str, number: int) -> list[str]:
    """Follow a step until it is closed or upcoming; return the codes of its next actions in order."""
    codes: list[str] = []
    scope = step(client, app, number)["scope"]
    while (found := step(client, app, number, scope))["state"] in ("open", "overdue"):
        before = (found["progress"], found["due_at"], found["next_action"])
        codes.append(follow(client, found))
        after = step(client, app, number, scope)
        assert (after["progress"], after["due_at"], after["next_action"]) != before, f"{codes[-1]} changed nothing"
        if number == 7:
            break
    return codes


def test_following_the_next_actions_of_the_queue_completes_all_overdue_steps(client: TestClient) -> None:
    app = application(client)
    interview(client, app, **LONG_AGO)
    assert [line["state"] for line in steps(client, app)["headline"]] == ["overdue"] * 7
    codes = []
    while overdue := items(client, "/v1/queue"):
        codes.append(follow(client, overdue[0]))
        assert len(codes) < 40, codes
    assert {line["number"] for line in steps(client, app)["headline"] if line["state"] in ("open", "overdue")} == {7}
    assert sorted(codes) == sorted(EVERY_GAP)


def test_following_the_next_action_of_an_application_completes_all_steps_too(client: TestClient) -> None:
    app = application(client)
    interview(client, app, **LONG_AGO)
    add(client, "/v1/applications", company="Other", role="Lead")
    for _ in range(40):
        pressing = read(client, f"/v1/applications/{app}", expand="next_action")["next_action"]
        if pressing["step"] == "keep_looking" and pressing["state"] == "open":
            break
        found = read(client, f"/v1/steps/{pressing['step_id']}")
        assert {name: pressing[name] for name in ("code", "href")} == {
            name: found["next_action"][name] for name in ("code", "href")
        }
        follow(client, found)
    states = {line["number"]: line["state"] for line in steps(client, app)["headline"]}
    assert {number: state for number, state in states.items() if state in ("open", "overdue")} == {7: "open"}


@pytest.mark.parametrize(
    ("number", "codes"),
    [
        pytest.param(1, ["record_next_stage", "record_contact_time"], id="what-comes-next"),
        pytest.param(2, ["link_interviewer", "complete_contact", "choose_status_contact"], id="who-was-there"),
        pytest.param(3, ["write_positive", "write_concern"], id="how-it-went"),
        pytest.param(4, ["draft_letter", "mark_sent"], id="the-letter"),
        pytest.param(5, ["link_reference", "alert_reference"], id="the-references"),
        pytest.param(7, ["add_application"], id="the-search-with-one-application"),
    ],
)
def test_a_round_of_today_is_followed_up_step_by_step(client: TestClient, number: int, codes: list[str]) -> None:
    app = application(client)
    interview(client, app, **TODAY)
    assert followed(client, app, number) == codes


def test_a_reference_who_was_alerted_is_only_briefed(client: TestClient) -> None:
    app = application(client)
    interview(client, app, **TODAY)
    ada = add(client, "/v1/references", name="Ada May")["id"]
    put(client, f"/v1/applications/{app}/references/{ada}", alerted_at=TOLD["alerted_at"])
    assert followed(client, app, 5) == ["brief_reference"]


def test_with_another_application_the_search_is_logged(client: TestClient) -> None:
    app = application(client)
    interview(client, app, **TODAY)
    interview(client, app, starts_at="2026-05-25T14:00:00Z")
    application(client)
    assert followed(client, app, 7) == ["log_search"]


def test_before_the_end_of_a_round_the_next_action_is_to_prepare(client: TestClient) -> None:
    app = application(client)
    interview(client, app, starts_at="2026-06-01T11:30:00Z", ends_at="2026-06-01T12:30:00Z")
    found = steps(client, app)
    actions = {s["number"]: s["next_action"] and s["next_action"]["code"] for s in found["steps"]}
    assert actions == {
        1: "prepare_questions",
        2: "link_interviewer",
        3: None,
        4: None,
        5: "link_reference",
        6: "choose_contact",
        7: None,
    }
    action = step(client, app, 1)["next_action"]
    assert client.request(action["method"], action["href"]).status_code == 200


def test_a_call_without_a_status_contact_first_asks_to_choose_one(world: World, client: TestClient) -> None:
    app = application(client)
    interview(client, app, **TODAY)
    world.clock.now += timedelta(days=3)
    assert followed(client, app, 6) == ["choose_contact", "call"]


def test_an_erased_status_contact_is_replaced(world: World, client: TestClient) -> None:
    app = application(client, status_contact_id=contact(client, phone="1"))
    interview(client, app, **TODAY)
    kim = read(client, f"/v1/applications/{app}")["status_contact_id"]
    act(client, f"/v1/contacts/{kim}/erase")
    world.clock.now += timedelta(days=3)
    assert followed(client, app, 6) == ["choose_contact", "call"]


def test_a_status_contact_without_a_number_is_completed_for_step_2(client: TestClient) -> None:
    app = application(client, status_contact_id=contact(client))
    round_ = interview(client, app, **TODAY)
    put(client, f"/v1/interviews/{round_}/interviewers/{contact(client, job_title='CTO', phone='1')}")
    assert followed(client, app, 2) == ["complete_contact"]


def test_a_letter_by_email_asks_for_the_address_before_it_is_sent(client: TestClient) -> None:
    app = application(client)
    round_ = interview(client, app, **TODAY)
    kim = contact(client)
    put(client, f"/v1/interviews/{round_}/interviewers/{kim}")
    letter = {"interview_id": round_, "body": "Thank you.", "recipients": [kim], "channel": "email"}
    add(client, f"/v1/applications/{app}/letters", **letter)
    assert followed(client, app, 4) == ["complete_contact", "mark_sent"]


def test_a_letter_to_each_interviewer_is_asked_for_one_by_one(client: TestClient) -> None:
    app = application(client, policy={"thank_each_interviewer": True})
    round_ = interview(client, app, **TODAY)
    for _ in range(2):
        kim = contact(client)
        put(client, f"/v1/interviews/{round_}/interviewers/{kim}")
        letter = {"interview_id": round_, "body": "Thank you.", "recipients": [kim]}
        add(client, f"/v1/applications/{app}/letters", **letter)
    assert followed(client, app, 4) == ["mark_sent", "mark_sent"]


def test_every_warning_and_advice_has_an_address_that_exists(client: TestClient) -> None:
    app = application(client)
    round_ = interview(client, app, **TODAY, hear_by={"date": "2026-06-10"})
    base = f"/v1/applications/{app}"
    add(client, f"{base}/notes", interview_id=round_, kind="concern", text="x", noted_at="2026-06-01T09:00:00Z")
    add(client, f"{base}/letters", interview_id=round_, sent_at="2026-06-01T09:00:00Z")
    ada = add(client, "/v1/references", name="Ada May")["id"]
    put(client, f"{base}/references/{ada}", contacted_at="2026-06-01T11:45:00Z")
    for minute in (40, 50):
        at = f"2026-06-01T11:{minute}:00Z"
        add(client, f"{base}/follow-ups", direction="out", channel="email", outcome="emailed", at=at)
    add(client, f"/v1/applications/{application(client)}/offers", respond_by="2026-06-20T00:00:00Z")
    hints = [hint for s in steps(client, app)["steps"] for hint in (*s["warnings"], *s["advice"])]
    expected = {"evidence_before_interview", "reference_rung_unprepared", "ask_for_your_date", "consider_moving_on"}
    assert {hint["code"] for hint in hints} == expected | {"competing_offer", "debrief_at_once"}
    each_is_there(client, hints)


def each_is_there(client: TestClient, hints: list[Answer]) -> None:
    for hint in hints:
        answer = client.request(hint["method"], hint["href"], json={"no_such_field": 1})
        if hint["method"] == "GET":
            assert answer.status_code == 200, answer.text
        else:
            problem(answer, 422, "invalid", "/no_such_field")


def test_advice_about_writing_follows_the_channel_the_clock_and_who_answers(world: World, client: TestClient) -> None:
    kim = contact(client, email="kim@example.com", preferred_channel="hand")
    app = application(client, status_contact_id=kim)
    application(client)
    round_ = interview(client, app, **TODAY, contact_from={"date": "2026-06-03"}, hear_by={"date": "2026-06-04"})
    put(client, f"/v1/interviews/{round_}/interviewers/{kim}")

    def advised(number: int) -> list[str]:
        advice = step(client, app, number)["advice"]
        each_is_there(client, advice)
        return [hint["code"] for hint in advice]

    assert {number: advised(number) for number in range(1, 8)} == {3: ["debrief_at_once"]} | {
        number: [] for number in (1, 2, 4, 5, 6, 7)
    }
    letter = add(client, f"/v1/interviews/{round_}/letters/compose")["id"]
    assert advised(4) == ["check_letter"]
    alter(client, f"/v1/letters/{letter}", channel="post")
    assert advised(4) == ["post_too_late", "check_letter", "other_channel_preferred"]
    alter(client, f"/v1/contacts/{kim}", preferred_channel="post")
    assert advised(4) == ["post_too_late", "check_letter"]
    alter(client, f"/v1/letters/{letter}", channel="email")
    assert advised(4) == ["check_letter"]
    act(client, f"/v1/letters/{letter}/send")
    assert advised(4) == []
    world.clock.now += timedelta(days=2, hours=1)
    assert (advised(1), advised(6)) == (["record_answer"], ["write_instead"])


def test_the_etag_of_steps_changes_when_a_tip_starts(world: World, client: TestClient) -> None:
    app = application(client)
    round_ = interview(client, app, **TODAY, contact_from={"date": "2026-06-04"})
    add(client, f"/v1/applications/{app}/letters", interview_id=round_, body="Thank you.", channel="post")
    href = f"/v1/applications/{app}/steps"
    tag = client.get(href).headers["etag"]
    world.clock.now = world.clock.now.replace(day=2, hour=11, minute=30)
    later = client.get(href, headers={"If-None-Match": tag})
    told = [hint["code"] for s in later.json()["steps"] if s["number"] == 4 for hint in s["advice"]]
    assert (later.status_code, told) == (200, ["post_too_late", "check_letter"])


def test_an_offer_elsewhere_is_advice_before_the_first_interview_too(client: TestClient) -> None:
    app, closed = application(client), application(client, stage="rejected")
    add(client, f"/v1/applications/{application(client)}/offers", respond_by="2026-06-20T00:00:00Z")
    assert [hint["code"] for s in steps(client, app)["steps"] for hint in s["advice"]] == ["competing_offer"]
    each_is_there(client, step(client, app, 7)["advice"])
    assert [hint for s in steps(client, closed)["steps"] for hint in s["advice"]] == []


def test_the_links_of_the_guide_name_existing_operations(client: TestClient) -> None:
    guide = read(client, "/v1/guide")["steps"]
    assert [one["number"] for one in guide] == [1, 2, 3, 4, 5, 6, 7]
    for one in guide:
        assert all(one[name] for name in ("title", "why", "do", "words", "slips", "links"))
        for link in one["links"]:
            assert leads_somewhere(link["method"], link["href"]), link
            known = operation_at(link["method"], link["href"])
            assert known is None or known["operationId"] == link["code"]


def test_a_token_with_the_scope_read_gets_the_same_queue_as_its_owner(world: World, client: TestClient) -> None:
    app = application(client)
    interview(client, app, **LONG_AGO)
    lent = world.anonymous()
    lent.headers["Authorization"] = f"Bearer {add(client, '/v1/tokens', name='tv', scopes=['read'])['token']}"
    assert items(lent, "/v1/queue") == items(client, "/v1/queue")
    found = step(lent, app, 1)["next_action"]
    problem(lent.request(found["method"], found["href"], json={"kind": "ask_next_stage"}), 403, "forbidden")
    assert add(client, found["href"], kind="ask_next_stage")["subject"] == "Next steps – Engineer"
