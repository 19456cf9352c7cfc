"""The reason texts: fact, rule and date."""

from typing import Any

import pytest

from api.rules.answers import to_record
from api.rules.facts import Elsewhere, FollowUp, Letter, Override, StageChange
from api.rules.words import REASONS, reason_text, rfc3339, unscheduled
from tests.rules.example_case import AFTER, END, START, day, example_case, r1, r2, row, step
from tests.rules.vectors import at, scope_of

LATER, EARLIER = "2026-03-20T12:00Z", "2026-03-01T12:00Z"
SKIP_4 = Override(id="o1", number=4, scope="interview:r1", action="skip", at=at(AFTER))
LETTER = Letter(id="l1", interview_id="r1", sent_at=at("2026-03-02T18:30:05Z"))

ROUND_STARTS = "Your interview starts at 10:00 on Mon 2 Mar 2026 (EST)."
ROUND_ENDS = "Your interview ends at 11:00 on Mon 2 Mar 2026 (EST)."
ROUND_ENDED = "Your interview ended at 11:00 on Mon 2 Mar 2026 (EST)."
ASK = "Find out what comes next and write it down the same day."
COLLECT = "Names, job titles and contact details are due within 24 hours."
WRITE = "Notes on what went well and on what needs a better answer are due the same day."
SEND = "A thank-you letter is due within 24 hours."
TELL = "Tell and brief your references before anybody calls them."
CALL = (
    "They gave you no date. "
    "Ask for the status of your application after 2 business days, from 09:00 on Wed 4 Mar 2026 (EST)."
)
SEARCH = (
    "Your first interview ended at 11:00 on Mon 2 Mar 2026 (EST). Do something for your search elsewhere within 7 days."
)
MIDNIGHT = "until the end of Mon 2 Mar 2026 (EST)."
LETTER_DUE = "until 11:00 on Tue 3 Mar 2026 (EST)."
BUSINESS_DAY = "until the end of Tue 3 Mar 2026 (EST)."
CALL_DUE = "until 17:00 on Thu 5 Mar 2026 (EST)."
SEARCH_DUE = "until the end of Mon 9 Mar 2026 (EDT)."


