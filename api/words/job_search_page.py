"""The report of a job search as an HTML page to print on A4 or Letter. Texts of users are escaped."""

from collections.abc import Sequence
from html import escape
from typing import Any

from api.words.job_search import Report, laid_out

STYLE = """@page { margin: 16mm 16mm 18mm }
html { background: #fff; color: #111; color-scheme: light }
body { font: 10pt/1.35 "Helvetica Neue", Arial, "Liberation Sans", "Noto Sans", sans-serif; max-width: 190mm;
  margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 18pt; line-height: 1.2; margin: 0 0 5mm }
h2 { font-size: 11pt; margin: 7mm 0 2mm; break-after: avoid }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 1mm 6mm; margin: 0 }
dt, .made, th, td span { color: #555 }
dd { margin: 0; overflow-wrap: anywhere }
.counts { display: flex; flex-wrap: wrap; gap: 3mm 10mm; list-style: none; margin: 5mm 0 0; padding: 3mm 0;
  border: solid #111; border-width: .4mm 0 }
.counts b { font-size: 15pt; margin-right: 1.5mm }
table { border-collapse: collapse; width: 100% }
thead { display: table-header-group }
tr { break-inside: avoid }
th { text-align: left; font-size: 8.5pt; font-weight: 600; border-bottom: .3mm solid #111 }
th, td { vertical-align: top; padding: 1mm 3mm 1mm 0; overflow-wrap: anywhere }
td { border-bottom: .2mm solid #ccc }
td span { display: block; font-size: 8.5pt }
.entries { table-layout: fixed }
.entries td:first-child { white-space: nowrap }
.wide { overflow-x: auto }
.entries col:nth-child(1) { width: 15% }
.entries col:nth-child(2) { width: 18% }
.entries col:nth-child(3) { width: 22% }
.entries col:nth-child(4) { width: 25% }
.weeks { width: auto; white-space: nowrap }
.weeks th, .weeks td { padding-right: 7mm }
.weeks :is(th, td):not(:first-child) { text-align: right }
.made { font-size: 8.5pt; margin: 6mm 0 0 }
.sign { display: flex; gap: 12mm; break-inside: avoid; margin-top: 20mm }
.sign p { flex: 1; border-top: .3mm solid #111; margin: 0; padding-top: 1mm; font-size: 8.5pt; color: #555 }
@media print { body { font-size: 9.5pt; max-width: none; margin: 0; padding: 0 }
  @page { @bottom-right { content: counter(page) " / " counter(pages); font: 8.5pt Arial, sans-serif; color: #555 } } }
@media screen and (max-width: 640px) { .entries thead { display: none } .entries, .entries tbody, .entries tr,
  .entries td { display: block } .entries td { border: 0; padding: 0 0 .5mm } .entries td:first-child { color: #555 }
  .entries tr { border-bottom: .2mm solid #ccc; padding: 2mm 0 } .sign { display: block }
  .sign p { margin-top: 18mm } }"""


def page(report: Report) -> str:
    """Return the report as an HTML page; `dir=auto` sets the direction of each text of a user by itself."""
    said = laid_out(report)
    about = "".join(f"<dt>{escape(name)}</dt><dd dir='auto'>{escape(value)}</dd>" for name, value in said["about"])
    counts = "".join(f"<li><b>{escape(number)}</b>{escape(name)}</li>" for number, name in said["counts"])
    weeks = _weeks(said)
    before, after = (weeks, "") if said["weeks_first"] else ("", weeks)
    undated = f"<h2>{escape(said['undated_title'])}</h2>{_entries(said, 'undated')}" if said["undated"] else ""
    sign = "".join(f"<p>{escape(label)}</p>" for label in said["sign"])
    return (
        f"<!doctype html><html lang='{escape(said['language'])}'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{escape(said['title'])}</title><style>{STYLE}</style></head><body><h1>{escape(said['title'])}</h1>"
        f"<dl>{about}</dl><ul class='counts'>{counts}</ul>{before}<h2>{escape(said['list_title'])}</h2>"
        f"{_entries(said, 'rows')}{undated}{after}<p class='made'>{escape(said['made'])}</p>"
        f"<div class='sign'>{sign}</div></body></html>"
    )


def _weeks(said: dict[str, Any]) -> str:
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in said["weeks"])
    table = f"<table class='weeks'><thead><tr>{_head(said['weeks_head'])}</tr></thead><tbody>{rows}</tbody></table>"
    return f"<h2>{escape(said['weeks_title'])}</h2><div class='wide'>{table}</div>"


def _entries(said: dict[str, Any], name: str) -> str:
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in said[name])
    if not rows:
        return f"<p>{escape(said['nothing'])}</p>"
    return (
        f"<table class='entries'><colgroup>{'<col>' * len(said['head'])}</colgroup>"
        f"<thead><tr>{_head(said['head'])}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _head(names: Sequence[str]) -> str:
    return "".join(f"<th scope='col'>{escape(name)}</th>" for name in names)


def _cell(lines: Sequence[str]) -> str:
    first, *rest = [*lines, ""][: max(1, len(lines))]
    return f"<td dir='auto'>{escape(first)}{''.join(f'<span>{_breakable(one)}</span>' for one in rest)}</td>"


def _breakable(text: str) -> str:
    """Return an escaped text that may be broken after a slash: addresses have no blanks."""
    return escape(text).replace("/", "/<wbr>")
