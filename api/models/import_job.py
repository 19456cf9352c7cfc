"""Imports: an uploaded file, its rows with what is planned for each, and the objects that they made."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import MISSING, BaseModel, Field, JsonValue
from sqlalchemy import Index, LargeBinary, text
from sqlmodel import Field as Column

from api.models.application import Stage
from api.models.base import (
    WHOLE,
    AnyId,
    Body,
    Flag,
    Line,
    Shown,
    Stored,
    Zone,
    id_column,
    json_column,
    owned_by_user,
    points_at,
)
from api.models.interview import InterviewKind
from api.storage.session import Owned

ImportKind = Literal["csv", "jsonl", "calendar"]
ImportState = Literal["analysing", "draft", "running", "finished", "stopped", "failed", "undoing", "undone"]
ImportOutcome = Literal["new", "fill", "update", "same", "duplicate", "skip", "question", "error"]
ImportResult = Literal["done", "changed", "failed", "undone", "kept"]
Encoding = Literal[
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "windows-1252",
    "iso-8859-15",
    "cp1250",
    "cp1251",
    "shift_jis",
    "gb18030",
    "mac-roman",
]
DateOrder = Literal["dmy", "mdy", "ymd"]
OnDuplicate = Literal["skip", "fill", "add"]
RowAction = Literal["import", "skip"]
PresetName = Literal["afterword", "linkedin", "linkedin-saved", "simplify", "teal", "huntr"]
Target = Literal[
    "id",
    "company",
    "role",
    "stage",
    "applied_on",
    "saved_on",
    "stage_at",
    "closed_on",
    "posting_url",
    "posting_text",
    "location",
    "work_mode",
    "source",
    "salary",
    "salary_min",
    "salary_max",
    "salary_currency",
    "salary_period",
    "note",
    "contact_name",
    "contact_email",
    "contact_phone",
    "contact_role",
    "interview_at",
    "time_zone",
    "archived",
    "ignore",
]
QuestionCode = Literal[
    "encoding", "company", "date_order", "stage", "default_stage", "default_role", "application", "time_zone", "kind"
]
ImportedType = Literal[
    "application",
    "contact",
    "interview",
    "note",
    "stage_change",
    "letter",
    "letter_template",
    "reference",
    "follow_up",
    "offer",
    "search_activity",
    "step_override",
    "application_contact",
    "application_reference",
    "interview_interviewer",
    "user_account",
]
WORKING = text("state IN ('analysing', 'running', 'undoing')")
BUSY = text("state IN ('running', 'undoing')")


class ImportJob(Stored, table=True):
    """An import. Files wait in `import_chunk` until the import runs; `contents_until`: when file and rows are deleted.

    `planned_seq` counts how often the plan was made; a plan that is outdated when it is ready is thrown away.
    `claimed_until`: a worker has it until then.
    """

    __tablename__ = "import_job"
    __table_args__ = (
        owned_by_user(),
        Index("ix_import_job_created", "user_id", "created_at", "id"),
        Index("ix_import_job_busy", "user_id", unique=True, sqlite_where=BUSY, postgresql_where=BUSY),
        Index("ix_import_job_working", "claimed_until", sqlite_where=WORKING, postgresql_where=WORKING),
        Index("ix_import_job_contents", "contents_until"),
    )

    kind: str = Column(max_length=16)
    state: str = Column(max_length=16)
    file_name: str | None = Column(default=None, max_length=200)
    bytes: int
    sha256: str = Column(max_length=64)
    options: dict[str, Any] = json_column(dict)
    recognised: dict[str, Any] = json_column(dict)
    questions: list[dict[str, Any]] = json_column(list)
    counts: dict[str, int] = json_column(dict)
    planned_seq: int = 0
    rows_total: int = 0
    rows_done: int = 0
    claimed_until: datetime | None = None
    contents_until: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    undone_at: datetime | None = None
    error: str | None = Column(default=None, max_length=400)


class ImportChunk(Owned, table=True):
    """A piece of an uploaded file."""

    __tablename__ = "import_chunk"
    __table_args__ = (points_at("import_job", "import_id"),)

    import_id: str = id_column(primary_key=True)
    number: int = Column(primary_key=True)
    content: bytes = Column(sa_type=LargeBinary)


class ImportRow(Owned, table=True):
    """A row of a file. `raw`: its cells; `plan`: the values that it is to have; `before`: of an object that it changed.

    `outcome` is what is planned, `result` what became of it.
    """

    __tablename__ = "import_row"
    __table_args__ = (points_at("import_job", "import_id"),)

    import_id: str = id_column(primary_key=True)
    row_no: int = Column(primary_key=True)
    line_no: int
    outcome: str = Column(max_length=16)
    result: str | None = Column(default=None, max_length=16)
    raw: list[str] = json_column(list)
    plan: dict[str, Any] = json_column(dict)
    duplicate_of: str | None = id_column(nullable=True)
    errors: list[dict[str, Any]] = json_column(list)
    warnings: list[dict[str, Any]] = json_column(list)


class ImportObject(Owned, table=True):
    """An object that a row made or changed, and the version that it has since. `before`: values to go back to."""

    __tablename__ = "import_object"
    __table_args__ = (
        points_at("import_job", "import_id"),
        Index("ix_import_object_object", "user_id", "noun", "object_id"),
    )

    import_id: str = id_column(primary_key=True)
    row_no: int = Column(primary_key=True)
    noun: str = Column(primary_key=True, max_length=32)
    object_id: str = id_column(primary_key=True)
    other_id: str | None = id_column(nullable=True)
    action: str = Column(max_length=16)
    version_after: int
    before: dict[str, Any] = json_column(dict)


class ColumnMapping(Body):
    """What a column means."""

    column: Annotated[int, Field(strict=True, ge=1, le=100, description="The number of the column, from 1."), WHOLE]
    target: Target


class StageMapping(Body):
    """Which stage a value of the file means."""

    value: Line
    stage: Stage


class RowAnswer(Body):
    """The answer to one row: its application, or to leave it out."""

    row_no: Annotated[int, Field(strict=True, ge=1, le=1_000_000), WHOLE]
    action: RowAction = "import"
    application_id: Annotated[AnyId | None, Field(description="The application of an invitation.")] = None
    kind: Annotated[InterviewKind | None, Field(description="The kind of an interview.")] = None
    accept_people: Annotated[
        Flag, Field(description="Record the people of an invitation as contacts and interviewers.")
    ] = False


Mappings = Annotated[
    list[ColumnMapping], Field(max_length=100, description="What columns mean; others keep what was proposed.")
]
StageMappings = Annotated[list[StageMapping], Field(max_length=200, description="The stages of the file's own words.")]
RowAnswers = Annotated[list[RowAnswer], Field(max_length=200)]
Delimiter = Literal[",", ";", "\t", "|"]
Quote = Literal['"', "'"]
SkipLines = Annotated[
    int, Field(strict=True, ge=0, le=1_000, description="Rows before the header that belong to no table."), WHOLE
]
HasHeader = Annotated[Flag, Field(description="Whether the first row has the names of the columns.")]
DateOrderAnswer = Annotated[
    DateOrder | None, Field(description="Day, month and year, for columns whose values do not tell their order.")
]
ZoneOfFile = Annotated[Zone | None, Field(description="The zone of times without an offset. Default: yours.")]
DefaultStage = Annotated[Stage | None, Field(description="The stage of rows that tell neither a stage nor a date.")]
DefaultRole = Annotated[Line | None, Field(description="The role of rows without one.")]
Duplicates = Annotated[
    OnDuplicate,
    Field(description="Rows that you have already: left out, used to fill empty fields, or added once more."),
]
Profile = Annotated[Flag, Field(description="Whether an export also restores your name, zone, language and policy.")]


class ImportUpdate(Body):
    """A merge patch: an absent field stays as it is. Answers to the questions of an import; it is planned anew."""

    preset: PresetName | MISSING | None = MISSING
    encoding: Encoding | MISSING | None = MISSING
    delimiter: Delimiter | MISSING | None = MISSING
    quote: Quote | MISSING = MISSING
    has_header: HasHeader | MISSING = MISSING
    skip_lines: SkipLines | MISSING | None = MISSING
    date_order: DateOrderAnswer | MISSING = MISSING
    time_zone: ZoneOfFile | MISSING = MISSING
    mapping: Mappings | MISSING = MISSING
    stage_map: StageMappings | MISSING = MISSING
    default_stage: DefaultStage | MISSING = MISSING
    default_role: DefaultRole | MISSING = MISSING
    on_duplicate: Duplicates | MISSING = MISSING
    profile: Profile | MISSING = MISSING
    application_id: Annotated[AnyId | None, Field(description="The application of all invitations.")] | MISSING = (
        MISSING
    )
    rows: RowAnswers | MISSING = MISSING


class ImportOptions(BaseModel):
    """How a file is read: what was sent, and the defaults. What is null follows from the file."""

    preset: PresetName | None = None
    encoding: Encoding | None = None
    delimiter: Delimiter | None = None
    quote: Quote = '"'
    has_header: HasHeader = True
    skip_lines: int | None = None
    date_order: DateOrderAnswer = None
    time_zone: Annotated[str | None, Field(description="The zone of times without an offset. Default: yours.")] = None
    mapping: list[ColumnMapping] = []
    stage_map: list[StageMapping] = []
    default_stage: DefaultStage = None
    default_role: DefaultRole = None
    on_duplicate: Duplicates = "skip"
    profile: Profile = True
    application_id: AnyId | None = None
    rows: list[RowAnswer] = []


class ImportRun(Body):
    """How to run an import."""

    allow_errors: Annotated[
        Flag, Field(description="Run although rows have errors, and leave those out; false: refuse with 409.")
    ] = True


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

    new: int = 0
    fill: int = 0
    update: int = 0
    same: int = 0
    duplicate: int = 0
    skip: int = 0
    question: int = 0
    error: int = 0
    done: int = 0
    changed: int = 0
    failed: int = 0
    undone: int = 0
    kept: int = 0


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
    """What is wrong with a cell, or remarkable; `column` is its name in the file."""

    column: str | None
    code: str
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
    values: Annotated[dict[str, JsonValue], Field(description="What is to be recorded.")]
    duplicate_of: Annotated[str | None, Field(description="The object that you have already.")]
    objects: list[ImportedObject]
    errors: list[RowProblem]
    warnings: list[RowProblem]
