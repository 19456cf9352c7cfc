"""Step 2: names, job titles and contact details."""

from typing import Any

import pytest

from api.rules.facts import Interviewer, StatusContact
from tests.rules.example_case import AFTER, END, START, boss, example_case, r1, row, step
from tests.rules.vectors import at

ANN = Interviewer(contact_id="a", name="Ms Ann")
BEN = Interviewer(contact_id="b")
KNOWN = at("2026-02-20T10:00Z")
LATER = at("2026-03-09T10:00Z")


@pytest.mark.parametrize(
    ("round_", "contact", "missing"),
    [
        pytest.param({}, None, ["interviewer", "status_contact"], id="nobody-is-known"),
        pytest.param({"kind": "panel"}, boss(), ["interviewer"], id="no-interviewer-is-linked"),
        pytest.param({"kind": "assessment"}, None, ["status_contact"], id="an-assessment-may-have-nobody"),
        pytest.param({"kind": "assessment"}, boss(), [], id="then-the-person-to-ask-is-enough"),
        pytest.param(
            {"kind": "assessment", "interviewers": (ANN,)}, boss(), ["interviewer:a"], id="but-may-have-somebody"
        ),
        pytest.param(
            {"interviewers": (BEN, ANN)}, None, ["interviewer:a", "interviewer:b", "status_contact"], id="each-by-id"
        ),
        pytest.param(
            {"interviewers": (Interviewer(contact_id="a", optional=True), BEN)},
            boss(),
            ["interviewer:b"],
            id="an-optional-one-is-not-asked-for",
        ),
        pytest.param(
            {"interviewers": (Interviewer(contact_id="a", optional=True),)}, boss(), [], id="all-are-optional"
        ),
        pytest.param(
            {"interviewers": (Interviewer(contact_id="a", details_at=LATER),)},
            boss(),
            ["interviewer:a"],
            id="details-that-come-later",
        ),
        pytest.param({"interviewers": (Interviewer(contact_id="a", details_at=KNOWN),)}, boss(), [], id="all-known"),
        pytest.param({"kind": "assessment"}, boss(since=None), ["status_contact"], id="not-chosen"),
        pytest.param({"kind": "assessment"}, boss(reachable_since=None), ["status_contact"], id="not-reachable"),
        pytest.param({"kind": "assessment"}, boss(since=LATER), ["status_contact"], id="chosen-later"),
        pytest.param({"kind": "assessment"}, boss(reachable_since=LATER), ["status_contact"], id="reachable-later"),
    ],
)
def test_everybody_in_the_room_and_a_person_to_ask(
    round_: dict[str, Any], contact: StatusContact | None, missing: list[str]
) -> None:
    found = step(example_case(interviews=(r1(**round_),), status_contact=contact), "2:r1", AFTER)
    assert list(found.missing) == missing
    assert found.state == ("open" if missing else "done")


