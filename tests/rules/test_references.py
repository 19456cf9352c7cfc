"""Step 5: prepare the references before the employer calls them."""

from typing import Any

import pytest

from api.rules.facts import Facts, Reference
from tests.rules.example_case import AFTER, END, day, example_case, r1, r2, row, step
from tests.rules.vectors import at

BASE = "2026-03-04T05:00Z"
LATE = "2026-03-20T12:00Z"


def person(id_: str, linked: str = "2026-03-01T12:00Z", told: str | None = None, **changes: Any) -> Reference:
    known = {"alerted_at": at(told), "briefed_at": at(told)} if told else {}
    return Reference(**{"id": id_, "linked_at": at(linked), **known, **changes})


def of(*references: Reference, **changes: Any) -> Facts:
    return example_case(references=references, **changes)


@pytest.mark.parametrize(
    ("facts", "opens", "due", "basis"),
    [
        pytest.param({}, END, BASE, "business", id="the-end-of-the-next-business-day"),
        pytest.param({"interviews": (r2(), r1())}, END, BASE, "business", id="after-the-first-of-two-rounds"),
        pytest.param(
            {"interviews": (), "references_given_at": at("2026-02-20T15:00Z")},
            "2026-02-20T15:00Z",
            "2026-02-21T05:00Z",
            "local_day",
            id="names-handed-over-without-any-interview",
        ),
        pytest.param(
            {"references_given_at": at("2026-03-02T18:00Z")},
            END,
            "2026-03-03T05:00Z",
            "local_day",
            id="names-handed-over-after-it",
        ),
        pytest.param(
            {"references_given_at": at("2026-03-09T18:00Z")}, END, BASE, "business", id="names-handed-over-later"
        ),
        pytest.param(
            {"references_given_at": at("2026-02-21T04:00Z")},
            "2026-02-21T04:00Z",
            "2026-02-21T06:00Z",
            "local_day",
            id="handed-over-late-at-night",
        ),
        pytest.param(
            {"reference_check": day("2026-03-03")}, END, "2026-03-03T05:00Z", "promised", id="a-check-that-day"
        ),
        pytest.param(
            {"reference_check": day("2026-03-03 14:30")},
            END,
            "2026-03-03T19:30Z",
            "promised",
            id="a-check-at-that-time",
        ),
        pytest.param(
            {"reference_check": day("2026-03-03 00:00")}, END, "2026-03-03T05:00Z", "promised", id="a-check-at-midnight"
        ),
        pytest.param({"reference_check": day("2026-03-09")}, END, BASE, "business", id="a-check-much-later"),
        pytest.param(
            {"reference_check": day("2026-03-02 12:59")}, END, "2026-03-02T18:00Z", "elapsed", id="a-check-too-soon"
        ),
        pytest.param(
            {"reference_check": day("2026-03-02 13:00")},
            END,
            "2026-03-02T18:00Z",
            "promised",
            id="a-check-just-in-time",
        ),
        pytest.param(
            {"reference_check": day("2026-02-27")}, END, "2026-03-02T18:00Z", "elapsed", id="a-check-long-ago"
        ),
        pytest.param({"zone": "Asia/Kolkata"}, END, "2026-03-03T18:30Z", "business", id="by-the-employers-clock"),
    ],
)
def test_references_are_to_be_told_before_anybody_calls_them(
    facts: dict[str, Any], opens: str, due: str, basis: str
) -> None:
    found = step(of(**facts), "5", LATE)
    assert (found.opens_at, found.due_at, found.due_basis) == (at(opens), at(due), basis)
    assert found.due_zone == facts.get("zone", "America/New_York")
    assert (found.missing, found.total) == (("reference",), 1)


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"interviews": ()}, id="nothing"),
        pytest.param({"interviews": (), "reference_check": day("2026-03-03")}, id="a-check-alone"),
        pytest.param({"interviews": (r1(status="no_show"),)}, id="a-round-that-was-not-held"),
    ],
)
def test_without_an_interview_or_names_handed_over_nothing_starts(facts: dict[str, Any]) -> None:
    found = step(of(**facts), "5", LATE)
    assert (found.state, found.due_at) == ("not_started", None)


def test_when_names_are_handed_over_belongs_to_the_schedule() -> None:
    found = step(example_case(references_given_at=at("2026-02-27T15:00Z")), "5", "2026-02-20T12:00Z")
    assert (found.state, found.opens_at) == ("upcoming", at("2026-02-27T15:00Z"))


