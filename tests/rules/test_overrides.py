"""What is recorded by hand and changes nothing gets a warning that says why."""

import pytest

from api.rules.facts import Facts, Note, Override
from tests.rules.example_case import example_case, step
from tests.rules.vectors import at

LATER = "2026-03-20T12:00Z"
EARLIER_DATE = "with an earlier date than the"


def by_hand(id_: str, action: str, when: str) -> Override:
    return Override(id=id_, number=3, scope="interview:r1", action=action, at=at(when))


def noted(*overrides: Override) -> Facts:
    """Return the example case with both notes, written an hour after the interview."""
    notes = tuple(
        Note(id=kind, interview_id="r1", kind=kind, noted_at=at("2026-03-02T17:00Z"))
        for kind in ("positive", "concern")
    )
    return example_case(notes=notes, overrides=overrides)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        pytest.param("skip", "complete", f"You ticked this step {EARLIER_DATE} skip at ", id="a-tick-before-a-skip"),
        pytest.param("reopen", "skip", f"You skipped this step {EARLIER_DATE} reopening at ", id="before-a-reopening"),
        pytest.param("complete", "reopen", f"You reopened this step {EARLIER_DATE} tick at ", id="before-a-tick"),
    ],
)
def test_what_is_dated_before_another_one_has_no_effect(first: str, second: str, said: str) -> None:
    facts = example_case(
        overrides=(by_hand("o1", first, "2026-03-05T12:00Z"), by_hand("o2", second, "2026-03-04T12:00Z"))
    )
    (warning,) = step(facts, "3:r1", LATER).warnings
    assert warning.code == "override_without_effect"
    assert (warning.method, warning.href) == ("POST", f"/v1/steps/step/{second}")
    assert warning.text.startswith(said)
    assert "Thu 5 Mar 2026" in warning.text


def test_what_is_recorded_last_and_dated_last_counts() -> None:
    facts = example_case(
        overrides=(by_hand("o1", "skip", "2026-03-04T12:00Z"), by_hand("o2", "reopen", "2026-03-05T12:00Z"))
    )
    assert step(facts, "3:r1", LATER).warnings == ()
    assert step(example_case(), "3:r1", LATER).warnings == ()


@pytest.mark.parametrize(
    ("action", "when", "warns"),
    [
        pytest.param("skip", "2026-03-05T12:00Z", True, id="skipped-after-it-was-done"),
        pytest.param("reopen", "2026-03-05T12:00Z", True, id="reopened-after-it-was-done"),
        pytest.param("complete", "2026-03-05T12:00Z", False, id="ticked-after-it-was-done"),
        pytest.param("skip", "2026-03-02T17:00Z", False, id="skipped-in-the-same-second"),
        pytest.param("skip", "2026-03-02T16:30Z", False, id="skipped-before"),
    ],
)
def test_records_that_completed_a_step_count_more_than_a_later_skip(action: str, when: str, *, warns: bool) -> None:
    found = step(noted(by_hand("o1", action, when)), "3:r1", LATER)
    assert found.state == "done"
    warnings = [warning for warning in found.warnings if warning.code == "override_without_effect"]
    assert {(warning.method, warning.href) for warning in warnings} == ({("GET", "/v1/steps/step")} if warns else set())
    said = [warning.text for warning in warnings]
    assert [text.partition(" this step after it was done")[0] for text in said] == (
        [{"skip": "You skipped", "reopen": "You reopened"}[action]] if warns else []
    )


def test_nothing_is_known_of_what_is_recorded_for_the_future() -> None:
    facts = example_case(overrides=(by_hand("o1", "skip", "2026-03-25T12:00Z"),))
    found = step(facts, "3:r1", LATER)
    assert (found.state, found.warnings) == ("overdue", ())
