"""The order of judgement: evidence, override, policy, own reason, closed application, clock."""

import pytest

from api.rules.facts import Letter, Override, Reference, StageChange
from tests.rules.evaluation import answer
from tests.rules.example_case import AFTER, END, START, example_case, r1, row, step
from tests.rules.vectors import at, scope_of

LATER = "2026-03-20T12:00Z"
EVENING, WEDNESDAY = "2026-03-02T20:00Z", "2026-03-04T12:00Z"


def by_hand(*done: str, key: str = "4:r1") -> tuple[Override, ...]:
    """Convert texts such as `skip 2026-03-02T20:00Z` to overrides with ascending ids."""
    number, scope = scope_of(key)
    words = [text.split() for text in done]
    return tuple(
        Override(id=f"o{index}", number=number, scope=scope, action=action, at=at(when))
        for index, (action, when) in enumerate(words)
    )


@pytest.mark.parametrize(
    ("done", "state", "reason", "completed"),
    [
        pytest.param([f"complete {EVENING}"], "done", "by_hand", EVENING, id="ticked"),
        pytest.param(
            ["complete 2026-03-03T16:00Z"], "done", "by_hand", "2026-03-03T16:00Z", id="ticked-at-the-deadline"
        ),
        pytest.param([f"complete {WEDNESDAY}"], "done_late", "by_hand", WEDNESDAY, id="ticked-late"),
        pytest.param(
            ["complete 2026-02-20T12:00Z"], "done", "by_hand", "2026-02-20T12:00Z", id="ticked-before-it-opens"
        ),
        pytest.param([f"skip {EVENING}"], "skipped", "skipped_by_user", None, id="skipped"),
        pytest.param(
            [f"complete {EVENING}", f"skip {WEDNESDAY}"], "skipped", "skipped_by_user", None, id="then-skipped"
        ),
        pytest.param([f"skip {EVENING}", f"complete {WEDNESDAY}"], "done_late", "by_hand", WEDNESDAY, id="then-ticked"),
        pytest.param(
            [f"skip {WEDNESDAY}", f"complete {EVENING}"], "skipped", "skipped_by_user", None, id="latest-counts"
        ),
        pytest.param([f"skip {EVENING}", f"complete {EVENING}"], "done", "by_hand", EVENING, id="in-one-second-the-id"),
        pytest.param(
            [f"complete {EVENING}", f"skip {EVENING}"], "skipped", "skipped_by_user", None, id="whichever-it-is"
        ),
        pytest.param([f"skip {EVENING}", f"reopen {WEDNESDAY}"], "overdue", "send_thank_you", None, id="reopened"),
        pytest.param([f"complete {EVENING}", f"reopen {WEDNESDAY}"], "overdue", "send_thank_you", None, id="unticked"),
        pytest.param([f"reopen {WEDNESDAY}"], "overdue", "send_thank_you", None, id="reopened-without-a-need"),
        pytest.param([f"skip {LATER}"], "skipped", "skipped_by_user", None, id="skipped-this-second"),
        pytest.param(["skip 2026-03-20T12:00:01Z"], "overdue", "send_thank_you", None, id="skipped-only-later"),
    ],
)
def test_the_latest_decision_by_hand_counts(done: list[str], state: str, reason: str, completed: str | None) -> None:
    for overrides in (by_hand(*done), by_hand(*done)[::-1]):
        found = step(example_case(overrides=overrides), "4:r1", LATER)
        assert (found.state, found.reason) == (state, reason)
        assert found.completed_at == (at(completed) if completed else None)
        assert found.missing == (() if state.startswith("done") else ("letter",))


@pytest.mark.parametrize(
    ("key", "ends"),
    [
        ("1:r1", True),
        ("2:r1", True),
        ("3:r1", True),
        ("4:r1", True),
        ("5", True),
        ("6:interview:r1", False),
        ("7", False),
    ],
)
def test_steps_one_to_five_can_be_ticked_the_others_are_recorded(key: str, ends: bool) -> None:
    found = step(example_case(overrides=by_hand(f"complete {EVENING}", key=key)), key, LATER)
    assert found.state == ("done" if ends else "overdue")


@pytest.mark.parametrize("key", ["1:r1", "2:r1", "3:r1", "4:r1", "5", "6:interview:r1", "7"])
def test_every_step_can_be_skipped(key: str) -> None:
    assert step(example_case(overrides=by_hand(f"skip {EVENING}", key=key)), key, LATER).state == "skipped"


