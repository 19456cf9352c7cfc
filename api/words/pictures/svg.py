"""SVG elements, colours and texts. Texts become text nodes of a tree, so they can never add markup."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

LIGHT = {
    "paper": "#ffffff",
    "ink": "#1b1f24",
    "muted": "#4d565f",
    "grid": "#d3d8dd",
    "done": "#1d7a34",
    "open": "#1a5fb4",
    "overdue": "#b3261e",
    "closed": "#5b636b",
    "interview": "#6f3fa0",
}
DARK = {
    "paper": "#15181c",
    "ink": "#e8eaed",
    "muted": "#b0b8c0",
    "grid": "#3a4149",
    "done": "#6fcf86",
    "open": "#8ab4f8",
    "overdue": "#ff9a90",
    "closed": "#a9b1b8",
    "interview": "#d0a6ff",
}
THEMES = ("auto", "light", "dark")
NOT_XML = re.compile(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]")
SPACES = re.compile(r"[\t\n ]+")  # a no-break space stays
NARROW = 600  # below, labels are above the bars instead of beside them
MARGIN = 16


def _palette(colours: Mapping[str, str]) -> str:
    return "".join(f"--i-{name}:var(--aw-{name},{colour});" for name, colour in colours.items())


def _painted() -> Iterator[str]:
    """Yield two rules for each colour; programs that do not know variables use the light colours."""
    for name, colour in LIGHT.items():
        yield f".aw .f-{name}{{fill:{colour};fill:var(--i-{name})}}"
        yield f".aw .s-{name}{{stroke:{colour};stroke:var(--i-{name})}}"


STYLE = "\n".join(
    (
        f".aw{{{_palette(LIGHT)}font-family:system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}}",
        f".aw-dark{{{_palette(DARK)}}}",
        f"@media (prefers-color-scheme:dark){{.aw-auto{{{_palette(DARK)}}}}}",
        f"@media print{{.aw{{{_palette(LIGHT)}}}}}",
        ".aw text{font-size:13px;fill:#1b1f24;fill:var(--i-ink)}",
        ".aw .title{font-size:18px;font-weight:700}.aw .bold{font-weight:700}.aw .small{font-size:12px}",
        ".aw .soft{fill:#4d565f;fill:var(--i-muted)}",
        ".aw .none{fill:none}",
        *_painted(),
        ".aw .halo{paint-order:stroke;stroke:#ffffff;stroke:var(--i-paper);stroke-width:4px;stroke-linejoin:round}",
        *(f".aw text.f-{name}{{fill:{LIGHT[name]};fill:var(--i-{name})}}" for name in ("done", "open", "overdue")),
        *(f".aw text.f-{name}{{fill:{LIGHT[name]};fill:var(--i-{name})}}" for name in ("closed", "interview")),
    )
)


def plain(text: str) -> str:
    """Return a text as one line without characters that XML forbids or that change the direction of writing."""
    return SPACES.sub(" ", NOT_XML.sub("", text)).strip()


def _ems(character: str) -> float:
    """Return the estimated width of a character in parts of the font size."""
    if unicodedata.combining(character):
        return 0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    if character in "iljtfrI.,:;|!'() ":
        return 0.4
    if character in "mwMW@%—…":
        return 1
    return 0.7 if character.isupper() else 0.63


def text_width(text: str, size: float = 13, *, is_bold: bool = False) -> float:
    """Estimate the width of a text from above; the fonts are not known."""
    return sum(map(_ems, text)) * size * (1.08 if is_bold else 1)


def shortened(text: str, width: float, size: float = 13, *, is_bold: bool = False) -> str:
    """Return a text that fits into a width, with an ellipsis if its end is cut off."""
    room = width / size / (1.08 if is_bold else 1)
    if len(text) * 1.05 <= room:
        return text
    used, fitting = _ems("…"), 0
    for number, character in enumerate(text):
        used += _ems(character)
        if used <= room:
            fitting = number + 1
        elif used - _ems("…") > room:
            return f"{text[:fitting].rstrip()}…"
    return text


def wrapped(text: str, width: float, size: float = 13) -> list[str]:
    """Return a text as lines that fit into a width; a longer word is shortened."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return [shortened(line, width, size) for line in lines if line]


