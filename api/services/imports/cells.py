"""The cells of a row of a table as the bodies of requests: an application, its stages, a note, a contact, an interview.

What a cell means is told by its column. A cell that cannot be read with certainty is an error of its row, never a
guess.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from api.models.application import ApplicationCreate, StageCreate
from api.models.base import NOT_IN_A_LINE, NOTHING, Body
from api.models.contact import ContactCreate
from api.models.interview import InterviewCreate
from api.models.note import NoteCreate
from api.rules.calendar import ZONES, day_start
from api.rules.facts import ENDINGS
from api.services.facts.dating import TOLERANCE
from api.services.imports.plans import Context, PlannedRow
from api.words import salaries
from api.words.csv_dates import DateColumn, When, parsed, readings
from api.words.table_columns import CONTACT_ROLE_OF, IS_YES, PERIOD_OF, STAGE_OF, WORK_MODE_OF, folded_name

DATES = ("applied_on", "saved_on", "stage_at", "closed_on", "interview_at")
TEXTS = ("id", "company", "role", "posting_url", "posting_text", "location", "source", "time_zone")
CONTACT_FIELDS = {"contact_name": "full_name", "contact_email": "email", "contact_phone": "phone"}  # by target
TARGET_OF_FIELD = {"stage_at": "stage", **{field: target for target, field in CONTACT_FIELDS.items()}}
MORNING, EVENING = time(9), time(17)
MAX_WORD = 200


@dataclass(frozen=True)
class Columns:
    """What the columns of a file mean. `dates`: what the values of date columns tell; `order`: for those that do not.

    `stage_map`: the stages of the file's own words. `open`: codes of questions that are not answered yet.
    """

    names: Sequence[str]
    targets: Sequence[str]
    dates: Mapping[int, DateColumn]
    order: str | None
    stage_map: Mapping[str, str]
    preset_stage: str | None
    open: frozenset[str] = frozenset()

    def name_of(self, target: str) -> str | None:
        """Return the name of the column with a target."""
        return next((name for name, one in zip(self.names, self.targets, strict=True) if one == target), None)


@dataclass
class _Row:
    """A row that is being read: its texts by target, and its dates."""

    planned: PlannedRow
    columns: Columns
    context: Context
    texts: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    dates: dict[str, When] = field(default_factory=dict)

    def fail(self, target: str, code: str, detail: str) -> None:
        self.planned.fail(code, detail, self.columns.name_of(target))

    @property
    def zone(self) -> str:
        own = self.texts.get("time_zone")
        return own if own in ZONES else self.context.options.time_zone or self.context.zone

    def at(self, target: str) -> datetime | None:
        """Return the instant of a date column: of a day, its beginning."""
        when = self.dates.get(target)
        if when is None:
            return None
        if when.at is None:
            found = day_start(when.day, self.zone)
        else:
            zone = when.offset or ZoneInfo(self.zone)
            found = datetime.combine(when.day, when.at, tzinfo=zone).astimezone(UTC)
        is_checked_already = target == "applied_on" and when.at is None  # by its day, also in the user's zone
        if found > self.context.now + TOLERANCE and not is_checked_already:
            self.fail(target, "future_evidence", "It cannot have happened yet: send a date up to today.")
        return min(found, self.context.now)


def stage_word(text: str) -> str:
    """Return the file's word for a stage on one line, so that an answer can repeat it; empty if nobody can see it."""
    word = " ".join(NOT_IN_A_LINE.sub(" ", text).split())[:MAX_WORD].rstrip()
    return "" if NOTHING.fullmatch(word) else word


def stage_of(text: str, stage_map: Mapping[str, str]) -> str | None:
    """Return the stage that a word of a file means, None if nobody said."""
    return stage_map.get(stage_word(text).casefold()) or STAGE_OF.get(folded_name(text))


def read_row(planned: PlannedRow, columns: Columns, context: Context) -> None:
    """Set the plan of a row from its cells, and its errors, warnings, and whether it waits for an answer."""
    row = _Row(planned, columns, context)
    _sort_cells(row)
    waits = _waits(row)
    if waits and not planned.errors:
        planned.outcome = "question"
        return
    if planned.errors:
        return
    application = _application(row)
    stages = _stages(row)
    if planned.errors or application is None or not stages:
        return
    (stage, at), *later = stages
    application |= {"stage": stage, "stage_at": at and at.isoformat()}
    planned.plan = {
        "application": application,
        "stages": [{"stage": stage, "at": at and at.isoformat()} for stage, at in later],
        "note": {"kind": "general", "text": "\n\n".join(row.notes)} if row.notes else None,
        "contact": _contact(row, application),
        "contact_role": CONTACT_ROLE_OF.get(folded_name(row.texts.get("contact_role", ""))),
        "interview": _interview(row),
        "archived": _is_archived(row, stages[-1][0]),
    }
    _check_plan(row)


