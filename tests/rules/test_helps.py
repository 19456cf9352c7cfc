"""Until when each step helps: the figures of the policy, and what they depend on."""

from datetime import timedelta
from typing import Any

import pytest

from api.rules.facts import FollowUp, Letter, Override, StageChange
from api.rules.helps import DEPENDS_ON
from api.rules.words import rfc3339
from tests.rules.example_case import END, NY, boss, day, example_case, r1, r2, row, step
from tests.rules.vectors import at

LATER = "2026-04-30T12:00Z"
WEEK = "2026-03-09T16:00:00Z"  # seven elapsed days after the interview; the clocks change in between
THREE_DAYS = "2026-03-05T16:00:00Z"
CALL = "2026-03-26T21:00:00Z"  # 15 business days after Thu 5 Mar, 17:00 EDT
LETTER_DUE = "2026-03-03T16:00:00Z"


def until(facts: Any, key: str, **policy: object) -> str | None:
    found = row(facts, key, LATER, **policy).helps_until
    return rfc3339(found) if found else None


def sent(**changes: Any) -> Letter:
    known = {"id": "l1", "interview_id": "r1", "kind": "thank_you", "sent_at": at("2026-03-02T20:00Z")}
    return Letter(**{**known, "recipients": (), "written": True, "channel": "email", **changes})


def asked(outcome: str, when: str, direction: str = "out", **changes: Any) -> FollowUp:
    return FollowUp(id=f"u{when[8:10]}", at=at(when), direction=direction, outcome=outcome, **changes)


def by_hand(number: int, action: str = "skip") -> Override:
    return Override(id="o1", number=number, scope="interview:r1", action=action, at=at("2026-03-04T12:00Z"))


@pytest.mark.parametrize(
    ("key", "policy", "expected"),
    [
        pytest.param("1:r1", {}, WEEK, id="the-next-stage-for-a-week"),
        pytest.param("1:r1", {"next_stage_help_days": 1}, "2026-03-05T22:00:00Z", id="or-until-the-call-is-due"),
        pytest.param("1:r1", {"next_stage_help_days": None}, None, id="or-always"),
        pytest.param("2:r1", {}, CALL, id="details-as-long-as-the-call"),
        pytest.param("2:r1", {"call_help_business_days": 1}, WEEK, id="or-as-long-as-the-letter"),
        pytest.param("2:r1", {"thank_you_help_days": None}, None, id="always-if-the-letter-always-helps"),
        pytest.param("2:r1", {"call_help_business_days": None}, None, id="always-if-the-call-always-helps"),
        pytest.param("3:r1", {}, THREE_DAYS, id="notes-for-three-days"),
        pytest.param("3:r1", {"notes_help_days": 90}, "2026-05-31T16:00:00Z", id="notes-for-longer"),
        pytest.param("3:r1", {"notes_help_days": None}, None, id="notes-always"),
        pytest.param("4:r1", {}, WEEK, id="the-letter-for-a-week"),
        pytest.param("4:r1", {"thank_you_help_days": 1, "thank_you_hours": 168}, WEEK, id="never-before-its-deadline"),
        pytest.param("5", {}, None, id="references-always"),
        pytest.param("6:interview:r1", {}, CALL, id="the-call-for-fifteen-business-days"),
        pytest.param("6:interview:r1", {"call_help_business_days": 1}, "2026-03-06T22:00:00Z", id="the-call-for-one"),
        pytest.param("6:interview:r1", {"call_help_business_days": None}, None, id="the-call-always"),
        pytest.param(
            "6:interview:r1",
            {"call_help_business_days": 1, "holidays": frozenset({at("2026-03-06T12:00Z").date()})},
            "2026-03-09T21:00:00Z",
            id="a-holiday-does-not-count",
        ),
        pytest.param("7", {}, None, id="the-search-always"),
    ],
)
def test_each_step_helps_until_an_instant_that_the_policy_sets(
    key: str, policy: dict[str, object], expected: str | None
) -> None:
    assert until(example_case(), key, **policy) == expected


def test_the_next_stage_helps_until_a_call_that_they_asked_for_later() -> None:
    late = example_case(interviews=(r1(contact_from=day("2026-03-20"), timing_learned_at=at(END)),))
    call = row(late, "6:interview:r1", LATER)
    assert until(late, "1:r1") == rfc3339(call.due_at) == "2026-03-23T21:00:00Z"
    tried = example_case(
        interviews=late.interviews, follow_ups=(asked("no_answer", "2026-03-23T15:00Z"),), status_contact=boss()
    )
    assert until(tried, "1:r1") == "2026-03-24T21:00:00Z"


