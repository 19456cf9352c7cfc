"""The report of a job search: what a person did in a period, with counts. Pure text from facts."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from api.words.catalogue import Catalogue
from api.words.letter_sheet import line

KINDS = ("application", "interview", "follow_up", "search_activity")
NOT_ANSWERED = ("saved", "applied")
MAX_WEEKS_FIRST = 6
UNBROKEN = "\N{NO-BREAK SPACE}"
CSV_HEADER = (
    *("date", "kind", "action", "how", "employer", "position", "place", "result", "posting_url", "people"),
    *("stage_history", "application_id"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an application up to the report: a text in two forms, without and with its date."""

    code: str
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that the person did. `code` is the kind of interview or activity, or channel and outcome.

    `how`: the source of an application; other kinds derive it from `code`. `people` and `stages` are None if the report
    does not show them.
    """

    day: date | None
    kind: str
    code: str
    how: str | None = None
    employer: str | None = None
    position: str | None = None
    place: str | None = None
    posting_url: str | None = None
    application_id: str | None = None
    result: Outcome | None = None
    people: tuple[str, ...] | None = None
    stages: tuple[tuple[str, date | None], ...] | None = None


@dataclass(frozen=True, slots=True)
class Week:
    """The days of an ISO week within the period, with the counts by kind."""

    name: str
    first: date
    last: date
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report with its entries in the order of their dates; `undated` have none and are not counted."""

    full_name: str
    email: str
    first: date
    last: date
    zone: str
    made_on: date
    kinds: Sequence[str]
    entries: Sequence[Entry]
    undated: Sequence[Entry]
    words: Catalogue
    language: str = "en"

    @property
    def counts(self) -> Counter[str]:
        """The number of entries by kind."""
        return Counter(entry.kind for entry in self.entries)

    def weeks(self) -> Iterator[Week]:
        """Yield all weeks of the period, also those without an entry."""
        by_week = {monday: Counter[str]() for monday in _mondays(self.first, self.last)}
        for entry in self.entries:
            if entry.day is not None:
                by_week[_monday(entry.day)][entry.kind] += 1
        for monday, counts in by_week.items():
            year, week, _ = monday.isocalendar()
            first, last = max(monday, self.first), min(monday + timedelta(days=6), self.last)
            yield Week(f"{year}-W{week:02}", first, last, counts)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _mondays(first: date, last: date) -> Iterator[date]:
    monday = _monday(first)
    while monday <= last:
        yield monday
        monday += timedelta(days=7)


def short_day(day: date | None, words: Catalogue) -> str:
    """Format a date for a table: `9 Mar 2026`; a text if there is none."""
    said = words.card("job_search")
    return f"{day.day} {words.words['months'][day.month - 1][:3]} {day.year}" if day else str(said["no_date"])


def action(entry: Entry, words: Catalogue) -> str:
    """Return what was done, such as `Called, nobody answered`."""
    known = words.card("job_search")["actions"]
    said: str = known[entry.kind] if entry.kind in known else known[entry.code]
    return said


