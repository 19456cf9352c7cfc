"""The rows of an export as rows of tables: every value is checked, because a file is input like any other.

A value must fit its column, and the model of the request that records such a fact. What the service derives from other
columns is not read.
"""

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from sqlalchemy import JSON, Boolean, Date, DateTime, Float, Integer, LargeBinary, Uuid
from sqlmodel import SQLModel

from api.models import (
    Application,
    ApplicationContact,
    ApplicationReference,
    Contact,
    FollowUp,
    Interview,
    InterviewInterviewer,
    Letter,
    LetterTemplate,
    Note,
    Offer,
    Reference,
    SearchActivity,
    StageChange,
    StepOverride,
)
from api.models.application import ApplicationCreate, StageCreate
from api.models.base import UNWANTED, Body, Day, Id, Instant, Text, WallTime
from api.models.contact import ApplicationContactPut, ContactCreate
from api.models.follow_up import FollowUpCreate
from api.models.interview import InterviewCreate, InterviewerPut, Rescheduled
from api.models.letter import CheckName, LetterCreate
from api.models.letter_template import LetterTemplateCreate
from api.models.moment import MomentColumn, MomentIO
from api.models.note import NoteCreate
from api.models.offer import OfferCreate
from api.models.policy import PolicyOverrides
from api.models.reference import ApplicationReferencePut, ReferenceCreate
from api.models.search_activity import SearchActivityCreate
from api.services.policies import merge_overrides

AnyUuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
ScopeText = Annotated[
    str, Field(pattern=r"^(application|(interview|cancel|followup):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$")
]
LongText = Annotated[str, Field(max_length=100_000)]


