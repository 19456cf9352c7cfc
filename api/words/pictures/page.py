"""An HTML page to print: a picture in a wide and a narrow form, of which one is shown, and tables with the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from api.words.pictures.svg import DARK, LIGHT, plain

NARROW, WIDE = 360, 860
_DARK = "".join(f"--p-{name}:{DARK[name]};" for name in ("paper", "ink", "muted", "grid"))
_LIGHT = "".join(f"--p-{name}:{LIGHT[name]};" for name in ("paper", "ink", "muted", "grid"))
STYLE = f"""@page {{ size: A4; margin: 14mm }}
body {{ {_LIGHT} }}
body.dark {{ {_DARK} }}
@media (prefers-color-scheme: dark) {{ body.auto {{ {_DARK} }} }}
@media print {{ body, body.auto, body.dark {{ {_LIGHT} }} }}
html {{ color-scheme: light dark }}
body {{ margin: 0; background: var(--p-paper); color: var(--p-ink);
  font: 15px/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif }}
main {{ max-width: 892px; margin: 0 auto; padding: 16px; box-sizing: border-box }}
svg {{ display: block; width: 100%; height: auto }}
.narrow {{ display: none }}
table {{ border-collapse: collapse; width: 100%; margin: 8px 0 24px; font-size: 13px }}
caption {{ text-align: left; font-weight: 700; font-size: 15px; padding: 16px 0 6px }}
th, td {{ text-align: left; vertical-align: top; padding: 5px 12px 5px 0; overflow-wrap: anywhere;
  border-bottom: 1px solid var(--p-grid) }}
th {{ color: var(--p-muted); font-weight: 600; overflow-wrap: normal }}
.stacked th, .stacked td {{ min-width: 6.4em }}
@media screen and (max-width: 640px) {{
  main {{ padding: 8px }} .wide {{ display: none }} .narrow {{ display: block }}
  table {{ margin-left: 8px; width: 96% }} th, td {{ padding-right: 8px }}
  .stacked thead {{ position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden }}
  .stacked tr {{ display: block; padding: 8px 0; border-bottom: 1px solid var(--p-grid) }}
  .stacked td {{ display: flex; gap: 12px; border: 0; padding: 2px 0 }}
  .stacked td:empty, .stacked td:first-child::before {{ display: none }}
  .stacked td:first-child {{ font-weight: 700 }}
  .stacked td::before {{ content: attr(data-name); flex: 0 0 60px; color: var(--p-muted); font-weight: 600 }} }}
@media print {{ main {{ max-width: none; padding: 0 }} tr, .wide {{ break-inside: avoid }}
  table {{ font-size: 9pt }} }}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with a caption and a header; each row has as many cells.

    `is_stacked`: a narrow screen shows the cells of a row below each other.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    is_stacked: bool = False


def page(title: str, wide: str, narrow: str, tables: Sequence[Table], *, theme: str = "auto") -> str:
    """Return the page. `wide` and `narrow` are pictures of this folder; all other texts are escaped."""
    shown = "".join(_table(table) for table in tables if table.rows)
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{escape(plain(title))}</title>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<style>{STYLE}</style></head><body class='{theme}'><main>"
        f"<div class='wide'>{wide}</div><div class='narrow'>{narrow}</div>{shown}</main></body></html>"
    )


def _table(table: Table) -> str:
    head = "".join(f"<th role='columnheader' scope='col'>{escape(name)}</th>" for name in table.header)
    body = "".join(f"<tr role='row'>{_cells(table.header, row)}</tr>" for row in table.rows)
    caption = escape(table.caption)
    head = f"<thead><tr role='row'>{head}</tr></thead>"
    look = " class='stacked'" if table.is_stacked else ""
    return f"<table role='table'{look}><caption>{caption}</caption>{head}<tbody>{body}</tbody></table>"


def _cells(header: Sequence[str], row: Sequence[str]) -> str:
    """Return the cells of a row; each has the name of its column, which narrow screens show beside it."""
    return "".join(
        f"<td role='cell' data-name='{escape(name)}'>{f'<bdi>{escape(plain(cell))}</bdi>' if cell else ''}</td>"
        for name, cell in zip(header, row, strict=True)
    )
