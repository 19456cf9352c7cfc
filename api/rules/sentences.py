"""Sentences with texts of users in them: a text that ends a sentence itself gets no second full stop."""

import re
from collections.abc import Mapping
from functools import cache

ENDS = (".", "!", "?", "…", "。", "！", "？", "।", "؟")  # also Chinese, Hindi and Arabic
QUOTES = "\"'”’»"
STOPPED = re.compile(r"\{(\w+)\}\.(?!\w)")


def ends_sentence(text: str) -> bool:
    """Tell whether a text ends with punctuation that ends a sentence, also inside quotation marks: `Inc.`, `“Now!”`."""
    return text.rstrip(QUOTES).endswith(ENDS)


@cache
def _stopped(line: str) -> tuple[str, ...]:
    return tuple(STOPPED.findall(line))


def fill(line: str, values: Mapping[str, str]) -> str:
    """Fill the placeholders of a line; a full stop after a value that ends a sentence itself is left out."""
    for name in _stopped(line):
        if ends_sentence(values[name]):
            line = line.replace(f"{{{name}}}.", f"{{{name}}}")
    return line.format_map(values)


def count(number: int, unit: str, units: str | None = None) -> str:
    """Return a number with its unit in the singular or the plural, by default with an s: `1 hour`, `24 hours`."""
    return f"{number:,} {unit if number == 1 else units or f'{unit}s'}"