@pytest.mark.parametrize(
    ("round_", "contact", "code", "text", "method", "href"),
    [
        pytest.param(
            {},
            None,
            "link_interviewer",
            "Record the interviewers of this round.",
            "PUT",
            "/v1/interviews/r1/interviewers/{contact_id}",
            id="nobody",
        ),
        pytest.param(
            {"interviewers": (BEN, ANN)},
            None,
            "complete_contact:a",
            "Add the full name, the job title and contact details of Ms Ann.",
            "PATCH",
            "/v1/contacts/a",
            id="the-first-of-two",
        ),
        pytest.param(
            {"interviewers": (BEN,)},
            None,
            "complete_contact:b",
            "Add the full name, the job title and contact details of this person.",
            "PATCH",
            "/v1/contacts/b",
            id="somebody-without-a-name",
        ),
        pytest.param(
            {"interviewers": (Interviewer(contact_id="a", details_at=KNOWN), BEN)},
            None,
            "complete_contact:b",
            "Add the full name, the job title and contact details of this person.",
            "PATCH",
            "/v1/contacts/b",
            id="the-second-when-the-first-is-known",
        ),
        pytest.param(
            {"interviewers": (Interviewer(contact_id="a", erased=True),)},
            None,
            "link_interviewer",
            "This contact was erased and cannot be completed. Mark them as optional.",
            "PUT",
            "/v1/interviews/r1/interviewers/a",
            id="somebody-erased-with-gaps",
        ),
        pytest.param(
            {"kind": "assessment"},
            None,
            "choose_status_contact",
            "Choose whom to ask about your application.",
            "PATCH",
            "/v1/applications/app",
            id="nobody-to-ask",
        ),
        pytest.param(
            {"kind": "assessment"},
            boss(since=None),
            "choose_status_contact",
            "Choose whom to ask about your application.",
            "PATCH",
            "/v1/applications/app",
            id="nobody-chosen",
        ),
        pytest.param(
            {"kind": "assessment"},
            boss(since=at("2026-03-20T12:00Z")),
            "choose_status_contact",
            "Choose whom to ask about your application.",
            "PATCH",
            "/v1/applications/app",
            id="somebody-chosen-later-only",
        ),
        pytest.param(
            {"kind": "assessment"},
            boss(reachable_since=None, erased=True),
            "choose_status_contact",
            "Choose whom to ask about your application.",
            "PATCH",
            "/v1/applications/app",
            id="somebody-erased",
        ),
        pytest.param(
            {"kind": "assessment"},
            boss(reachable_since=None),
            "complete_contact:boss",
            "Add a phone number or an e-mail address of Ms Boss.",
            "PATCH",
            "/v1/contacts/boss",
            id="somebody-out-of-reach",
        ),
    ],
)
def test_the_first_gap_is_what_to_fill(
    round_: dict[str, Any], contact: StatusContact | None, code: str, text: str, method: str, href: str
) -> None:
    action = step(example_case(interviews=(r1(**round_),), status_contact=contact), "2:r1", START).next_action
    assert action is not None
    assert (action.code, action.text, action.method, action.href) == (code, text, method, href)


def test_there_is_nothing_to_do_before_the_clock_tells_it_but_to_collect() -> None:
    action = step(example_case(), "2:r1", "2026-02-20T12:00Z").next_action
    assert action is not None
    assert action.code == "link_interviewer"


@pytest.mark.parametrize(
    ("policy", "due", "hours"),
    [
        pytest.param({}, "2026-03-03T16:00Z", 24, id="a-day"),
        pytest.param({"contacts_hours": 4}, "2026-03-02T20:00Z", 4, id="sooner"),
        pytest.param({"contacts_hours": 48}, "2026-03-03T16:00Z", 24, id="never-after-the-letter"),
        pytest.param({"contacts_hours": 48, "thank_you_hours": 36}, "2026-03-04T04:00Z", 36, id="with-the-letter"),
    ],
)
def test_the_letter_needs_the_names(policy: dict[str, int], due: str, hours: int) -> None:
    found = step(example_case(), "2:r1", AFTER, **policy)
    assert (found.due_at, found.data["hours"]) == (at(due), hours)
    assert (found.opens_at, found.due_basis, found.due_zone) == (at(START), "elapsed", "America/New_York")


def test_the_evidence_is_the_contacts_by_the_time_they_were_complete() -> None:
    people = [Interviewer(contact_id=id_, details_at=at(END)) for id_ in "gfedcba"]
    chosen = boss(since=KNOWN, reachable_since=at(START))
    stored = row(example_case(interviews=(r1(interviewers=tuple(people)),), status_contact=chosen), "2:r1", AFTER)
    assert [(found.type, found.id, found.at) for found in stored.evidence] == [
        ("contact", "boss", at(START)),
        *(("contact", id_, at(END)) for id_ in "abcdefg"),
    ]
    assert (stored.total, stored.completed_at) == (8, at(END))


@pytest.mark.parametrize(
    ("status", "reason"), [("no_show", "interview_not_held"), ("cancelled", "interview_cancelled")]
)
def test_nothing_follows_from_a_round_that_was_not_held(status: str, reason: str) -> None:
    facts = example_case(interviews=(r1(status=status, cancelled_at=at(START)),))
    for number in range(1, 5):
        found = step(facts, f"{number}:r1", AFTER)
        assert (found.state, found.reason) == ("not_applicable", reason)
