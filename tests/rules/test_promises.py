"""Which of the dates that the employer named counts."""

from datetime import date, datetime, time

import pytest

from api.rules.facts import FollowUp, Interview, Moment
from api.rules.promises import Promise, Said, newest_promise, promises_since
from tests.rules.example_case import AFTER, r1, r2
from tests.rules.vectors import at

NOW = at("2026-03-20T12:00Z")
FIRST, SECOND, THIRD = (Moment(date(2026, 3, number)) for number in (6, 13, 19))


def told(when: str, id_: str = "u1", **dates: Moment) -> FollowUp:
    return FollowUp(id=id_, at=at(when), direction="in", outcome="status", **dates)


@pytest.mark.parametrize(
    ("rounds", "contacts", "promise"),
    [
        pytest.param([r1()], [], Promise(), id="none"),
        pytest.param([r1(hear_by=FIRST)], [], Promise(hear_by=FIRST), id="at-the-round"),
        pytest.param(
            [r1(hear_by=FIRST, timing_learned_at=at(AFTER))],
            [told("2026-03-05T12:00Z", hear_by=SECOND)],
            Promise(hear_by=SECOND),
            id="a-later-contact",
        ),
        pytest.param(
            [r1(hear_by=SECOND, timing_learned_at=at("2026-03-09T12:00Z"))],
            [told("2026-03-05T12:00Z", hear_by=FIRST)],
            Promise(hear_by=SECOND),
            id="learned-later-at-the-round",
        ),
        pytest.param(
            [r1(hear_by=FIRST)], [told("2026-03-05T12:00Z")], Promise(hear_by=FIRST), id="a-contact-without-a-date"
        ),
        pytest.param(
            [r1(hear_by=FIRST, contact_from=FIRST)],
            [told("2026-03-05T12:00Z", contact_by=SECOND)],
            Promise(contact_by=SECOND),
            id="the-newest-replaces-all",
        ),
        pytest.param(
            [r1()],
            [told("2026-03-05T12:00Z", hear_by=FIRST), told("2026-03-05T12:00Z", "u2", hear_by=SECOND)],
            Promise(hear_by=SECOND),
            id="two-in-one-second-by-id",
        ),
        pytest.param([r1()], [told("2026-03-01T12:00Z", hear_by=SECOND)], Promise(), id="before-the-round"),
        pytest.param([r1()], [told("2026-03-21T12:00Z", hear_by=SECOND)], Promise(), id="not-known-yet"),
        pytest.param(
            [r1(hear_by=FIRST, timing_learned_at=at("2026-02-20T12:00Z"))],
            [],
            Promise(hear_by=FIRST),
            id="learned-before-the-round-itself",
        ),
        pytest.param(
            [r1(), r2(hear_by=THIRD, timing_learned_at=at("2026-03-10T15:00Z"))],
            [told("2026-03-11T12:00Z", hear_by=THIRD)],
            Promise(),
            id="at-a-later-round-and-after-it",
        ),
        pytest.param(
            [r1(hear_by=FIRST), r2(hear_by=THIRD, status="cancelled", timing_learned_at=at("2026-03-09T15:00Z"))],
            [],
            Promise(hear_by=THIRD),
            id="at-a-later-round-that-was-cancelled",
        ),
    ],
)
def test_the_newest_promise_counts(rounds: list[Interview], contacts: list[FollowUp], promise: Promise) -> None:
    assert newest_promise(rounds[0], rounds, contacts, NOW) == promise


def test_a_later_round_ends_the_promises_before_it() -> None:
    rounds = [r1(hear_by=FIRST, timing_learned_at=at(AFTER)), r2()]
    assert newest_promise(rounds[1], rounds, [], NOW) == Promise()


BASE = r1(hear_by=FIRST, timing_learned_at=at(AFTER))


@pytest.mark.parametrize(
    ("others", "when", "counts"),
    [
        pytest.param([r2()], "2026-03-10T13:59:59Z", True, id="a-second-before-the-next-round"),
        pytest.param([r2()], "2026-03-10T14:00Z", False, id="when-the-next-round-begins"),
        pytest.param([r2(), r2(id="r3", start=at("2026-03-17T14:00Z"))], "2026-03-12T12:00Z", False, id="two-rounds"),
        pytest.param([r2(status="cancelled", cancelled_at=at(AFTER))], "2026-03-12T12:00Z", True, id="a-cancelled-one"),
        pytest.param([r2(start=at("2026-02-20T14:00Z"))], "2026-03-12T12:00Z", True, id="an-earlier-one"),
        pytest.param([r1(id="r0")], "2026-03-12T12:00Z", True, id="one-at-the-same-time"),
        pytest.param([], "2026-03-20T12:00Z", True, id="in-this-second"),
        pytest.param([], "2026-03-20T12:00:01Z", False, id="a-second-later"),
    ],
)
def test_a_contact_counts_until_the_next_round_begins(others: list[Interview], when: str, *, counts: bool) -> None:
    found = newest_promise(BASE, [BASE, *others], [told(when, hear_by=THIRD)], NOW)
    assert found.hear_by == (THIRD if counts else FIRST)


def test_what_was_named_at_another_round_that_took_place_does_not_count() -> None:
    other = r2(hear_by=THIRD, timing_learned_at=at("2026-03-05T12:00Z"))
    assert newest_promise(BASE, [BASE, other], [], NOW).hear_by == FIRST


def test_that_they_would_not_say_is_an_answer() -> None:
    said = [
        Said(at(AFTER), "a", Promise(hear_by=FIRST)),
        Said(NOW, "b", Promise(), would_not_say=True),
        Said(NOW, "c", Promise()),
    ]
    assert [one.id for one in promises_since(said, at(AFTER))] == ["b", "a"]


@pytest.mark.parametrize(
    ("promise", "by", "is_theirs_only"),
    [
        (Promise(), None, False),
        (Promise(contact_by=FIRST), None, False),
        (Promise(contact_from=SECOND, hear_by=FIRST), FIRST.date, False),
        (Promise(hear_by=FIRST), FIRST.date, True),
    ],
)
def test_a_promise_tells_until_when_a_letter_is_needed_and_whose_date_it_is(
    promise: Promise, by: object, is_theirs_only: object
) -> None:
    assert (promise.needed_by, promise.is_theirs_only) == (by, is_theirs_only)


@pytest.mark.parametrize(
    ("clock", "now", "is_past"),
    [
        pytest.param(None, "2026-03-06T23:59:59", False, id="the-last-second-of-the-day"),
        pytest.param(None, "2026-03-07T00:00:00", True, id="the-next-day"),
        pytest.param(time(14, 30), "2026-03-06T14:29:59", False, id="a-second-before"),
        pytest.param(time(14, 30), "2026-03-06T14:30:00", True, id="at-that-time"),
        pytest.param(time(), "2026-03-05T23:59:59", False, id="before-midnight"),
        pytest.param(time(), "2026-03-06T00:00:00", True, id="at-midnight"),
    ],
)
def test_a_moment_passes_at_its_time_or_after_its_day(clock: time | None, now: str, *, is_past: bool) -> None:
    assert Moment(date(2026, 3, 6), clock).is_past(datetime.fromisoformat(now)) is is_past


def test_a_moment_at_midnight_ends_the_day_before() -> None:
    assert Moment(date(2026, 3, 6), time()).days == {date(2026, 3, 5), date(2026, 3, 6)}
    assert Moment(date(2026, 3, 6), time(0, 1)).last_date == date(2026, 3, 6)
