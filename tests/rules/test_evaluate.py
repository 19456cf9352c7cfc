"""Which steps a change of each kind of fact affects."""

import pytest

from api.rules.evaluate import STEP_INPUTS, steps_affected_by, steps_affected_by_override


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