def _sort_cells(row: _Row) -> None:
    """Sort the cells by target, and read the dates."""
    extra = row.planned.raw[len(row.columns.names) :]
    if any(extra):
        row.planned.fail("too_many_cells", "The row has more cells than the header: check quotes and delimiters.")
    for number, (cell, target) in enumerate(zip(row.planned.raw, row.columns.targets, strict=False)):
        if not cell or target == "ignore":
            continue
        if target == "note":
            several = row.columns.targets.count("note") > 1
            row.notes.append(f"{row.columns.names[number]}: {cell}" if several else cell)
        elif target in DATES:
            _read_date(row, number, target, cell)
        elif target != "stage" or stage_word(cell):
            row.texts[target] = cell


def _read_date(row: _Row, number: int, target: str, cell: str) -> None:
    column = row.columns.dates.get(number, DateColumn())
    when = parsed(cell, column, row.columns.order)  # type: ignore[arg-type]  # an order
    if when is not None:
        row.dates[target] = when
        return
    name = row.columns.names[number]
    if len(readings(cell)) > 1 and column.is_undecided and row.columns.order is None:
        row.planned.fail("ambiguous_date", "Day and month can be exchanged: answer the question about dates.", name)
    elif readings(cell):
        row.planned.fail("mixed_date_order", "Other dates of this column have another order of day and month.", name)
    else:
        row.planned.fail("not_a_date", "Send a date such as 2026-03-02.", name)


def _waits(row: _Row) -> bool:
    """Tell whether the row cannot be planned before a question is answered."""
    missing = row.columns.open
    if "company" in missing:
        return True
    options, texts = row.context.options, row.texts
    if "role" not in texts and options.default_role is None:
        return "default_role" in missing
    word = texts.get("stage")
    if word is not None:
        return stage_of(word, row.columns.stage_map) is None
    has_date = bool({"applied_on", "saved_on"} & row.dates.keys())
    return not (has_date or options.default_stage or row.columns.preset_stage)


def _application(row: _Row) -> dict[str, Any] | None:
    """Return the body of the application, checked by the model of POST /v1/applications."""
    texts, options = row.texts, row.context.options
    body: dict[str, Any] = {name: texts[name] for name in TEXTS if name in texts}
    body.setdefault("role", options.default_role)
    if "company" not in body:
        row.fail("company", "missing", "Each row needs a company.")
        return None
    if (applied := row.dates.get("applied_on")) is not None:
        body["applied_on"] = applied.day.isoformat()
        if applied.day > _latest_today(row):
            row.fail("applied_on", "future_evidence", "It cannot have happened yet: send a date up to today.")
    _add_work_mode(row, body)
    _add_salary(row, body)
    checked = _checked(row, ApplicationCreate, body)
    return None if checked is None else body


def _latest_today(row: _Row) -> date:
    """Return today's date in the zone of the row or in that of the user, whichever is later."""
    now = row.context.now + TOLERANCE
    return max(now.astimezone(ZoneInfo(zone)).date() for zone in (row.zone, row.context.zone))


def _add_work_mode(row: _Row, body: dict[str, Any]) -> None:
    word = row.texts.get("work_mode")
    if word is None:
        return
    mode = WORK_MODE_OF.get(folded_name(word))
    if mode is None:
        name = row.columns.name_of("work_mode")
        row.planned.warn("work_mode_unknown", "Left out: use remote, hybrid or onsite.", name)
    else:
        body["work_mode"] = mode


def _add_salary(row: _Row, body: dict[str, Any]) -> None:
    if (text := row.texts.get("salary")) is not None:
        found = salaries.salary(text)
        if found is None:
            name = row.columns.name_of("salary")
            row.planned.warn("salary_unknown", "Left out: it cannot be read with certainty, such as 60000 EUR.", name)
        else:
            body |= {"salary_min": found.low, "salary_max": found.high}
            body |= {"salary_currency": found.currency, "salary_period": found.period}
    for target in ("salary_min", "salary_max"):
        if (text := row.texts.get(target)) is not None:
            body[target] = salaries.amount(text)
            if body[target] is None:
                row.fail(target, "not_an_amount", "Send a number such as 62000.")
    if (currency := row.texts.get("salary_currency")) is not None:
        body["salary_currency"] = salaries.CODES.get(currency, currency.upper())
    if (period := row.texts.get("salary_period")) is not None:
        body["salary_period"] = PERIOD_OF.get(folded_name(period))
        if body["salary_period"] is None:
            row.fail("salary_period", "unknown_period", "Use year, month, week, day or hour.")
    low, high = body.get("salary_min"), body.get("salary_max")
    if low is not None and high is not None and low > high:
        row.fail("salary_max", "below_salary_min", "The largest amount must not be less than the smallest.")