@pytest.mark.parametrize(
    ("references", "missing", "due"),
    [
        pytest.param((person("b"), person("a")), ["a", "b"], BASE, id="two-by-id"),
        pytest.param((person("a", END), person("b")), ["b", "a"], BASE, id="the-one-linked-first-comes-first"),
        pytest.param((person("a", LATE),), ["a"], BASE, id="the-first-owes-the-base-however-late"),
        pytest.param((person("a", told=END), person("b", BASE)), ["b"], BASE, id="linked-just-in-time-owes-the-base"),
        pytest.param(
            (person("a", told=END), person("b", "2026-03-04T05:00:01Z")),
            ["b"],
            "2026-03-04T07:00:01Z",
            id="linked-a-second-later-has-two-hours",
        ),
        pytest.param(
            (person("a"), person("b", "2026-03-09T15:00Z")), ["a", "b"], BASE, id="the-least-of-two-deadlines"
        ),
        pytest.param(
            (person("a", told=END), person("b", "2026-03-10T15:00Z"), person("c", "2026-03-09T15:00Z")),
            ["c", "b"],
            "2026-03-09T17:00Z",
            id="the-least-of-two-later-ones",
        ),
    ],
)
def test_an_open_step_is_due_with_its_first_missing_reference(
    references: tuple[Reference, ...], missing: list[str], due: str
) -> None:
    found = step(of(*references), "5", LATE)
    assert list(found.missing) == [f"reference:{id_}" for id_ in missing]
    assert (found.due_at, found.state, found.total) == (at(due), "overdue", len(references))
    assert found.reason == "alert_references"
    assert found.due_basis == ("business" if due == BASE else "elapsed")


@pytest.mark.parametrize(
    ("references", "state", "completed", "due"),
    [
        pytest.param((person("a", told=END),), "done", END, BASE, id="told-in-time"),
        pytest.param((person("a", told=BASE),), "done", BASE, BASE, id="told-at-the-deadline"),
        pytest.param((person("a", told="2026-03-04T05:00:01Z"),), "done_late", "2026-03-04T05:00:01Z", BASE, id="late"),
        pytest.param(
            (person("a", alerted_at=at(END), briefed_at=at(AFTER)),), "done", AFTER, BASE, id="told-then-briefed"
        ),
        pytest.param(
            (person("a", alerted_at=at(AFTER), briefed_at=at(END)),), "done", AFTER, BASE, id="briefed-then-told"
        ),
        pytest.param((person("a", contacted_at=at(AFTER)),), "done", AFTER, BASE, id="called-before-being-told"),
        pytest.param((person("a", told=END, contacted_at=at(AFTER)),), "done", END, BASE, id="called-after-being-told"),
        pytest.param((person("a", told=AFTER, contacted_at=at(END)),), "done", END, BASE, id="told-after-the-call"),
        pytest.param(
            (person("a", told="2026-03-05T12:00Z"), person("b", "2026-03-09T15:00Z", "2026-03-09T16:00Z")),
            "done_late",
            "2026-03-09T16:00Z",
            BASE,
            id="one-late-item-makes-it-late-and-shows-its-deadline",
        ),
        pytest.param(
            (person("a", told="2026-03-05T12:00Z"), person("b", "2026-03-09T15:00Z", "2026-03-09T18:00Z")),
            "done_late",
            "2026-03-09T18:00Z",
            BASE,
            id="of-two-late-items-the-first-shows-its-deadline",
        ),
        pytest.param(
            (person("a", told=END), person("b", "2026-03-09T15:00Z", "2026-03-09T16:00Z")),
            "done",
            "2026-03-09T16:00Z",
            "2026-03-09T17:00Z",
            id="all-in-time-shows-the-deadline-of-the-last",
        ),
        pytest.param(
            (person("a", told=END), person("b", "2026-03-09T15:00Z", END)), "done", END, "2026-03-09T17:00Z", id="tie"
        ),
        pytest.param(
            (person("a", told=AFTER), person("b", "2026-03-09T15:00Z", END)),
            "done",
            AFTER,
            BASE,
            id="whoever-is-told-last",
        ),
        pytest.param(
            (person("a", told=BASE), person("b", "2026-03-09T15:00Z", "2026-03-09T16:00Z")),
            "done",
            "2026-03-09T16:00Z",
            "2026-03-09T17:00Z",
            id="at-the-deadline-is-not-late",
        ),
    ],
)
def test_the_step_is_done_with_the_last_reference(
    references: tuple[Reference, ...], state: str, completed: str, due: str
) -> None:
    found = step(of(*references), "5", LATE)
    assert (found.state, found.completed_at, found.due_at) == (state, at(completed), at(due))


TELL = "Tell {} that the employer may call. The briefing has what to say, and where to record that you did."
BRIEF = "Give {} the details of job and company. The briefing has them, and where to record that you did."


