"""What the corpus is made of: one thing to send, and for which kinds of value it is legitimate all the same.

Every text that can carry it carries `MARK`: it must not come back, neither in an answer nor in a log line.
"""

import json
from dataclasses import dataclass
from functools import cached_property

MARK = "qZ7hostile"


@dataclass(frozen=True)
class Input:
    """A value as JSON text. `fine_as` names the kinds of value that it is valid for; for all others it is refused.

    `breaks`: the whole document may be refused for it, so that no field is blamed: it is sent alone.
    """

    name: str
    json: str
    fine_as: frozenset[str] = frozenset()
    breaks: bool = False

    @cached_property
    def text(self) -> str:
        """The value as it stands in an address or a header: a text without its quotes."""
        return str(json.loads(self.json)) if self.json.startswith('"') else self.json

    def __str__(self) -> str:
        return self.name


def raw(name: str, text: str, *fine_as: str, breaks: bool = False) -> Input:
    """Return an input that is no text, or no JSON at all."""
    return Input(name, text, frozenset(fine_as), breaks)


def text_input(name: str, value: str, *fine_as: str, breaks: bool = False) -> Input:
    """Return a text."""
    return Input(name, json.dumps(value), frozenset(fine_as), breaks)
