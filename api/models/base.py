"""Types, columns and base classes that tables and bodies share: ids, instants, texts, owner and version."""

import datetime as dt
import re
from datetime import datetime
from typing import Annotated, Any, ClassVar, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NaiveDatetime,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError
from sqlalchemy import JSON, ForeignKeyConstraint
from sqlalchemy.orm import declared_attr
from sqlalchemy.types import Uuid
from sqlmodel import Field as Column
from sqlmodel import SQLModel
from uuid_utils.compat import uuid7

from api.models.type_notes import Expects, Says
from api.protocol.email_address import UnusableAddressError, normalized_address
from api.rules.calendar import ZONES, in_utc, is_within_reach
from api.storage.session import Owned

DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
DIGITS = re.compile(r"-?(0|[1-9]\d*)", re.ASCII)
CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
YEARS = r"(19[7-9]\d|2[01]\d\d)"
YEAR_FIRST = f"^{YEARS}-"
WALL = rf"{YEARS}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T{CLOCK}(:[0-5]\d(\.\d+)?)?"
NUMBER = re.compile(r"\s*[+-]?[\d.]+([eE][+-]?\d+)?\s*")
AN_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
UUIDV7 = "a UUID of version 7, in hexadecimal digits with hyphens,"
AN_INSTANT = "an instant with its offset from UTC,"
UUID7 = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$"
CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff"
BLANK = r"\s\x85\xa0\xad\u061c\u180e\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\ufffb"
TURNING = r"\t\n\r\u2028\u2029\u202a-\u202e\u2066-\u2069"
ENCLOSING = r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*"
A_LINE = rf"^(?![{BLANK}]*$){ENCLOSING}[^{CONTROL}{TURNING}]+{ENCLOSING}$"
A_TEXT = rf"^(?![{BLANK}]*$)[^{CONTROL}]+$"
AN_ADDRESS = rf'^("([^{BLANK}{CONTROL}]| )+"|[^@<>,;{BLANK}{CONTROL}]+)@[^@<>,;{BLANK}{CONTROL}]+$'
A_MAILBOX = f"^{ENCLOSING}{AN_ADDRESS[1:-1]}{ENCLOSING}$"
A_URL = rf"^{ENCLOSING}https?://[^{BLANK}{CONTROL}]+{ENCLOSING}$"
A_LINK = rf"^{ENCLOSING}[^{BLANK}{CONTROL}]+{ENCLOSING}$"
ANYTHING = r"^[^\x00]*$"
NOT_IN_QUERY = r"\x00-\x1f\x7f-\x9f"
PRINTABLE = rf"^[^{NOT_IN_QUERY}]*$"
UNWANTED = re.compile(rf"[{CONTROL}\ud800-\udfff]")
NOT_IN_A_LINE = re.compile(f"[{TURNING}]")
NOTHING = re.compile(f"[{BLANK}]*")
HIDDEN = re.compile(f"[{BLANK}{CONTROL}]")
MARKS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
Local = TypeVar("Local", bound=dt.date)


def new_id() -> str:
    """Return a UUIDv7 as canonical text."""
    return str(uuid7())


def _uuid7(value: str) -> str:
    try:
        parsed = UUID(value)
    except ValueError:
        parsed = None
    if parsed is None or parsed.version != 7 or str(parsed) != value.lower():
        raise PydanticCustomError("not_a_uuid7", f"Send {UUIDV7} such as {AN_ID}, or leave out the id.")
    return str(parsed)


def _without_marks_around(value: object) -> object:
    """Remove marks of text direction around a value: phones put them around what is copied from a contact."""
    if not isinstance(value, str) or value.isascii():
        return value
    inner = value.strip().strip(MARKS)
    return inner if inner != value.strip() else value


def _clean(value: str) -> str:
    if UNWANTED.search(value):
        raise PydanticCustomError("control_character", "Remove the control characters: they cannot be seen.")
    return value


def _one_line(value: str) -> str:
    """Refuse line ends and changes of text direction: names go into subjects, addresses and file names."""
    if NOT_IN_A_LINE.search(value):
        raise PydanticCustomError("not_one_line", "Remove line breaks, tabs and marks that change text direction.")
    return _clean(value)


def _visible(value: str) -> str:
    """Refuse invisible characters: the address of a mail or a link must be what the reader sees."""
    if HIDDEN.search(value):
        raise PydanticCustomError("invisible_character", "Remove spaces and invisible characters from it.")
    return _clean(value)


def _not_blank(value: str) -> str:
    if NOTHING.fullmatch(value):
        raise PydanticCustomError("blank", "Send some text, or null if the field may be empty.")
    return value


