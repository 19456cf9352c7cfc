"""What is planned for the rows of a file, and the questions that it leaves open; the same shapes for all kinds of file.

A reader gives its rows batch by batch, each in a read transaction of its own, so that no transaction is long.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from api.models.import_job import ImportOptions, QuestionCode
from api.storage.session import OwnedSession

ROWS_AT_ONCE = 100
WRITES = ("new", "fill", "update")  # outcomes of rows that the run writes
Problem = dict[str, str | None]


@dataclass
class PlannedRow:
    """A row of a file and what is to become of it. `plan`: the bodies of what is to be recorded."""

    line_no: int
    raw: list[str]
    outcome: str = "new"
    plan: dict[str, Any] = field(default_factory=dict)
    duplicate_of: str | None = None
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def fail(self, code: str, detail: str, column: str | None = None) -> None:
        """Add an error; the row is not imported."""
        self.errors.append({"column": column, "code": code, "detail": detail})
        self.outcome = "error"

    def warn(self, code: str, detail: str, column: str | None = None) -> None:
        """Add a warning."""
        self.warnings.append({"column": column, "code": code, "detail": detail})


@dataclass(frozen=True)
class Context:
    """What a file is read for: the user's zone and address, the instant, and the options of the import."""

    zone: str
    email: str
    now: datetime
    options: ImportOptions
    file_name: str | None = None


class Reader(Protocol):
    """Reads one kind of file. `recognised` and `questions` are complete when all rows were read."""

    recognised: dict[str, Any]
    questions: list[dict[str, Any]]

    def next_rows(self, session: OwnedSession) -> list[PlannedRow]:
        """Return the next rows with their plans, none at the end."""


def question(  # the fields of a question
    code: QuestionCode,
    text: str,
    *,
    field: str,
    options: Sequence[tuple[str, str]],
    value: str | None = None,
    column: int | None = None,
    row_no: int | None = None,
    rows: int = 1,
) -> dict[str, Any]:
    """Return a question as it is stored. `options`: values to send, each with what it means."""
    return {
        "code": code,
        "text": text,
        "field": field,
        "value": value,
        "column": column,
        "row_no": row_no,
        "rows": rows,
        "options": [{"value": option, "text": meaning} for option, meaning in options],
    }


def options_of(stored: Mapping[str, Any]) -> ImportOptions:
    """Return the options of an import, with their defaults."""
    return ImportOptions.model_validate(stored)