@pytest.mark.parametrize(
    ("key", "now", "text"),
    [
        pytest.param("1:r1", EARLIER, f"{ROUND_STARTS} {ASK} You have {MIDNIGHT}", id="1-before"),
        pytest.param("1:r1", START, f"{ROUND_ENDS} {ASK} You have {MIDNIGHT}", id="1-during"),
        pytest.param("1:r1", END, f"{ROUND_ENDED} {ASK} You have {MIDNIGHT}", id="1-after"),
        pytest.param("1:r1", LATER, f"{ROUND_ENDED} {ASK} You had {MIDNIGHT}", id="1-overdue"),
        pytest.param("2:r1", AFTER, f"{ROUND_ENDED} {COLLECT} You have {LETTER_DUE}", id="2"),
        pytest.param("3:r1", AFTER, f"{ROUND_ENDED} {WRITE} You have {MIDNIGHT}", id="3"),
        pytest.param("4:r1", AFTER, f"{ROUND_ENDED} {SEND} You have {LETTER_DUE}", id="4"),
        pytest.param("4:r1", "2026-03-03T15:59:59Z", f"{ROUND_ENDED} {SEND} You have {LETTER_DUE}", id="4-in-time"),
        pytest.param("4:r1", "2026-03-03T16:00Z", f"{ROUND_ENDED} {SEND} You had {LETTER_DUE}", id="4-late"),
        pytest.param(
            "5",
            START,
            f"Your first interview ends at 11:00 on Mon 2 Mar 2026 (EST). {TELL} You have {BUSINESS_DAY}",
            id="5-before",
        ),
        pytest.param(
            "5",
            END,
            f"Your first interview ended at 11:00 on Mon 2 Mar 2026 (EST). {TELL} You have {BUSINESS_DAY}",
            id="5-after",
        ),
        pytest.param("6:interview:r1", AFTER, f"{CALL} You have {CALL_DUE}", id="6"),
        pytest.param("6:interview:r1", LATER, f"{CALL} You had {CALL_DUE}", id="6-overdue"),
        pytest.param("7", START, f"{SEARCH.replace('ended', 'ends')} You have {SEARCH_DUE}", id="7-before"),
        pytest.param("7", END, f"{SEARCH} You have {SEARCH_DUE}", id="7"),
        pytest.param("7", LATER, f"{SEARCH} You had {SEARCH_DUE}", id="7-overdue"),
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
            f"You gave the names of your references at 10:00 on Fri 20 Feb 2026 (EST). {TELL} "
            "You had until the end of Fri 20 Feb 2026 (EST).",
            id="names-handed-over",
        ),
        pytest.param(
            "6:interview:r1",
            {"interviews": (r1(contact_from=day("2026-03-06")),)},
            AFTER,
            "They gave you a date. Ask for the status of your application from 09:00 on Fri 6 Mar 2026 (EST). "
            "You have until 17:00 on Mon 9 Mar 2026 (EDT).",
            id="a-date-was-given",
        ),
        pytest.param(
            "7",
            {"elsewhere": (Elsewhere(id="a1", type="search_activity", at=at("2026-03-05T18:00Z")),)},
            AFTER,
            f"{SEARCH} You have {SEARCH_DUE}",
            id="a-search-that-is-not-known-yet",
        ),
        pytest.param(
            "7",
            {"elsewhere": (Elsewhere(id="a1", type="search_activity", at=at("2026-03-05T18:00Z")),)},
            "2026-03-06T12:00Z",
            "Your latest activity elsewhere was at 13:00 on Thu 5 Mar 2026 (EST). "
            "Do something for your search elsewhere within 7 days. You have until the end of Thu 12 Mar 2026 (EDT).",
            id="a-search",
        ),
        pytest.param(
            "7",
            {"elsewhere": (Elsewhere(id="i1", type="interview", at=at("2026-03-05T18:00Z")),)},
            "2026-03-05T17:59:59Z",
            "Your latest interview elsewhere ends at 13:00 on Thu 5 Mar 2026 (EST). "
            "Do something for your search elsewhere within 7 days. You have until the end of Thu 12 Mar 2026 (EDT).",
            id="an-interview-elsewhere-ahead",
        ),
        pytest.param(
            "7",
            {"elsewhere": (Elsewhere(id="i1", type="interview", at=at("2026-03-05T18:00Z")),)},
            "2026-03-05T18:00Z",
            "Your latest activity elsewhere was at 13:00 on Thu 5 Mar 2026 (EST). "
            "Do something for your search elsewhere within 7 days. You have until the end of Thu 12 Mar 2026 (EDT).",
            id="an-interview-elsewhere-that-ended",
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
            "Your interview ended at 17:00 on Sat 7 Mar 2026 (EST). A thank-you letter is due within 24 hours of "
            "elapsed time (the clocks change in between). You have until 18:00 on Sun 8 Mar 2026 (EDT).",
            id="the-clocks-go-forward",
        ),
        pytest.param(
            "2026-10-31T20:00Z",
            "2026-10-31T21:00Z",
            "Your interview ended at 17:00 on Sat 31 Oct 2026 (EDT). A thank-you letter is due within 24 hours of "
            "elapsed time (the clocks change in between). You have until 16:00 on Sun 1 Nov 2026 (EST).",
            id="the-clocks-go-back",
        ),
    ],
)
def test_elapsed_hours_across_a_clock_change_are_said_so(start: str, end: str, text: str) -> None:
    facts = example_case(interviews=(r1(start=at(start), end=at(end)),))
    assert step(facts, "4:r1", end).reason_text == text
    told = step(facts, "2:r1", end).reason_text
    assert "within 24 hours of elapsed time (the clocks change in between). You have" in told


