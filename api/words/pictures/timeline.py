"""The timeline of an application: a lane for each step, lines for interviews and for now, and marks for events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from xml.etree import ElementTree as ET

from api.rules.calendar import day_start, local_date
from api.rules.words import MONTHS, deadline, rfc3339, wall
from api.words.pictures.axis import MAX_TICKS, Axis, Rows, Tick, ticks
from api.words.pictures.material import STEP_NAMES, Bar, Lane, Mark, Timeline
from api.words.pictures.states import (
    RADIUS,
    THICK,
    WORDS,
    colour_of,
    define_patterns,
    draw_bar,
    draw_marker,
)
from api.words.pictures.svg import MARGIN, Canvas, text_width

GUTTER = 172
ROW = 20
MAX_ROWS = 4  # of bars that overlap; later ones are drawn over each other
SHORTEST = 7
LABEL = 12
EARLIER = "earlier"
SHAPES = {
    "stage": "M0 -6L6 0L0 6L-6 0Z",
    "contacted": "M-5 -6L6 0L-5 6Z",
    "contacted_you": "M5 -6L-6 0L5 6Z",
    "offer": "M-5.5 -5.5H5.5V5.5H-5.5Z",
    EARLIER: "M5 -5L-1 0L5 5M-1 -5L-7 0L-1 5",
}
MARK_WORDS = {
    "interview": "interview",
    "stage": "stage",
    "contacted": "you contacted them",
    "contacted_you": "they contacted you",
    "offer": "offer",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A bar with its coordinates: the row within the lane, and the ends of the time from opening to deadline."""

    bar: Bar
    row: int
    left: float
    right: float


def draw(timeline: Timeline, *, width: int, theme: str = "auto") -> str:
    """Return a timeline as SVG."""
    prefix = f"aw-{timeline.application_id[-12:]}-{width}"
    title = f"Timeline: {timeline.role}, {timeline.company}"
    canvas = Canvas.begin(prefix, width, theme, title, timeline.summary)
    define_patterns(canvas)
    axis = Axis(
        starts_at=_begin(timeline),
        ends_at=timeline.ends_at,
        left=MARGIN + RADIUS if canvas.is_narrow else MARGIN + GUTTER,
        right=width - MARGIN - RADIUS,
    )
    top = canvas.header(timeline.role, timeline.company, timeline.summary)
    flags = _place_flags(timeline, axis)
    top += max((row for *_, row in flags if row is not None), default=-1) * 16 + 20
    lines = canvas.add("g")  # below everything else, completed when the height is known
    y = top + 8
    for lane in timeline.lanes:
        y = _draw_lane(canvas, axis, lane, timeline, y)
    y = _draw_events(canvas, axis, timeline, y)
    _draw_lines(canvas, lines, axis, timeline, top, y)
    _draw_flags(canvas, lines, flags, timeline.zone, top, y)
    y = _draw_axis(canvas, axis, timeline, y)
    return canvas.finish(_draw_legend(canvas, timeline, y) + MARGIN)


def _begin(timeline: Timeline) -> datetime:
    """Return where the axis begins: with the first event, but not long before the first step, which would be tiny."""
    opening = [bar.opens_at for lane in timeline.lanes for bar in lane.bars]
    opening += [mark.at for mark in timeline.marks if mark.kind == "interview"]
    if not opening:
        return timeline.starts_at
    first = min([*opening, *([timeline.now] if timeline.now else [])])
    lead = max((timeline.ends_at - first) / 5, timedelta(days=1))
    return max(timeline.starts_at, day_start(local_date(first - lead, timeline.zone), timeline.zone))


def _place_flags(timeline: Timeline, axis: Axis) -> list[tuple[Mark, float, bool, int | None]]:
    """Return the interviews and the current instant with the left end of the label, its side, and its row."""
    marks = [mark for mark in timeline.marks if mark.kind == "interview"]
    if timeline.now is not None:
        marks.insert(0, Mark(kind="now", at=timeline.now, label="now"))
    rows, placed = Rows(3), []
    for mark in marks:
        x, room = axis.x(mark.at), text_width(mark.label, LABEL, is_bold=True) + 10
        is_left = x + room > axis.right + RADIUS
        begin = x - room if is_left else x
        placed.append((mark, x, is_left, rows.place(begin, begin + room)))
    return placed


