"""Letters as plain text, as Markdown and as an HTML page. Texts of users are escaped and never become markup."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import groupby
from typing import Any

from api.words.material import Paragraph

STYLE = """@page { size: A4; margin: 20mm 25mm 16mm }
html { background: #fff; color: #000 }
body { font: 10.5pt/1.36 Charter, "Iowan Old Style", Georgia, "Liberation Serif", "Noto Serif", serif;
  max-width: 160mm; margin: 2.5rem auto; padding: 0 1rem }
p, address, h1 { margin: 0 0 .72em; overflow-wrap: anywhere; white-space: pre-line; orphans: 2; widows: 2 }
header { display: flex; justify-content: space-between; gap: 8mm; margin-bottom: 6mm }
header p { margin: 0 }
.date { white-space: nowrap }
address { font-style: normal; margin-bottom: 6mm }
h1 { font-size: 1em; margin-bottom: 1em }
.signature { break-inside: avoid; margin-top: 1.2em }
.signature span { display: block; min-height: 11mm }
@media print { body { max-width: none; margin: 0; padding: 0 } }"""
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
LINE_END = re.compile(r"\r\n?|[\u2028\u2029]")
TURNING = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
SPECIAL = re.compile(r"([\\`*_\[\]<>&~|$])|^([ \t]*)([#+=-]|(?<!\d)\d{1,9}(?=[.)]))", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """A recipient of a letter, with name and addresses."""

    name: str | None = None
    title: str | None = None
    company: str | None = None
    postal_address: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A letter with sender, date and recipients. `date` is formatted; `sent_at` is None for a draft."""

    sender: str
    sender_email: str
    date: str
    to: Sequence[Addressee]
    subject: str
    paragraphs: Sequence[Paragraph]
    sent_at: datetime | None = None
    language: str = "en"

    @property
    def body(self) -> str:
        """The paragraphs alone, which are the text of an e-mail."""
        return "\n\n".join(plain(paragraph.text) for paragraph in self.paragraphs)


def plain(text: str) -> str:
    """Return a text without control characters, with LF as the only line end."""
    return CONTROL.sub("", LINE_END.sub("\n", text))


def line(text: str) -> str:
    """Return a text on one line, without bidirectional control characters, for subjects and addresses."""
    return " ".join(TURNING.sub("", plain(text)).split())


def laid_out(sheet: Sheet) -> dict[str, Any]:
    """Return the parts of the letter as lists of lines; `signs` marks the paragraph that is the signature."""
    return {
        "language": sheet.language,
        "sender": [line(sheet.sender), line(sheet.sender_email)],
        "date": sheet.date,
        "to": list(_address(sheet.to)),
        "subject": line(sheet.subject),
        "paragraphs": [
            {"lines": plain(one.text).split("\n"), "signs": one.role == "signature"} for one in sheet.paragraphs
        ],
    }


def _address(to: Sequence[Addressee]) -> Iterator[str]:
    """Yield the lines of the address block. Consecutive recipients of one company share its address."""
    for (company, postal), group in groupby(to, lambda one: (one.company, one.postal_address)):
        people = list(group)
        for one in people:
            said = [line(text) for text in (one.name, one.title) if text]
            yield from said if len(people) == 1 else filter(None, [", ".join(said)])
        address = [line(text) for text in plain(postal or "").split("\n") if text.strip()]
        if company and line(company).casefold() not in [text.casefold() for text in address]:
            yield line(company)
        yield from address


def text(sheet: Sheet) -> str:
    """Return a letter as plain text."""
    said = laid_out(sheet)
    blocks = [said["sender"], [said["date"]], said["to"], [said["subject"]]]
    return "\n\n".join([*_joined(blocks), sheet.body]) + "\n"


def markdown(sheet: Sheet) -> str:
    """Return a letter as Markdown, with the special characters of all texts escaped."""
    said = laid_out(sheet)
    subject = f"**{_escaped(said['subject'])}**" if said["subject"] else ""
    blocks = [[_escaped(one) for one in block] for block in (said["sender"], [said["date"]], said["to"])]
    paragraphs = [[_escaped(one) for one in paragraph["lines"]] for paragraph in said["paragraphs"]]
    return "\n\n".join(_joined([*blocks, [subject], *paragraphs], end="\\\n")) + "\n"


def _joined(blocks: Iterable[Sequence[str]], end: str = "\n") -> list[str]:
    found = [[one for one in block if one.strip()] for block in blocks]
    return [end.join(block) for block in found if block]


def _escaped(text: str) -> str:
    return SPECIAL.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}{_marked(found[3])}", text.strip())


def _marked(start: str) -> str:
    """Escape the start of a line that would make it a heading or a list item."""
    return f"{start}\\" if start.isdecimal() else f"\\{start}"


def page(sheet: Sheet) -> str:
    """Return a letter as an HTML page to print; `dir=auto` sets the direction of each part by its text."""
    said = laid_out(sheet)
    subject = escape(said["subject"])
    paragraphs = "".join(_paragraph(one["lines"], signs=one["signs"]) for one in said["paragraphs"])
    to = f"<address dir='auto'>{escape(chr(10).join(said['to']))}</address>" if said["to"] else ""
    return (
        f"<!doctype html><html lang='{escape(sheet.language)}'><head><meta charset='utf-8'><title>{subject}</title>"
        f"<style>{STYLE}</style></head><body><header><p dir='auto'>{escape(chr(10).join(said['sender']))}</p>"
        f"<p class='date'>{escape(said['date'])}</p></header>{to}"
        f"{f'<h1 dir=auto>{subject}</h1>' if subject else ''}{paragraphs}</body></html>"
    )


def _paragraph(lines: Sequence[str], *, signs: bool) -> str:
    """Return a paragraph; a signature leaves space between its first line and the name to sign by hand."""
    if not signs or len(lines) == 1:
        return f"<p dir='auto'>{escape(chr(10).join(lines))}</p>"
    first, rest = escape(lines[0]), escape("\n".join(lines[1:]))
    return f"<p class='signature' dir='auto'><span>{first}\n</span>{rest}</p>"