def _like_an_address(value: str) -> str:
    if value.lower().startswith("mailto:"):
        detail = "Leave out mailto: and send the address alone, such as name@example.com."
        raise PydanticCustomError("not_an_address", detail)
    if not re.fullmatch(AN_ADDRESS, value):
        alone = "the address without the name and without angle brackets," if ">" in value else "one e-mail address"
        raise PydanticCustomError("not_an_address", "Send {alone} such as name@example.com.", {"alone": alone})
    return _clean(value)


def _mailable(value: str) -> str:
    try:
        return normalized_address(value)
    except UnusableAddressError as error:
        detail = "No mail can be sent to this address: send one such as name@example.com."
        raise PydanticCustomError("unusable_address", detail) from error


def _no_script(value: str) -> str:
    if value.lower().startswith(("javascript:", "data:", "vbscript:")):
        detail = "Send a link to a page such as https://meet.example.com/7, not one that runs a script."
        raise PydanticCustomError("not_a_link", detail)
    return value


def _day_only(value: object) -> object:
    """Refuse anything but a date: pydantic would also accept an instant at midnight."""
    if not (isinstance(value, str) and DAY.fullmatch(value)) and type(value) is not dt.date:
        raise PydanticCustomError("not_a_date", "Send a date such as 2026-03-02.")
    return value


def _clock_only(value: object) -> object:
    if not (isinstance(value, str) and re.fullmatch(CLOCK, value, re.ASCII)) and not isinstance(value, dt.time):
        raise PydanticCustomError("not_hours_and_minutes", "Send hours and minutes such as 14:30.")
    return value


def _wall_only(value: object) -> object:
    if not (isinstance(value, str) and re.fullmatch(WALL, value, re.ASCII)) and not isinstance(value, datetime):
        raise PydanticCustomError("not_a_wall_time", "Send a local time without an offset such as 2026-03-02T10:00.")
    return value


def _whole_second(value: datetime) -> datetime:
    try:
        return in_utc(value).replace(microsecond=0)
    except ValueError as error:
        detail = "Use an instant from 1970 to the end of 2199, such as 2026-03-02T15:00:00Z."
        raise PydanticCustomError("instant_out_of_range", detail) from error


def _within_reach(value: Local) -> Local:
    if not is_within_reach(value):
        raise PydanticCustomError("date_out_of_range", "Use a date from 1970 to the end of 2199, such as 2026-03-02.")
    return value


def _text_only(value: object) -> object:
    """Refuse numbers in the place of an instant: pydantic would read them as Unix time."""
    if not isinstance(value, str | dt.date | dt.time) or (isinstance(value, str) and NUMBER.fullmatch(value)):
        detail = f"Send {AN_INSTANT} such as 2026-03-02T15:00:00Z or 2026-03-02T10:00:00-05:00, as text."
        raise PydanticCustomError("not_a_text", detail)
    return value


def _digits_only(value: object) -> object:
    """Refuse anything but digits in an integer of a query: pydantic would also accept 1_0, +10 and 10.0."""
    if isinstance(value, str) and not DIGITS.fullmatch(value):
        raise PydanticCustomError("int_parsing", "Send a whole number in digits.")
    return value


