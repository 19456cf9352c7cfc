"""The texts of each kind of object that are searched, and the terms under which the index has them.

A term in the index is a text without spaces: twelve digits of the owner's id, one letter for its meaning, and the
term. So each account has its own part of the index, and a search reads nothing of another one.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from api.models import (
    Application,
    Contact,
    FollowUp,
    Interview,
    Letter,
    Note,
    Offer,
    Reference,
    SearchActivity,
)
from api.models.base import Stored
from api.words.terms import TERMS_VERSION, Term, TermKind, terms

OWNER_DIGITS = 12
WORD, TITLE, COMPANY, PHONE, OF_APPLICATION = "w", "t", "c", "p", "a"
MIN_PIECE = 2  # characters of a piece of a company's name
MIN_END = 5  # digits of the end of a telephone number
# PostgreSQL stores at most a megabyte of terms of one object.
MAX_TERMS, MAX_CHARACTERS = 10_000, 150_000


@dataclass(frozen=True, slots=True)
class Searched:
    """A kind of object that is searched: its title's and its other text fields, and the address of its objects."""

    noun: str
    table: type[Stored]
    title: Sequence[str]
    body: Sequence[str]
    address: str

    @property
    def fields(self) -> Sequence[str]:
        """All text fields, the title's first."""
        return (*self.title, *self.body)


SEARCHED = (
    Searched(
        "application",
        Application,
        ("company", "role"),
        ("location", "source", "posting_url", "posting_text", "why_role", "why_company"),
        "applications",
    ),
    Searched(
        "contact",
        Contact,
        ("full_name",),
        ("honorific", "job_title", "company", "email", "phone", "postal_address", "notes"),
        "contacts",
    ),
    Searched(
        "reference",
        Reference,
        ("name",),
        ("title", "company", "relation", "email", "phone", "best_times"),
        "references",
    ),
    Searched("note", Note, (), ("text",), "notes"),
    Searched("letter", Letter, ("subject",), ("body",), "letters"),
    Searched("interview", Interview, (), ("location", "link", "next_stage", "cancelled_by"), "interviews"),
    Searched("follow_up", FollowUp, (), ("summary",), "follow-ups"),
    Searched("offer", Offer, (), ("notes", "benefits"), "offers"),
    Searched("search_activity", SearchActivity, (), ("note",), "search-activities"),
)
BY_TABLE = {one.table: one for one in SEARCHED}
BY_NOUN = {one.noun: one for one in SEARCHED}


def owner_prefix(user_id: str) -> str:
    """Return with what the terms of a user begin: the last, random digits of the id."""
    return user_id.replace("-", "")[-OWNER_DIGITS:]


def application_term(application_id: str) -> str:
    """Return the term, without the owner, of all objects of an application."""
    return OF_APPLICATION + application_id.replace("-", "")


def is_searched(row: Stored) -> bool:
    """Tell whether a row is in the index; that of a deleted application is, because its search asks for the state."""
    return not isinstance(row, Contact) or row.deleted_at is None


def indexed_terms(row: Any, user_id: str) -> list[str]:  # noqa: ANN401  # a row of a table of SEARCHED
    """Return the terms of a row in the index, sorted; none if its fields have no term."""
    kind = BY_TABLE[type(row)]
    found: set[str] = set()
    for field in kind.fields:
        text = getattr(row, field)
        for term in terms(text) if text else ():
            found.update(_forms(term, field, is_title=field in kind.title))
    if not found:
        return []
    prefix, kept, left = owner_prefix(user_id), [], MAX_CHARACTERS
    for one in sorted(found)[:MAX_TERMS]:
        left -= len(one)
        if left < 0:
            break
        kept.append(prefix + one)
    of = row.id if isinstance(row, Application) else getattr(row, "application_id", None)
    return kept if of is None else [*kept, prefix + application_term(of)]


def _forms(term: Term, field: str, *, is_title: bool) -> Iterator[str]:
    """Yield the forms in which the index has a term: alone, as a piece of a company, as the end of a number."""
    if term.kind is TermKind.PHONE:
        yield from (PHONE + term.word[at:] for at in range(len(term.word) - MIN_END + 1))
        return
    yield WORD + term.word
    if is_title:
        yield TITLE + term.word
    if is_title and field == "company":
        yield from (COMPANY + term.word[at:] for at in range(len(term.word) - MIN_PIECE + 1))


def digest(indexed: Sequence[str]) -> str:
    """Return a short form of the terms of an object, to compare them."""
    text = f"{TERMS_VERSION} {' '.join(indexed)}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
