"""One hostile input of the corpus, with the kinds of value for which it is valid.

Every text that can contain `MARK` does; it must appear neither in an answer nor in a log line.
"""

import json
from dataclasses import dataclass
from functools import cached_property

MARK = "qZ7hostile"


@dataclass(frozen=True)
class Input:
    """A value as JSON text. `fine_as`: the kinds of value for which it is valid; all others must refuse it.

    `breaks`: it may make the whole document unreadable, so no field is named, and it is sent alone.
    """

    name: str
    json: str
    fine_as: frozenset[str] = frozenset()
    breaks: bool = False

    @cached_property
    def text(self) -> str:
        """The value as it is sent in an address or a header: a text without its quotes."""
        return str(json.loads(self.json)) if self.json.startswith('"') else self.json

    def __str__(self) -> str:
        return self.name


def raw(name: str, text: str, *fine_as: str, breaks: bool = False) -> Input:
    """Return an input from JSON text, which may be invalid."""
    return Input(name, text, frozenset(fine_as), breaks)


def text_input(name: str, value: str, *fine_as: str, breaks: bool = False) -> Input:
    """Return an input from a text."""
    return Input(name, json.dumps(value), frozenset(fine_as), breaks)