@pytest.mark.parametrize(
    ("references", "code", "text", "method", "href"),
    [
        pytest.param(
            (), "link_reference", "Record which references you have named.", "PUT", "/{reference_id}", id="nobody"
        ),
        pytest.param(
            (person("a", LATE, name="Dr R"),),
            "link_reference",
            "Record which references you have named.",
            "PUT",
            "/{reference_id}",
            id="nobody-yet",
        ),
        pytest.param(
            (person("a", name="Dr R"),),
            "alert_reference:a",
            TELL.format("Dr R"),
            "GET",
            "/a/briefing",
            id="tell",
        ),
        pytest.param(
            (person("a"),),
            "alert_reference:a",
            TELL.format("this reference"),
            "GET",
            "/a/briefing",
            id="unnamed",
        ),
        pytest.param(
            (person("a", alerted_at=at(END)),),
            "brief_reference:a",
            BRIEF.format("this reference"),
            "GET",
            "/a/briefing",
            id="brief",
        ),
        pytest.param(
            (person("a", briefed_at=at(END)),),
            "alert_reference:a",
            TELL.format("this reference"),
            "GET",
            "/a/briefing",
            id="briefed-but-not-told",
        ),
        pytest.param(
            (person("a", told=LATE),),
            "alert_reference:a",
            TELL.format("this reference"),
            "GET",
            "/a/briefing",
            id="told-only-later",
        ),
        pytest.param(
            (person("b", END), person("c", told=END), person("a", AFTER)),
            "alert_reference:b",
            TELL.format("this reference"),
            "GET",
            "/b/briefing",
            id="the-first-that-is-missing",
        ),
    ],
)
def test_who_is_to_be_told_next(
    references: tuple[Reference, ...], code: str, text: str, method: str, href: str
) -> None:
    action = step(of(*references), "5", AFTER).next_action
    assert action is not None
    assert (action.code, action.text, action.method) == (code, text, method)
    assert action.href == f"/v1/applications/app/references{href}"


def test_without_a_reference_the_reason_is_to_choose_one() -> None:
    assert step(of(), "5", AFTER).reason == "choose_references"


@pytest.mark.parametrize(
    ("reference", "warned"),
    [
        pytest.param(person("a", contacted_at=at(END)), True, id="called-and-never-told"),
        pytest.param(person("a", told=AFTER, contacted_at=at(END)), True, id="called-before-being-told"),
        pytest.param(person("a", told=END, contacted_at=at(END)), False, id="called-in-the-second-of-being-told"),
        pytest.param(person("a", told=END, contacted_at=at(AFTER)), False, id="called-after-it"),
        pytest.param(person("a", contacted_at=at(LATE)), False, id="called-only-later"),
        pytest.param(person("a", alerted_at=at(END), contacted_at=at(AFTER)), True, id="told-but-not-briefed"),
        pytest.param(person("a"), False, id="not-called"),
    ],
)
def test_a_reference_contacted_unprepared_is_pointed_out(reference: Reference, warned: bool) -> None:
    told = step(of(reference), "5", AFTER).warnings
    assert [hint.code for hint in told] == (["reference_rung_unprepared"] if warned else [])
    for hint in told:
        assert hint.text == "The employer contacted a reference before you had prepared them."
        assert (hint.method, hint.href) == ("PATCH", "/v1/applications/app/references/a")


def test_the_reference_who_was_contacted_is_named() -> None:
    told = step(of(person("a", name="Dr R", contacted_at=at(END))), "5", AFTER).warnings
    assert [hint.text for hint in told] == ["The employer contacted Dr R before you had prepared them."]


@pytest.mark.parametrize(
    ("noted", "reason"), [(AFTER, "references_not_needed"), ("2026-03-02T17:00:01Z", "choose_references")]
)
def test_references_are_not_needed_once_that_is_noted(noted: str, reason: str) -> None:
    assert step(of(references_not_needed_at=at(noted)), "5", AFTER).reason == reason


@pytest.mark.parametrize(
    ("facts", "given"),
    [
        pytest.param({}, False, id="an-interview"),
        pytest.param({"references_given_at": at("2026-02-20T15:00Z")}, True, id="names-before-it"),
        pytest.param({"references_given_at": at(AFTER)}, False, id="names-after-it"),
        pytest.param({"interviews": (), "references_given_at": at(END)}, True, id="names-alone"),
    ],
)
def test_the_reason_tells_what_opened_the_step(facts: dict[str, Any], given: bool) -> None:
    stored = row(of(**facts), "5", AFTER)
    assert stored.data["names_given"] is given
    assert stored.data["zone"] == "America/New_York"


def test_the_evidence_is_the_reference() -> None:
    stored = row(of(person("a", told=END)), "5", AFTER)
    assert [(found.type, found.id, found.at) for found in stored.evidence] == [("reference", "a", at(END))]
