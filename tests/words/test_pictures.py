"""Pictures: well-formed, without scripts and addresses, readable without colours, and with the right figures."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from api.rules.outcome import STATES, STEPS
from api.rules.progress import Group, History, funnel, response_times
from api.words.pictures import documents, timeline
from api.words.pictures.axis import ticks
from api.words.pictures.material import Bar, Lane, Mark, Timeline
from api.words.pictures.sentences import funnel_summary, notes, response_summary, timeline_summary
from api.words.pictures.states import WORDS
from api.words.pictures.svg import DARK, LIGHT, STYLE, shortened, text_width
from tests.rules.evaluation import Step, evaluate
from tests.rules.vectors import SCENARIOS, at, facts_of, policy_of
from tests.words.reading import HOSTILE

SVG = "{http://www.w3.org/2000/svg}"
NOW = datetime(2026, 3, 12, 17, tzinfo=UTC)
ALLOWED = {"svg", "title", "desc", "style", "rect", "g", "path", "circle", "text", "pattern"}
HTML_ALLOWED = {"html", "head", "meta", "body", "main", "div", "table", "caption", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = {"name", "content", "charset", "lang", "class", "scope", "role", "data-name"}
MARKUP = ["</title><script>alert(1)</script>", '" onload="alert(1)', "]]><svg onload=alert(1)>", "&lt;b&gt;"]
TEXTS = [*HOSTILE, *MARKUP]


def bar(state: str, number: int = 4, **changes: object) -> Bar:
    opens = NOW - timedelta(days=3)
    done = opens + timedelta(hours=40) if state == "done_late" else opens if state == "done" else None
    known: dict[str, Any] = {
        "step_id": f"{number}-{state}",
        "opens_at": opens,
        "due_at": opens + timedelta(days=1),
        "due_zone": "America/New_York",
        "completed_at": done,
        "state": state,
        "label": "round 1",
        "reason": "Because.",
    }
    return Bar(**{**known, **changes})


def line_of(*states: str, company: str = "Acme", role: str = "Engineer", marks: tuple[Mark, ...] = ()) -> Timeline:
    """Return a timeline with a step in each of these states."""
    shown = [*states, *["not_started"] * (7 - len(states))]
    lanes = [
        Lane(number=number, step=step, state=state, bars=[bar(state, number)] if state != "not_started" else [])
        for (number, step), state in zip(STEPS.items(), shown, strict=False)
    ]
    return Timeline(
        application_id="019577a0-0000-7000-8000-000000000001",
        company=company,
        role=role,
        zone="America/New_York",
        starts_at=NOW - timedelta(days=20),
        ends_at=NOW + timedelta(days=5),
        now=NOW,
        is_complete=True,
        summary=timeline_summary(lanes, None),
        lanes=lanes,
        marks=marks,
    )


MARKS = tuple(
    Mark(kind=kind, at=NOW - timedelta(days=days), label=kind)
    for days, kind in enumerate(("interview", "stage", "contacted", "contacted_you", "offer"))
)
HISTORIES = [
    History(
        zone="UTC",
        applied_on=(NOW - timedelta(days=days)).date(),
        contacted_at=NOW if days % 2 else None,
        outcome="withdrawn" if days % 3 == 0 else None,
        closed_at=NOW if days % 3 == 0 else None,
    )
    for days in range(12)
]


def figures(name: str | None = "Referral", *, number: int = 12) -> Iterator[tuple[str, str]]:
    """Yield the statistics of some applications, with one group of this name, as (picture, page)."""
    found = HISTORIES[:number]
    group = Group(value=name, is_other=False, members=found)
    whole, times = funnel(found, NOW, 4), response_times(found, NOW)
    for width in (320, 860, 1_600):
        yield (
            documents.funnel_picture(whole, [(group, whole)], ["A note."], width=width),
            documents.funnel_page(whole, [(group, whole)], ["A note."]),
        )
        yield (
            documents.response_picture(times, [(group, times)], ["A note."], width=width),
            documents.response_page(times, [(group, times)], ["A note."]),
        )


def pictures(text: str) -> Iterator[tuple[str, str]]:
    """Yield pictures and pages in which a text stands wherever users can write it."""
    shown = line_of("open", "overdue", "done", company=text, role=text, marks=MARKS)
    for width in (320, 860, 1_600):
        yield timeline.draw(shown, width=width), documents.timeline_page(shown)
    yield from figures(text)


def checked(picture: str) -> ET.Element:
    """Check that a picture has only known elements, no address, no script and no handler; return its root."""
    root = ET.fromstring(picture)
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in ALLOWED, element.tag
        for name, value in element.attrib.items():
            assert not name.startswith("on"), name
            assert name != "style"
            assert "href" not in name
            assert not re.search(r"url\((?!#aw-)|javascript:|//", value), value
    assert "@import" not in STYLE
    assert "url(" not in STYLE
    return root


class PageReader(HTMLParser):
    """Reads a page; an element or an attribute that is neither of the page nor of its pictures fails the test."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in HTML_ALLOWED | ALLOWED | {"bdi"}, tag
        for name, value in attrs:
            assert not name.startswith("on"), name
            if tag in HTML_ALLOWED:
                assert name in ATTRIBUTES, (tag, name)
            assert "href" not in name
            assert name in ("xmlns", "name") or "//" not in (value or "")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_adds_markup(text: str) -> None:
    usual = [[element.tag for element in checked(picture).iter()] for picture, _ in pictures("Acme")]
    for (picture, page), expected in zip(pictures(text), usual, strict=True):
        tags = [element.tag for element in checked(picture).iter() if element.tag != f"{SVG}text"]
        assert tags == [tag for tag in expected if tag != f"{SVG}text"]
        PageReader().feed(page)
        assert "<script" not in page


