"""The pages to print and the CSV files with the figures of the pictures."""

from collections.abc import Callable, Iterator, Sequence

from api.rules.progress import Funnel, Group, ResponseTimes
from api.rules.words import deadline, rfc3339, wall
from api.words.csv_text import Cell, csv_text
from api.words.pictures import timeline as timelines
from api.words.pictures.figures import (
    FUNNEL_TITLE,
    RESPONSE_TITLE,
    draw_funnel,
    draw_response_times,
    funnel_table,
    group_name,
    response_table,
)
from api.words.pictures.material import STEP_NAMES, Timeline
from api.words.pictures.page import NARROW, WIDE, Table, page
from api.words.pictures.states import WORDS
from api.words.pictures.timeline import MARK_WORDS, when

WHOLE = ("all", None)
Draw = Callable[[int], str]


def _printed(title: str, draw: Draw, tables: Sequence[Table], theme: str) -> str:
    return page(title, draw(WIDE), draw(NARROW), tables, theme=theme)


def timeline_page(timeline: Timeline, *, theme: str = "auto") -> str:
    """Return the timeline as a page: the picture, the steps with their reasons, and the events."""
    steps = [
        (
            ", ".join(filter(None, (f"{lane.number} {STEP_NAMES[lane.number]}", bar.label))),
            WORDS[bar.state],
            wall(bar.opens_at, bar.due_zone),
            deadline(rfc3339(bar.due_at), bar.due_zone),
            bar.reason,
        )
        for lane in timeline.lanes
        for bar in lane.bars
    ]
    events = [(when(mark, timeline.zone), MARK_WORDS[mark.kind], mark.label) for mark in timeline.marks]
    header = ("Step", "State", "From", "Until", "Why")
    tables = [
        Table(caption="Steps", header=header, rows=steps, is_stacked=True),
        Table(caption="Events", header=("When", "What", "Details"), rows=events),
    ]
    title = f"{timeline.role}, {timeline.company}"
    return _printed(title, lambda width: timelines.draw(timeline, width=width, theme=theme), tables, theme)


def funnel_picture(
    whole: Funnel, groups: Sequence[tuple[Group, Funnel]], notes: Sequence[str], *, width: int, theme: str = "auto"
) -> str:
    """Return the funnel as SVG."""
    named = [(group_name(group), part) for group, part in groups]
    return draw_funnel(whole, named, notes, width=width, theme=theme)


def funnel_page(
    whole: Funnel, groups: Sequence[tuple[Group, Funnel]], notes: Sequence[str], *, theme: str = "auto"
) -> str:
    """Return the funnel as a page: the picture and its figures."""
    rows = list(funnel_table(whole, [(group_name(group), part) for group, part in groups]))
    table = Table(caption="Figures", header=("Group", "Applications", "Number", "Of all"), rows=rows)

    def draw(width: int) -> str:
        return funnel_picture(whole, groups, notes, width=width, theme=theme)

    return _printed(FUNNEL_TITLE, draw, [table], theme)


def response_picture(
    whole: ResponseTimes,
    groups: Sequence[tuple[Group, ResponseTimes]],
    notes: Sequence[str],
    *,
    width: int,
    theme: str = "auto",
) -> str:
    """Return the response times as SVG."""
    named = [(group_name(group), part) for group, part in groups]
    return draw_response_times(whole, named, notes, width=width, theme=theme)


def response_page(
    whole: ResponseTimes, groups: Sequence[tuple[Group, ResponseTimes]], notes: Sequence[str], *, theme: str = "auto"
) -> str:
    """Return the response times as a page: the picture and its figures."""
    rows = list(response_table(whole, [(group_name(group), part) for group, part in groups]))
    table = Table(caption="Figures", header=("Group", "After", "Answered", "Waiting", "No answer"), rows=rows)

    def draw(width: int) -> str:
        return response_picture(whole, groups, notes, width=width, theme=theme)

    return _printed(RESPONSE_TITLE, draw, [table], theme)


def _key(group: Group) -> tuple[str, str | None]:
    """Return the first two cells of a group's rows: what the rows count, and the value of the group."""
    return ("other", None) if group.is_other else ("group", group.value)


def funnel_csv(whole: Funnel, groups: Sequence[tuple[Group, Funnel]]) -> str:
    """Return the funnel as CSV: a row for each level and each ending, of all applications and of each group."""

    def rows() -> Iterator[tuple[Cell, ...]]:
        for key, part in ((WHOLE, whole), *((_key(group), part) for group, part in groups)):
            for level in part.levels:
                yield (*key, "reached", level.name, level.count, level.percent)
            for end in part.endings:
                yield (*key, "ended", end.outcome, end.count, None)
            yield (*key, "live", "waiting", part.waiting, None)

    return csv_text(("part", "group", "kind", "name", "count", "percent"), rows())


def response_csv(whole: ResponseTimes, groups: Sequence[tuple[Group, ResponseTimes]]) -> str:
    """Return the response times as CSV: a row for each range of days; the last range has no `to_days`."""

    def rows() -> Iterator[tuple[Cell, ...]]:
        for key, part in ((WHOLE, whole), *((_key(group), part) for group, part in groups)):
            for days in part.days:
                counts = (days.answered, days.waiting, days.silent)
                yield (*key, days.from_days, days.to_days, *counts, part.median_days)

    header = ("part", "group", "from_days", "to_days", "answered", "waiting", "silent", "median_days")
    return csv_text(header, rows())
