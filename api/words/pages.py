"""Cards and messages as plain text and as an HTML page to print."""

from collections.abc import Sequence
from html import escape

Section = tuple[str, tuple[str, ...]]
STYLE = """@page { size: A5; margin: 12mm }
@page sheet { size: A4; margin: 25mm }
.sheet { page: sheet }
body { font: 11pt/1.4 Georgia, serif; max-width: 34rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.25rem; border-bottom: 1px solid; padding-bottom: .3rem }
h2 { font-size: 1rem; margin: 1rem 0 .2rem }
section { margin: .7rem 0 }
p { margin: .15rem 0; overflow-wrap: anywhere }
@media print { body { font-size: 10pt; margin: 0; padding: 0 } h2 { margin: .6rem 0 .1rem; break-after: avoid }
  section { break-inside: avoid } body.sheet { font-size: 11pt; max-width: none } }"""


def text(title: str, sections: Sequence[Section]) -> str:
    """Return a card as text; lines under a heading are indented."""
    parts = [
        "\n".join([heading, *(f"  {line}" for line in lines)] if heading else lines)
        for heading, lines in sections
        if lines
    ]
    return "\n\n".join([title, *parts]) + "\n"


def page(title: str, sections: Sequence[Section], language: str = "en", *, is_sheet: bool = False) -> str:
    """Return a card as an HTML page to print on A5, or A4 with `is_sheet`; all texts are escaped."""
    body = "".join(_section(heading, lines) for heading, lines in sections if lines)
    return (
        f"<!doctype html><html lang='{escape(language)}'><head><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<style>{STYLE}</style></head><body{' class=sheet' if is_sheet else ''}>"
        f"<h1>{escape(title)}</h1>{body}</body></html>"
    )


def _section(heading: str, lines: Sequence[str]) -> str:
    head = f"<h2>{escape(heading)}</h2>" if heading else ""
    return f"<section>{head}{''.join(f'<p>{escape(line)}</p>' for line in lines)}</section>"
