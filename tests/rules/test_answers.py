"""The record of a judged step, and the answer built from it: exactly these keys."""

from typing import Any

import pytest

from api.rules.answers import TITLES, Answer, answered, to_record, unstarted
from api.rules.facts import Facts, Interviewer, Letter, Note, Reference
from api.rules.outcome import STEPS
from tests.rules.example_case import AFTER, example_case, r1, row
from tests.rules.vectors import at

OPENED, NOW = "2026-03-02T16:00:00Z", "2026-03-02T17:00:00Z"
ROUND = {"interview_id": "r1", "started_at": "2026-03-02T15:00:00Z", "ended_at": OPENED, "zone": "America/New_York"}
BASIS = {"zone": "America/New_York", "data": ROUND}
NOBODY: Answer = {
    "completed_at": None,
    "warnings": [],
    "advice": [],
    "helps_until": None,
    "stale": False,
    "snoozed_until": None,
    "trace": None,
}


def one_note() -> Facts:
    return example_case(notes=(Note(id="p1", interview_id="r1", kind="positive", noted_at=at("2026-03-02T16:30Z")),))


def a_draft() -> Facts:
    person = Interviewer(
        contact_id="c1", name="Ana", details_at=None, optional=False, has_email=True, prefers="post", erased=False
    )
    draft = Letter(
        id="l1",
        interview_id="r1",
        kind="thank_you",
        sent_at=None,
        recipients=("c1",),
        written=True,
        channel="email",
    )
    return example_case(interviews=(r1(interviewers=(person,)),), letters=(draft,))


def shape(answer: Answer) -> Answer:
    """Return an answer without the texts of its hints and its reason, which other tests compare."""

    def hint(one: Answer) -> tuple[str, str, str]:
        assert one.keys() == {"code", "text", "method", "href", "action", "subject"}
        assert one["action"] == one["code"].partition(":")[0]
        assert one["text"]
        return one["code"], one["method"], one["href"]

    assert answer["reason"].pop("text")
    named: Any = answer["next_action"]
    return {
        **answer,
        "next_action": named and hint(named),
        **{name: [hint(one) for one in answer[name]] for name in ("warnings", "advice")},
    }


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        pytest.param(
            ["call", {"who": "Ana", "ways": "555 0100", "hours": "09:00–17:00 UTC"}],
            "Ask Ana for the status of your application (office hours 09:00–17:00 UTC).",
            id="a-key-with-values",
        ),
        pytest.param(
            ["call", "Ring Ana: 555 0100.", "POST", "/v1/x"],
            "Ask your contact for the status of your application (office hours on the call card).",
            id="a-complete-text-of-rules-version-2",
        ),
        pytest.param(["choose_contact"], "Choose whom to ask about your application.", id="another-action"),
    ],
)
def test_a_call_does_not_say_how_a_person_is_reached_to_whom_that_is_hidden(stored: list[Any], text: str) -> None:
    judged = to_record(row(one_note(), "3:r1", AFTER))
    for actions in ([(None, stored)], [(None, None), (OPENED, stored)]):
        record = judged._replace(detail={**judged.detail, "actions": actions})
        shown = answered(record, NOW, "app", "step", shows_contacts=False)["next_action"]
        assert shown["text"].startswith(text)
        assert shown["code"] == stored[0]
        assert "555" not in str(shown)
        if stored[0] == "call":
            assert (shown["method"], shown["href"]) == ("GET", "/v1/applications/app/call-card")


def test_what_is_empty_is_not_stored() -> None:
    detail = to_record(row(one_note(), "3:r1", AFTER)).detail
    assert detail == {
        **BASIS,
        "basis": "local_day",
        "total": 2,
        "evidence": [("note", "p1", "2026-03-02T16:30:00Z")],
        "actions": [(None, None), (OPENED, ("write_concern",))],
    }


def test_hints_are_stored_as_codes_with_the_instants_from_which_they_count() -> None:
    detail = to_record(row(a_draft(), "4:r1", AFTER)).detail
    assert detail == {
        **BASIS,
        "basis": "elapsed",
        "data": {**ROUND, "hours": 24},
        "total": 1,
        "actions": [(None, None), (OPENED, ("mark_sent", {"letter": "l1"}))],
        "tips": [
            (OPENED, ("check_letter", {"letter": "l1"})),
            (OPENED, ("other_channel_preferred", {"letter": "l1", "who": "Ana", "way": "by post"})),
        ],
    }


def test_an_answer_has_every_key() -> None:
    made = answered(to_record(row(one_note(), "3:r1", AFTER)), NOW, "app", "s1")
    assert shape(made) == {
        **NOBODY,
        "id": "s1",
        "application_id": "app",
        "number": 3,
        "step": "notes",
        "title": "Write notes on the same day",
        "scope": "interview:r1",
        "state": "open",
        "opens_at": OPENED,
        "due_at": "2026-03-03T05:00:00Z",
        "due_zone": "America/New_York",
        "due_on_local": "2026-03-02",
        "due_text": "the end of Mon 2 Mar 2026 (EST)",
        "due_basis": "local_day",
        "reason": {"code": "write_notes", "data": ROUND},
        "progress": {"done": 1, "total": 2, "missing": ("concerns",), "gaps": [{"code": "concerns", "subject": None}]},
        "evidence": [{"type": "note", "id": "p1", "at": "2026-03-02T16:30:00Z"}],
        "next_action": ("write_concern", "POST", "/v1/applications/app/notes"),
        "changes_at": "2026-03-03T05:00:00Z",
        "helps_until": "2026-03-05T16:00:00Z",
    }


