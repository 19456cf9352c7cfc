"""The look of a step's state: each has a shape, a word and a colour of its own."""

from xml.etree import ElementTree as ET

from api.words.pictures.svg import Canvas

WORDS = {
    "not_started": "not started",
    "upcoming": "upcoming",
    "open": "open",
    "overdue": "overdue",
    "done": "done",
    "done_late": "done late",
    "skipped": "skipped",
    "not_applicable": "does not apply",
    "missed": "missed",
}
COLOURS = {
    "upcoming": "open",
    "open": "open",
    "overdue": "overdue",
    "done": "done",
    "done_late": "done",
}
DASHES = {"upcoming": "1.5 4", "skipped": "7 4"}
GLYPHS = {
    "done": "M-3.2 0L-1 2.6L3.4 -2.6",
    "done_late": "M-3.2 0L-1 2.6L3.4 -2.6",
    "overdue": "M0 -4V1M0 3.2V4",
    "missed": "M-2.8 -2.8L2.8 2.8M-2.8 2.8L2.8 -2.8",
}
THICK = 14
RADIUS = 7.5


def colour_of(state: str) -> str:
    """Return the name of a state's colour."""
    return COLOURS.get(state, "closed")


def define_patterns(canvas: Canvas) -> None:
    """Define the patterns of the states that have one."""
    canvas.hatch("overdue", "overdue")
    canvas.hatch("late", "done")
    canvas.hatch("missed", "closed", is_crossed=True)


def draw_bar(canvas: Canvas, within: ET.Element, state: str, x: float, y: float, width: float) -> None:
    """Draw the time from opening to deadline; `y` is the middle."""
    colour = colour_of(state)
    if state == "not_applicable":
        canvas.add("path", within=within, kind=f"s-{colour} none", d=f"M{x:.1f} {y:.1f}h{width:.1f}", stroke_width=3)
        return
    look: dict[str, str] = {}
    kind = f"s-{colour} f-{'done' if state == 'done' else 'paper'}"
    if pattern := {"overdue": "overdue", "missed": "missed", "done_late": "late"}.get(state):
        look["fill"], kind = canvas.pattern(pattern), f"s-{colour}"
    if state in DASHES:
        look |= {"stroke-dasharray": DASHES[state], "stroke-linecap": "round" if state == "upcoming" else "butt"}
    canvas.add(
        "rect",
        within=within,
        kind=kind,
        x=x,
        y=y - THICK / 2,
        width=width,
        height=THICK,
        rx=3,
        stroke_width=2,
        data_state=state,
        **look,
    )


def draw_marker(canvas: Canvas, within: ET.Element, state: str, x: float, y: float) -> None:
    """Draw the round sign of a state, if it has one: a tick, an exclamation mark or a cross."""
    if state not in GLYPHS:
        return
    colour = colour_of(state)
    if state == "done_late":
        canvas.add("circle", within=within, kind=f"f-paper s-{colour}", cx=x, cy=y, r=RADIUS + 2.5, stroke_width=1.5)
    canvas.add("circle", within=within, kind=f"f-{colour} s-paper", cx=x, cy=y, r=RADIUS, stroke_width=1)
    canvas.add(
        "path",
        within=within,
        kind="s-paper none",
        d=GLYPHS[state],
        transform=f"translate({x:.1f} {y:.1f})",
        stroke_width=2,
        stroke_linecap="round",
        stroke_linejoin="round",
    )
