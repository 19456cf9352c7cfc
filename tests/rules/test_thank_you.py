"""Step 4: the thank-you letter."""

from typing import Any

import pytest

from api.rules.facts import Interviewer, Letter
from tests.rules.example_case import AFTER, END, START, day, example_case, r1, row, step
from tests.rules.vectors import at

PANEL = (Interviewer(contact_id="b", name="Mr B", has_email=False), Interviewer(contact_id="a", has_email=False))


def letter(id_: str = "l1", sent: str | None = None, **changes: Any) -> Letter:
    return Letter(**{"id": id_, "interview_id": "r1", "sent_at": at(sent) if sent else None, **changes})


@pytest.mark.parametrize(
    ("letters", "complete"),
    [
        pytest.param((), False, id="none"),
        pytest.param((letter(),), False, id="a-draft"),
        pytest.param((letter(sent=END),), True, id="sent"),
        pytest.param((letter(sent=START),), True, id="handed-over-as-it-began"),
        pytest.param((letter(sent="2026-03-02T14:59:59Z"),), False, id="sent-before-it-began"),
        pytest.param((letter(sent=AFTER),), True, id="sent-this-second"),
        pytest.param((letter(sent="2026-03-02T17:00:01Z"),), False, id="sent-only-later"),
        pytest.param((letter(sent=END, kind="follow_up"),), False, id="of-another-kind"),
        pytest.param((letter(sent=END, interview_id="r2"),), False, id="of-another-round"),
        pytest.param((letter(sent=END, interview_id=None),), False, id="of-no-round"),
    ],
)
def test_a_letter_counts_for_its_round_from_the_start_on(letters: tuple[Letter, ...], complete: bool) -> None:
    found = step(example_case(letters=letters), "4:r1", AFTER)
    assert (found.state, list(found.missing)) == (("done", []) if complete else ("open", ["letter"]))


@pytest.mark.parametrize(
    ("letters", "people", "missing"),
    [
        pytest.param((), PANEL, ["letter_to:a", "letter_to:b"], id="one-to-each-by-id"),
        pytest.param((letter(sent=END, recipients=("b",)),), PANEL, ["letter_to:a"], id="one-has-got-hers"),
        pytest.param((letter(sent=END, recipients=("b", "a")),), PANEL, [], id="one-letter-to-both"),
        pytest.param((letter(sent=END),), PANEL, [], id="a-letter-without-names-is-for-all"),
        pytest.param((letter(recipients=("a",)),), PANEL, ["letter_to:a", "letter_to:b"], id="a-draft-is-none"),
        pytest.param((), (Interviewer(contact_id="a", optional=True),), ["letter"], id="optional-ones-do-not-count"),
        pytest.param((), (), ["letter"], id="nobody-is-linked"),
    ],
)
def test_the_policy_may_ask_for_a_letter_to_each(
    letters: tuple[Letter, ...], people: tuple[Interviewer, ...], missing: list[str]
) -> None:
    facts = example_case(interviews=(r1(interviewers=people),), letters=letters)
    found = step(facts, "4:r1", AFTER, thank_each_interviewer=True)
    assert list(found.missing) == missing
    assert found.state == ("open" if missing else "done")


def test_each_letter_is_done_when_the_last_one_is_sent() -> None:
    letters = (letter("l1", END, recipients=("a",)), letter("l2", AFTER, recipients=("b",)))
    stored = row(
        example_case(interviews=(r1(interviewers=PANEL),), letters=letters), "4:r1", AFTER, thank_each_interviewer=True
    )
    assert (stored.completed_at, stored.total) == (at(AFTER), 2)
    assert [(found.type, found.id) for found in stored.evidence] == [("letter", "l1"), ("letter", "l2")]


@pytest.mark.parametrize(
    ("letters", "counts"),
    [
        pytest.param((letter("l1", AFTER), letter("l2", END)), "l2", id="the-earlier"),
        pytest.param((letter("l2", END), letter("l1", END)), "l1", id="of-two-in-one-second-the-lower-id"),
    ],
)
def test_the_first_letter_sent_counts(letters: tuple[Letter, ...], counts: str) -> None:
    stored = row(example_case(letters=letters), "4:r1", AFTER)
    assert [found.id for found in stored.evidence] == [counts]
    assert stored.completed_at == at(END)


