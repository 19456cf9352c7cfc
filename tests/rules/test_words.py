"""The sentence behind every answer: fact, rule, date (§3.8)."""

from datetime import datetime
from typing import Any

import pytest

from api.rules.facts import Elsewhere, FollowUp, Letter, Override, StageChange
from api.rules.words import REASONS, rfc3339, unscheduled, wall
from tests.rules.example_case import AFTER, END, START, day, example_case, r1, r2, step
from tests.rules.vectors import at, scope_of

LATER, EARLIER = "2026-03-20T12:00Z", "2026-03-01T12:00Z"
SKIP_4 = Override(id="o1", number=4, scope="interview:r1", action="skip", at=at(AFTER))
LETTER = Letter(id="l1", interview_id="r1", sent_at=at("2026-03-02T18:30:05Z"))


@pytest.mark.parametrize(
    ("instant", "zone", "text"),
    [
        pytest.param("2026-03-03T16:00Z", "America/New_York", "Tue 3 Mar, 11:00 EST", id="standard-time"),
        pytest.param("2026-03-08T07:00Z", "America/New_York", "Sun 8 Mar, 03:00 EDT", id="summer-time"),
        pytest.param(
            "2026-03-03T16:00:01Z", "America/New_York", "Tue 3 Mar, 11:00:01 EST", id="seconds-if-there-are-any"
        ),
        pytest.param("2026-12-31T11:00Z", "Pacific/Apia", "Fri 1 Jan, 00:00 UTC+13", id="a-zone-without-letters"),
        pytest.param("2026-01-03T02:30Z", "America/Sao_Paulo", "Fri 2 Jan, 23:30 UTC-03", id="west-of-greenwich"),
        pytest.param("2026-07-01T00:00Z", "Asia/Kolkata", "Wed 1 Jul, 05:30 IST", id="half-an-hour-beside"),
        pytest.param("2026-10-11T12:05Z", "UTC", "Sun 11 Oct, 12:05 UTC", id="utc"),
    ],
)
def test_a_local_time_is_written_with_its_zone(instant: str, zone: str, text: str) -> None:
    assert wall(at(instant), zone) == text


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_has_its_name(month: int) -> None:
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    assert wall(at(f"2026-{month:02}-15T12:00Z"), "UTC").split()[2] == f"{names[month - 1]},"


@pytest.mark.parametrize("count", range(7))
def test_every_day_has_its_name(count: int) -> None:
    names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert wall(at(f"2026-03-{2 + count:02}T12:00Z"), "UTC").startswith(f"{names[count]} {2 + count} Mar")


def test_an_instant_is_written_in_utc() -> None:
    assert rfc3339(datetime.fromisoformat("2026-03-02T10:00:00-05:00")) == "2026-03-02T15:00:00Z"


ROUND_BEGINS = "Your interview begins Mon 2 Mar, 10:00 EST."
ROUND_ENDS = "Your interview ends Mon 2 Mar, 11:00 EST."
ROUND_ENDED = "Your interview ended Mon 2 Mar, 11:00 EST."
ASK = "What comes next is to be found out and written down the same day"
COLLECT = "Names, titles and ways to reach people are due within 24 hours"
WRITE = "Notes on what went well and what is open are due the same day"
SEND = "A thank-you letter is due within 24 hours"
TELL = "Your references are to be told and briefed before anybody rings them"
CALL = "No date was given. Ask where things stand after some business days, from Wed 4 Mar, 09:00 EST"
SEARCH = "Your first interview counts from Mon 2 Mar, 11:00 EST. Something elsewhere is due every 7 days"


