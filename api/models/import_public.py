"""How imports are shown: what was recognised, the questions, and the rows with their plans."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, Field

from api.models.application import Stage
from api.models.base import Line, Shown
from api.models.import_answers import (
    DateOrder,
    Delimiter,
    Encoding,
    ImportKind,
    OnDuplicate,
    PresetName,
    QuestionCode,
    StageMapping,
    Target,
)

ImportState = Literal["analysing", "draft", "running", "finished", "stopped", "failed", "undoing", "undone"]
ImportOutcome = Literal["new", "fill", "update", "same", "duplicate", "skip", "question", "error"]
ImportResult = Literal["done", "changed", "failed", "undone", "kept"]
ROW_CODES = (
    "ambiguous_date",
    "below_salary_min",
    "blank",
    "broken_time",
    "control_character",
    "future_evidence",
    "invalid_value",
    "missing",
    "mixed_date_order",
    "not_a_date",
    "not_a_uuid7",
    "not_an_address",
    "not_an_amount",
    "not_closed",
    "not_one_line",
    "not_restored",
    "out_of_order",
    "points_nowhere",
    "quota_exceeded",
    "recurring",
    "salary_unknown",
    "same_as_row",
    "sequence_too_low",
    "string_too_long",
    "time_assumed",
    "too_many",
    "too_many_cells",
    "unknown_period",
    "work_mode_unknown",
    "zone_assumed",
    "zone_worked_out",
)
ImportedType = Literal[
    "application",
    "contact",
    "interview",
    "note",
    "stage_change",
    "letter",
    "letter_template",
    "reference_person",
    "follow_up",
    "offer",
    "search_activity",
    "step_override",
    "application_contact",
    "application_reference",
    "interview_interviewer",
    "user_account",
]


class ImportOptions(BaseModel):
    """How rows are planned: the answers that were sent, and the defaults."""

    date_order: DateOrder | None
    time_zone: str | None
    stage_map: list[StageMapping]
    default_stage: Stage | None
    default_role: str | None
    on_duplicate: OnDuplicate
    profile: bool
    application_id: str | None


class ImportColumn(BaseModel):
    """A column of the file: what it means, how certain that is from 0 to 1, and some of its values."""

    number: int
    name: str
    target: Target
    certainty: float
    samples: list[str]


class QuestionOption(BaseModel):
    """One possible answer: the value to send, and what it would mean."""

    value: str
    text: str


class ImportQuestion(BaseModel):
    """A question that the file leaves open; answer it with PATCH.

    `field`: what to send there. `value`, `column`, `row_no`: what the question is about. `rows`: how many it concerns.
    """

    code: QuestionCode
    text: str
    field: str
    value: str | None
    column: int | None
    row_no: int | None
    rows: int
    options: list[QuestionOption]


class ImportCounts(BaseModel):
    """How many rows have each outcome and each result."""

    new: int
    fill: int
    update: int
    same: int
    duplicate: int
    skip: int
    question: int
    error: int
    done: int
    changed: int
    failed: int
    undone: int
    kept: int


class ImportPublic(Shown):
    """An import: what was recognised, what is open, what is planned, and how far it is."""

    derived: ClassVar[tuple[str, ...]] = ("rows_done",)

    kind: ImportKind
    state: ImportState
    file_name: Line | None
    bytes: int
    sha256: str
    preset: Annotated[PresetName | None, Field(description="The program whose table was recognised.")]
    encoding: Encoding | None
    delimiter: Delimiter | None
    skip_lines: int | None
    columns: list[ImportColumn]
    left_out: Annotated[
        dict[str, int], Field(description="Rows of an export that are not restored, by type: tokens, for example.")
    ]
    options: ImportOptions
    questions: list[ImportQuestion]
    counts: ImportCounts
    rows_total: int
    rows_done: int
    started_at: datetime | None
    finished_at: datetime | None
    undone_at: datetime | None
    undo_until: Annotated[datetime | None, Field(description="Until when it can be undone.")]
    error: Annotated[str | None, Field(description="Why the file cannot be read, or why the import stopped.")]


class RowProblem(BaseModel):
    """What is wrong with a cell, or remarkable."""

    column: str | None
    code: Annotated[str, Field(json_schema_extra={"enum": list(ROW_CODES)})]
    detail: str


class ImportedObject(BaseModel):
    """An object that a row made or changed."""

    type: ImportedType
    id: str
    action: Literal["created", "filled", "updated", "linked"]


class ImportRowPublic(BaseModel):
    """A row of the file with its plan, and what became of it."""

    row_no: int
    line_no: int
    outcome: ImportOutcome
    result: ImportResult | None
    cells: Annotated[list[str], Field(description="The row as it is in the file.")]
    values: Annotated[dict[str, Any], Field(description="What is to be recorded.")]
    duplicate_of: Annotated[str | None, Field(description="The object that you have already.")]
    objects: list[ImportedObject]
    errors: list[RowProblem]
    warnings: list[RowProblem]