COMPOSE = "/v1/interviews/r1/letters/compose"
DRAFT = (
    "draft_letter",
    "Compose the thank-you letter from your notes. You can change the draft.",
    "POST",
    COMPOSE,
)
DRAFT_TO_A = (
    "draft_letter",
    "Compose the thank-you letter to the next interviewer (name them in `recipients`) from your notes. "
    "You can change the draft.",
    "POST",
    COMPOSE,
)
SENT = ("mark_sent", "Send the letter, and record when you sent it.", "POST", "/v1/letters/l1/send")


@pytest.mark.parametrize(
    ("letters", "each", "expected"),
    [
        pytest.param((), False, DRAFT, id="no-letter"),
        pytest.param((letter(kind="other"),), False, DRAFT, id="only-a-letter-of-another-kind"),
        pytest.param((letter(sent="2026-03-02T14:00Z"),), False, DRAFT, id="only-one-sent-too-early"),
        pytest.param(
            (letter(),),
            False,
            ("review_letter", "Finish the draft of the letter.", "PATCH", "/v1/letters/l1"),
            id="an-unfinished-draft",
        ),
        pytest.param((letter(written=True),), False, SENT, id="a-written-one"),
        pytest.param((letter("l2"), letter(written=True)), False, SENT, id="the-first-of-two-drafts"),
        pytest.param((letter(written=True, sent="2026-03-02T18:00Z"),), False, SENT, id="sent-only-later"),
        pytest.param(
            (letter(written=True, channel="email", recipients=("b", "a")),),
            False,
            (
                "complete_contact:a",
                "The letter goes by e-mail. Add the e-mail address of the recipient.",
                "PATCH",
                "/v1/contacts/a",
            ),
            id="by-e-mail-to-two-without-an-address",
        ),
        pytest.param(
            (letter(written=True, channel="email", recipients=("b",)),),
            False,
            (
                "complete_contact:b",
                "The letter goes by e-mail. Add the e-mail address of Mr B.",
                "PATCH",
                "/v1/contacts/b",
            ),
            id="by-e-mail-to-one-without-an-address",
        ),
        pytest.param((letter(written=True, channel="post", recipients=("b",)),), False, SENT, id="by-post"),
        pytest.param((letter(written=True, channel="email", recipients=("c",)),), False, SENT, id="by-e-mail-to-c"),
        pytest.param((letter("l0", written=True, recipients=("b",)),), True, DRAFT_TO_A, id="each-a-has-no-draft-yet"),
        pytest.param(
            (letter("l0", recipients=("b",)), letter(written=True, recipients=("a",))), True, SENT, id="each-a"
        ),
        pytest.param((letter(written=True),), True, SENT, id="each-one-letter-for-all"),
        pytest.param(
            (letter("l0", END, recipients=("a",)), letter(written=True, recipients=("b",))),
            True,
            SENT,
            id="each-then-b",
        ),
    ],
)
def test_the_way_of_a_letter(letters: tuple[Letter, ...], each: bool, expected: tuple[str, str, str, str]) -> None:
    people = (*PANEL, Interviewer(contact_id="c"))
    facts = example_case(interviews=(r1(interviewers=people),), letters=letters)
    action = step(facts, "4:r1", AFTER, thank_each_interviewer=each).next_action
    assert action is not None
    assert (action.code, action.text, action.method, action.href) == expected


def test_nothing_is_to_be_written_before_the_end() -> None:
    assert step(example_case(), "4:r1", "2026-03-02T15:59:59Z").next_action is None
    assert step(example_case(), "4:r1", END).next_action is not None


