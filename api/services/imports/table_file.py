"""CSV files: what is recognised in them, what must be asked, and what is planned for each row."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import islice
from typing import Any

from api.models import Application
from api.models.application import Stage
from api.rules.facts import ENDINGS
from api.services import quotas
from api.services.imports.cells import DATES, Columns, read_row, stage_of, stage_word
from api.services.imports.duplicates import Decision, Index, Known, Likeness, decide, filled, known_like
from api.services.imports.plans import ROWS_AT_ONCE, Context, PlannedRow, question
from api.storage.session import OwnedSession
from api.words import csv_file
from api.words.csv_dates import DateColumn, date_column, readings
from api.words.csv_text import restored
from api.words.table_columns import Preset, Proposal, preset_of, proposals

SAMPLES, SAMPLE_LENGTH, MAX_WORDS = 3, 80, 50
STAGES = [(stage.value, stage.value.replace("_", " ")) for stage in Stage]


class TableReader:
    """Reads a CSV file; without an answer about its encoding, there are no rows yet. Raises TableError."""

    def __init__(self, content: bytes, context: Context) -> None:
        self.questions: list[dict[str, Any]] = []
        self.recognised: dict[str, Any] = {}
        self._context = context
        self._row_no = 0
        self._live: int | None = None
        self._most = 0
        self._earlier = Index()
        self._fills: dict[str | None, set[str]] = {}
        self._rows: Iterable[csv_file.Row] = iter(())
        options = context.options
        encoding = options.encoding or csv_file.certain_encoding(content)
        self.recognised["encoding"] = encoding
        if encoding is None:
            self._ask_encoding(content)
            return
        self._read(csv_file.decoded(content, encoding))

    def next_rows(self, session: OwnedSession) -> list[PlannedRow]:
        """Return the next rows with their plans, none at the end."""
        planned = []
        for row in islice(self._rows, ROWS_AT_ONCE):
            planned.append(PlannedRow(row.line_no, row.cells))
            read_row(planned[-1], self._columns, self._context)
        self._decide(session, planned)
        return planned

    def _read(self, text: str) -> None:
        options = self._context.options
        layout = csv_file.layout_of(text)
        layout = csv_file.Layout(
            options.delimiter or layout.delimiter,
            options.quote,
            layout.skip_lines if options.skip_lines is None else options.skip_lines,
        )
        rows = list(csv_file.table_rows(text, layout))
        if not rows:
            raise csv_file.TableError("empty", "The file has no rows: send a table with a header and at least one row.")
        names = csv_file.column_names(rows[0].cells, has_header=options.has_header)
        body = rows[1:] if options.has_header else rows
        preset = preset_of(names, options.preset)
        if names[-2:] == ["afterword_line", "afterword_error"] or (preset is not None and preset.name == "afterword"):
            names = [
                restored(name) for name in names
            ]  # written by us, with apostrophes before what looks like a formula
            body = [csv_file.Row(row.line_no, [restored(cell) for cell in row.cells]) for row in body]
        meant = self._meanings(names, preset)
        self._columns = self._columns_of(names, [one.target for one in meant], body, preset)
        self._rows = iter(body)
        self.recognised |= {
            "delimiter": layout.delimiter,
            "skip_lines": layout.skip_lines,
            "preset": preset.name if preset else None,
            "header": rows[0].cells if options.has_header else [],
            "columns": [
                {
                    "number": number,
                    "name": name,
                    "target": one.target,
                    "certainty": one.certainty,
                    "samples": _samples(row.cells[number - 1] for row in body if len(row.cells) >= number),
                }
                for number, (name, one) in enumerate(zip(names, meant, strict=True), start=1)
            ],
        }

    def _meanings(self, names: Sequence[str], preset: Preset | None) -> list[Proposal]:
        sent = {one.column: one.target for one in self._context.options.mapping}
        meant = proposals(names, preset)
        return [
            Proposal(sent[number], 1.0)
            if number in sent
            else Proposal("ignore", 1.0)
            if one.target in sent.values() and one.target not in ("ignore", "note")
            else one
            for number, one in enumerate(meant, start=1)
        ]

    def _columns_of(
        self, names: Sequence[str], targets: Sequence[str], body: Sequence[csv_file.Row], preset: Preset | None
    ) -> Columns:
        """Return what the columns mean, after asking what the file leaves open."""
        options = self._context.options
        dates = {
            number: date_column(row.cells[number] for row in body if len(row.cells) > number)
            for number, target in enumerate(targets)
            if target in DATES
        }
        order = options.date_order or (preset.order if preset else None)
        stage_map = {stage_word(one.value).casefold(): one.stage for one in options.stage_map}
        stage = preset.stage if preset and "stage" not in targets else None
        if "company" not in targets:
            self._ask_company(names)
        if order is None:
            self._ask_date_order(names, dates)
        known = Columns(names, targets, dates, order, {k: str(v) for k, v in stage_map.items()}, stage)
        self._ask_stages(known, body)
        codes = frozenset(one["code"] for one in self.questions)
        return Columns(names, targets, dates, order, known.stage_map, stage, codes)

    def _ask_encoding(self, content: bytes) -> None:
        texts = [(name, " / ".join(lines)) for name, lines in csv_file.encoding_previews(content)]
        asked = "In which encoding is the file? Choose the one in which these lines are right."
        self.questions.append(question("encoding", asked, field="encoding", options=texts))

    def _ask_company(self, names: Sequence[str]) -> None:
        options = [(str(number), name) for number, name in enumerate(names, start=1)]
        asked = "Which column has the company? If the file has no header, set has_header to false first."
        self.questions.append(question("company", asked, field="mapping", options=options))

    def _ask_date_order(self, names: Sequence[str], dates: dict[int, DateColumn]) -> None:
        undecided = [(number, column) for number, column in dates.items() if column.is_undecided]
        if not undecided:
            return
        number, column = undecided[0]
        example = column.example or ""
        meant = [(order, _day(when.day)) for order, when in readings(example).items() if order in column.orders]
        asked = f"In column {names[number]}, which day is {example}?"
        self.questions.append(
            question("date_order", asked, field="date_order", options=meant, column=number + 1, rows=len(undecided))
        )

    def _ask_stages(self, columns: Columns, body: Sequence[csv_file.Row]) -> None:
        """Ask for the stage of words that are unknown, of rows that tell none, and for the role of rows without one."""
        options, targets = self._context.options, list(columns.targets)
        at = targets.index("stage") if "stage" in targets else None
        words = Counter(word for row in body if (word := stage_word(_cell(row, at))))
        unknown = [(word, rows) for word, rows in words.items() if stage_of(word, columns.stage_map) is None]
        for word, rows in unknown[:MAX_WORDS]:
            asked = f"Which stage is “{word[:SAMPLE_LENGTH]}”?"
            self.questions.append(question("stage", asked, field="stage_map", options=STAGES, value=word, rows=rows))
        dated = [number for number, target in enumerate(targets) if target in ("applied_on", "saved_on")]
        silent = sum(not stage_word(_cell(row, at)) and not any(_cell(row, one) for one in dated) for row in body)
        if silent and options.default_stage is None and columns.preset_stage is None:
            asked = "Which stage have rows that tell neither a stage nor a date?"
            self.questions.append(question("default_stage", asked, field="default_stage", options=STAGES, rows=silent))
        role = targets.index("role") if "role" in targets else None
        without = sum(not _cell(row, role) for row in body)
        if without and options.default_role is None:
            asked = "Some rows have no role: which role shall be recorded for them?"
            self.questions.append(question("default_role", asked, field="default_role", options=[], rows=without))

    def _decide(self, session: OwnedSession, planned: Sequence[PlannedRow]) -> None:
        """Set the outcome of rows that are alike to applications of the account, or to earlier rows of the file."""
        ready = [row for row in planned if row.outcome == "new"]
        there = known_like(session, [Likeness.of(row.plan["application"]) for row in ready])
        for one in there:
            one.filled |= self._fills.get(one.likeness.id, set())
        known = Index(there)
        for row in planned:
            self._row_no += 1
            if row.outcome != "new":
                continue
            if self._is_left_out():
                row.outcome = "skip"
                continue
            values = row.plan["application"]
            wanted = Likeness.of(values)
            others = [*known.near(wanted), *self._earlier.near(wanted)]
            found = decide(wanted, values, others, self._context.options.on_duplicate)
            _apply(row, found)
            if found.outcome == "new" and self._is_too_many(session, values["stage"]):
                row.fail("too_many", f"You can have {self._most:,} live applications: close or delete some of them.")
            elif found.outcome == "new":
                self._earlier.add(Known(wanted, filled(values), self._row_no))
            elif found.known is not None:
                found.known.filled.update(found.fields)
                self._fills.setdefault(found.known.likeness.id, set()).update(found.fields)

    def _is_too_many(self, session: OwnedSession, stage: str) -> bool:
        """Count one more application that is not closed, and tell whether the account may not have it."""
        if self._live is None:
            self._live, self._most = quotas.used(session, Application), quotas.most(Application)
        if stage in ENDINGS:
            return False
        self._live += 1
        return self._live > self._most

    def _is_left_out(self) -> bool:
        return any(one.row_no == self._row_no and one.action == "skip" for one in self._context.options.rows)


def _apply(row: PlannedRow, found: Decision) -> None:
    row.outcome = found.outcome
    if found.known is not None:
        row.duplicate_of = found.known.likeness.id
        if found.known.row_no is not None:
            row.warn("same_as_row", f"It is the same application as row {found.known.row_no}.")
    if found.outcome == "fill":
        row.plan["fill"] = list(found.fields)


def _cell(row: csv_file.Row, at: int | None) -> str:
    return row.cells[at] if at is not None and at < len(row.cells) else ""


def _samples(values: Iterable[str]) -> list[str]:
    found: dict[str, None] = {}
    for value in values:
        if value:
            found[value[:SAMPLE_LENGTH]] = None
        if len(found) == SAMPLES:
            break
    return list(found)


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"