@pytest.mark.parametrize("key", ["4:r2", "3:r1", "5"])
def test_a_decision_is_about_its_own_key(key: str) -> None:
    assert step(example_case(overrides=by_hand(f"skip {EVENING}", key=key)), "4:r1", LATER).state == "overdue"


@pytest.mark.parametrize(
    ("ticked", "sent", "state", "reason", "completed"),
    [
        pytest.param("complete", EVENING, "done", "evidence", EVENING, id="evidence-before-the-tick"),
        pytest.param(
            "complete", WEDNESDAY, "done_late", "evidence", WEDNESDAY, id="evidence-in-the-second-of-the-tick"
        ),
        pytest.param("complete", LATER, "done_late", "by_hand", WEDNESDAY, id="the-tick-before-the-evidence"),
        pytest.param("skip", EVENING, "done", "evidence", EVENING, id="evidence-wins-over-a-skip"),
    ],
)
def test_evidence_wins_and_the_earlier_time_counts(
    ticked: str, sent: str, state: str, reason: str, completed: str
) -> None:
    letter = Letter(id="l1", interview_id="r1", sent_at=at(sent))
    found = step(example_case(letters=(letter,), overrides=by_hand(f"{ticked} {WEDNESDAY}")), "4:r1", LATER)
    assert (found.state, found.reason, found.completed_at) == (state, reason, at(completed))
    assert [fact.id for fact in found.evidence] == ["l1"]


def test_a_tick_fills_only_what_is_missing() -> None:
    round_ = r1(stage_learned_at=at("2026-03-02T16:10Z"))
    found = step(
        example_case(interviews=(round_,), overrides=by_hand(f"complete {EVENING}", key="1:r1")), "1:r1", LATER
    )
    assert (found.state, found.reason, found.completed_at, found.missing) == ("done", "by_hand", at(EVENING), ())


def reference(id_: str, linked: str, told: str | None = None) -> Reference:
    known = at(told) if told else None
    return Reference(id=id_, linked_at=at(linked), alerted_at=known, briefed_at=known)


@pytest.mark.parametrize(
    ("references", "ticked", "state", "completed", "due"),
    [
        pytest.param((), EVENING, "done", EVENING, "2026-03-04T05:00Z", id="nobody-chosen"),
        pytest.param((), WEDNESDAY, "done_late", WEDNESDAY, "2026-03-04T05:00Z", id="nobody-chosen-and-late"),
        pytest.param(
            (reference("a", START, EVENING), reference("b", "2026-03-09T15:00Z")),
            "2026-03-09T16:00Z",
            "done",
            "2026-03-09T16:00Z",
            "2026-03-09T17:00Z",
            id="the-last-item-was-ticked-in-time",
        ),
        pytest.param(
            (reference("a", START), reference("b", "2026-03-09T15:00Z")),
            "2026-03-09T16:00Z",
            "done_late",
            "2026-03-09T16:00Z",
            "2026-03-04T05:00Z",
            id="the-first-item-was-late",
        ),
        pytest.param(
            (reference("a", START, EVENING), reference("b", "2026-03-09T15:00Z", "2026-03-09T18:00Z")),
            "2026-03-10T12:00Z",
            "done_late",
            "2026-03-09T18:00Z",
            "2026-03-09T17:00Z",
            id="ticked-after-everybody-was-told",
        ),
        pytest.param(
            (reference("a", START, EVENING), reference("b", "2026-03-09T15:00Z", "2026-03-09T18:00Z")),
            "2026-03-09T17:00Z",
            "done",
            "2026-03-09T17:00Z",
            "2026-03-09T17:00Z",
            id="ticked-at-the-deadline-before-the-last-was-told",
        ),
        pytest.param(
            (reference("a", START, EVENING), reference("b", "2026-03-09T15:00Z"), reference("c", "2026-03-09T14:00Z")),
            "2026-03-09T15:30Z",
            "done",
            "2026-03-09T15:30Z",
            "2026-03-09T17:00Z",
            id="two-ticked-in-time-show-the-later-deadline",
        ),
        pytest.param(
            (reference("a", START, EVENING), reference("b", "2026-03-09T15:00Z"), reference("c", "2026-03-09T16:00Z")),
            "2026-03-09T17:00Z",
            "done",
            "2026-03-09T17:00Z",
            "2026-03-09T18:00Z",
            id="ticked-as-the-earlier-one-was-due",
        ),
        pytest.param(
            (reference("a", START), reference("b", "2026-03-09T15:00Z")),
            "2026-03-10T12:00Z",
            "done_late",
            "2026-03-10T12:00Z",
            "2026-03-04T05:00Z",
            id="both-ticked-late-show-the-first-deadline",
        ),
        pytest.param(
            (
                reference("a", START, EVENING),
                reference("b", "2026-03-09T15:00Z"),
                reference("c", "2026-03-09T14:00Z", "2026-03-09T16:30Z"),
            ),
            "2026-03-09T16:45Z",
            "done_late",
            "2026-03-09T16:45Z",
            "2026-03-09T16:00Z",
            id="one-told-late-and-one-ticked-in-time",
        ),
    ],
)
def test_ticked_references_show_the_deadline_that_counts(
    references: tuple[Reference, ...], ticked: str, state: str, completed: str, due: str
) -> None:
    facts = example_case(references=references, overrides=by_hand(f"complete {ticked}", key="5"))
    found = step(facts, "5", LATER)
    assert (found.state, found.completed_at, found.due_at) == (state, at(completed), at(due))


