"""Applications that the user has already: by id, by the address of the posting, or by company, role and date."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlmodel import col, select

from api.models import Application
from api.services.facts.applications import company_key
from api.storage.raw_sql import MAX_IDS
from api.storage.session import OwnedSession
from api.words.posting_addresses import posting_key
from api.words.terms import fold

SAME_WITHIN = timedelta(days=30)
FILLABLE = (
    *("source", "posting_url", "posting_text", "location", "work_mode", "salary_min", "salary_max"),
    *("salary_currency", "salary_period", "applied_on"),
)


@dataclass(frozen=True, slots=True)
class Likeness:
    """What of an application is compared."""

    company: str
    role: str
    posting: str | None
    applied_on: date | None
    id: str | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Likeness":
        """Return that of the values of a new application."""
        applied = values.get("applied_on")
        day = date.fromisoformat(applied) if isinstance(applied, str) else applied
        posting = posting_key(values.get("posting_url"))
        return cls(company_key(values["company"]), fold(values["role"]), posting, day, values.get("id"))

    def is_like(self, other: "Likeness") -> bool:
        """Tell whether both are the same application."""
        if self.posting is not None and self.posting == other.posting:
            return True
        if (self.company, self.role) != (other.company, other.role):
            return False
        days = (self.applied_on, other.applied_on)
        return None in days or abs(days[0] - days[1]) <= SAME_WITHIN  # type: ignore[operator]  # neither is None


@dataclass
class Known:
    """An application of the account, or of an earlier row of the file, which has no id yet."""

    likeness: Likeness
    filled: set[str] = field(default_factory=set)
    row_no: int | None = None
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a row: new, fill, same or duplicate. `fields`: those that are filled."""

    outcome: str
    known: Known | None = None
    fields: tuple[str, ...] = ()


def known_like(session: OwnedSession, wanted: Sequence[Likeness]) -> list[Known]:
    """Return the user's applications that can be like some new ones, by two indexes, and those with their ids."""
    found: dict[str, Known] = {}
    for column, keys in (
        (Application.company_key, {one.company for one in wanted}),
        (Application.posting_key, {one.posting for one in wanted if one.posting}),
        (Application.id, {one.id for one in wanted if one.id}),
    ):
        for some in _pieces(sorted(keys)):
            of_id = column is Application.id
            rows = session.execute(_columns().where(col(column).in_(some), *([] if of_id else [ALIVE])))
            found.update({row[0]: _known(row) for row in rows})
    return list(found.values())


class Index:
    """Applications by what they are compared by, so that a row is compared with few of them."""

    def __init__(self, known: Iterable[Known] = ()) -> None:
        self._by: dict[tuple[str, str], list[Known]] = {}
        for one in known:
            self.add(one)

    def add(self, one: Known) -> None:
        """Add an application."""
        for key in _keys(one.likeness):
            self._by.setdefault(key, []).append(one)

    def near(self, wanted: Likeness) -> list[Known]:
        """Return those that can be like a row."""
        return [one for key in _keys(wanted) for one in self._by.get(key, ())]


def _keys(one: Likeness) -> list[tuple[str, str]]:
    keys = [("name", f"{one.company}\n{one.role}")]
    keys += [("posting", one.posting)] if one.posting else []
    return keys + ([("id", one.id)] if one.id else [])


def filled(values: Mapping[str, Any]) -> set[str]:
    """Return the fields that the values of an application fill."""
    return {name for name in FILLABLE if values.get(name) is not None}


def decide(wanted: Likeness, values: Mapping[str, Any], known: Iterable[Known], on_duplicate: str) -> Decision:
    """Return what becomes of a row. An application with the row's own id is the same one whatever else it says."""
    others = list(known)
    same = next((one for one in others if wanted.id and one.likeness.id == wanted.id), None)
    if same is None and on_duplicate == "add":
        return Decision("new")
    same = same or next((one for one in others if wanted.is_like(one.likeness)), None)
    if same is None:
        return Decision("new")
    if on_duplicate != "fill" or same.is_deleted:
        return Decision("duplicate", same)
    empty = tuple(name for name in FILLABLE if values.get(name) is not None and name not in same.filled)
    return Decision("fill" if empty else "same", same, empty)


def possible_duplicate(session: OwnedSession, row: Application) -> str | None:
    """Return the id of another application of the user that is like this one, or None."""
    mine = Likeness(row.company_key, fold(row.role), row.posting_key, row.applied_on)
    others = (one.likeness for one in known_like(session, [mine]))
    return next((one.id for one in others if one.id != row.id and mine.is_like(one)), None)


ALIVE = col(Application.deleted_at).is_(None)


def _columns() -> Any:  # noqa: ANN401  # a statement
    one = Application
    keys = (one.id, one.company_key, one.role, one.posting_key, one.applied_on, one.deleted_at)
    return select(*keys, *(col(getattr(one, name)).is_not(None) for name in FILLABLE))  # type: ignore[call-overload]


def _known(row: Any) -> Known:  # noqa: ANN401  # a row of the statement above
    id_, company, role, posting, applied_on, deleted_at, *is_filled = row
    filled = {name for name, there in zip(FILLABLE, is_filled, strict=True) if there}
    return Known(Likeness(company, fold(role), posting, applied_on, id_), filled, is_deleted=deleted_at is not None)


def _pieces(keys: Sequence[Any]) -> Iterable[Collection[Any]]:
    return (keys[at : at + MAX_IDS] for at in range(0, len(keys), MAX_IDS))
