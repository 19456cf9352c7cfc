"""Which steps a change of each kind of fact affects."""

import pytest

from api.rules.evaluate import STEP_INPUTS, project, steps_affected_by, steps_affected_by_override
from api.rules.policy import Policy
from tests.rules.example_case import AFTER, boss, example_case, r1, r2, step
from tests.rules.vectors import at


@pytest.mark.parametrize(
    ("fact", "numbers"),
    [
        pytest.param("people", [2, 4], id="interviewers-have-details-and-are-thanked"),
        pytest.param("status_contact", [2, 6], id="the-person-to-ask-is-reachable-and-is-called"),
        pytest.param("notes", [3], id="notes"),
        pytest.param("letters", [2, 4], id="letters"),
        pytest.param("references", [5], id="references"),
        pytest.param("follow_ups", [1, 2, 4, 6], id="calls-and-mails-to-the-employer-and-what-they-said-about-dates"),
        pytest.param("elsewhere", [7], id="activities-and-interviews-elsewhere"),
        pytest.param("offers", [], id="no-step-reads-offers"),
    ],
)
def test_a_fact_affects_the_steps_that_read_its_kind(fact: str, numbers: list[int]) -> None:
    assert steps_affected_by(fact) == numbers


@pytest.mark.parametrize(("number", "numbers"), [(1, [1]), (3, [3]), (4, [4, 2]), (5, [5]), (6, [6, 1, 2]), (7, [7])])
def test_a_letter_or_a_call_done_by_hand_also_changes_until_when_details_help(number: int, numbers: list[int]) -> None:
    assert steps_affected_by_override(number) == numbers


def test_every_step_says_what_it_reads() -> None:
    assert list(STEP_INPUTS) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(("number", "rows"), [(1, 2), (2, 2), (3, 2), (4, 2), (5, 1), (6, 2), (7, 1)])
def test_a_number_judged_alone_gives_its_rows_of_the_whole_and_no_others(number: int, rows: int) -> None:
    facts = example_case(interviews=(r1(), r2()), status_contact=boss())
    alone = project(facts, Policy(), at(AFTER), only=[number])
    assert alone == tuple(row for row in project(facts, Policy(), at(AFTER)) if row.number == number)
    assert len(alone) == rows


def test_the_rules_are_traced_on_demand_only() -> None:
    assert not any(row.trace for row in project(example_case(), Policy(), at(AFTER)))
    assert all(row.trace for row in project(example_case(), Policy(), at(AFTER), explain=True))


def test_of_two_rounds_that_end_in_one_second_the_larger_id_is_the_latest_in_whatever_order_they_are_given() -> None:
    rounds = (r1(), r1(id="r2"))
    for interviews in (rounds, rounds[::-1]):
        facts = example_case(interviews=interviews, status_contact=boss(phone=None))
        (tip,) = step(facts, "6:interview:r2", "2026-03-04T14:00Z").advice
        assert tip.href == "/v1/interviews/r2/letters/compose"
