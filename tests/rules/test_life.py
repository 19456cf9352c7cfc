"""Stage, offer and closure of an application, from its stage history."""

import pytest

from api.rules.facts import StageChange
from api.rules.life import Life, life, order
from tests.rules.vectors import at

NOW = at("2026-03-31T00:00Z")


def history(text: str) -> tuple[StageChange, ...]:
    """Convert `applied 1, rejected 4`: stages and their days in March 2026."""
    lines = [line.split() for line in text.split(", ")] if text else []
    return tuple(
        StageChange(id=f"s{index}", stage=stage, at=at(f"2026-03-{int(day):02}T12:00Z"))
        for index, (stage, day) in enumerate(lines)
    )


def stands(stage: str, offered: int = 0, closed: int = 0, outcome: str | None = None) -> Life:
    days = [at(f"2026-03-{day:02}T12:00Z") if day else None for day in (offered, closed)]
    return Life(stage, days[0], days[1], outcome)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param("", stands("saved"), id="no-history-is-saved"),
        pytest.param("applied 1", stands("applied"), id="applied"),
        pytest.param("applied 1, interviewing 3", stands("interviewing"), id="the-newest-counts"),
        pytest.param("interviewing 3, applied 1", stands("interviewing"), id="in-whatever-order-they-were-entered"),
        pytest.param("applied 1, offered 4", stands("offered", 4), id="an-offer"),
        pytest.param("applied 1, offered 4, offered 6", stands("offered", 4), id="an-offer-counts-from-its-first-line"),
        pytest.param("offered 4, interviewing 5", stands("interviewing"), id="an-offer-taken-back"),
        pytest.param("offered 4, applied 5", stands("applied"), id="an-offer-before-applying-again"),
        pytest.param("offered 4, saved 5", stands("saved"), id="an-offer-before-starting-over"),
        pytest.param("offered 4, interviewing 5, offered 6", stands("offered", 6), id="a-second-offer"),
        pytest.param("applied 1, rejected 4", stands("rejected", 0, 4, "rejected"), id="rejected"),
        pytest.param(
            "offered 4, accepted 6", stands("accepted", 4, 6, "accepted"), id="an-accepted-offer-stays-an-offer"
        ),
        pytest.param(
            "applied 1, no_response 4, rejected 6",
            stands("rejected", 0, 4, "rejected"),
            id="closed-since-the-first-ending-with-the-outcome-of-the-last",
        ),
        pytest.param("rejected 4, interviewing 6", stands("interviewing"), id="reinstated"),
        pytest.param(
            "rejected 4, interviewing 6, withdrawn 8",
            stands("withdrawn", 0, 8, "withdrawn"),
            id="closed-again-counts-from-the-second-time",
        ),
        pytest.param("offered 4, declined 5, offered 6", stands("offered", 4), id="an-offer-reinstated-is-the-same"),
        pytest.param("declined 5", stands("declined", 0, 5, "declined"), id="nothing-but-an-ending"),
    ],
)
def test_the_history_tells_where_an_application_stands(lines: str, expected: Life) -> None:
    assert life(history(lines), NOW) == expected


@pytest.mark.parametrize("ending", ["accepted", "declined", "rejected", "withdrawn", "no_response"])
def test_five_stages_end_an_application(ending: str) -> None:
    assert life(history(f"applied 1, {ending} 2"), NOW).closed_outcome == ending


@pytest.mark.parametrize("stage", ["saved", "applied", "interviewing", "offered"])
def test_four_stages_do_not(stage: str) -> None:
    assert life(history(f"rejected 1, {stage} 2"), NOW).closed_at is None


def test_a_line_dated_later_is_not_known_yet() -> None:
    lines = history("applied 1, rejected 4")
    assert life(lines, at("2026-03-04T11:59:59Z")) == stands("applied")
    assert life(lines, at("2026-03-04T12:00Z")) == stands("rejected", 0, 4, "rejected")


def test_an_undated_first_line_sorts_before_lines_with_earlier_dates() -> None:
    typed_later = StageChange(id="s9", stage="applied", at=at("2026-03-20T12:00Z"), dated=False)
    assert life((typed_later, *history("rejected 4")), NOW).closed_outcome == "rejected"


def test_an_undated_line_has_its_instant_all_the_same() -> None:
    typed_later = StageChange(id="s9", stage="rejected", at=at("2026-03-20T12:00Z"), dated=False)
    assert life((typed_later,), at("2026-03-19T12:00Z")) == Life("saved")
    assert life((typed_later,), NOW).closed_at == at("2026-03-20T12:00Z")


def test_lines_of_the_same_second_sort_by_id() -> None:
    first, second = (StageChange(id=id_, stage="applied", at=NOW) for id_ in ("a", "b"))
    assert sorted((second, first), key=order) == [first, second]