def _stages(row: _Row) -> list[tuple[str, datetime | None]]:
    """Return the stage history: saved, applied, and the stage that the row tells, each with its date if it has one.

    Without a date of its own, the stage of a row begins on the day of the application.
    """
    word, options = row.texts.get("stage"), row.context.options
    saved, applied = row.at("saved_on"), row.at("applied_on")
    stage = stage_of(word, row.columns.stage_map) if word is not None else None
    stage = stage or row.columns.preset_stage or ("applied" if applied else "saved" if saved else options.default_stage)
    if stage is None:
        return []
    since = (row.at("closed_on") if stage in ENDINGS else None) or row.at("stage_at")
    lines: list[tuple[str, datetime | None]] = [("saved", saved)] if saved is not None and stage != "saved" else []
    if applied is not None and since is not None and stage not in ("saved", "applied"):
        lines.append(("applied", applied))
    lines.append((stage, _since(stage, since, applied, saved)))
    dates = [at for _, at in lines if at is not None]
    if dates != sorted(dates):
        row.fail("stage_at", "out_of_order", "The dates of the stages must follow each other.")
    return lines if lines[-1][1] is not None else lines[-1:]


def _since(stage: str, since: datetime | None, applied: datetime | None, saved: datetime | None) -> datetime | None:
    """Return since when an application is at its stage."""
    if stage == "saved":
        return since or saved
    return applied or since if stage == "applied" else since or applied


def _is_archived(row: _Row, stage: str) -> bool:
    is_wanted = (folded_name(word := row.texts.get("archived", "")) or word) in IS_YES
    if is_wanted and stage not in ENDINGS:
        name = row.columns.name_of("archived")
        row.planned.warn("not_closed", "Left out: only a closed application can be archived.", name)
        return False
    return is_wanted


def _contact(row: _Row, application: Mapping[str, Any]) -> dict[str, Any] | None:
    body: dict[str, Any] = {field: row.texts[target] for target, field in CONTACT_FIELDS.items() if target in row.texts}
    return {**body, "company": application["company"], "details_source": "other"} if body else None


def _interview(row: _Row) -> dict[str, Any] | None:
    when = row.dates.get("interview_at")
    if when is None:
        return None
    if when.at is None:
        name = row.columns.name_of("interview_at")
        row.planned.warn("time_assumed", "The interview has no time: it is recorded from 09:00 to 17:00.", name)
        times = {f"{edge}_local": f"{when.day}T{at:%H:%M}" for edge, at in (("start", MORNING), ("end", EVENING))}
        return {**times, "time_zone": row.zone}
    if when.offset is not None:
        starts = datetime.combine(when.day, when.at, tzinfo=when.offset).astimezone(UTC)
        return {"starts_at": f"{starts:%Y-%m-%dT%H:%M:%SZ}", "time_zone": row.zone}
    return {"start_local": f"{when.day}T{when.at:%H:%M}", "time_zone": row.zone}


def _check_plan(row: _Row) -> None:
    """Check all bodies by the models of their requests, so that an import accepts what the API accepts."""
    plan = row.planned.plan
    for body in plan["stages"]:
        _checked(row, StageCreate, body)
    if plan["note"] is not None:
        _checked(row, NoteCreate, plan["note"], "note")
    if plan["contact"] is not None:
        _checked(row, ContactCreate, plan["contact"], "contact_email")
    if plan["interview"] is not None:
        _checked(row, InterviewCreate, plan["interview"], "interview_at")


def _checked(row: _Row, model: type[Body], body: Mapping[str, Any], target: str | None = None) -> Body | None:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        for one in error.errors(include_input=False, include_url=False)[:5]:
            name = str(one["loc"][0]) if one["loc"] else ""
            column = row.columns.name_of(TARGET_OF_FIELD.get(name, name)) or row.columns.name_of(target or "")
            row.planned.fail(str(one["type"]), f"{one['msg'].rstrip('.')}.", column)
        return None
