"""Step 1: find out what comes next."""

from typing import Any

import pytest

from tests.rules.example_case import AFTER, END, day, example_case, r1, r2, row, step
from tests.rules.vectors import at

COMPOSE = "/v1/interviews/r1/letters/compose"


@pytest.mark.parametrize(
    ("learned", "now", "code", "method", "href"),
    [
        pytest.param(
            {}, "2026-03-01T12:00Z", "prepare_questions", "GET", "/v1/interviews/r1/prep-card", id="before-it-begins"
        ),
        pytest.param(
            {}, "2026-03-02T15:59:59Z", "prepare_questions", "GET", "/v1/interviews/r1/prep-card", id="until-it-ends"
        ),
        pytest.param({}, END, "record_next_stage", "PATCH", "/v1/interviews/r1", id="from-its-end"),
        pytest.param(
            {"timing_learned_at": at(END)},
            AFTER,
            "record_next_stage",
            "PATCH",
            "/v1/interviews/r1",
            id="with-the-timing-alone",
        ),
        pytest.param(
            {"stage_learned_at": at(END)},
            AFTER,
            "record_contact_time",
            "PATCH",
            "/v1/interviews/r1",
            id="with-the-next-stage-alone",
        ),
        pytest.param(
            {"stage_learned_at": at("2026-03-02T18:00Z")},
            AFTER,
            "record_next_stage",
            "PATCH",
            "/v1/interviews/r1",
            id="learned-only-later",
        ),
        pytest.param(
            {}, "2026-03-03T04:59:59Z", "record_next_stage", "PATCH", "/v1/interviews/r1", id="until-midnight"
        ),
        pytest.param({}, "2026-03-03T05:00Z", "ask_hr", "POST", COMPOSE, id="overdue-ask-hr"),
        pytest.param(
            {"stage_learned_at": at(END)},
            "2026-03-03T05:00Z",
            "ask_hr",
            "POST",
            COMPOSE,
            id="for-one-part",
        ),
    ],
)
def test_what_to_do_follows_the_interview(learned: dict[str, Any], now: str, code: str, method: str, href: str) -> None:
    action = step(example_case(interviews=(r1(**learned),)), "1:r1", now).next_action
    assert action is not None
    assert (action.code, action.method, action.href) == (code, method, href)


@pytest.mark.parametrize(
    ("now", "learned", "text"),
    [
        pytest.param(
            "2026-03-01T12:00Z",
            None,
            "Prepare to ask what comes next and when you may call. "
            "The prep card has the questions that are still open.",
            id="before",
        ),
        pytest.param(AFTER, None, "Record what the next stage of hiring is.", id="the-next-stage"),
        pytest.param(AFTER, at(END), "Record from when you may call them.", id="the-timing"),
        pytest.param(
            "2026-03-03T05:00Z",
            None,
            "Ask Human Resources what comes next and when you may call: compose a letter of the kind `ask_next_stage`, "
            "or call. Record the answer on the interview.",
            id="overdue",
        ),
    ],
)
def test_what_to_do_is_said_in_words(now: str, learned: object, text: str) -> None:
    action = step(example_case(interviews=(r1(stage_learned_at=learned),)), "1:r1", now).next_action
    assert action is not None
    assert action.text == text


