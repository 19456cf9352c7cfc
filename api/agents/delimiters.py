"""Delimit text that people wrote, so that a model can tell it from the sentences of the tools.

Such text stands between `⟦` and `⟧`, and never contains these characters itself.
"""

import re

OPENS, CLOSES = "⟦", "⟧"
LOOK_ALIKE = str.maketrans({"⟦": "[", "⟧": "]", "〚": "[", "〛": "]", "\u2028": "\n", "\u2029": "\n", "\r": "\n"})
# Invisible characters can hide text from the user that a model reads: marks of direction, zero width, tags, controls.
INVISIBLE = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c\u180e\U000e0000-\U000e007f"
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]"
)
SPAN = re.compile(f"{OPENS}[^{CLOSES}]*{CLOSES}")


def clean(text: str) -> str:
    """Remove invisible characters and replace the delimiters."""
    return INVISIBLE.sub("", text.replace("\r\n", "\n").translate(LOOK_ALIKE))


def mark(text: str) -> str:
    """Return a text that somebody wrote between delimiters."""
    return f"{OPENS}{clean(text)}{CLOSES}"


def outside(text: str) -> str:
    """Return what is left of a text of a tool without all delimited spans."""
    return SPAN.sub("", text)
