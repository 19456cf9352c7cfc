"""Which instance is the headline of a step, and the order in which steps are answered."""

import random
from datetime import datetime

import pytest

from api.rules.evaluate import project
from api.rules.outcome import STATES, STEPS
from api.rules.policy import Policy
from tests.rules.evaluation import Step, evaluate, headline, present
from tests.rules.example_case import example_case, r1, r2
from tests.rules.vectors import at


def march(day: int) -> datetime:
    return at(f"2026-03-{day:02}T12:00Z")


def made(state: str, opens: int | None, due: int | None, scope: str, number: int = 4) -> Step:
    closed, *_ = present((), at("2026-03-02T12:00Z"), "app", closed=False)
    fields = closed._asdict()
    fields |= {
        "number": number,
        "scope": scope,
        "state": state,
        "opens_at": opens and march(opens),
        "due_at": due and march(due),
    }
    return Step(**fields)


@pytest.mark.parametrize(
    ("rivals", "speaks"),
    [
        pytest.param([("open", 2, 3, "a"), ("overdue", 4, 9, "b")], "b", id="overdue-before-open"),
        pytest.param([("upcoming", 2, 3, "a"), ("open", 4, 9, "b")], "b", id="open-before-upcoming"),
        pytest.param([("done", 2, 3, "a"), ("upcoming", 4, 9, "b")], "b", id="open-ones-before-closed-ones"),
        pytest.param([("missed", 9, 10, "a"), ("upcoming", 4, 5, "b")], "b", id="even-when-closed-later"),
        pytest.param([("overdue", 2, 9, "a"), ("overdue", 3, 4, "b")], "b", id="then-the-earlier-deadline"),
        pytest.param([("open", 2, 4, "b"), ("open", 3, 4, "a")], "a", id="then-the-key"),
        pytest.param([("done", 2, 9, "a"), ("skipped", 3, 4, "b")], "b", id="of-closed-ones-the-latest"),
        pytest.param([("done", 2, 4, "b"), ("missed", 2, 4, "a")], "a", id="of-equally-late-ones-the-key"),
        pytest.param([("done", 2, 4, "b"), ("not_started", None, None, "a")], "b", id="any-date-before-none"),
    ],
)
def test_the_most_pressing_instance_speaks_for_its_step(
    rivals: list[tuple[str, int | None, int | None, str]], speaks: str
) -> None:
    others = [made("done", 2, 3, "x", number) for number in STEPS if number != 4]
    for order in (rivals, rivals[::-1]):
        steps = [*others, *(made(*rival) for rival in order)]
        spoken = headline(steps)
        assert [step.number for step in spoken] == [1, 2, 3, 4, 5, 6, 7]
        assert spoken[3].scope == speaks


def test_steps_are_answered_by_number_then_opening_then_scope() -> None:
    twin = r1(id="r0")
    rounds = [r2(), r1(), twin]
    random.Random(1).shuffle(rounds)
    steps = evaluate(example_case(interviews=tuple(rounds)), Policy(), at("2026-03-02T12:00Z"))
    assert [(step.number, step.scope) for step in steps] == [
        *((number, f"interview:{id_}") for number in range(1, 5) for id_ in ("r0", "r1", "r2")),
        (5, "application"),
        *((6, f"interview:{id_}") for id_ in ("r0", "r1", "r2")),
        (7, "application"),
    ]


def test_rows_are_judged_in_the_order_in_which_they_are_answered() -> None:
    long, short = r1(end=at("2026-03-02T18:00Z")), r1(id="r0", start=at("2026-03-02T15:30Z"))
    off = r2(status="cancelled", cancelled_at=at("2026-03-02T17:00Z"))
    rows = project(example_case(interviews=(off, long, short)), Policy(), at("2026-03-02T12:00Z"))
    assert [row.key for row in rows] == [
        *((number, f"interview:{id_}") for number in (1, 2) for id_ in ("r1", "r0", "r2")),
        *((number, f"interview:{id_}") for number in (3, 4) for id_ in ("r0", "r1", "r2")),
        (5, "application"),
        *((6, scope) for scope in ("cancel:r2", "interview:r0", "interview:r1")),
        (7, "application"),
    ]


def test_names_handed_over_without_an_interview_stand_at_their_number() -> None:
    steps = evaluate(
        example_case(interviews=(), references_given_at=at("2026-03-02T12:00Z")), Policy(), at("2026-03-03T12:00Z")
    )
    assert [(step.number, step.state) for step in steps if step.due_at] == [(5, "overdue")]
    assert [step.number for step in steps] == list(STEPS)


def test_an_answer_carries_the_rules_that_were_applied() -> None:
    rows = project(example_case(), Policy(), at("2026-03-02T12:00Z"), explain=True)
    steps = evaluate(example_case(), Policy(), at("2026-03-02T12:00Z"))
    assert [step.trace for step in steps] == [row.trace for row in rows]
    assert all(step.trace for step in steps)


def test_what_was_applied_is_an_explanation_and_no_part_of_the_answer() -> None:
    explained = project(example_case(), Policy(), march(3), explain=True)
    assert [row._replace(trace=()) for row in explained] == list(project(example_case(), Policy(), march(3)))


def test_there_are_nine_states() -> None:
    told = "not_started, upcoming, open, overdue, done, done_late, skipped, not_applicable, missed"
    assert ", ".join(STATES) == told


@pytest.mark.parametrize(
    ("closed", "state", "reason", "text"),
    [
        pytest.param(
            False,
            "not_started",
            "no_interview",
            "No interview is recorded yet. Record one, and this step gets its dates.",
            id="no-interview",
        ),
        pytest.param(True, "not_applicable", "application_closed", "The application is closed.", id="closed"),
    ],
)
def test_a_step_without_an_interview_has_no_date(closed: bool, state: str, reason: str, text: str) -> None:
    steps = present((), at("2026-03-02T12:00Z"), "app", closed=closed)
    assert [step.step for step in steps] == [
        "next_stage",
        "contact_details",
        "notes",
        "thank_you",
        "references",
        "status_call",
        "keep_looking",
    ]
    assert [step.scope for step in steps] == [None, None, None, None, "application", None, "application"]
    for step in steps:
        assert (step.state, step.reason, step.reason_text) == (state, reason, text)
        assert (step.opens_at, step.due_at, step.due_zone, step.due_basis) == (None, None, None, None)
        assert (step.completed_at, step.changes_at) == (None, None)
        assert (step.next_action and step.next_action.code) == (None if closed else "create_interview")
        assert (step.data, step.total, step.missing, step.evidence) == ({}, 0, (), ())
        assert (step.warnings, step.advice, step.trace) == ((), (), ())