@pytest.mark.parametrize(
    ("key", "now", "text"),
    [
        pytest.param("1:r1", EARLIER, f"{ROUND_BEGINS} {ASK}: by Tue 3 Mar, 00:00 EST.", id="1-before"),
        pytest.param("1:r1", START, f"{ROUND_ENDS} {ASK}: by Tue 3 Mar, 00:00 EST.", id="1-during"),
        pytest.param("1:r1", END, f"{ROUND_ENDED} {ASK}: by Tue 3 Mar, 00:00 EST.", id="1-after"),
        pytest.param("1:r1", LATER, f"{ROUND_ENDED} {ASK}; it was due Tue 3 Mar, 00:00 EST.", id="1-overdue"),
        pytest.param("2:r1", AFTER, f"{ROUND_ENDED} {COLLECT}: by Tue 3 Mar, 11:00 EST.", id="2"),
        pytest.param("3:r1", AFTER, f"{ROUND_ENDED} {WRITE}: by Tue 3 Mar, 00:00 EST.", id="3"),
        pytest.param("4:r1", AFTER, f"{ROUND_ENDED} {SEND}: by Tue 3 Mar, 11:00 EST.", id="4"),
        pytest.param("4:r1", "2026-03-03T15:59:59Z", f"{ROUND_ENDED} {SEND}: by Tue 3 Mar, 11:00 EST.", id="4-in-time"),
        pytest.param(
            "4:r1", "2026-03-03T16:00Z", f"{ROUND_ENDED} {SEND}; it was due Tue 3 Mar, 11:00 EST.", id="4-late"
        ),
        pytest.param(
            "5",
            START,
            f"Your first interview ends Mon 2 Mar, 11:00 EST. {TELL}: by Wed 4 Mar, 00:00 EST.",
            id="5-before",
        ),
        pytest.param(
            "5", END, f"Your first interview ended Mon 2 Mar, 11:00 EST. {TELL}: by Wed 4 Mar, 00:00 EST.", id="5-after"
        ),
        pytest.param("6:interview:r1", AFTER, f"{CALL}: by Thu 5 Mar, 17:00 EST.", id="6"),
        pytest.param("6:interview:r1", LATER, f"{CALL}; it was due Thu 5 Mar, 17:00 EST.", id="6-overdue"),
        pytest.param("7", AFTER, f"{SEARCH}: by Tue 10 Mar, 00:00 EDT.", id="7"),
        pytest.param("7", LATER, f"{SEARCH}; it was due Tue 10 Mar, 00:00 EDT.", id="7-overdue"),
    ],
)
def test_an_open_step_tells_fact_rule_and_date(key: str, now: str, text: str) -> None:
    assert step(example_case(), key, now).reason_text == text


@pytest.mark.parametrize(
    ("key", "facts", "now", "text"),
    [
        pytest.param(
            "5",
            {"references_given_at": at("2026-02-20T15:00Z")},
            AFTER,
            f"You handed over the names of your references Fri 20 Feb, 10:00 EST. {TELL}; "
            "it was due Sat 21 Feb, 00:00 EST.",
            id="names-handed-over",
        ),
        pytest.param(
            "6:interview:r1",
            {"interviews": (r1(contact_from=day("2026-03-06")),)},
            AFTER,
            "They gave you a date. Ask where things stand from Fri 6 Mar, 09:00 EST: by Mon 9 Mar, 17:00 EDT.",
            id="a-date-was-given",
        ),
        pytest.param(
            "7",
            {"elsewhere": (Elsewhere(id="a1", type="search_activity", at=at("2026-03-05T18:00Z")),)},
            AFTER,
            f"{SEARCH}: by Tue 10 Mar, 00:00 EDT.",
            id="a-search-that-is-not-known-yet",
        ),
        pytest.param(
            "7",
            {"elsewhere": (Elsewhere(id="a1", type="search_activity", at=at("2026-03-05T18:00Z")),)},
            "2026-03-06T12:00Z",
            "Your search elsewhere counts from Thu 5 Mar, 13:00 EST. Something elsewhere is due every 7 days: "
            "by Fri 13 Mar, 00:00 EDT.",
            id="a-search",
        ),
    ],
)
def test_it_tells_the_fact_that_counted(key: str, facts: dict[str, Any], now: str, text: str) -> None:
    assert step(example_case(**facts), key, now).reason_text == text


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        pytest.param(
            "2026-03-07T21:00Z",
            "2026-03-07T22:00Z",
            "Your interview ended Sat 7 Mar, 17:00 EST. A thank-you letter is due within 24 hours as time elapses "
            "(the clocks change in between): by Sun 8 Mar, 18:00 EDT.",
            id="the-clocks-go-forward",
        ),
        pytest.param(
            "2026-10-31T20:00Z",
            "2026-10-31T21:00Z",
            "Your interview ended Sat 31 Oct, 17:00 EDT. A thank-you letter is due within 24 hours as time elapses "
            "(the clocks change in between): by Sun 1 Nov, 16:00 EST.",
            id="the-clocks-go-back",
        ),
    ],
)
def test_elapsed_hours_across_a_clock_change_are_said_so(start: str, end: str, text: str) -> None:
    facts = example_case(interviews=(r1(start=at(start), end=at(end)),))
    assert step(facts, "4:r1", end).reason_text == text
    assert "within 24 hours as time elapses (the clocks change in between): by" in step(facts, "2:r1", end).reason_text


def test_notes_that_the_letter_needs_sooner_are_said_so() -> None:
    text = step(example_case(), "3:r1", AFTER, thank_you_hours=4).reason_text
    assert text.endswith("what is open are due before the letter: by Mon 2 Mar, 15:00 EST.")


def closed_by(stage: str) -> dict[str, Any]:
    return {"stages": (StageChange(id="s1", stage=stage, at=at(LATER)),)}