def test_a_picture_has_a_title_and_its_statement_and_every_bar_a_title() -> None:
    shown = line_of("done", "overdue", marks=MARKS)
    root = checked(timeline.draw(shown, width=860))
    title, described = next(root.iter(f"{SVG}title")), next(root.iter(f"{SVG}desc"))
    assert (title.text, described.text) == ("Timeline: Engineer, Acme", shown.summary)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby", "").split() == [title.get("id"), described.get("id")]
    groups = [element for element in root.iter(f"{SVG}g") if element.find(f"{SVG}title") is not None]
    titles = [group.findtext(f"{SVG}title") for group in groups]
    assert (
        "Contact details, round 1: overdue, from 13:00 on Mon 9 Mar 2026 (EDT) until 13:00 on Tue 10 Mar 2026 (EDT)"
        in (titles)
    )
    assert shown.summary == (
        "Contact details: overdue since 13:00 on Tue 10 Mar 2026 (EDT). One of the seven steps is done."
    )


def test_ids_differ_between_pictures_of_one_page() -> None:
    page = documents.timeline_page(line_of("overdue", "missed", "done_late"))
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids)) == 10
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(ids)


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(share * value for share, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_but_the_grid_has_a_contrast_of_4_5(palette: dict[str, str]) -> None:
    paper = luminance(palette["paper"])
    for name, colour in palette.items():
        if name not in ("paper", "grid"):
            low, high = sorted((paper, luminance(colour)))
            assert (high + 0.05) / (low + 0.05) >= 4.5, name


def shape(state: str) -> tuple[tuple[str, ...], ...]:
    """Return what a state looks like without colours: tags, dashes, patterns and paths of its bar."""
    root = checked(timeline.draw(line_of(state), width=860))
    group = next(g for g in root.iter(f"{SVG}g") if (g.findtext(f"{SVG}title") or "").startswith("Next stage"))
    kept = ("stroke-dasharray", "fill", "r")
    paths = {"s-paper none": "d"}
    return tuple(
        (
            element.tag,
            "filled" if "f-done" in element.get("class", "").split() else "",
            *(re.sub(r"aw-[\w-]+-", "", element.get(name, "")) for name in kept),
            element.get(paths.get(element.get("class", ""), ""), ""),
            element.get("stroke-width", ""),
        )
        for element in group
        if element.tag != f"{SVG}title"
    )


def test_every_state_has_a_shape_and_a_word_of_its_own() -> None:
    states = [state for state in STATES if state != "not_started"]
    assert len({shape(state) for state in states}) == len(states)
    assert set(WORDS) == set(STATES)
    assert len(set(WORDS.values())) == len(STATES)
    for state in states:
        assert f">{WORDS[state]}</text>" in timeline.draw(line_of(state), width=860)


@pytest.mark.parametrize("case", SCENARIOS, ids=[case["id"] for case in SCENARIOS])
@pytest.mark.parametrize("width", [360, 860])
def test_the_picture_of_a_case_has_its_states(case: dict[str, Any], width: int) -> None:
    facts, now = facts_of(case["facts"]), at(case["now"])
    steps = [step for step in evaluate(facts, policy_of(case["policy"]), now) if step.opens_at is not None]
    lanes = [_lane(number, [step for step in steps if step.number == number]) for number in STEPS]
    times = [now, *(end for step in steps for end in (step.opens_at, step.due_at) if end is not None)]
    shown = Timeline(
        application_id="019577a0-0000-7000-8000-000000000001",
        company="Acme",
        role="Engineer",
        zone=facts.zone,
        starts_at=min(times) - timedelta(hours=1),
        ends_at=max(times) + timedelta(hours=1),
        now=now,
        is_complete=True,
        summary=timeline_summary(lanes, None),
        lanes=lanes,
        marks=[],
    )
    root = checked(timeline.draw(shown, width=width))
    drawn = [rect for rect in root.iter(f"{SVG}rect") if rect.get("data-state")]
    in_lanes = drawn[: sum(step.state != "not_applicable" for step in steps)]  # the legend follows
    assert sorted(rect.get("data-state", "") for rect in in_lanes) == sorted(
        step.state for step in steps if step.state != "not_applicable"
    )
    for rect in drawn:
        left, size = float(rect.get("x", "")), float(rect.get("width", ""))
        assert left >= 0
        assert size >= 6
        assert left + size <= width


def _lane(number: int, steps: list[Step]) -> Lane:
    bars = [
        bar(
            step.state,
            number,
            opens_at=step.opens_at,
            due_at=step.due_at,
            due_zone=step.due_zone,
            completed_at=step.completed_at,
        )
        for step in steps
    ]
    return Lane(number=number, step=STEPS[number], state=steps[-1].state if steps else "not_started", bars=bars)


@pytest.mark.parametrize("days", [0, 1, 6, 20, 80, 399, 400, 401, 3_000, 80_000])
@pytest.mark.parametrize("most", [5, 12])
def test_ticks_are_few_and_lie_at_local_midnights(days: int, most: int) -> None:
    begin = datetime(1975, 5, 28, 4, tzinfo=UTC)
    found = ticks(begin, begin + timedelta(days=days), "America/New_York", most)
    assert len(found) <= most
    assert found or days < 7 or days > 3_000
    assert all(tick.at.minute == 0 and tick.at.hour in (4, 5) for tick in found)
    assert not found or found[0].year
    if days > 400:
        assert all(" " not in tick.label for tick in found)


@pytest.mark.parametrize("number", [0, 1, 4, 5, 9, 10])
def test_statistics_of_few_applications_are_drawn_without_percentages(number: int) -> None:
    for picture, page in figures(number=number):
        checked(picture)
        assert number >= 10 or "\u00a0%" not in picture
        assert number >= 10 or "\u00a0%" not in page


@pytest.mark.parametrize(
    ("number", "says", "times_say"),
    [
        (0, "There are no applications.", "There are no applications with a known date."),
        (
            1,
            "Of 1 application, none got an answer, none led to an interview, none to an offer, and none was accepted. "
            "There are fewer than ten, so there are no percentages.",
            "There are no answers yet. 1 ended without an answer.",
        ),
        (
            12,
            "Of 12 applications, 6 got an answer, none led to an interview, none to an offer, and none was accepted. 4 "
            "wait for an answer; 1 of them for less than the median time.",
            "Half of the 6 answers came within 5 days. 4 applications wait for an answer, the longest for 10 days. 2 "
            "ended without an answer.",
        ),
    ],
)
def test_the_statement_of_a_picture(number: int, says: str, times_say: str) -> None:
    found = HISTORIES[:number]
    assert funnel_summary(funnel(found, NOW, 4)) == says
    assert response_summary(response_times(found, NOW)) == times_say


def test_what_figures_leave_out_is_said() -> None:
    assert notes(undated=0, is_complete=True) == []
    assert notes(undated=1, is_complete=False) == [
        "1 application without known dates: not counted here.",
        "Only the newest 10,000 applications are counted.",
    ]


def test_a_text_is_shortened_to_fit() -> None:
    assert text_width("e\u0301" * 9, 13) == text_width("e" * 9, 13)
    for text in ("short", "x" * 500, "田中" * 100, "W" * 90):
        assert text_width(shortened(text, 200), 13) <= 200
    assert shortened("short", 200) == "short"
