"""What requests say about imports: the answers to questions, and how to run one."""

from typing import Annotated, Literal

from pydantic import MISSING, Field
from typing_extensions import TypeAliasType

from api.models.application import Stage
from api.models.base import WHOLE, AnyId, Body, Flag, Line, Zone
from api.models.interview import InterviewKind

ImportKind = Literal["csv", "jsonl", "calendar"]
Encoding = TypeAliasType(
    "Encoding",
    Literal[
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
    ],
)
DateOrder = Literal["dmy", "mdy", "ymd"]
OnDuplicate = Literal["skip", "fill", "add"]
RowAction = Literal["import", "skip"]
PresetName = TypeAliasType(
    "PresetName", Literal["afterword", "linkedin", "linkedin-saved", "simplify", "teal", "huntr"]
)
Target = TypeAliasType(
    "Target",
    Literal[
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
    ],
)
QuestionCode = Literal[
    "encoding", "company", "date_order", "stage", "default_stage", "default_role", "application", "time_zone", "kind"
]


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
OfInvitations = Annotated[AnyId | None, Field(description="The application of all invitations.")]
Profile = Annotated[Flag, Field(description="Whether an export also restores your name, zone, language and policy.")]


class ImportUpdate(Body):
    """A merge patch: an absent field stays as it is. Answers to the questions of an import; it is planned again."""

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


class ImportRun(Body):
    """How to run an import."""

    allow_errors: Annotated[
        Flag, Field(description="Run although rows have errors, and leave those out; false: refuse with 409.")
    ] = True
