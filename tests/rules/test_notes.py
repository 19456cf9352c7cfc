"""Step 3: notes on the day of the interview."""

from typing import Any

import pytest

from api.rules.facts import Note
from tests.rules.example_case import AFTER, END, START, example_case, r1, r2, row, step
from tests.rules.vectors import at


def note(kind: str, noted_at: str = END, id_: str = "n1", about: str | None = "r1") -> Note:
    return Note(id=id_, interview_id=about, kind=kind, noted_at=at(noted_at))


@pytest.mark.parametrize(
    ("notes", "ticks", "missing"),
    [
        pytest.param((), {}, ["positives", "concerns"], id="nothing"),
        pytest.param((note("positive"),), {}, ["concerns"], id="what-went-well-alone"),
        pytest.param((note("concern"),), {}, ["positives"], id="what-is-open-alone"),
        pytest.param((note("question"), note("general", id_="n2")), {}, ["positives", "concerns"], id="other-kinds"),
        pytest.param((note("positive", about=None),), {}, ["positives", "concerns"], id="about-no-round"),
        pytest.param((note("positive", about="r2"),), {}, ["positives", "concerns"], id="about-another-round"),
        pytest.param((note("positive", "2026-03-02T14:59:59Z"),), {}, ["positives", "concerns"], id="before-it-began"),
        pytest.param((note("positive", START),), {}, ["concerns"], id="as-it-began"),
        pytest.param((note("positive", "2026-03-02T18:00Z"),), {}, ["positives", "concerns"], id="only-later"),
        pytest.param((), {"no_positives_at": at(END)}, ["concerns"], id="nothing-went-well"),
        pytest.param((), {"no_concerns_at": at(END)}, ["positives"], id="nothing-is-open"),
        pytest.param(
            (), {"no_concerns_at": at("2026-03-02T14:59:59Z")}, ["positives", "concerns"], id="ticked-before-it-began"
        ),
        pytest.param((), {"no_concerns_at": at(START)}, ["positives"], id="ticked-as-it-began"),
        pytest.param((note("positive"),), {"no_concerns_at": at(END)}, [], id="one-of-each"),
    ],
)
def test_both_sides_are_wanted(notes: tuple[Note, ...], ticks: dict[str, Any], missing: list[str]) -> None:
    found = step(example_case(interviews=(r1(**ticks), r2()), notes=notes), "3:r1", AFTER)
    assert list(found.missing) == missing
    assert found.total == 2


@pytest.mark.parametrize(
    ("notes", "now", "code", "text"),
    [
        pytest.param((), "2026-03-02T15:59:59Z", None, "", id="nothing-before-the-end"),
        pytest.param(
            (), END, "write_positive", "Write down what went well, or mark that there was nothing.", id="first-the-good"
        ),
        pytest.param(
            (note("concern"),),
            AFTER,
            "write_positive",
            "Write down what went well, or mark that there was nothing.",
            id="the-good-is-left",
        ),
        pytest.param(
            (note("positive"),),
            AFTER,
            "write_concern",
            "Write down what needs a better answer, or mark that there was nothing.",
            id="then-what-is-open",
        ),
        pytest.param((note("positive"), note("concern", id_="n2")), AFTER, None, "", id="nothing-when-done"),
    ],
)
def test_what_to_write_next(notes: tuple[Note, ...], now: str, code: str | None, text: str) -> None:
    action = step(example_case(notes=notes), "3:r1", now).next_action
    assert (action.code if action else None) == code
    if action:
        assert (action.text, action.method, action.href) == (text, "POST", "/v1/applications/app/notes")


def test_the_earliest_record_of_each_side_counts() -> None:
    notes = (note("positive", "2026-03-02T16:30Z", "n1"), note("positive", END, "n3"), note("positive", END, "n2"))
    stored = row(example_case(interviews=(r1(no_concerns_at=at(AFTER)),), notes=notes), "3:r1", AFTER)
    assert [(found.type, found.id, found.at) for found in stored.evidence] == [
        ("note", "n2", at(END)),
        ("interview", "r1", at(AFTER)),
    ]
    assert stored.completed_at == at(AFTER)


def test_evidence_of_one_second_goes_by_type_then_id() -> None:
    stored = row(example_case(interviews=(r1(no_concerns_at=at(END)),), notes=(note("positive"),)), "3:r1", AFTER)
    assert [(found.type, found.id) for found in stored.evidence] == [("interview", "r1"), ("note", "n1")]