@pytest.mark.parametrize(
    ("changes", "policy", "expected"),
    [
        pytest.param({"letters": (sent(),)}, {}, CALL, id="the-call-is-open"),
        pytest.param({"letters": (sent(),), "overrides": (by_hand(6),)}, {}, LETTER_DUE, id="a-call-skipped"),
        pytest.param({"letters": (sent(),)}, {"disabled_steps": frozenset({6})}, LETTER_DUE, id="calls-disabled"),
        pytest.param({"overrides": (by_hand(6),)}, {}, WEEK, id="the-letter-is-open"),
        pytest.param(
            {"overrides": (by_hand(4),)}, {"disabled_steps": frozenset({6})}, LETTER_DUE, id="a-letter-skipped"
        ),
        pytest.param(
            {"follow_ups": (asked("spoke", "2026-03-04T15:00Z"),)},
            {},
            "2026-04-02T21:00:00Z",
            id="the-next-call-is-open",
        ),
        pytest.param({"follow_ups": (asked("decision", "2026-03-04T15:00Z"),)}, {}, WEEK, id="they-decided"),
        pytest.param(
            {"letters": (sent(),), "follow_ups": (asked("decision", "2026-03-04T15:00Z"),)},
            {},
            LETTER_DUE,
            id="they-decided-and-the-letter-is-sent",
        ),
        pytest.param({"interviews": (r1(), r2())}, {}, WEEK, id="the-call-belongs-to-a-later-round"),
        pytest.param(
            {"interviews": (r1(status="cancelled", cancelled_at=at("2026-03-01T12:00Z")),)},
            {},
            LETTER_DUE,
            id="a-round-that-did-not-take-place",
        ),
        pytest.param(
            {"stages": (StageChange(id="s1", stage="rejected", at=at("2026-03-08T12:00Z")),)},
            {},
            CALL,
            id="the-end-of-the-application-changes-nothing",
        ),
    ],
)
def test_details_help_as_long_as_the_letter_or_the_call_needs_them(
    changes: dict[str, Any], policy: dict[str, object], expected: str
) -> None:
    assert until(example_case(**changes), "2:r1", **policy) == expected


@pytest.mark.parametrize(
    ("now", "state", "stale", "advice"),
    [
        pytest.param("2026-03-05T21:59:59Z", "open", False, [], id="open"),
        pytest.param("2026-03-05T22:00:00Z", "overdue", False, [], id="overdue"),
        pytest.param("2026-03-26T20:59:59Z", "overdue", False, [], id="a-second-before"),
        pytest.param(CALL, "overdue", True, ["consider_moving_on"], id="at-the-instant"),
    ],
)
def test_a_late_call_is_stale_from_the_instant_on_and_then_advises_to_move_on(
    now: str, state: str, stale: bool, advice: list[str]
) -> None:
    found = step(example_case(), "6:interview:r1", now)
    assert (found.state, found.stale, [hint.code for hint in found.advice]) == (state, stale, advice)
    assert not advice or found.advice[0].text.startswith("This call is long overdue")
    assert not advice or (found.advice[0].method, found.advice[0].href) == ("POST", "/v1/search-activities")


def test_a_step_that_is_stale_and_done_after_all_is_done_late_and_not_stale() -> None:
    assert step(example_case(), "4:r1", LATER).stale
    late = step(example_case(letters=(sent(sent_at=at("2026-04-29T12:00Z")),)), "4:r1", LATER)
    assert (late.state, late.stale, late.helps_until) == ("done_late", False, at(WEEK))


def test_a_deadline_that_passes_later_than_the_figure_is_the_instant() -> None:
    found = row(example_case(), "3:r1", LATER, notes_help_days=1, same_day_floor_hours=12)
    assert found.due_at <= (found.helps_until or found.due_at) == found.opens_at + timedelta(days=1)


@pytest.mark.parametrize(
    ("key", "rule", "inputs", "result"),
    [
        pytest.param(
            "1:r1",
            "helps_for_days",
            {"end": "2026-03-02T16:00:00Z", "next_stage_help_days": 7, "call_due_at": "2026-03-05T22:00:00Z"},
            WEEK,
            id="the-next-stage",
        ),
        pytest.param(
            "2:r1",
            "helps_while_letter_or_call_is_open",
            {"letter_is_open": True, "call_is_open": True},
            CALL,
            id="contact-details",
        ),
        pytest.param(
            "3:r1", "helps_for_days", {"end": "2026-03-02T16:00:00Z", "notes_help_days": 3}, THREE_DAYS, id="notes"
        ),
        pytest.param(
            "6:interview:r1",
            "helps_for_business_days",
            {"due_at": "2026-03-05T22:00:00Z", "zone": NY, "call_help_business_days": 15},
            CALL,
            id="the-call",
        ),
    ],
)
def test_the_trace_ends_with_the_rule_that_set_the_instant(
    key: str, rule: str, inputs: dict[str, object], result: str
) -> None:
    last = row(example_case(), key, LATER).trace[-1]
    assert (last.rule, dict(last.inputs), last.result) == (rule, inputs, result)


@pytest.mark.parametrize(
    ("changes", "policy", "letter_is_open", "call_is_open"),
    [
        pytest.param({"letters": (sent(),)}, {}, False, True, id="the-letter-is-sent"),
        pytest.param({}, {"disabled_steps": frozenset({4})}, False, True, id="letters-disabled"),
        pytest.param({"overrides": (by_hand(6),)}, {}, True, False, id="the-call-is-skipped"),
        pytest.param({}, {"disabled_steps": frozenset({6})}, True, False, id="calls-disabled"),
    ],
)
def test_the_trace_of_details_says_what_needs_them(
    changes: dict[str, Any], policy: dict[str, object], letter_is_open: bool, call_is_open: bool
) -> None:
    last = row(example_case(**changes), "2:r1", LATER, **policy).trace[-1]
    assert dict(last.inputs) == {"letter_is_open": letter_is_open, "call_is_open": call_is_open}


def test_a_call_that_always_helps_has_the_rule_without_an_instant() -> None:
    last = row(example_case(), "6:interview:r1", LATER, call_help_business_days=None).trace[-1]
    assert (last.rule, last.result) == ("helps_for_business_days", None)


def test_steps_depend_only_on_steps_that_depend_on_none() -> None:
    assert all(other not in DEPENDS_ON for needed in DEPENDS_ON.values() for other in needed)