def how(entry: Entry, words: Catalogue) -> str | None:
    """Return how it was done: the source of an application, the kind of an interview, the channel of a contact."""
    known = words.card("job_search")["how"]
    channel = entry.code.partition(" ")[0]
    return entry.how if entry.kind == "application" else known.get(f"{entry.kind} {channel}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of an application at the time of the report."""

    stage: str
    stage_day: date | None
    interviewed: date | None = None
    is_invited: bool = False
    answered: date | None = None


def outcome(standing: Standing) -> Outcome:
    """Return the outcome of an application: its stage with the date, or what the employer did so far."""
    if standing.stage not in NOT_ANSWERED:
        return Outcome(standing.stage, standing.stage_day)
    if standing.interviewed is not None:
        return Outcome("interviewed", standing.interviewed)
    if standing.is_invited:
        return Outcome("invited")
    return Outcome("answered", standing.answered) if standing.answered is not None else Outcome("no_answer")


def result(entry: Entry, words: Catalogue) -> str | None:
    """Return the outcome as a text, such as `Rejected on 9 Mar 2026`."""
    if entry.result is None:
        return None
    plain, dated = words.card("job_search")["results"][entry.result.code]
    text: str = dated.format(day=short_day(entry.result.day, words)) if entry.result.day else plain
    return text


def history(entry: Entry, words: Catalogue) -> str | None:
    """Return the stage history on one line, or None if the report does not show it."""
    return " > ".join(_stages(entry, words)) if entry.stages is not None else None


def _stages(entry: Entry, words: Catalogue) -> list[str]:
    names = words.card("job_search")["stages"]
    return [f"{names[stage]} {short_day(day, words)}" for stage, day in entry.stages or ()]


def table(report: Report) -> Iterator[tuple[str | None, ...]]:
    """Yield the rows of the report for CSV, in the order of CSV_HEADER; those without a date come last."""
    for entry in (*report.entries, *report.undated):
        yield (
            *(
                entry.day.isoformat() if entry.day else None,
                entry.kind,
                action(entry, report.words),
                how(entry, report.words),
            ),
            *(entry.employer, entry.position, entry.place, result(entry, report.words), entry.posting_url),
            *("; ".join(entry.people or ()) or None, history(entry, report.words), entry.application_id),
        )


def laid_out(report: Report) -> dict[str, Any]:
    """Return the parts of the printed report as texts. A cell is a list of lines, of which the first is the main one.

    `weeks_first`: the counts by week are short enough to stand before the entries.
    """
    words = report.words
    said, weeks = words.card("job_search"), list(report.weeks())
    kinds = [kind for kind in KINDS if kind in report.kinds]
    period = said["period"].format(first=words.full_date(report.first), last=words.full_date(report.last))
    return {
        "language": report.language,
        "title": said["title"],
        "about": [
            [said["name"], line(report.full_name)],
            [said["email"], line(report.email)],
            [said["period_is"], period],
        ],
        "made": said["made"].format(day=words.full_date(report.made_on)),
        "counts": [[str(report.counts[kind]), said["kinds"][kind]] for kind in kinds],
        "weeks_first": len(weeks) <= MAX_WEEKS_FIRST,
        "weeks_title": said["weeks"],
        "weeks_head": [said["week"], *(said["kinds"][kind] for kind in kinds)],
        "weeks": [[_week(week, words), *(str(week.counts[kind] or "–") for kind in kinds)] for week in weeks],
        "list_title": said["list"],
        "head": said["columns"],
        "rows": [_row(entry, words) for entry in report.entries],
        "nothing": said["nothing"],
        "undated_title": said["undated"],
        "undated": [_row(entry, words) for entry in report.undated],
        "sign": [said["place_and_date"], said["signature"]],
        "page": said["page"],
    }


def _week(week: Week, words: Catalogue) -> str:
    first = short_day(week.first, words)
    if week.first.year == week.last.year:
        first = first.rpartition(" ")[0]
    return f"{week.name}: {first} – {short_day(week.last, words)}"


def _result(entry: Entry, words: Catalogue) -> list[str]:
    """Return the outcome and its date as two lines."""
    if entry.result is None:
        return []
    plain: str = words.card("job_search")["results"][entry.result.code][0]
    return [plain, short_day(entry.result.day, words)] if entry.result.day else [plain]


def _row(entry: Entry, words: Catalogue) -> list[list[str]]:
    said = words.card("job_search")
    people = said["with"].format(names=words.listed(entry.people)) if entry.people else None
    cells: list[list[str | None]] = [
        [short_day(entry.day, words).replace(" ", UNBROKEN)],
        [action(entry, words), how(entry, words) if entry.kind != "follow_up" else None, people],
        [entry.employer, entry.place],
        [entry.position, entry.posting_url],
        [*_result(entry, words), *_stages(entry, words)],
    ]
    return [[line(text) for text in cell if text] for cell in cells]
