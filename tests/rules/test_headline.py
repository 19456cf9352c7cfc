"""Which instance speaks for a step, and in which order steps are answered (§3.4)."""

import random
from datetime import datetime

import pytest

from api.rules.evaluate import evaluate, headline, present
from api.rules.outcome import STEPS, Step
from api.rules.policy import Policy
from tests.rules.n1 import n1, r1, r2
from tests.rules.vectors import at


def march(day: int | None) -> datetime | None:
    return at(f"2026-03-{day:02}T12:00Z") if day else None


def made(state: str, opens: int | None, due: int | None, scope: str, number: int = 4) -> Step:
    closed, *_ = present((), at("2026-03-02T12:00Z"), closed=False)
    fields = {name: getattr(closed, name) for name in closed.__slots__}
    fields |= {"number": number, "scope": scope, "state": state, "opens_at": march(opens), "due_at": march(due)}
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
    steps = evaluate(n1(interviews=tuple(rounds)), Policy(), at("2026-03-02T12:00Z"))
    assert [(step.number, step.scope) for step in steps] == [
        *((number, f"interview:{id_}") for number in range(1, 5) for id_ in ("r0", "r1", "r2")),
        (5, "application"),
        *((6, f"interview:{id_}") for id_ in ("r0", "r1", "r2")),
        (7, "application"),
    ]


@pytest.mark.parametrize(
    ("closed", "state", "reason", "text"),
    [
        pytest.param(
            False,
            "not_started",
            "no_interview",
            "No interview is known yet: record one and this step gets its dates.",
            id="no-interview",
        ),
        pytest.param(True, "not_applicable", "application_closed", "The application is closed.", id="closed"),
    ],
)
def test_a_step_without_an_interview_has_no_date(closed: bool, state: str, reason: str, text: str) -> None:
    steps = present((), at("2026-03-02T12:00Z"), closed=closed)
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
        assert (step.completed_at, step.changes_at, step.next_action) == (None, None, None)
        assert (step.data, step.total, step.missing, step.evidence) == ({}, 0, (), ())
        assert (step.warnings, step.advice, step.trace) == ((), (), ())
