"""Statistics as bars: how far applications came, and how long the answers took."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from api.rules.progress import Days, Funnel, Group, ResponseTimes
from api.words.pictures.sentences import funnel_summary, response_summary
from api.words.pictures.svg import MARGIN, Canvas, plain, shortened, text_width, wrapped

FUNNEL_TITLE, RESPONSE_TITLE = "How far the applications came", "How long the answers took"
LEVEL_WORDS = {
    "applied": "Applied",
    "answered": "Got an answer",
    "interviewing": "Interview",
    "offered": "Offer",
    "accepted": "Accepted",
}
ENDING_WORDS = {
    "accepted": "Accepted",
    "declined": "Declined by you",
    "rejected": "Rejected",
    "withdrawn": "Withdrawn",
    "no_response": "Closed without an answer",
}
WAITING, LIVE = "Waiting for an answer", "Live, with an answer"
LABELS, VALUES = 212, 190
THICK = 18
SERIES = (("answered", "answered"), ("waiting", "waiting"), ("silent", "ended without an answer"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A bar: its label, its parts as (kind, size), and what it says in words."""

    label: str
    parts: Sequence[tuple[str, int]]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Bars with a heading and a sentence."""

    heading: str
    sentence: str
    rows: Sequence[Row]


def group_name(group: Group) -> str:
    """Return the name of a group."""
    return "Other" if group.is_other else (group.value or "Not recorded").replace("_", " ")


def funnel_rows(funnel: Funnel) -> list[Row]:
    """Return a bar for each level."""
    rows = []
    for level in funnel.levels:
        share = f" · {level.percent}\u00a0%" if level.percent is not None else f" of {funnel.applied:,}"
        words = f"{level.count:,}{'' if level.name == 'applied' else share}"
        rows.append(Row(label=LEVEL_WORDS[level.name], parts=(("level", level.count),), words=words))
    return rows


def standing_rows(funnel: Funnel) -> list[Row]:
    """Return a bar for each way in which applications stand or ended; those without any are left out."""
    live = funnel.applied - funnel.waiting - sum(one.count for one in funnel.endings)
    found = [(WAITING, "waiting", funnel.waiting), (LIVE, "live", live)]
    found += [(ENDING_WORDS[one.outcome], "ended", one.count) for one in funnel.endings]
    return [Row(label=label, parts=((kind, count),), words=f"{count:,}") for label, kind, count in found if count]


def days_label(days: Days) -> str:
    """Return a range of days as words."""
    return f"{days.from_days}–{days.to_days} days" if days.to_days is not None else f"{days.from_days} days or more"


def response_rows(times: ResponseTimes) -> list[Row]:
    """Return a bar for each range of days, in up to three parts."""
    rows = []
    for days in times.days:
        parts = [(kind, getattr(days, kind)) for kind, _ in SERIES]
        words = ", ".join(f"{count:,} {'ended' if kind == 'silent' else kind}" for kind, count in parts if count)
        rows.append(Row(label=days_label(days), parts=parts, words=words or "0"))
    return rows


def draw_funnel(
    whole: Funnel, groups: Sequence[tuple[str, Funnel]], notes: Sequence[str], *, width: int, theme: str = "auto"
) -> str:
    """Return a funnel as SVG: all applications, how they stand, and each group."""
    said = " ".join((funnel_summary(whole), *notes))
    canvas = Canvas.begin(f"aw-funnel-{width}", width, theme, FUNNEL_TITLE, said)
    y = canvas.header(FUNNEL_TITLE, "", said)
    if not whole.applied:
        return canvas.finish(y + MARGIN)
    canvas.hatch("waiting", "open")
    blocks = [Block(heading="", sentence="", rows=funnel_rows(whole))]
    blocks.append(Block(heading="How they stand", sentence="", rows=standing_rows(whole)))
    blocks += [Block(heading=name, sentence="", rows=funnel_rows(part)) for name, part in groups]
    for block in blocks:
        y = _draw_block(canvas, block, y)
    return canvas.finish(y + MARGIN)


def draw_response_times(
    whole: ResponseTimes,
    groups: Sequence[tuple[str, ResponseTimes]],
    notes: Sequence[str],
    *,
    width: int,
    theme: str = "auto",
) -> str:
    """Return response times as SVG: all applications, and each group."""
    said = " ".join((response_summary(whole), *notes))
    canvas = Canvas.begin(f"aw-answers-{width}", width, theme, RESPONSE_TITLE, said)
    y = canvas.header(RESPONSE_TITLE, "Days from the application to the first answer", said)
    if not whole.count:
        return canvas.finish(y + MARGIN)
    canvas.hatch("waiting", "open")
    y = _draw_legend(canvas, y)
    blocks = [Block(heading="", sentence="", rows=response_rows(whole))]
    blocks += [Block(heading=name, sentence=response_summary(part), rows=response_rows(part)) for name, part in groups]
    for block in blocks:
        y = _draw_block(canvas, block, y)
    return canvas.finish(y + MARGIN)


def _draw_block(canvas: Canvas, block: Block, y: float) -> float:
    """Draw bars on one scale; return the y coordinate below them."""
    if block.heading:
        y += 26
        room = canvas.width - 2 * MARGIN
        canvas.add("text", kind="bold", x=MARGIN, y=y, text=shortened(plain(block.heading), room, is_bold=True))
        for line in wrapped(block.sentence, room):
            y += 19
            canvas.add("text", kind="soft", x=MARGIN, y=y, text=line)
        y += 8
    most = max(1, *(sum(size for _, size in row.parts) for row in block.rows))
    for row in block.rows:
        y = _draw_row(canvas, row, most, y)
    return y


def _draw_row(canvas: Canvas, row: Row, most: int, y: float) -> float:
    group = canvas.group(f"{row.label}: {row.words}")
    left, right = (MARGIN, canvas.width - MARGIN) if canvas.is_narrow else (LABELS, canvas.width - VALUES)
    if canvas.is_narrow:
        canvas.add("text", within=group, x=MARGIN, y=y + 16, text=row.label)
        canvas.add("text", within=group, kind="bold", x=right, y=y + 16, text=row.words, text_anchor="end")
        y += 23
    else:
        canvas.add("text", within=group, x=LABELS - 12, y=y + 18, text=row.label, text_anchor="end")
        y += 4
    x = float(left)
    for kind, size in row.parts:
        length = (right - left) * size / most
        if size:
            _draw_part(canvas, group, kind, x, y, max(length, 3))
        x += length
    canvas.add("path", within=group, kind="s-muted none", d=f"M{left} {y - 3:.1f}V{y + THICK + 3:.1f}", stroke_width=1)
    if not canvas.is_narrow:
        canvas.add("text", within=group, kind="bold", x=max(x, left + 3) + 8, y=y + 14, text=row.words)
    return y + THICK + 6


def _draw_part(canvas: Canvas, within: ET.Element, kind: str, x: float, y: float, width: float) -> None:
    """Draw a part of a bar: solid, hatched or only outlined, so that the parts differ without colours."""
    look = {"waiting": "s-open", "silent": "f-paper s-closed", "ended": "f-paper s-closed", "live": "f-open s-open"}
    colours = look.get(kind, "f-open s-open")
    more = {"fill": canvas.pattern("waiting")} if kind == "waiting" else {}
    if kind in ("silent", "ended"):
        more["stroke-dasharray"] = "5 3"
    canvas.add(
        "rect",
        within=within,
        kind=colours,
        x=x + 0.8,
        y=y,
        width=max(width - 1.6, 1.5),
        height=THICK,
        stroke_width=1.6,
        data_part=kind,
        **more,
    )


def _draw_legend(canvas: Canvas, y: float) -> float:
    """Draw the parts of the bars, each with its word; return the y coordinate below them."""
    x = float(MARGIN)
    for kind, word in SERIES:
        room = 34 + text_width(word, 12) + 14
        if x > MARGIN and x + room > canvas.width - MARGIN:
            x, y = float(MARGIN), y + 24
        group = canvas.add("g")
        _draw_part(canvas, group, kind, x, y, 26)
        canvas.add("text", within=group, kind="small", x=x + 34, y=y + 13, text=word)
        x += room
    return y + 30


def funnel_table(whole: Funnel, groups: Sequence[tuple[str, Funnel]]) -> Iterator[tuple[str, ...]]:
    """Yield the figures of a funnel as rows of group, what, number and percent."""
    for name, part in (("All", whole), *groups):
        for level in part.levels:
            share = f"{level.percent}\u00a0%" if level.percent is not None else "–"
            yield (name, LEVEL_WORDS[level.name], f"{level.count:,}", share)
        for row in standing_rows(part):
            yield (name, row.label, row.words, "")


def response_table(whole: ResponseTimes, groups: Sequence[tuple[str, ResponseTimes]]) -> Iterator[tuple[str, ...]]:
    """Yield the figures of response times as rows of group, days, answered, waiting and ended without an answer."""
    for name, part in (("All", whole), *groups):
        for days in part.days:
            yield (name, days_label(days), f"{days.answered:,}", f"{days.waiting:,}", f"{days.silent:,}")
