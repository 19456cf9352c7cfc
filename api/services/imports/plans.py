"""What is planned for the rows of a file, and the questions that it leaves open; the same shapes for all kinds of file.

A reader gives its rows batch by batch, each in a read transaction of its own, so that no transaction is long.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from pydantic import BaseModel

from api.models.application import Stage
from api.models.import_answers import (
    ColumnMapping,
    DateOrder,
    Delimiter,
    Encoding,
    OnDuplicate,
    PresetName,
    QuestionCode,
    Quote,
    RowAnswer,
    StageMapping,
)
from api.models.import_public import ROW_CODES
from api.storage.session import OwnedSession

ROWS_AT_ONCE = 100
WRITES = ("new", "fill", "update")  # outcomes of rows that the run writes
Problem = dict[str, str | None]


class Options(BaseModel):
    """How a file is read: the answers that were sent, and the defaults. What is null follows from the file."""

    preset: PresetName | None = None
    encoding: Encoding | None = None
    delimiter: Delimiter | None = None
    quote: Quote = '"'
    has_header: bool = True
    skip_lines: int | None = None
    date_order: DateOrder | None = None
    time_zone: str | None = None
    mapping: list[ColumnMapping] = []
    stage_map: list[StageMapping] = []
    default_stage: Stage | None = None
    default_role: str | None = None
    on_duplicate: OnDuplicate = "skip"
    profile: bool = True
    application_id: str | None = None
    rows: list[RowAnswer] = []


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
        """Add an error, once; the row is not imported."""
        problem = row_problem(code, detail, column)
        if problem not in self.errors:
            self.errors.append(problem)
        self.outcome = "error"

    def warn(self, code: str, detail: str, column: str | None = None) -> None:
        """Add a warning."""
        self.warnings.append(row_problem(code, detail, column))


@dataclass(frozen=True)
class Context:
    """What a file is read for: the user's zone and address, the instant, and the options of the import."""

    zone: str
    email: str
    now: datetime
    options: Options
    file_name: str | None = None


class Reader(Protocol):
    """Reads one kind of file. `recognised` and `questions` are complete when all rows were read."""

    recognised: dict[str, Any]
    questions: list[dict[str, Any]]

    def next_rows(self, session: OwnedSession) -> list[PlannedRow]:
        """Return the next rows with their plans, none at the end."""


def row_problem(code: str, detail: str, column: str | None = None) -> Problem:
    """Return an error or a warning of a row; a code that the API does not publish becomes `invalid_value`."""
    return {"column": column, "code": code if code in ROW_CODES else "invalid_value", "detail": detail}


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


def options_of(stored: Mapping[str, Any]) -> Options:
    """Return the options of an import, with their defaults."""
    return Options.model_validate(stored)