@pytest.mark.parametrize(
    ("done", "disabled", "status", "closed", "state", "reason"),
    [
        pytest.param("complete", 4, "no_show", True, "done", "by_hand", id="a-tick-before-all"),
        pytest.param("skip", 4, "no_show", True, "skipped", "skipped_by_user", id="then-a-skip"),
        pytest.param(None, 4, "no_show", True, "not_applicable", "disabled_by_policy", id="then-the-policy"),
        pytest.param(None, 3, "no_show", True, "not_applicable", "interview_not_held", id="then-its-own-reason"),
        pytest.param(None, 3, "held", True, "missed", "application_closed", id="then-the-end-of-the-application"),
        pytest.param(None, 3, "held", False, "overdue", "send_thank_you", id="then-the-clock"),
    ],
)
def test_the_first_hit_wins(
    done: str | None, disabled: int, status: str, closed: bool, state: str, reason: str
) -> None:
    facts = example_case(
        interviews=(r1(status=status),),
        overrides=by_hand(f"{done} {EVENING}") if done else (),
        stages=(StageChange(id="s1", stage="rejected", at=at(WEDNESDAY)),) if closed else (),
    )
    found = step(facts, "4:r1", LATER, disabled_steps=frozenset({disabled}))
    assert (found.state, found.reason) == (state, reason)
    assert (found.next_action is None) == (state != "overdue")


@pytest.mark.parametrize(
    ("closed", "state"),
    [
        pytest.param("2026-03-03T15:59:59Z", "not_applicable", id="a-second-before-it-was-due"),
        pytest.param("2026-03-03T16:00Z", "missed", id="as-it-was-due"),
        pytest.param("2026-03-01T12:00Z", "not_applicable", id="before-it-opened"),
    ],
)
def test_what_was_due_when_the_application_ended_was_missed(closed: str, state: str) -> None:
    facts = example_case(stages=(StageChange(id="s1", stage="withdrawn", at=at(closed)),))
    found = step(facts, "4:r1", LATER)
    assert (found.state, found.reason, found.changes_at) == (state, "application_closed", None)
    assert found.due_at == at("2026-03-03T16:00Z")


@pytest.mark.parametrize(
    ("now", "state", "reason", "changes"),
    [
        pytest.param("2026-03-02T15:59:59Z", "upcoming", "not_open_yet", END, id="before"),
        pytest.param(END, "open", "send_thank_you", "2026-03-03T16:00Z", id="from-the-opening"),
        pytest.param("2026-03-03T15:59:59Z", "open", "send_thank_you", "2026-03-03T16:00Z", id="until-the-deadline"),
        pytest.param("2026-03-03T16:00Z", "overdue", "send_thank_you", None, id="from-the-deadline"),
    ],
)
def test_what_is_stored_is_answered_by_the_clock(now: str, state: str, reason: str, changes: str | None) -> None:
    stored = row(example_case(), "4:r1", "2026-03-01T12:00Z")
    found = answer(stored, at(now), "app")
    assert (found.state, found.reason, found.changes_at) == (state, reason, at(changes) if changes else None)
    assert found == step(example_case(), "4:r1", now)


def test_the_key_of_a_step_is_its_number_and_scope() -> None:
    assert row(example_case(), "4:r1", AFTER).key == (4, "interview:r1")
