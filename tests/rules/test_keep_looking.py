"""Step 7: continue the job search until the application is closed."""

from typing import Any

import pytest

from api.rules.evaluate import project
from api.rules.facts import Elsewhere, Facts
from api.rules.hints import worded
from api.rules.policy import Policy
from tests.rules.example_case import AFTER, END, example_case, r1, r2, row, step
from tests.rules.vectors import at

LATER = "2026-03-30T12:00Z"


def search(when: str, id_: str = "a1") -> Elsewhere:
    return Elsewhere(id=id_, type="search_activity", at=at(when))


def interview(when: str, closed: str | None = None, id_: str = "i1") -> Elsewhere:
    return Elsewhere(id=id_, type="interview", at=at(when), closed_at=at(closed) if closed else None)


def of(*others: Elsewhere, **changes: Any) -> Facts:
    return example_case(elsewhere=others, **changes)


@pytest.mark.parametrize(
    ("others", "since"),
    [
        pytest.param((), END, id="the-first-interview"),
        pytest.param((search("2026-03-05T18:00Z"),), "2026-03-05T18:00Z", id="an-activity"),
        pytest.param(
            (search("2026-03-05T18:00Z"), search("2026-03-04T18:00Z", "a2")), "2026-03-05T18:00Z", id="latest"
        ),
        pytest.param((search("2026-03-01T18:00Z"),), END, id="an-activity-before-the-interview"),
        pytest.param((search("2026-03-07T12:00Z"),), "2026-03-07T12:00Z", id="an-activity-this-second"),
        pytest.param((search("2026-03-07T12:00:01Z"),), END, id="an-activity-only-later"),
        pytest.param((interview("2026-03-20T15:00Z"),), "2026-03-20T15:00Z", id="an-interview-elsewhere-ahead"),
        pytest.param(
            (interview("2026-03-20T15:00Z", "2026-03-20T14:59:59Z"),), END, id="elsewhere-was-closed-before-it"
        ),
        pytest.param(
            (interview("2026-03-20T15:00Z", "2026-03-20T15:00Z"),), "2026-03-20T15:00Z", id="elsewhere-closed-with-it"
        ),
        pytest.param(
            (interview("2026-03-06T15:00Z"), search("2026-03-05T18:00Z")), "2026-03-06T15:00Z", id="whichever-is-later"
        ),
    ],
)
def test_the_search_counts_from_the_latest_thing_elsewhere(others: tuple[Elsewhere, ...], since: str) -> None:
    stored = row(of(*others), "7", "2026-03-07T12:00Z")
    assert stored.data["since"] == since.replace("00Z", "00:00Z")
    assert stored.data["elsewhere"] is (since != END)
    assert [found.at for found in stored.evidence] == ([at(since)] if since != END else [])


@pytest.mark.parametrize(
    ("zone", "days", "due"),
    [
        pytest.param("America/New_York", 7, "2026-03-10T04:00Z", id="a-week"),
        pytest.param("America/New_York", 1, "2026-03-04T05:00Z", id="a-day"),
        pytest.param("Pacific/Apia", 7, "2026-03-10T11:00Z", id="by-the-users-clock"),
    ],
)
def test_it_is_due_at_the_end_of_the_users_day(zone: str, days: int, due: str) -> None:
    stored = row(of(user_zone=zone), "7", AFTER, search_days=days)
    assert (stored.opens_at, stored.due_at) == (at(END), at(due))
    assert (stored.due_zone, stored.due_basis, stored.reason) == (zone, "rolling", "keep_looking")
    assert (stored.data["days"], stored.data["zone"], stored.total, stored.missing) == (days, zone, 0, ())


def test_the_evidence_is_what_was_done_elsewhere() -> None:
    same = "2026-03-05T18:00Z"
    stored = row(of(search(same, "a1"), interview(same, id_="i1"), search(same, "a2")), "7", LATER)
    assert [(found.type, found.id) for found in stored.evidence] == [("search_activity", "a2")]


def test_something_elsewhere_as_the_interview_ended_is_evidence_and_moves_nothing() -> None:
    stored = row(of(search(END)), "7", LATER)
    assert [found.id for found in stored.evidence] == ["a1"]
    assert stored.data["elsewhere"] is False


@pytest.mark.parametrize(
    ("now", "code"),
    [
        pytest.param("2026-03-02T15:59:59Z", None, id="before-it-ends"),
        pytest.param(END, "log_search", id="from-its-end"),
        pytest.param(LATER, "log_search", id="when-overdue"),
    ],
)
def test_looking_starts_after_the_first_interview(now: str, code: str | None) -> None:
    action = step(of(interviews=(r2(), r1())), "7", now).next_action
    assert (action.code if action else None) == code
    if action:
        assert action.text == "Do something for your search elsewhere, and record it."
        assert (action.method, action.href) == ("POST", "/v1/search-activities")


def test_who_has_one_application_only_is_told_to_add_another() -> None:
    hint = worded("add_application", {}, "app", {})
    assert (hint["code"], hint["method"], hint["href"]) == ("add_application", "POST", "/v1/applications")
    assert hint["text"] == (
        "This is your only live application. Apply elsewhere, and record it with the day on which you applied."
    )


def test_without_a_live_round_there_is_no_search_to_judge() -> None:
    facts = of(interviews=(r1(status="no_show"),))
    assert project(facts, Policy(), at(LATER), only=[7]) == ()
    assert step(facts, "7", LATER).state == "not_started"


def test_the_first_round_is_the_one_that_ends_first() -> None:
    long = r1(id="a", end=at("2026-03-02T18:00Z"))
    assert row(of(interviews=(r2(id="b"), long, r1(id="z"))), "7", LATER).opens_at == at(END)