def _draw_flags(
    canvas: Canvas,
    within: ET.Element,
    flags: Sequence[tuple[Mark, float, bool, int | None]],
    zone: str,
    top: float,
    bottom: float,
) -> None:
    """Draw the lines of the interviews and of the current instant with their labels above the lanes."""
    for mark, x, is_left, row in flags:
        is_now = mark.kind == "now"
        group = canvas.group(f"{mark.label}: {wall(mark.at, zone)}", within=within)
        head = top - 4 - (row or 0) * 16
        dashes = {"stroke-dasharray": "5 4"} if is_now else {}
        kind = f"s-{'ink' if is_now else 'interview'} none"
        path = f"M{x:.1f} {head - 10:.1f}V{bottom:.1f}"
        canvas.add("path", within=group, kind=kind, d=path, stroke_width=1.5 if is_now else 2, **dashes)
        if row is not None:
            anchor = {"text-anchor": "end"} if is_left else {}
            kind = f"small halo {'bold' if is_now else 'f-interview'}"
            canvas.add("text", within=group, kind=kind, x=x + (-5 if is_left else 5), y=head, text=mark.label, **anchor)


def _place_bars(axis: Axis, lane: Lane) -> list[Placed]:
    rows, placed = Rows(MAX_ROWS), []
    for bar in lane.bars:
        left = axis.x(bar.opens_at)
        right = max(axis.x(bar.due_at), left + SHORTEST)
        if right > axis.right:
            left, right = min(left, axis.right - SHORTEST), axis.right
        ends = [left, right, *([axis.x(bar.completed_at)] if bar.completed_at else [])]
        row = rows.place(min(ends) - RADIUS, max(ends) + RADIUS)
        placed.append(Placed(bar=bar, row=MAX_ROWS - 1 if row is None else row, left=left, right=right))
    return placed


def _draw_lane(canvas: Canvas, axis: Axis, lane: Lane, timeline: Timeline, y: float) -> float:
    """Draw the name, the state and the bars of a step; return the y coordinate below them."""
    placed = _place_bars(axis, lane)
    height = max((one.row for one in placed), default=0) * ROW
    middle = y + (34 if canvas.is_narrow else 20)
    below = middle + height + (16 if canvas.is_narrow else 22)
    name, word = f"{lane.number}  {STEP_NAMES[lane.number]}", WORDS[lane.state]
    kind = f"small halo f-{colour_of(lane.state)}"
    canvas.add("text", kind="bold halo", x=MARGIN, y=y + 16, text=name)
    if canvas.is_narrow:
        canvas.add("text", kind=kind, x=canvas.width - MARGIN, y=y + 16, text=word, text_anchor="end")
    else:
        canvas.add("text", kind=kind, x=MARGIN + 16, y=y + 32, text=word)
    for one in placed:
        _draw_step(canvas, axis, timeline, one, lane, middle + one.row * ROW)
    canvas.add("path", kind="s-grid none", d=f"M{MARGIN} {below:.1f}H{canvas.width - MARGIN}", stroke_width=1)
    return below


def _draw_step(canvas: Canvas, axis: Axis, timeline: Timeline, placed: Placed, lane: Lane, y: float) -> None:
    """Draw one bar with its marker; the title says the same in words."""
    bar, end = placed.bar, placed.right
    name = ", ".join(filter(None, (STEP_NAMES[lane.number], bar.label)))
    group = canvas.group(f"{name}: {bar_words(bar)}")
    colour = colour_of(bar.state)
    reach = end
    if bar.completed_at is not None:
        reach = axis.x(bar.completed_at)
    elif bar.state == "overdue" and timeline.now is not None:
        reach = axis.x(timeline.now)
    for begin, until in ((end, reach), (reach, placed.left)):
        if until > begin:
            path = f"M{begin:.1f} {y:.1f}H{until:.1f}"
            canvas.add("path", within=group, kind=f"s-{colour} none", d=path, stroke_width=3)
    draw_bar(canvas, group, bar.state, placed.left, y, end - placed.left)
    draw_marker(canvas, group, bar.state, reach if bar.completed_at is not None else end, y)


def bar_words(bar: Bar) -> str:
    """Return the state and the dates of a bar as words."""
    opens, due = wall(bar.opens_at, bar.due_zone), deadline(rfc3339(bar.due_at), bar.due_zone)
    done = f", completed at {wall(bar.completed_at, bar.due_zone)}" if bar.completed_at else ""
    return f"{WORDS[bar.state]}, from {opens} until {due}{done}"


def _draw_events(canvas: Canvas, axis: Axis, timeline: Timeline, y: float) -> float:
    """Draw the stages, the contacts and the offers; return the y coordinate below them."""
    events = [mark for mark in timeline.marks if mark.kind != "interview"]
    if not events:
        return y
    canvas.add("text", kind="bold halo", x=MARGIN, y=y + 20, text="What happened")
    y += 26 if canvas.is_narrow else 0
    rows = Rows(4)
    before = [mark for mark in events if mark.at < axis.starts_at]
    if before:
        _draw_event(canvas, axis, rows, EARLIER, _earlier_words(before, timeline.zone), before[0].at, y)
    for mark in events[len(before) :]:
        _draw_event(canvas, axis, rows, mark.kind, mark.label, mark.at, y, when(mark, timeline.zone))
    return y + 14 + max(rows.used, 1) * 18