def test_an_assessment_without_people_has_no_one_to_thank() -> None:
    alone, watched = r1(kind="assessment"), r1(kind="assessment", interviewers=PANEL)
    found = step(example_case(interviews=(alone,)), "4:r1", AFTER)
    assert (found.state, found.reason) == ("not_applicable", "no_one_to_thank")
    assert found.reason_text == "No interviewer is recorded for this assessment, so there is nobody to thank."
    assert step(example_case(interviews=(watched,)), "4:r1", AFTER).state == "open"


def test_an_assessment_that_was_cancelled_says_so_first() -> None:
    off = r1(kind="assessment", status="cancelled", cancelled_at=at(START))
    assert step(example_case(interviews=(off,)), "4:r1", AFTER).reason == "interview_cancelled"


def test_letters_sent_before_the_interview_are_pointed_out() -> None:
    early = "2026-03-02T14:59:59Z"
    letters = (letter("l3", early), letter("l2", early), letter("l1", START), letter("l4", early, kind="other"))
    told = step(example_case(letters=letters), "4:r1", AFTER).warnings
    assert [(hint.code, hint.href) for hint in told] == [
        ("evidence_before_interview", "/v1/letters/l2"),
        ("evidence_before_interview", "/v1/letters/l3"),
    ]
    assert {(hint.text, hint.method) for hint in told} == {
        ("A letter was sent before the start of this interview, so it does not count.", "PATCH")
    }
    assert step(example_case(letters=letters), "4:r1", "2026-03-02T14:00Z").warnings == ()


@pytest.mark.parametrize(
    ("end", "due"),
    [
        pytest.param("2026-03-07T22:00Z", "2026-03-08T22:00Z", id="the-night-the-clocks-go-forward"),
        pytest.param("2026-10-31T21:00Z", "2026-11-01T21:00Z", id="the-night-they-go-back"),
    ],
)
def test_the_letter_is_due_24_elapsed_hours_after_the_end(end: str, due: str) -> None:
    found = step(example_case(interviews=(r1(end=at(end)),)), "4:r1", end)
    assert (found.due_at, found.due_basis, found.due_zone) == (at(due), "elapsed", "America/New_York")
    assert found.data["hours"] == 24


def test_a_letter_to_each_names_whom_to_write_to_next() -> None:
    letters = (letter(sent=END, recipients=("a",)),)
    action = step(
        example_case(interviews=(r1(interviewers=PANEL),), letters=letters), "4:r1", AFTER, thank_each_interviewer=True
    ).next_action
    assert action is not None
    assert action.text.startswith("Compose the thank-you letter to Mr B (name them in `recipients`) from")


def tips(letters: tuple[Letter, ...], now: str = AFTER, **round_: Any) -> list[tuple[str, str | None, str | None]]:
    advice = step(example_case(interviews=(r1(**round_),), letters=letters), "4:r1", now).advice
    return [(hint.code, hint.method, hint.href) for hint in advice]


CHECK = ("check_letter", "GET", "/v1/letters/l1/check")
LATE = ("post_too_late", "PATCH", "/v1/letters/l1")
OTHER = ("other_channel_preferred", "PATCH", "/v1/letters/l1")
DUE = "2026-03-03T16:00Z"
POSTED = letter(channel="post", recipients=("a",))


@pytest.mark.parametrize(
    ("letters", "found"),
    [
        pytest.param((), [], id="no-letter"),
        pytest.param((letter(),), [], id="nothing-is-written-yet"),
        pytest.param((letter(written=True),), [CHECK], id="a-written-draft"),
        pytest.param((letter("l2", written=True), letter(written=True)), [CHECK], id="the-first-of-two"),
        pytest.param((letter(written=True, sent=END),), [], id="it-has-gone"),
        pytest.param((letter(written=True, kind="follow_up"),), [], id="of-another-kind"),
    ],
)
def test_a_written_draft_is_to_be_checked(
    letters: tuple[Letter, ...], found: list[tuple[str, str | None, str | None]]
) -> None:
    assert tips(letters) == found


