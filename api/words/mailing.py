"""Mails with sections of lines: a digest or a reminder, as text and as HTML from one structure.

The HTML has only inline styles, no images, no scripts and no colours of its own, so that mail programs can show it in
light and in dark. Its only addresses are those of this server and of its frontend.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

PAGE = "margin:0;padding:16px;color-scheme:light dark;font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif"
MAIN = "max-width:36rem;margin:0 auto;overflow-wrap:anywhere"
TITLE = "font-size:1.3rem;line-height:1.3;margin:0 0 8px"
HEADING = "font-size:1.05rem;line-height:1.3;margin:24px 0 8px;padding-top:12px;border-top:1px solid"
PLAIN = "margin:0 0 8px"
LINE = "margin:0 0 14px"
HEAD = "font-weight:600"
LAST = "font-size:.875rem;margin:0 0 6px"
OPEN = "Open"
FOOT = "margin-top:28px;padding-top:12px;border-top:1px solid"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a section: what it is about, more about it, and its page in a frontend."""

    head: str
    more: Sequence[str] = ()
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A section; `omitted` lines more did not fit."""

    heading: str
    lines: Sequence[Line]
    omitted: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """A text and the address behind it."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Mailing:
    """A mail. Sections without lines are left out. `foot`: why it came and how to end it."""

    subject: str
    title: str
    intro: Sequence[str]
    parts: Sequence[Part]
    foot: Sequence[str | Link] = ()


def one_line(text: str) -> str:
    """Return a text on one line, whatever was stored: it must not look like another line of the mail."""
    return " ".join(text.split())


def more(omitted: int) -> str:
    """Return the words for lines that are left out."""
    return f"… and {omitted:,} more"


def text(mailing: Mailing) -> str:
    """Return a mail as plain text."""
    blocks = [mailing.title, "\n".join(map(one_line, mailing.intro))]
    for part in _filled(mailing):
        blocks += [part.heading.upper(), *map(_line_text, part.lines)]
        if part.omitted:
            blocks.append(more(part.omitted))
    if mailing.foot:
        blocks.append("\n".join(("--", *map(_foot_text, mailing.foot))))
    return "\n\n".join(filter(None, blocks)) + "\n"


def _filled(mailing: Mailing) -> Iterator[Part]:
    return (part for part in mailing.parts if part.lines)


def _line_text(line: Line) -> str:
    head, *rest = (one_line(said) for said in (line.head, *line.more, *filter(None, [line.url])))
    return "\n".join((f"* {head}", *(f"  {said}" for said in rest)))


def _foot_text(said: str | Link) -> str:
    return f"{said.text}: {said.url}" if isinstance(said, Link) else said


def page(mailing: Mailing) -> str:
    """Return a mail as an HTML page; all texts are escaped."""
    intro = "".join(f'<p style="{PLAIN}">{_escaped(said)}</p>' for said in mailing.intro)
    parts = "".join(map(_part_page, _filled(mailing)))
    last = "".join(f'<p style="{LAST}">{_foot_page(said)}</p>' for said in mailing.foot)
    foot = f'<div style="{FOOT}">{last}</div>' if last else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{_escaped(mailing.title)}</title></head>'
        f'<body style="{PAGE}"><div style="{MAIN}"><h1 style="{TITLE}">{_escaped(mailing.title)}</h1>'
        f"{intro}{parts}{foot}</div></body></html>\n"
    )


def _part_page(part: Part) -> str:
    lines = "".join(map(_line_page, part.lines))
    omitted = f'<p style="{LINE}">{more(part.omitted)}</p>' if part.omitted else ""
    return f'<h2 style="{HEADING}">{_escaped(part.heading)}</h2>{lines}{omitted}'


def _line_page(line: Line) -> str:
    head = f'<span style="{HEAD}">{_escaped(line.head)}</span>'
    said = "".join(f"<br>{_escaped(one)}" for one in line.more)
    link = f"<br>{_anchor(line.url, OPEN)}" if line.url else ""
    return f'<p style="{LINE}">{head}{said}{link}</p>'


def _foot_page(said: str | Link) -> str:
    return _anchor(said.url, said.text) if isinstance(said, Link) else _escaped(said)


def _anchor(url: str, said: str) -> str:
    return f'<a href="{escape(url)}">{escape(said)}</a>'


def _escaped(said: str) -> str:
    return escape(one_line(said))