def test_notes_that_the_letter_needs_sooner_are_said_so() -> None:
    text = step(example_case(), "3:r1", AFTER, thank_you_hours=4).reason_text
    assert text.endswith("are due before you send the letter. You have until 15:00 on Mon 2 Mar 2026 (EST).")


@pytest.mark.parametrize(
    ("end", "floor", "text"),
    [
        pytest.param("2026-03-03T03:00Z", 2, f"the same day. You have {MIDNIGHT}", id="until-midnight-exactly"),
        pytest.param(
            "2026-03-03T03:30Z", 2, "within 2 hours. You have until 00:30 on Tue 3 Mar 2026 (EST).", id="two-hours"
        ),
        pytest.param(
            "2026-03-03T04:30Z", 1, "within 1 hour. You have until 00:30 on Tue 3 Mar 2026 (EST).", id="one-hour"
        ),
        pytest.param("2026-03-03T05:00Z", 2, f"the same day. You have {BUSINESS_DAY}", id="from-midnight-on"),
    ],
)
def test_a_deadline_after_midnight_is_not_the_same_day(end: str, floor: int, text: str) -> None:
    facts = example_case(interviews=(r1(end=at(end)),))
    for key in ("1:r1", "3:r1"):
        assert step(facts, key, end, same_day_floor_hours=floor).reason_text.endswith(text)


@pytest.mark.parametrize(
    ("key", "policy", "text"),
    [
        pytest.param("4:r1", {"thank_you_hours": 1}, "A thank-you letter is due within 1 hour. You", id="an-hour"),
        pytest.param("4:r1", {"thank_you_hours": 2}, "A thank-you letter is due within 2 hours. You", id="two-hours"),
        pytest.param("7", {"search_days": 1}, "for your search elsewhere within 1 day. You", id="a-day"),
        pytest.param("7", {"search_days": 2}, "for your search elsewhere within 2 days. You", id="two-days"),
        pytest.param("6:interview:r1", {"call_after_business_days": 1}, "after 1 business day, from", id="one-to-wait"),
        pytest.param("6:interview:r1", {"call_after_business_days": 0}, "your application from 11", id="none-to-wait"),
    ],
)
def test_one_is_singular(key: str, policy: dict[str, object], text: str) -> None:
    assert text in step(example_case(), key, AFTER, **policy).reason_text


def closed_by(stage: str) -> dict[str, Any]:
    return {"stages": (StageChange(id="s1", stage=stage, at=at(LATER)),)}


@pytest.mark.parametrize(
    ("key", "facts", "policy", "text"),
    [
        pytest.param(
            "4:r1",
            {"letters": (LETTER,)},
            {},
            f"Done at 13:30:05 on Mon 2 Mar 2026 (EST), according to your records. You had {LETTER_DUE}",
            id="evidence",
        ),
        pytest.param(
            "1:r1",
            {"overrides": (Override(id="o1", number=1, scope="interview:r1", action="complete", at=at(AFTER)),)},
            {},
            f"Marked by hand as done at 12:00 on Mon 2 Mar 2026 (EST). You had {MIDNIGHT}",
            id="by-hand",
        ),
        pytest.param(
            "6:interview:r1",
            {"follow_ups": (FollowUp(id="u1", at=at("2026-03-04T15:00Z"), direction="in", outcome="decision"),)},
            {},
            f"They contacted you at 10:00 on Wed 4 Mar 2026 (EST). You had {CALL_DUE}",
            id="they-contacted-you",
        ),
        pytest.param(
            "4:r1",
            {"overrides": (SKIP_4,)},
            {},
            f"You skipped this step. You had {LETTER_DUE}",
            id="skipped",
        ),
        pytest.param(
            "4:r1", {}, {"disabled_steps": frozenset({4})}, "Your policy disables this step.", id="switched-off"
        ),
        pytest.param(
            "1:r1",
            {"interviews": (r1(), r2())},
            {},
            "Another interview round was arranged, so you need not ask any more.",
            id="a-further-round",
        ),
        pytest.param(
            "6:interview:r1",
            {"interviews": (r1(), r2(status="cancelled", cancelled_at=at(AFTER)))},
            {},
            "A later round was cancelled, so a new call replaces this one.",
            id="a-round-was-cancelled",
        ),
        pytest.param(
            "3:r1",
            {"interviews": (r1(status="cancelled", cancelled_at=at(START)),)},
            {},
            "The interview was cancelled, so this step does not apply.",
            id="cancelled",
        ),
        pytest.param(
            "3:r1",
            {"interviews": (r1(status="no_show"),)},
            {},
            "The interview did not take place, so this step does not apply.",
            id="not-held",
        ),
        pytest.param(
            "5",
            {"references_not_needed_at": at(AFTER)},
            {},
            "You recorded that no references are wanted.",
            id="no-references",
        ),
        pytest.param(
            "6:interview:r1",
            closed_by("offered"),
            {},
            "You received an offer, so you need not ask for the status any more.",
            id="an-offer",
        ),
        pytest.param(
            "4:r1",
            closed_by("rejected"),
            {},
            f"The application is closed. You had {LETTER_DUE}",
            id="closed",
        ),
    ],
)
def test_a_closed_step_tells_why(key: str, facts: dict[str, Any], policy: dict[str, object], text: str) -> None:
    assert step(example_case(**facts), key, LATER, **policy).reason_text == text