def number(value: float) -> str:
    """Return a coordinate with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")


@dataclass(frozen=True)
class Canvas:
    """An SVG element under construction. `prefix` makes its ids unique in a page that contains several pictures."""

    root: ET.Element
    prefix: str
    width: int

    @classmethod
    def begin(cls, prefix: str, width: int, theme: str, title: str, description: str) -> "Canvas":
        """Return a picture with title, description, colours and a background."""
        labels = {"role": "img", "aria-labelledby": f"{prefix}-t {prefix}-d"}
        kind = {"xmlns": "http://www.w3.org/2000/svg", "class": f"aw aw-{theme}", "lang": "en"}
        canvas = cls(ET.Element("svg", {**kind, **labels}), prefix, width)
        canvas.add("title", text=title, id=f"{prefix}-t")
        canvas.add("desc", text=description, id=f"{prefix}-d")
        canvas.add("style").text = STYLE
        canvas.add("rect", kind="f-paper", width="100%", height="100%")
        return canvas

    @property
    def is_narrow(self) -> bool:
        """Whether labels go above the bars."""
        return self.width < NARROW

    def add(
        self,
        tag: str,
        *,
        within: ET.Element | None = None,
        kind: str | None = None,
        text: str | None = None,
        **attributes: Any,  # noqa: ANN401  # numbers and texts
    ) -> ET.Element:
        """Add an element. `kind`: its classes; underscores in names become hyphens, and numbers are rounded."""
        named = {
            name.replace("_", "-"): value if isinstance(value, str) else number(value)
            for name, value in attributes.items()
        }
        made = ET.SubElement(
            self.root if within is None else within, tag, {**({"class": kind} if kind else {}), **named}
        )
        if text is not None:
            made.text = plain(text)
        return made

    def group(self, title: str, within: ET.Element | None = None) -> ET.Element:
        """Add a group with a title, which browsers show under the pointer."""
        made = self.add("g", within=within)
        self.add("title", within=made, text=title)
        return made

    def header(self, title: str, subtitle: str, summary: str) -> float:
        """Write title, subtitle and summary; return the y coordinate below them."""
        room = self.width - 2 * MARGIN
        self.add("text", kind="title", x=MARGIN, y=32, text=shortened(plain(title), room, 18, is_bold=True))
        y = 32.0
        if subtitle:
            y += 20
            self.add("text", kind="soft", x=MARGIN, y=y, text=shortened(plain(subtitle), room))
        for line in wrapped(plain(summary), room):
            y += 20
            self.add("text", x=MARGIN, y=y, text=line)
        return y + 14

    def hatch(self, name: str, colour: str, *, is_crossed: bool = False) -> None:
        """Define a pattern of diagonal lines, or of crossed ones."""
        pattern = self.add(
            "pattern",
            id=f"{self.prefix}-{name}",
            width=7,
            height=7,
            patternUnits="userSpaceOnUse",
            patternTransform="rotate(45)",
        )
        self.add("rect", within=pattern, kind="f-paper", width=7, height=7)
        lines = "M0 0V7M0 0H7" if is_crossed else "M0 0V7"
        self.add("path", within=pattern, kind=f"s-{colour} none", d=lines, stroke_width=3.4 if not is_crossed else 2)

    def pattern(self, name: str) -> str:
        """Return the fill that names a pattern of this picture."""
        return f"url(#{self.prefix}-{name})"

    def finish(self, height: float) -> str:
        """Return the picture with its size as text."""
        whole = number(round(height))
        size = {"width": str(self.width), "height": whole, "viewBox": f"0 0 {self.width} {whole}"}
        self.root.attrib.update(size)
        return ET.tostring(self.root, encoding="unicode")