def _whole(value: object) -> object:
    """Accept 4.0 as 4: JSON has one type of number, and JSON Schema calls both integers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _zone(value: str) -> str:
    if value not in ZONES:
        raise PydanticCustomError("unknown_zone", "Use an IANA zone name such as America/New_York.")
    return value


UNMARKED = BeforeValidator(_without_marks_around)
Id = Annotated[
    str,
    Field(max_length=64, json_schema_extra={"format": "uuid", "pattern": UUID7}),
    AfterValidator(_uuid7),
    Expects(UUIDV7, AN_ID),
]
NO_NUL = Says(pattern=ANYTHING)
IN_QUERY = Says(pattern=PRINTABLE)
AnyId = Annotated[
    str, Field(max_length=64, json_schema_extra={"format": "uuid"}), Expects("the id of one of your objects,", AN_ID)
]
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_text_only),
    AfterValidator(_whole_second),
    Says(pattern=YEAR_FIRST),
    Expects(AN_INSTANT, "2026-03-02T10:00:00-05:00"),
]
WALL_SCHEMA = WithJsonSchema({"type": "string", "format": "date-time-local", "pattern": f"^{WALL}$"})
WallTimeOut = Annotated[NaiveDatetime, WALL_SCHEMA]  # the first hours of 1970 in UTC are 1969 in zones to the west
WallTime = Annotated[
    NaiveDatetime,
    BeforeValidator(_wall_only),
    BeforeValidator(_text_only),
    AfterValidator(_within_reach),
    AfterValidator(lambda value: value.replace(microsecond=0)),
    WALL_SCHEMA,
    Expects("a local time without an offset,", "2026-03-02T10:00"),
]
Day = Annotated[
    dt.date,
    BeforeValidator(_day_only),
    AfterValidator(_within_reach),
    Says(pattern=YEAR_FIRST),
    Expects("a date", "2026-03-02"),
]
ClockTime = Annotated[
    dt.time,
    BeforeValidator(_clock_only),
    PlainSerializer(lambda value: f"{value:%H:%M}", return_type=str),
    WithJsonSchema({"type": "string", "format": "time-local", "pattern": f"^{CLOCK}$"}),
    Expects("hours and minutes", "14:30"),
]
Zone = Annotated[
    str,
    Field(max_length=64, json_schema_extra={"format": "time-zone"}),
    AfterValidator(_zone),
    Expects("the IANA name of a time zone,", "America/New_York"),
]
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    UNMARKED,
    AfterValidator(_one_line),
    AfterValidator(_not_blank),
    Says(pattern=A_LINE),
    Expects("a text on one line,", "Human Resources", is_free=True),
]
Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=20_000),
    AfterValidator(_clean),
    AfterValidator(_not_blank),
    Says(pattern=A_TEXT),
    Expects("a text", "They liked my portfolio", is_free=True),
]
Url = Annotated[
    str,
    StringConstraints(max_length=2_000, pattern=r"^https?://[^\s]+$"),
    UNMARKED,
    AfterValidator(_visible),
    Says(pattern=A_URL),
    Expects("a web address without spaces that begins with https:// or http://,", "https://www.example.com/jobs/7"),
]
Currency = Annotated[
    str, StringConstraints(pattern=r"^[A-Z]{3}$"), Expects("the code of a currency in three capital letters,", "EUR")
]
Amount = Annotated[
    float,
    Field(strict=True, ge=0, le=1_000_000_000, allow_inf_nan=False),
    Expects("a number from 0 to 1,000,000,000 without currency or separators,", 62000),
]
Digits = BeforeValidator(_digits_only)
Flag = Annotated[bool, Field(strict=True)]
WHOLE = BeforeValidator(_whole)
Link = Annotated[
    str,
    StringConstraints(max_length=2_000, pattern=r"^\S+$"),
    UNMARKED,
    AfterValidator(_visible),
    AfterValidator(_no_script),
    Says(pattern=A_LINK),
    Expects("a link without spaces,", "https://meet.example.com/7"),
]
AN_EMAIL = Expects("one e-mail address", "name@example.com")
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254),
    UNMARKED,
    AfterValidator(_like_an_address),
    AfterValidator(_mailable),
    Says(pattern=A_MAILBOX, format="email"),
    AN_EMAIL,
]
# To look an account up: one of an older version may have an address to which no mail can be sent.
KnownEmail = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254),
    UNMARKED,
    AfterValidator(_like_an_address),
    Says(pattern=A_MAILBOX),
    AN_EMAIL,
]


def id_column(*, nullable: bool = False, primary_key: bool = False) -> Any:  # noqa: ANN401  # sqlmodel's own signature
    """Return a column for the id of another row."""
    default = None if nullable else ...
    return Column(default=default, sa_type=Uuid(as_uuid=False), nullable=nullable, primary_key=primary_key)


def json_column(default: type[list[Any]] | type[dict[str, Any]]) -> Any:  # noqa: ANN401  # sqlmodel's own signature
    """Return a column for a small JSON document."""
    return Column(default_factory=default, sa_type=JSON)


def owned_by_user() -> ForeignKeyConstraint:
    """Return the foreign key from a row to its user."""
    return ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE")


def points_at(table: str, column: str, *, cascade: bool = True) -> ForeignKeyConstraint:
    """Return a foreign key to a row of the same user; the database refuses a row of another user."""
    return ForeignKeyConstraint(
        ["user_id", column], [f"{table}.user_id", f"{table}.id"], ondelete="CASCADE" if cascade else None
    )


class Versioned(SQLModel):
    """A row with optimistic locking: an UPDATE only succeeds if the row still has the version that was read.

    `incarnation` is the account's write counter when the row was created. A row that is deleted and created again with
    the same id gets another one, so its entity tags never come back. The session sets it.
    """

    version: int = 1
    incarnation: int = 0

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, object]:  # noqa: N805  # a class, as the mapper wants it
        """Set the version column; services increment it, because not every change of a row is one by the user."""
        return {"version_id_col": cls.__table__.c.version, "version_id_generator": False}  # type: ignore[attr-defined]


class Stored(Owned, Versioned):
    """An owned row with an id, the times of its creation and last change, and a version."""

    id: str = Column(primary_key=True, default_factory=new_id, sa_type=Uuid(as_uuid=False))
    created_at: datetime
    updated_at: datetime


class Body(BaseModel):
    """The body of a request; unknown fields are an error."""

    model_config = ConfigDict(extra="forbid", use_enum_values=True)


class Shown(BaseModel):
    """A row in a response, always with every key. `derived`: fields that can change without the row's version."""

    model_config = ConfigDict(from_attributes=True)
    derived: ClassVar[tuple[str, ...]] = ()

    id: str
    created_at: datetime
    updated_at: datetime
    version: int
    etag: str
