"""The trace that `explain` adds: every rule that was applied, with its inputs and its result."""

from typing import Any

import pytest

from api.rules.facts import FollowUp
from tests.rules.example_case import AFTER, NY, day, example_case, r1, row
from tests.rules.vectors import at

LATER = "2026-03-20T12:00Z"
START, END = "2026-03-02T15:00:00Z", "2026-03-02T16:00:00Z"
MIDNIGHT, LETTER = "2026-03-03T05:00:00Z", "2026-03-03T16:00:00Z"
Line = tuple[str, dict[str, object], str]


def lines(facts: dict[str, Any], key: str, policy: dict[str, object] | None = None) -> list[Line]:
    """Return the rules that led to opening and deadline; `tests/rules/test_helps.py` has those after them."""
    stored = row(example_case(**facts), key, LATER, **(policy or {}))
    found: list[Line] = [(applied.rule, dict(applied.inputs), str(applied.result)) for applied in stored.trace]
    return [line for line in found if not line[0].startswith("helps_")]


SAME_DAY = {"zone": NY, "local_date": "2026-03-02", "same_day_floor_hours": 2}
HOURS = {"end": END, "thank_you_hours": 24}
REFERENCES: Line = ("opens_at_first_end_or_names_given", {}, END)
BUSINESS: Line = (
    "end_of_business_day",
    {"base_date": "2026-03-02", "zone": NY, "business_days": 1},
    "2026-03-04T05:00:00Z",
)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        pytest.param(
            "1:r1",
            [("opens_at_start", {"start": START}, START), ("same_local_day", {"end": END, **SAME_DAY}, MIDNIGHT)],
            id="the-next-stage",
        ),
        pytest.param(
            "2:r1",
            [
                ("opens_at_start", {"start": START}, START),
                ("elapsed_hours_never_after_the_letter", {**HOURS, "contacts_hours": 24}, LETTER),
            ],
            id="contact-details",
        ),
        pytest.param(
            "3:r1",
            [
                ("opens_at_end", {"end": END}, END),
                ("same_local_day_never_after_the_letter", {**SAME_DAY, "letter_due_at": LETTER}, MIDNIGHT),
            ],
            id="notes",
        ),
        pytest.param(
            "4:r1", [("opens_at_end", {"end": END}, END), ("elapsed_hours", HOURS, LETTER)], id="the-thank-you-letter"
        ),
        pytest.param("5", [REFERENCES, BUSINESS], id="references"),
        pytest.param(
            "7",
            [
                ("opens_at_first_end", {}, END),
                (
                    "end_of_day_after_search_days",
                    {"since": END, "zone": NY, "search_days": 7},
                    "2026-03-10T04:00:00Z",
                ),
            ],
            id="the-search",
        ),
    ],
)
def test_a_step_tells_its_opening_and_its_deadline(key: str, expected: list[Line]) -> None:
    assert lines({}, key) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(
            {"references_given_at": at(AFTER)},
            [
                REFERENCES,
                BUSINESS,
                ("same_day_as_names_given", {"references_given_at": "2026-03-02T17:00:00Z"}, MIDNIGHT),
            ],
            id="names-handed-over",
        ),
        pytest.param(
            {"reference_check": day("2026-03-02")},
            [
                REFERENCES,
                BUSINESS,
                ("before_the_announced_check", {"zone": NY}, "2026-03-02T05:00:00Z"),
                ("never_less_than_the_floor", {"hours": 2}, "2026-03-02T18:00:00Z"),
            ],
            id="a-check-too-soon",
        ),
        pytest.param(
            {"reference_check": day("2026-03-02 12:59")},
            [
                REFERENCES,
                BUSINESS,
                ("before_the_announced_check", {"zone": NY}, "2026-03-02T17:59:00Z"),
                ("never_less_than_the_floor", {"hours": 2}, "2026-03-02T18:00:00Z"),
            ],
            id="a-check-a-minute-too-soon",
        ),
        pytest.param(
            {"reference_check": day("2026-03-02 13:00")},
            [REFERENCES, BUSINESS, ("before_the_announced_check", {"zone": NY}, "2026-03-02T18:00:00Z")],
            id="a-check-just-in-time",
        ),
    ],
)
def test_references_tell_every_date_that_was_weighed(facts: dict[str, Any], expected: list[Line]) -> None:
    assert lines(facts, "5") == expected


BASE = {"event": "interview:r1", "base_date": "2026-03-02", "zone": NY, "business_days": 2}
DEFAULT = "2026-03-04T14:00:00Z/2026-03-05T22:00:00Z"


@pytest.mark.parametrize(
    ("frame", "policy", "expected"),
    [
        pytest.param({}, {}, [("nothing_given", BASE, DEFAULT)], id="nothing-given"),
        pytest.param(
            {"contact_from": "2026-03-04", "contact_by": "2026-03-05"}, {}, [("from_and_by", BASE, DEFAULT)], id="both"
        ),
        pytest.param({"contact_from": "2026-03-04"}, {}, [("from_only", BASE, DEFAULT)], id="from"),
        pytest.param({"contact_by": "2026-03-05"}, {}, [("by_only", BASE, DEFAULT)], id="by"),
        pytest.param({"hear_by": "2026-03-05"}, {}, [("by_only", BASE, DEFAULT)], id="hear-within"),
        pytest.param(
            {"hear_by": "2026-03-03"}, {"hear_by_rule": "after"}, [("after_their_date", BASE, DEFAULT)], id="hear-after"
        ),
        pytest.param(
            {"contact_from": "2026-03-02 11:00"},
            {},
            [("from_only", BASE, "2026-03-02T16:00:00Z/2026-03-03T22:00:00Z")],
            id="from-the-end-on",
        ),
        pytest.param(
            {"contact_by": "2026-02-27"},
            {},
            [
                ("by_only", BASE, "2026-02-27T14:00:00Z/2026-02-27T22:00:00Z"),
                ("not_before_the_event", {"event_at": END}, END),
                ("frame_already_over", {"hours": 2}, "2026-03-02T18:00:00Z"),
            ],
            id="already-over",
        ),
    ],
)
def test_a_call_tells_by_what_it_was_framed(
    frame: dict[str, str], policy: dict[str, object], expected: list[Line]
) -> None:
    moments = {name: day(text) for name, text in frame.items()}
    assert lines({"interviews": (r1(**moments),)}, "6:interview:r1", policy) == expected


def test_a_call_tells_the_retry() -> None:
    tried = FollowUp(id="u1", at=at("2026-03-05T15:00Z"), direction="out", outcome="no_answer")
    assert lines({"follow_ups": (tried,)}, "6:interview:r1") == [
        ("nothing_given", BASE, DEFAULT),
        ("retry_after_no_answer", {"follow_up_id": "u1", "retry_business_days": 1}, "2026-03-06T22:00:00Z"),
    ]


def test_the_next_call_counts_from_the_last_contact() -> None:
    spoke = FollowUp(id="u1", at=at("2026-03-04T15:00Z"), direction="out", outcome="spoke")
    inputs = {"event": "followup:u1", "base_date": "2026-03-04", "zone": NY, "business_days": 5}
    assert lines({"follow_ups": (spoke,)}, "6:followup:u1") == [
        ("nothing_given", inputs, "2026-03-11T13:00:00Z/2026-03-12T21:00:00Z")
    ]