def _earlier_words(before: Sequence[Mark], zone: str) -> str:
    """Return what happened before the axis begins."""
    day = _day(local_date(before[0].at, zone))
    return f"{before[0].label} on {day}" if len(before) == 1 else f"{len(before)} earlier events since {day}"


def when(mark: Mark, zone: str) -> str:
    """Return when something happened; a fact of which only the date is known has the beginning of that day."""
    return wall(mark.at, zone).removeprefix("00:00 on ")


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _draw_event(
    canvas: Canvas, axis: Axis, rows: Rows, kind: str, label: str, at: datetime, y: float, when: str = ""
) -> None:
    """Draw an event with its label, if there is room for that; `when` is added to the title."""
    x, room = axis.x(at), text_width(label, LABEL) + 12
    is_left = x + room > canvas.width - MARGIN
    begin, end = (x - room, x + 8) if is_left else (x - 8, x + room)
    row = rows.place(begin, end)
    middle = y + 16 + (row if row is not None else 3) * 18
    group = canvas.group(f"{label}: {when}" if when else label)
    draw_mark(canvas, group, kind, x, middle)
    if row is not None:
        anchor = {"text-anchor": "end"} if is_left else {}
        beside = x + (-11 if is_left else 11)
        canvas.add("text", within=group, kind="small soft halo", x=beside, y=middle + 4, text=label, **anchor)


def draw_mark(canvas: Canvas, within: ET.Element, kind: str, x: float, y: float) -> None:
    """Draw the shape of an event: filled if they did it, outlined if you did it."""
    look = "f-ink s-paper" if kind in ("contacted_you", "offer") else "f-paper s-ink"
    place = f"translate({x:.1f} {y:.1f})"
    canvas.add("path", within=within, kind=look, d=SHAPES[kind], transform=place, stroke_width=1.6)


def _draw_lines(canvas: Canvas, within: ET.Element, axis: Axis, timeline: Timeline, top: float, bottom: float) -> None:
    for tick in _ticks(axis, timeline):
        x = axis.x(tick.at)
        canvas.add("path", within=within, kind="s-grid none", d=f"M{x:.1f} {top:.1f}V{bottom:.1f}", stroke_width=1)


def _ticks(axis: Axis, timeline: Timeline) -> list[Tick]:
    most = min(MAX_TICKS, int((axis.right - axis.left) // 52))
    return ticks(axis.starts_at, timeline.ends_at, timeline.zone, most)


def _draw_axis(canvas: Canvas, axis: Axis, timeline: Timeline, y: float) -> float:
    """Write the dates below the lanes; return the y coordinate below them."""
    for tick in _ticks(axis, timeline):
        x = min(max(axis.x(tick.at), MARGIN + 16), canvas.width - MARGIN - 16)
        canvas.add("text", kind="small soft", x=x, y=y + 16, text=tick.label, text_anchor="middle")
        if tick.year:
            canvas.add("text", kind="small soft", x=x, y=y + 31, text=tick.year, text_anchor="middle")
    return y + 40


def _draw_legend(canvas: Canvas, timeline: Timeline, y: float) -> float:
    """Draw the shapes that occur, each with its word; return the y coordinate below them."""
    states = {bar.state for lane in timeline.lanes for bar in lane.bars}
    kinds = {mark.kind for mark in timeline.marks if mark.at >= _begin(timeline)}
    entries = [(state, word) for state, word in WORDS.items() if state in states]
    entries += [(kind, word) for kind, word in MARK_WORDS.items() if kind in kinds]
    x, y = float(MARGIN), y + 6
    for key, word in entries:
        shape = 34.0 if key in WORDS else 18.0
        room = shape + text_width(word, LABEL) + 18
        if x > MARGIN and x + room > canvas.width - MARGIN:
            x, y = float(MARGIN), y + 22
        group = canvas.add("g")
        if key in WORDS:
            draw_bar(canvas, group, key, x + 1, y, 26)
            draw_marker(canvas, group, key, x + 20, y)
        elif key == "interview":
            canvas.add("path", within=group, kind="s-interview none", d=f"M{x + 7:.1f} {y - 8:.1f}v16", stroke_width=2)
        else:
            draw_mark(canvas, group, key, x + 7, y)
        canvas.add("text", within=group, kind="small", x=x + shape, y=y + 4, text=word)
        x += room
    return y + THICK