@pytest.mark.parametrize(
    ("said", "advised"),
    [
        pytest.param({}, False, id="nothing-was-said"),
        pytest.param({"hear_by": day("2026-03-13")}, True, id="their-date-only"),
        pytest.param({"hear_by": day("2026-03-13"), "contact_from": day("2026-03-06")}, False, id="and-from-when"),
        pytest.param({"hear_by": day("2026-03-13"), "contact_by": day("2026-03-06")}, False, id="and-until-when"),
        pytest.param({"contact_from": day("2026-03-06")}, False, id="your-date-only"),
    ],
)
def test_who_has_only_their_date_is_advised_to_ask_for_an_own_one(said: dict[str, Any], advised: bool) -> None:
    told = step(example_case(interviews=(r1(**said),)), "1:r1", AFTER).advice
    assert [hint.code for hint in told] == (["ask_for_your_date"] if advised else [])
    for hint in told:
        assert hint.text == "You know when they want to contact you, but not when you may call. Ask for that date."
        assert (hint.method, hint.href) == ("PATCH", "/v1/interviews/r1")


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        pytest.param(r2(), "superseded_by_next_round", id="a-later-round"),
        pytest.param(r2(status="held"), "superseded_by_next_round", id="a-later-round-that-was-held"),
        pytest.param(r2(start=at(END)), "superseded_by_next_round", id="from-the-second-the-first-ends"),
        pytest.param(r2(start=at("2026-03-02T15:59:59Z")), "ask_next_stage", id="not-a-second-before"),
        pytest.param(r2(status="no_show"), "ask_next_stage", id="not-one-that-was-not-held"),
        pytest.param(r2(status="cancelled", cancelled_at=at(END)), "ask_next_stage", id="not-a-cancelled-one"),
    ],
)
def test_a_later_round_answers_what_comes_next(second: Any, reason: str) -> None:
    assert step(example_case(interviews=(r1(), second)), "1:r1", AFTER).reason == reason


def test_a_round_that_was_not_held_says_so_even_if_another_follows() -> None:
    facts = example_case(interviews=(r1(status="no_show"), r2()))
    assert step(facts, "1:r1", AFTER).reason == "interview_not_held"


def test_the_parts_are_what_was_learned_and_when() -> None:
    known = r1(stage_learned_at=at("2026-03-02T16:10Z"), timing_learned_at=at("2026-03-02T16:12Z"))
    stored = row(example_case(interviews=(known,)), "1:r1", AFTER)
    assert [(found.type, found.id, found.at) for found in stored.evidence] == [
        ("interview", "r1", at("2026-03-02T16:10Z")),
        ("interview", "r1", at("2026-03-02T16:12Z")),
    ]
    assert (stored.total, stored.missing, stored.actions) == (2, (), ())
    assert (stored.due_basis, stored.due_zone) == ("local_day", "America/New_York")


def test_the_day_is_that_of_the_place_of_the_interview() -> None:
    away = example_case(interviews=(r1(zone="Asia/Kolkata"),))
    assert step(away, "1:r1", AFTER).due_at == at("2026-03-02T18:30Z")


@pytest.mark.parametrize(
    ("times", "due"),
    [
        pytest.param({"end": None}, "2026-03-03T06:00Z", id="an-hour-is-assumed"),
        pytest.param({"actual_end": at("2026-03-03T03:30Z")}, "2026-03-03T05:30Z", id="the-actual-end-counts"),
    ],
)
def test_the_effective_end_moves_the_deadline(times: dict[str, Any], due: str) -> None:
    late = r1(**{"start": at("2026-03-03T03:00Z"), "end": at("2026-03-03T03:10Z"), **times})
    assert step(example_case(interviews=(late,)), "1:r1", AFTER).due_at == at(due)


def test_the_length_that_is_assumed_is_the_policys() -> None:
    late = example_case(interviews=(r1(end=None),))
    assert step(late, "3:r1", AFTER, default_interview_minutes=30).opens_at == at("2026-03-02T15:30Z")


@pytest.mark.parametrize(
    ("learned", "now", "codes"),
    [
        pytest.param({}, "2026-03-03T04:59:59Z", [], id="not-while-the-step-says-so-itself"),
        pytest.param({}, "2026-03-03T05:00Z", ["record_answer"], id="once-hr-is-to-be-asked"),
        pytest.param(
            {"stage_learned_at": at(END), "timing_learned_at": at(END)}, "2026-03-03T05:00Z", [], id="not-when-known"
        ),
    ],
)
def test_the_answer_of_hr_has_its_place(learned: dict[str, Any], now: str, codes: list[str]) -> None:
    tips = step(example_case(interviews=(r1(**learned),)), "1:r1", now).advice
    assert [hint.code for hint in tips] == codes
    for hint in tips:
        text = "Record the answer here as soon as you know it. That they would not say is an answer too."
        assert (hint.text, hint.method, hint.href) == (text, "PATCH", "/v1/interviews/r1")