@pytest.mark.parametrize(
    ("now", "state", "changes_at", "action", "advice"),
    [
        pytest.param("2026-03-02T15:59:59Z", "upcoming", OPENED, None, [], id="a-second-before-it-opens"),
        pytest.param(OPENED, "open", "2026-03-03T16:00:00Z", "mark_sent", ["check_letter"], id="when-it-opens"),
        pytest.param("2026-03-03T16:00:00Z", "overdue", None, "mark_sent", ["check_letter"], id="at-the-deadline"),
    ],
)
def test_hints_and_state_follow_the_clock(
    now: str, state: str, changes_at: str | None, action: str | None, advice: list[str]
) -> None:
    made = answered(to_record(row(a_draft(), "4:r1", AFTER)), now, "app", "s1")
    assert (made["state"], made["changes_at"]) == (state, changes_at)
    assert (made["next_action"] or {}).get("code") == action
    assert [one["code"] for one in made["advice"]][:1] == advice
    assert made["reason"]["code"] == ("not_open_yet" if state == "upcoming" else "send_thank_you")


def test_hints_that_older_rules_stored_in_words_are_answered_as_they_are() -> None:
    record = to_record(row(one_note(), "3:r1", AFTER))
    old = ["write_concern", "Write it down.", "POST", "/v1/applications/app/notes"]
    made = answered(record._replace(detail={**record.detail, "actions": [(None, old)]}), NOW, "app", "s1")
    parts = {"action": "write_concern", "subject": None}
    assert made["next_action"] == {**dict(zip(("code", "text", "method", "href"), old, strict=True)), **parts}


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("number", STEPS)
def test_a_number_not_started_is_answered_with_every_key(number: int, *, closed: bool) -> None:
    made = shape(unstarted(number, "app", closed=closed))
    empty = ("id", "opens_at", "due_at", "due_zone", "due_on_local", "due_text", "due_basis", "changes_at")
    assert made == {
        **NOBODY,
        **dict.fromkeys(empty),
        "application_id": "app",
        "number": number,
        "step": STEPS[number],
        "title": TITLES[number],
        "next_action": None if closed else ("create_interview", "POST", "/v1/applications/app/interviews"),
        "scope": "application" if number in (5, 7) else None,
        "state": "not_applicable" if closed else "not_started",
        "reason": {"code": "application_closed" if closed else "no_interview", "data": {}},
        "progress": {"done": 0, "total": 0, "missing": [], "gaps": []},
        "evidence": [],
    }


@pytest.mark.parametrize(
    ("facts", "key", "subject"),
    [
        pytest.param(example_case(), "3:r1", None, id="about-nothing-else"),
        pytest.param(
            example_case(references=(Reference(id="a", linked_at=at(OPENED)),)),
            "5",
            {"type": "reference", "id": "a"},
            id="about-a-reference",
        ),
        pytest.param(
            example_case(interviews=(r1(interviewers=(Interviewer(contact_id="c1"),)),)),
            "2:r1",
            {"type": "contact", "id": "c1"},
            id="about-a-contact",
        ),
    ],
)
def test_a_hint_tells_the_object_that_it_is_about(facts: Facts, key: str, subject: object) -> None:
    assert answered(to_record(row(facts, key, AFTER)), NOW, "app", "s1")["next_action"]["subject"] == subject


@pytest.mark.parametrize(
    ("key", "policy", "gaps"),
    [
        pytest.param("1:r1", {}, {"next_stage": None, "contact_time": None}, id="about-nothing-else"),
        pytest.param("2:r1", {}, {"interviewer": ("contact", "c1"), "status_contact": None}, id="whose-details"),
        pytest.param("4:r1", {"thank_each_interviewer": True}, {"letter_to": ("contact", "c1")}, id="whom-to-thank"),
        pytest.param("5", {}, {"reference": ("reference", "a")}, id="whom-to-tell"),
    ],
)
def test_a_missing_part_tells_the_object_that_it_is_about(
    key: str, policy: dict[str, object], gaps: dict[str, tuple[str, str] | None]
) -> None:
    round_ = r1(interviewers=(Interviewer(contact_id="c1"),))
    facts = example_case(interviews=(round_,), references=(Reference(id="a", linked_at=at(OPENED)),))
    found = answered(to_record(row(facts, key, AFTER, **policy)), NOW, "app", "s1")["progress"]["gaps"]
    assert found == [
        {"code": code, "subject": about and dict(zip(("type", "id"), about, strict=True))}
        for code, about in gaps.items()
    ]


def test_a_record_without_parts_has_no_total_and_counts_none() -> None:
    record = to_record(row(one_note(), "3:r1", AFTER))
    empty = record._replace(missing=(), detail={name: record.detail[name] for name in ("zone", "basis", "data")})
    assert answered(empty, NOW, "app", "s1")["progress"] == {"done": 0, "total": 0, "missing": (), "gaps": []}
    assert "total" not in to_record(row(example_case(), "7", AFTER)).detail


def test_a_hidden_call_is_only_that_which_counts_now() -> None:
    record = to_record(row(one_note(), "3:r1", AFTER))
    for actions in ([], [(None, None)]):
        record = record._replace(detail={**record.detail, "actions": actions})
        assert answered(record, NOW, "app", "s1", shows_contacts=False)["next_action"] is None
