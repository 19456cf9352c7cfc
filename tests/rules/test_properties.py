"""Invariants of the rules, tested with Hypothesis on generated applications."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, TypeVar

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from api.rules.answers import PRESSING
from api.rules.evaluate import STEP_INPUTS, project, steps_affected_by
from api.rules.facts import ENDINGS, Elsewhere, Facts, Letter, Note, StageChange, StatusContact
from api.rules.life import life
from api.rules.outcome import STATES, STEPS
from api.rules.policy import BOUNDS, HELP_FIGURES, Policy, find_contradiction
from api.rules.words import REASONS
from tests.documented import leads_somewhere
from tests.drawing import drawn
from tests.rules.evaluation import Step, evaluate, headline, present
from tests.rules.strategies import APART, INSTANTS, ZONES, Case, cases, moved, steady

DONE = ("done", "done_late")
SECOND = timedelta(seconds=1)
FOR_EVER = timedelta(days=3_650)
Fact = TypeVar("Fact")
Property = Callable[..., None]
PROPERTIES: list[tuple[Property, tuple[SearchStrategy[Any], ...]]] = []


def always(*more: SearchStrategy[Any]) -> Callable[[Property], Property]:
    """Decorate what holds for every case, and say what else it is given."""

    def registered(holds: Property) -> Property:
        PROPERTIES.append((holds, more))
        return holds

    return registered


def verdict(step: Step) -> tuple[object, ...]:
    """Return the result of a step without its texts and hints."""
    return (step.state, step.opens_at, step.due_at, step.completed_at, step.reason, step.missing, step.changes_at)


def by_key(steps: Sequence[Step]) -> dict[tuple[int, str | None], Step]:
    return {(step.number, step.scope): step for step in steps}


def at(case: Case, now: datetime) -> dict[tuple[int, str | None], Step]:
    return by_key(evaluate(case.facts, case.policy, now))


def instants_of(case: Case) -> list[datetime]:
    """Return each opening and deadline from `case.now` on with the seconds beside it, and one ten years later."""
    dates = [date for i in project(case.facts, case.policy, case.now) for date in (i.opens_at, i.due_at)]
    near = {date + beside for date in dates for beside in (-SECOND, timedelta(), SECOND)}
    return sorted({case.now, case.now + FOR_EVER} | {date for date in near if date > case.now})


@always(st.timedeltas(timedelta(0), timedelta(days=60)))
def what_is_judged_once_stays_right_at_every_later_instant(case: Case, later: timedelta) -> None:
    stored = project(case.facts, case.policy, case.now)
    then = case.now + timedelta(seconds=int(later.total_seconds()))
    assert project(case.facts, case.policy, then) == stored
    closed = life(case.facts.stages, case.now).closed_at is not None
    answers = present(stored, then, case.facts.application_id, closed=closed)
    assert answers == tuple(step._replace(trace=()) for step in evaluate(case.facts, case.policy, then))


@always(st.timedeltas(timedelta(0), timedelta(days=60)))
def a_state_is_the_closed_one_or_the_clock_between_two_dates(case: Case, later: timedelta) -> None:
    then = case.now + timedelta(seconds=int(later.total_seconds()))
    steps = at(case, then)
    for row in project(case.facts, case.policy, case.now):
        clock = "upcoming" if then < row.opens_at else "open" if then < row.due_at else "overdue"
        assert steps[row.key].state == (row.closed_state or clock)


@always()
def time_alone_moves_a_step_from_upcoming_over_open_to_overdue_in_the_very_second_of_changes_at(case: Case) -> None:
    order = {"upcoming": 0, "open": 1, "overdue": 2}
    moments = instants_of(case)
    answers = [at(case, instant) for instant in moments]
    before = by_key(case.steps)
    for index, steps in enumerate(answers):
        assert steps.keys() == before.keys()
        for key, step in steps.items():
            was = before[key].state
            assert order[step.state] >= order[was] if was in order else step.state == was
            changed = (i for i in range(index, len(moments)) if answers[i][key].state != step.state)
            following = next(changed, None)
            assert step.changes_at == (moments[following] if following is not None else None)
        before = steps


def crowded(known: Facts, when: datetime) -> Facts:
    """Date all records of a kind to the same second, and move all overrides to one step."""
    return replace(
        known,
        stages=tuple(replace(line, at=when, dated=True) for line in known.stages),
        notes=tuple(replace(note, noted_at=when) for note in known.notes),
        letters=tuple(replace(letter, sent_at=letter.sent_at and when) for letter in known.letters),
        references=tuple(replace(reference, linked_at=when) for reference in known.references),
        follow_ups=tuple(replace(contact, at=when) for contact in known.follow_ups),
        overrides=tuple(replace(by_hand, at=when, number=5, scope="application") for by_hand in known.overrides),
        elsewhere=tuple(replace(other, at=when) for other in known.elsewhere),
    )


@always(st.booleans(), st.integers(0, 99))
def the_order_in_which_facts_are_given_means_nothing(case: Case, crowd: bool, seed: int) -> None:
    random = Random(seed)

    def shuffled(facts: Sequence[Fact]) -> tuple[Fact, ...]:
        return tuple(random.sample(facts, len(facts)))

    known = crowded(case.facts, case.now) if crowd else case.facts
    names = ("stages", "interviews", "notes", "letters", "references", "follow_ups", "overrides", "elsewhere")
    mixed: Facts = replace(known, **{name: shuffled(getattr(known, name)) for name in names})  # type: ignore[arg-type]
    mixed = replace(
        mixed,
        interviews=tuple(replace(r, interviewers=shuffled(r.interviewers)) for r in mixed.interviews),
        letters=tuple(replace(x, recipients=shuffled(x.recipients)) for x in mixed.letters),
    )
    expected = evaluate(known, case.policy, case.now)
    assert evaluate(mixed, case.policy, case.now) == expected
    assert evaluate(known, case.policy, case.now) == expected
    assert [s.trace for s in evaluate(mixed, case.policy, case.now)] == [s.trace for s in expected]


@always()
def every_number_answers_once_a_key_and_speaks_through_one_headline(case: Case) -> None:
    steps = case.steps
    assert {step.number for step in steps} == set(STEPS)
    assert len(by_key(steps)) == len(steps)
    assert [step.number for step in headline(steps)] == list(STEPS)
    assert len([step for step in steps if step.number == 6 and step.state in PRESSING]) <= 1
    for spoken in headline(steps):
        rivals = [step for step in steps if step.number == spoken.number and step.state in PRESSING]
        assert spoken.state in PRESSING or not rivals


@always()
def every_step_has_a_window_and_is_done_in_time_or_late(case: Case) -> None:
    closed = life(case.facts.stages, case.now).closed_at
    for step in case.steps:
        if step.opens_at is None or step.due_at is None:
            assert step.state == ("not_started" if closed is None else "not_applicable")
            continue
        assert step.opens_at < step.due_at
        assert (step.state in DONE) == (step.completed_at is not None)
        if step.completed_at is not None:
            assert step.missing == ()
            assert (step.state == "done") == (step.completed_at <= step.due_at)
            assert step.completed_at <= case.now
        if step.state in PRESSING:
            assert closed is None
            assert bool(step.missing) == (step.number != 7)


@always()
def notes_and_contacts_are_never_due_after_the_letter(case: Case) -> None:
    steps = by_key(case.steps)
    for (number, scope), step in steps.items():
        letter = steps.get((4, scope))
        if number in (2, 3) and step.due_at and letter and letter.due_at:
            assert step.due_at <= letter.due_at


def _note(known: Facts, when: datetime) -> Facts:
    rounds: list[str | None] = [round_.id for round_ in known.interviews]
    added = (Note(id=f"new{i}", interview_id=r, kind="positive", noted_at=when) for i, r in enumerate([*rounds, None]))
    return replace(known, notes=(*known.notes, *added))


def _letter(known: Facts, when: datetime) -> Facts:
    rounds: list[str | None] = [round_.id for round_ in known.interviews]
    added = (Letter(id=f"new{i}", interview_id=r, sent_at=when) for i, r in enumerate([*rounds, None]))
    return replace(known, letters=(*known.letters, *added))


def _details(known: Facts, when: datetime) -> Facts:
    def filled(round_: Any) -> Any:
        people = (replace(p, details_at=p.details_at or when) for p in round_.interviewers)
        return replace(round_, interviewers=tuple(people))

    person = known.status_contact or StatusContact(contact_id="a", since=when)
    return replace(
        known,
        interviews=tuple(filled(round_) for round_ in known.interviews),
        status_contact=replace(person, reachable_since=person.reachable_since or when),
    )


def _search(known: Facts, when: datetime) -> Facts:
    return replace(known, elsewhere=(*known.elsewhere, Elsewhere(id="new", type="search_activity", at=when)))


@always(st.sampled_from(((_note, 3), (_letter, 4), (_details, 2), (_search, 7))), st.integers(0, 20))
def a_record_moves_its_own_step_only_and_never_backwards(
    case: Case, added: tuple[Callable[[Facts, datetime], Facts], int], days: int
) -> None:
    add, number = added
    before = by_key(case.steps)
    after = by_key(evaluate(add(case.facts, case.now - timedelta(days=days)), case.policy, case.now))
    assert after.keys() == before.keys()
    for key, step in after.items():
        if key[0] != number:
            assert verdict(step) == verdict(before[key])
            continue
        assert step.state in DONE or before[key].state not in DONE
        was_due = before[key].due_at
        assert step.due_at == was_due or (number == 7 and step.due_at and was_due and step.due_at > was_due)
        assert set(step.missing) <= set(before[key].missing)


@always(st.sampled_from(ZONES))
def the_user_who_moves_takes_only_the_search_along_and_by_two_days_at_most(case: Case, zone: str) -> None:
    before = by_key(case.steps)
    after = by_key(evaluate(replace(case.facts, user_zone=zone), case.policy, case.now))
    assert after.keys() == before.keys()
    for key, step in after.items():
        if key[0] != 7:
            assert step == before[key]
            continue
        was_due = before[key].due_at
        assert (step.due_at is None) == (was_due is None)
        assert not (step.due_at and was_due) or abs(step.due_at - was_due) <= timedelta(hours=48)


def entered(known: Facts, stage: str, id_: str, when: datetime) -> Facts:
    return replace(known, stages=(*known.stages, StageChange(id=id_, stage=stage, at=when)))


@always(st.sampled_from(ENDINGS))
def closing_ends_what_is_open_and_reinstating_restores_it_exactly(case: Case, ending: str) -> None:
    open_ = replace(case.facts, stages=tuple(line for line in case.facts.stages if line.stage not in ENDINGS))
    before = evaluate(open_, case.policy, case.now)
    closed = entered(open_, ending, "x", case.now)
    after = by_key(evaluate(closed, case.policy, case.now))
    expected = {"overdue": "missed", "open": "not_applicable", "upcoming": "not_applicable"}
    for key, step in by_key(before).items():
        assert after[key].state == expected.get(step.state, "not_applicable" if step.due_at is None else step.state)
        if step.state in expected:
            assert after[key].reason == "application_closed"
            assert (after[key].opens_at, after[key].due_at) == (step.opens_at, step.due_at)
        elif step.due_at is not None:
            assert after[key] == step
    again = entered(closed, life(open_.stages, case.now).stage, "y", case.now)
    assert evaluate(again, case.policy, case.now) == before


@always(st.integers(-50, 50))
def everything_moved_by_whole_weeks_gives_the_same_answer_moved(case: Case, weeks: int) -> None:
    """In zones whose clocks never change."""
    by, known = timedelta(weeks=weeks), steady(case.facts)

    def bare(steps: Sequence[Step]) -> tuple[Step, ...]:
        return tuple(
            step._replace(
                reason_text="", data={}, trace=(), warnings=tuple(hint._replace(text="") for hint in step.warnings)
            )
            for step in steps
        )

    expected = moved(bare(evaluate(known, case.policy, case.now)), by)
    assert bare(evaluate(moved(known, by), moved(case.policy, by), case.now + by)) == expected


@always(st.integers(1, 100))
def more_hours_for_the_letter_bring_nothing_forward(case: Case, more: int) -> None:
    hours = min(case.policy.thank_you_hours + more, BOUNDS["thank_you_hours"][1])
    before = by_key(case.steps)
    after = by_key(evaluate(case.facts, replace(case.policy, thank_you_hours=hours), case.now))
    for key, step in after.items():
        due, was_due = step.due_at, before[key].due_at
        assert due == was_due or (key[0] in (2, 3, 4) and due and was_due and due > was_due)


@always(st.timedeltas(timedelta(0), timedelta(days=400)))
def a_step_helps_at_least_until_its_deadline_and_the_clock_does_not_matter(case: Case, later: timedelta) -> None:
    """I21: until when a step helps."""
    judged = project(case.facts, case.policy, case.now)
    assert all(one.helps_until is None or one.helps_until >= one.due_at for one in judged)
    assert all(one.helps_until is None for one in judged if one.number in (5, 7))
    again = {one.key: one.helps_until for one in project(case.facts, case.policy, case.now + later)}
    assert again == {one.key: one.helps_until for one in judged}


@always(st.sampled_from(HELP_FIGURES), st.none() | st.integers(1, 30))
def a_larger_figure_lets_no_step_help_for_a_shorter_time_and_changes_nothing_else(
    case: Case, name: str, more: int | None
) -> None:
    """I21: the figures."""
    figure = getattr(case.policy, name)
    larger: Any = None if more is None or figure is None else min(figure + more, BOUNDS[name][1])
    before = project(case.facts, case.policy, case.now)
    after = project(case.facts, replace(case.policy, **{name: larger}), case.now)
    for one, other in zip(before, after, strict=True):
        assert other.helps_until is None or (one.helps_until is not None and one.helps_until <= other.helps_until)
        assert other._replace(helps_until=one.helps_until, tips=one.tips) == one


@always(st.integers(-2, 30))
def a_further_holiday_brings_no_computed_date_forward(case: Case, days: int) -> None:
    """Only one reference: a second one linked on the added day is due at the end of that day, not after the floor."""
    known = replace(case.facts, references=case.facts.references[:1])
    first = min((round_.start for round_ in known.interviews), default=case.now)
    holidays = case.policy.holidays | {first.date() + timedelta(days=days)}
    before = by_key(evaluate(known, case.policy, case.now))
    after = by_key(evaluate(known, replace(case.policy, holidays=holidays), case.now))
    assert after.keys() == before.keys()
    for key, step in after.items():
        due, was_due = step.due_at, before[key].due_at
        computed = key[0] == 5 or (key[0] == 6 and step.due_basis == "business")
        assert not (computed and due and was_due) or due >= was_due
        assert key[0] in (5, 6) or verdict(step) == verdict(before[key])


@always(INSTANTS)
def whatever_validation_accepts_gets_an_answer_in_words(case: Case, now: datetime) -> None:
    assert find_contradiction(case.policy) is None
    for step in evaluate(case.facts, case.policy, now):
        assert step.state in STATES
        assert step.reason in REASONS
        assert step.reason_text.endswith(".")
        assert "{" not in step.reason_text
        assert "until 00:00 on" not in step.reason_text
        if step.next_action is not None:
            is_waiting = step.next_action.code == "create_interview"
            assert step.state == "not_started" if is_waiting else step.state in PRESSING


@always(INSTANTS)
def every_hint_leads_to_an_operation_of_the_interface(case: Case, now: datetime) -> None:
    for step in evaluate(case.facts, case.policy, now):
        for hint in (step.next_action, *step.warnings, *step.advice):
            assert hint is None or leads_somewhere(hint.method, hint.href), hint


KINDS = ("elsewhere", "follow_ups", "letters", "notes", "people", "references", "status_contact")


def without(facts: Facts, name: str) -> Facts:
    """Return the facts without those of one kind."""
    if name == "people":
        return replace(facts, interviews=tuple(replace(one, interviewers=()) for one in facts.interviews))
    nothing: Any = None if name == "status_contact" else ()
    return replace(facts, **{name: nothing})


@always(APART)
def a_number_judged_alone_is_the_same_without_what_only_others_look_at(case: Case, by: timedelta) -> None:
    now = case.now - by
    whole = project(case.facts, case.policy, now)
    for number, seen in STEP_INPUTS.items():
        facts = case.facts
        for name in set(KINDS).difference(seen):
            facts = without(facts, name)
        assert project(facts, case.policy, now, only=[number]) == tuple(row for row in whole if row.number == number)


@always(st.sampled_from(KINDS))
def facts_of_a_kind_move_no_number_but_those_that_look_at_them(case: Case, name: str) -> None:
    before, after = (project(facts, case.policy, case.now) for facts in (case.facts, without(case.facts, name)))
    moved = steps_affected_by(name)
    assert [row for row in before if row.number not in moved] == [row for row in after if row.number not in moved]


@always(INSTANTS)
def nothing_is_known_before_it_happened(case: Case, now: datetime) -> None:
    for step in evaluate(case.facts, case.policy, now):
        assert step.completed_at is None or step.completed_at <= now
        assert all(found.at <= now for found in step.evidence if found.type != "interview" or step.number != 7)


def test_the_default_policy_is_within_its_own_bounds() -> None:
    assert find_contradiction(Policy()) is None
    assert all(low <= getattr(Policy(), name) <= high for name, (low, high) in BOUNDS.items())


@drawn(quick=120, long=3_000)
@given(cases(), st.data())
def test_every_property_holds(case: Case, data: st.DataObject) -> None:
    """Drawing a case takes longer than judging it, so that all properties share it."""
    for holds, more in PROPERTIES:
        holds(case, *(data.draw(strategy) for strategy in more))