@pytest.mark.parametrize(
    ("said", "on_the_day", "at_the_deadline"),
    [
        pytest.param({}, [], [], id="no-date-is-known"),
        pytest.param({"contact_from": day("2026-03-04")}, [LATE], [LATE], id="before-it-can-arrive"),
        pytest.param({"hear_by": day("2026-03-04")}, [LATE], [LATE], id="before-they-read-it"),
        pytest.param({"contact_from": day("2026-03-05")}, [], [LATE], id="in-time-on-the-day-itself"),
        pytest.param({"contact_from": day("2026-03-06")}, [], [], id="in-time-until-the-deadline"),
        pytest.param(
            {"contact_from": day("2026-03-09"), "hear_by": day("2026-03-04")},
            [LATE],
            [LATE],
            id="the-earlier-date-counts",
        ),
        pytest.param({"contact_by": day("2026-03-04")}, [], [], id="only-the-last-day-to-call-is-known"),
    ],
)
def test_post_is_advised_against_when_it_cannot_arrive_in_time(
    said: dict[str, Any], on_the_day: list[Any], at_the_deadline: list[Any]
) -> None:
    assert tips((POSTED,), **said) == on_the_day
    assert tips((POSTED,), DUE, **said) == at_the_deadline
    assert tips((letter(channel="email"),), DUE, **said) == []


def test_the_day_of_posting_is_the_employers() -> None:
    late = {"start": at("2026-03-03T03:00Z"), "end": at("2026-03-03T04:30Z"), "contact_from": day("2026-03-05")}
    assert tips((POSTED,), "2026-03-03T04:30Z", **late) == [], "in New York it is still Monday"
    late["end"] = at("2026-03-03T05:00Z")
    assert tips((POSTED,), "2026-03-03T05:00Z", **late) == [LATE]


@pytest.mark.parametrize(
    ("prefers", "channel", "said", "found"),
    [
        pytest.param("post", "email", {}, [OTHER], id="paper-and-it-goes-by-e-mail"),
        pytest.param("hand", "post", {}, [OTHER], id="handed-over-and-it-goes-by-post"),
        pytest.param("email", "email", {}, [], id="as-they-like-it"),
        pytest.param("phone", "email", {}, [], id="a-letter-is-not-sent-by-phone"),
        pytest.param(None, "email", {}, [], id="nothing-is-known"),
        pytest.param("post", None, {}, [], id="no-channel-is-chosen"),
        pytest.param("post", "email", {"hear_by": day("2026-03-05")}, [], id="paper-would-come-too-late"),
        pytest.param(
            "email", "post", {"hear_by": day("2026-03-04")}, [LATE, OTHER], id="paper-comes-too-late-and-unwanted"
        ),
    ],
)
def test_the_way_that_they_like_best_is_said(
    prefers: str | None, channel: str | None, said: dict[str, Any], found: list[Any]
) -> None:
    people = (Interviewer(contact_id="b", prefers="hand"), Interviewer(contact_id="a", prefers=prefers))
    assert tips((letter(channel=channel, recipients=("a",)),), interviewers=people, **said) == found


@pytest.mark.parametrize(
    ("name", "prefers", "text"),
    [
        ("", "post", "One of the recipients prefers letters by post."),
        ("Ms A", "hand", "Ms A prefers letters delivered by hand."),
    ],
)
def test_who_likes_which_way_is_named(name: str, prefers: str, text: str) -> None:
    people = (Interviewer(contact_id="a", name=name, prefers=prefers),)
    draft = letter(channel="email", recipients=("a",))
    advice = step(example_case(interviews=(r1(interviewers=people),), letters=(draft,)), "4:r1", AFTER).advice
    assert [hint.text for hint in advice] == [text]


def test_several_who_like_another_way_are_named_by_id_in_whatever_order_they_are_given() -> None:
    people = (
        Interviewer(contact_id="b", name="Mr B", prefers="hand"),
        Interviewer(contact_id="a", name="Ms A", prefers="post"),
    )
    draft = letter(channel="email", recipients=("b", "a"))
    for interviewers in (people, people[::-1]):
        facts = example_case(interviews=(r1(interviewers=interviewers),), letters=(draft,))
        assert [hint.text.partition(" prefers")[0] for hint in step(facts, "4:r1", AFTER).advice] == ["Ms A", "Mr B"]