@pytest.mark.parametrize(
    ("key", "facts", "policy", "text"),
    [
        pytest.param(
            "4:r1",
            {"letters": (LETTER,)},
            {},
            "Done Mon 2 Mar, 13:30:05 EST, by what you recorded; the deadline was Tue 3 Mar, 11:00 EST.",
            id="evidence",
        ),
        pytest.param(
            "1:r1",
            {"overrides": (Override(id="o1", number=1, scope="interview:r1", action="complete", at=at(AFTER)),)},
            {},
            "Ticked by hand as done Mon 2 Mar, 12:00 EST; the deadline was Tue 3 Mar, 00:00 EST.",
            id="by-hand",
        ),
        pytest.param(
            "6:interview:r1",
            {"follow_ups": (FollowUp(id="u1", at=at("2026-03-04T15:00Z"), direction="in", outcome="decision"),)},
            {},
            "They got in touch with you Wed 4 Mar, 10:00 EST; the deadline was Thu 5 Mar, 17:00 EST.",
            id="they-rang",
        ),
        pytest.param(
            "4:r1",
            {"overrides": (SKIP_4,)},
            {},
            "You skipped this; its deadline was Tue 3 Mar, 11:00 EST.",
            id="skipped",
        ),
        pytest.param(
            "4:r1", {}, {"disabled_steps": frozenset({4})}, "Your policy switches this step off.", id="switched-off"
        ),
        pytest.param(
            "1:r1",
            {"interviews": (r1(), r2())},
            {},
            "A further round was arranged, so this is no longer to be asked.",
            id="a-further-round",
        ),
        pytest.param(
            "6:interview:r1",
            {"interviews": (r1(), r2(status="cancelled", cancelled_at=at(AFTER)))},
            {},
            "A later round was cancelled, so the question starts anew.",
            id="a-round-was-cancelled",
        ),
        pytest.param(
            "3:r1",
            {"interviews": (r1(status="cancelled", cancelled_at=at(START)),)},
            {},
            "The interview was cancelled, so nothing follows from it.",
            id="cancelled",
        ),
        pytest.param(
            "3:r1",
            {"interviews": (r1(status="no_show"),)},
            {},
            "The interview did not take place, so nothing follows from it.",
            id="not-held",
        ),
        pytest.param(
            "5",
            {"references_not_needed_at": at(AFTER)},
            {},
            "You noted that no references are wanted.",
            id="no-references",
        ),
        pytest.param(
            "6:interview:r1",
            closed_by("offered"),
            {},
            "An offer was received, so there is no status left to ask for.",
            id="an-offer",
        ),
        pytest.param(
            "4:r1",
            closed_by("rejected"),
            {},
            "The application is closed; the deadline was Tue 3 Mar, 11:00 EST.",
            id="closed",
        ),
    ],
)
def test_a_closed_step_tells_why(key: str, facts: dict[str, Any], policy: dict[str, object], text: str) -> None:
    assert step(example_case(**facts), key, LATER, **policy).reason_text == text


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_the_data_name_the_round(number: int) -> None:
    data = step(example_case(), f"{number}:r1", AFTER).data
    assert {name: data[name] for name in ("interview_id", "started_at", "ended_at", "zone")} == {
        "interview_id": "r1",
        "started_at": "2026-03-02T15:00:00Z",
        "ended_at": "2026-03-02T16:00:00Z",
        "zone": "America/New_York",
    }


def test_a_step_without_a_date_tells_why() -> None:
    assert unscheduled("application_closed") == "The application is closed."
    assert unscheduled("no_interview") == "No interview is known yet: record one and this step gets its dates."


def test_these_are_the_reasons() -> None:
    assert sorted(REASONS) == sorted(
        [
            "no_interview",
            "not_open_yet",
            "ask_next_stage",
            "collect_contacts",
            "write_notes",
            "send_thank_you",
            "choose_references",
            "alert_references",
            "call_for_status",
            "keep_looking",
            "evidence",
            "by_hand",
            "company_contacted_you",
            "skipped_by_user",
            "disabled_by_policy",
            "superseded_by_next_round",
            "restarted",
            "interview_cancelled",
            "interview_not_held",
            "references_not_needed",
            "offer_received",
            "no_one_to_thank",
            "application_closed",
        ]
    )


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("1:r1", "ask_next_stage"),
        ("2:r1", "collect_contacts"),
        ("3:r1", "write_notes"),
        ("4:r1", "send_thank_you"),
        ("5", "choose_references"),
        ("6:interview:r1", "call_for_status"),
        ("7", "keep_looking"),
    ],
)
def test_each_step_has_its_reason_when_open_and_another_before(key: str, reason: str) -> None:
    assert step(example_case(), key, LATER).reason == reason
    assert step(example_case(), key, EARLIER).reason == "not_open_yet"
    assert step(example_case(), key, LATER).number == scope_of(key)[0]