class _Exact(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Recipient(_Exact):
    contact_id: AnyUuid
    name: LongText | None
    title: LongText | None
    company: LongText | None = None
    address: LongText | None


class _Paragraph(_Exact):
    text: LongText
    role: Annotated[str, Field(max_length=32)]
    source_note_ids: list[AnyUuid]
    names_erased: bool = False


class _Override(Body):
    number: Annotated[int, Field(ge=1, le=7)]
    scope: ScopeText
    action: Literal["complete", "skip", "reopen"]
    note: Text | None = None


# The tables that are restored, each with the model of the request that records such a fact.
RESTORED: Mapping[Any, type[Body]] = {
    Contact: ContactCreate,
    Application: ApplicationCreate,
    LetterTemplate: LetterTemplateCreate,
    Reference: ReferenceCreate,
    StageChange: StageCreate,
    Interview: InterviewCreate,
    InterviewInterviewer: InterviewerPut,
    Note: NoteCreate,
    Letter: LetterCreate,
    FollowUp: FollowUpCreate,
    Offer: OfferCreate,
    SearchActivity: SearchActivityCreate,
    StepOverride: _Override,
    ApplicationContact: ApplicationContactPut,
    ApplicationReference: ApplicationReferencePut,
}
BY_NAME = {str(table.__tablename__): table for table in RESTORED}
IDS = list[AnyUuid]
DOCUMENTS: Mapping[tuple[str, str], Any] = {
    ("application", "policy"): PolicyOverrides,
    ("interview", "rescheduled_from"): Annotated[list[Rescheduled], Field(max_length=50)],
    ("letter", "recipients"): IDS,
    ("letter", "note_ids"): IDS,
    ("letter", "named_contacts"): IDS,
    ("letter", "snapshot"): list[_Recipient],
    ("letter", "paragraphs"): list[_Paragraph],
    ("letter", "checklist"): dict[CheckName, bool],
}
# What the service sets itself: versions, and what follows from other columns.
DERIVED = frozenset(
    {
        *("user_id", "version", "incarnation", "company_key", "posting_key", "search_key", "starts_at", "ends_at"),
        *("effective_end_at", "changed_seq", "changed_at"),
    }
)
NOT_CHECKED = {Interview: {"starts_at", "ends_at"}}  # an interview has them beside its local times


class ValueFaultError(ValueError):
    """A value that a column cannot have."""

    def __init__(self, column: str, detail: str) -> None:
        super().__init__(column)
        self.column = column
        self.detail = detail


def restored_values(table: Any, document: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401  # a table
    """Return the columns of a row of an export. Raises ValueFaultError."""
    values: dict[str, Any] = {}
    for name, check in _checks(table).items():
        value = document.get(name)
        column = table.__table__.c[name]
        if value is None:
            if not column.nullable and (column.primary_key or table.model_fields[name].is_required()):
                raise ValueFaultError(name, "It must have a value.")
            continue
        try:
            values[name] = check(value)
        except (ValidationError, ValueError, TypeError, OverflowError) as error:
            raise ValueFaultError(name, _said(error)) from error
    _check_body(table, document)
    return values


def _said(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return f"{error.errors(include_input=False, include_url=False)[0]['msg'].rstrip('.')}."
    return "It does not fit: compare with an export of this version."


def _check_body(table: Any, document: Mapping[str, Any]) -> None:  # noqa: ANN401  # a table
    """Check the values by the model of the request. An erased contact and an empty text have less than a new one."""
    model, without = RESTORED[table], NOT_CHECKED.get(table, set())
    names = model.model_fields.keys() - without
    body = {name: document[name] for name in names if document.get(name) is not None}
    try:
        model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ValueFaultError(str(first["loc"][0]) if first["loc"] else "", f"{first['msg'].rstrip('.')}.") from error


@cache
def _checks(table: Any) -> dict[str, Callable[[Any], Any]]:  # noqa: ANN401  # a table
    return {
        column.name: _check(table, column)
        for column in table.__table__.columns
        if column.name not in DERIVED and not isinstance(column.type, LargeBinary)
    }


def _check(table: type[SQLModel], column: Any) -> Callable[[Any], Any]:  # noqa: ANN401  # a column, a check
    """Return the function that checks a value of a column and returns it as the table has it."""
    kind = getattr(column.type, "impl_instance", column.type)
    if isinstance(column.type, MomentColumn):
        moments = TypeAdapter(MomentIO)
        return lambda value: moments.validate_python(value).moment()
    if isinstance(kind, JSON):
        return _document_check(str(table.__tablename__), column.name)
    if isinstance(kind, Boolean):
        return _exactly(bool)
    if isinstance(kind, Float):
        return _number
    known: dict[type[Any], Any] = {
        Uuid: Id if column.name == "id" else AnyUuid,
        DateTime: WallTime if column.name.endswith("_local") else Instant,
        Date: Day,
        Integer: Annotated[int, Field(strict=True, ge=-(2**31), lt=2**31)],
    }
    found = next((checked for one, checked in known.items() if isinstance(kind, one)), None)
    return _text_check(getattr(kind, "length", None)) if found is None else TypeAdapter(found).validate_python


def _document_check(table: str, column: str) -> Callable[[Any], Any]:
    adapter: TypeAdapter[Any] = TypeAdapter(DOCUMENTS[table, column])
    if (table, column) == ("application", "policy"):
        return lambda value: merge_overrides({}, adapter.validate_python(value))
    if (table, column) == ("interview", "rescheduled_from"):
        return lambda value: _moves(adapter, value)
    return lambda value: adapter.dump_python(adapter.validate_python(value), mode="json")


def _moves(adapter: TypeAdapter[Any], value: Any) -> Any:  # noqa: ANN401  # JSON
    adapter.validate_python([{"end_moved_too": False, **one} for one in value])
    return [{name: one[name] for name in Rescheduled.model_fields if name in one} for one in value]


def _exactly(kind: type[Any]) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:  # noqa: ANN401  # JSON
        if type(value) is not kind:
            raise TypeError
        return value

    return check


def _number(value: Any) -> float:  # noqa: ANN401  # JSON
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError
    return float(value)


def _text_check(length: int | None) -> Callable[[Any], Any]:
    most = length or 100_000

    def check(value: Any) -> str:  # noqa: ANN401  # JSON
        if not isinstance(value, str) or len(value) > most or UNWANTED.search(value):
            raise TypeError
        return value

    return check