@pytest.mark.parametrize(
    ("policy", "due", "basis"),
    [
        pytest.param({}, "2026-03-03T05:00Z", "local_day", id="the-same-day"),
        pytest.param({"thank_you_hours": 13}, "2026-03-03T05:00Z", "local_day", id="the-letter-is-due-at-midnight-too"),
        pytest.param({"thank_you_hours": 12}, "2026-03-03T04:00Z", "elapsed", id="the-letter-is-due-before-it"),
    ],
)
def test_notes_are_due_the_same_day_never_after_the_letter(policy: dict[str, int], due: str, basis: str) -> None:
    found = step(example_case(), "3:r1", AFTER, **policy)
    assert (found.opens_at, found.due_at, found.due_basis) == (at(END), at(due), basis)
    assert found.due_zone == "America/New_York"


def test_notes_dated_before_the_interview_are_pointed_out() -> None:
    early = "2026-03-02T14:59:59Z"
    notes = (
        note("positive", early, "n3"),
        note("concern", early, "n2"),
        note("general", early, "n1"),
        note("positive", START, "n4"),
        note("positive", early, "n5", "r2"),
    )
    told = step(example_case(notes=notes), "3:r1", AFTER).warnings
    assert [(hint.code, hint.href) for hint in told] == [
        ("evidence_before_interview", "/v1/notes/n2"),
        ("evidence_before_interview", "/v1/notes/n3"),
    ]
    assert {(hint.text, hint.method) for hint in told} == {
        ("A note is dated before the start of this interview, so it does not count.", "PATCH")
    }


@pytest.mark.parametrize(
    ("ticks", "told"),
    [
        pytest.param({"no_positives_at": at("2026-03-02T14:59:59Z")}, 1, id="one-before-it-began"),
        pytest.param(
            dict.fromkeys(("no_positives_at", "no_concerns_at"), at("2026-03-01T12:00Z")), 1, id="both-before"
        ),
        pytest.param({"no_concerns_at": at("2026-03-02T14:59:59Z")}, 1, id="the-other-one-before-it-began"),
        pytest.param({"no_concerns_at": at(START)}, 0, id="as-it-began"),
        pytest.param({"no_concerns_at": at("2026-03-02T18:00Z")}, 0, id="only-later"),
    ],
)
def test_ticks_dated_before_the_interview_are_pointed_out(ticks: dict[str, Any], told: int) -> None:
    hints = step(example_case(interviews=(r1(**ticks),)), "3:r1", AFTER).warnings
    assert [(hint.code, hint.method, hint.href) for hint in hints] == [
        ("evidence_before_interview", "PATCH", "/v1/interviews/r1")
    ] * told
    early = note("concern", "2026-03-02T14:59:59Z", "n1")
    hints = step(example_case(interviews=(r1(**ticks),), notes=(early,)), "3:r1", AFTER).warnings
    assert [hint.href for hint in hints] == ["/v1/notes/n1", *["/v1/interviews/r1"] * told]


@pytest.mark.parametrize(
    ("notes", "ticks", "now", "told"),
    [
        pytest.param((), {}, "2026-03-02T15:59:59Z", False, id="not-before-the-end"),
        pytest.param((), {}, END, True, id="nothing-is-there"),
        pytest.param((note("general"),), {}, AFTER, True, id="neither-half-is-there"),
        pytest.param((note("positive"),), {}, AFTER, False, id="the-good-is-there"),
        pytest.param((note("concern"),), {}, AFTER, False, id="what-is-open-is-there"),
        pytest.param((), {"no_concerns_at": at(END)}, AFTER, False, id="one-half-was-ticked"),
        pytest.param((), {"status": "no_show"}, AFTER, False, id="it-did-not-take-place"),
    ],
)
def test_a_whole_debrief_is_offered_while_nothing_is_written(
    notes: tuple[Note, ...], ticks: dict[str, Any], now: str, told: bool
) -> None:
    tips = step(example_case(interviews=(r1(**ticks),), notes=notes), "3:r1", now).advice
    assert [hint.code for hint in tips] == ["debrief_at_once"] * told
    for hint in tips:
        assert hint.text == (
            "Or record all in one request: "
            "whom you met, what went well, what needs a better answer and what comes next."
        )
        assert (hint.method, hint.href) == ("POST", "/v1/interviews/r1/debrief")