@pytest.mark.parametrize(
    ("key", "facts", "text"),
    [
        pytest.param(
            "4:r1", {"overrides": (SKIP_4,)}, f"You skipped this step. The deadline is {LETTER_DUE[6:]}", id="skipped"
        ),
        pytest.param(
            "4:r1",
            {"letters": (Letter(id="l1", interview_id="r1", sent_at=at(AFTER)),)},
            f"Done at 12:00 on Mon 2 Mar 2026 (EST), according to your records. The deadline is {LETTER_DUE[6:]}",
            id="done",
        ),
        pytest.param(
            "4:r1",
            {"stages": (StageChange(id="s1", stage="rejected", at=at(AFTER)),)},
            "The application is closed.",
            id="closed",
        ),
    ],
)
def test_a_deadline_ahead_is_not_in_the_past_tense(key: str, facts: dict[str, Any], text: str) -> None:
    assert step(example_case(**facts), key, AFTER).reason_text == text


def test_names_that_are_given_later_are_not_in_the_past_tense() -> None:
    facts = example_case(references_given_at=at("2026-02-20T15:00Z"))
    for now, verb in (("2026-02-20T14:59:59Z", "give"), ("2026-02-20T15:00Z", "gave")):
        assert step(facts, "5", now).reason_text.startswith(f"You {verb} the names of your references at")


def test_a_deadline_has_passed_at_its_very_second() -> None:
    for now, verb in (("2026-03-03T15:59:59Z", "The deadline is"), ("2026-03-03T16:00Z", "You had until")):
        text = step(example_case(overrides=(SKIP_4,)), "4:r1", now).reason_text
        assert text.startswith(f"You skipped this step. {verb} 11:00")


def test_a_call_after_another_one_tells_that_no_new_date_was_given() -> None:
    spoke = FollowUp(id="u1", at=at("2026-03-04T15:00Z"), direction="out", outcome="spoke")
    found = step(example_case(follow_ups=(spoke,)), "6:followup:u1", LATER)
    assert found.reason_text.startswith("They gave you no new date. Ask for the status of your application after 5 ")


def test_a_call_that_older_rules_stored_has_no_number_of_days() -> None:
    record = to_record(row(example_case(), "6:interview:r1", AFTER))
    old = record._replace(detail={**record.detail, "data": {"zone": "America/New_York"}})
    assert "application after some business days, from 09:00" in reason_text(old, rfc3339(at(AFTER)))


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
    assert unscheduled("no_interview") == "No interview is recorded yet. Record one, and this step gets its dates."


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
