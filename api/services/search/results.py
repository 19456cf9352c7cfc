"""Find objects by their words, in one statement on the index; then read the rows of one page."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Integer, literal_column
from sqlmodel import col, select

from api.errors import BadCursorError, InvalidError
from api.models import Application, SearchEntry
from api.models.base import Stored
from api.models.search import SearchItem
from api.services.current_user import current_user
from api.services.search.queries import Dialect, Query, expression, parse, title_expression
from api.services.search.snippets import snippets
from api.services.search.texts import BY_NOUN, Searched
from api.storage.codecs import FIRST_ID, from_db_id, from_db_instant, to_db_id, to_db_instant
from api.storage.keyset import Page, PageQuery
from api.storage.raw_sql import RawConnection, written_statement
from api.storage.session import OwnedSession
from api.words.terms import TERMS_VERSION

MAX_MATCHES = 5_000  # objects that the index may find; sorting them takes about 15 ms
LOOKED_AT = 200  # objects whose texts are read to find phrases
KEYS: Any = ((literal_column("in_title", Integer), True), (SearchEntry.updated_at, True), (SearchEntry.object_id, True))
LAST = (2, datetime(2299, 12, 31, tzinfo=UTC), FIRST_ID)
MATCHES = {
    # The terms of a user are in the index under the user: only the user's own matches are counted and sorted.
    "sqlite": f"""
        WITH found AS MATERIALIZED (
            SELECT rowid AS number FROM search_text WHERE search_text MATCH :words LIMIT {MAX_MATCHES + 1}
        ), titled AS MATERIALIZED (
            SELECT rowid AS number FROM search_text WHERE search_text MATCH :title LIMIT {MAX_MATCHES + 1}
        ), entries AS (
            SELECT entry.*, found.number IN (SELECT number FROM titled) AS in_title
            FROM found CROSS JOIN search_entry AS entry ON entry.number = found.number
        )""",  # noqa: S608  # a constant
    "postgresql": f"""
        WITH found AS MATERIALIZED (
            SELECT user_id, noun, object_id, application_id, updated_at,
            CAST(words @@ CAST(:title AS tsquery) AS integer) AS in_title
            FROM search_entry WHERE words @@ CAST(:words AS tsquery) LIMIT {MAX_MATCHES + 1}
        ), entries AS (SELECT * FROM found)""",  # noqa: S608
}
PAGE = """
    SELECT noun, CAST(object_id AS text), CAST(updated_at AS text), in_title, (SELECT count(*) FROM found)
    FROM entries AS search_entry
    WHERE search_entry.user_id = :user_id AND :nouns LIKE '% ' || noun || ' %'
    AND (in_title, updated_at, object_id) < (:in_title, {updated_at}, {object_id})
    AND (application_id IS NULL OR EXISTS (
        SELECT 1 FROM application
        WHERE application.user_id = :user_id AND application.id = search_entry.application_id AND deleted_at IS NULL
    ))
    ORDER BY in_title DESC, updated_at DESC, object_id DESC LIMIT :limit
"""
STATEMENTS = {
    "sqlite": written_statement(MATCHES["sqlite"] + PAGE.format(updated_at=":updated_at", object_id=":object_id")),
    "postgresql": written_statement(
        MATCHES["postgresql"]
        + PAGE.format(updated_at="CAST(:updated_at AS timestamptz)", object_id="CAST(:object_id AS uuid)")
    ),
}


@dataclass(frozen=True, slots=True)
class Match:
    """An object that the index found, with what it is sorted by."""

    noun: str
    id: str
    updated_at: datetime
    in_title: int


def search(
    session: OwnedSession, page: PageQuery, q: str, nouns: Collection[str], application_id: str | None
) -> tuple[list[SearchItem], str | None]:
    """Return a page of the objects with all words of a search, those with them in the title first, then the newest.

    A page of a search with a phrase can have fewer items than its limit, and even none: the texts of 200 objects are
    read for it. Raises InvalidError for a search without words, with too many words, or with too many matches.
    """
    query = parse(q)
    asked = page.read_cursor(session.user_id, KEYS, session.now)
    at_once = LOOKED_AT if query.needs_texts else asked.limit
    found = _matches(session, query, asked, nouns, application_id, at_once + 1)
    rows = _rows(session, found[:at_once])
    items: list[SearchItem] = []
    taken = 0
    companies = _companies(session, rows.values())
    for match in found[:at_once]:
        if len(items) == asked.limit:
            break
        taken += 1
        row, kind = rows.get((match.noun, match.id)), BY_NOUN[match.noun]
        if row is not None and (not query.needs_texts or query.accepts(_texts(row, kind))):
            items.append(_item(row, kind, query, companies))
    if taken == len(found):
        return items, None
    last = found[taken - 1]
    return items, asked.cursor([last.in_title, last.updated_at, last.id])


def _matches(  # what is asked for
    session: OwnedSession, query: Query, asked: Page, nouns: Collection[str], application_id: str | None, limit: int
) -> list[Match]:
    name = session.get_bind().dialect.name
    dialect = Dialect(name, session.user_id)
    in_title, updated_at, id_ = asked.after or LAST
    if in_title not in (0, 1, 2):
        raise BadCursorError
    values = {
        "words": expression(query, dialect, application_id),
        "title": title_expression(query, dialect),
        "nouns": f" {' '.join(nouns)} ",
        "in_title": int(in_title),
        "updated_at": to_db_instant(updated_at),
        "object_id": to_db_id(id_),
        "limit": limit,
    }
    rows = RawConnection.of(session).all(STATEMENTS[name], **values)
    if rows and rows[0][4] > MAX_MATCHES:
        detail = f"More than {MAX_MATCHES:,} of your texts match: search for more words, or in one application."
        raise InvalidError.parameter("q", "too_many_matches", detail)
    return [Match(noun, from_db_id(id_), from_db_instant(at), int(is_first)) for noun, id_, at, is_first, _ in rows]


def _rows(session: OwnedSession, found: Sequence[Match]) -> dict[tuple[str, str], Any]:
    """Return the rows of matches: one statement for each kind."""
    ids: dict[str, list[str]] = defaultdict(list)
    for match in found:
        ids[match.noun].append(match.id)
    rows = {}
    for noun, wanted in ids.items():
        table = BY_NOUN[noun].table
        for row in session.exec(select(table).where(col(table.id).in_(wanted))).all():
            rows[(noun, row.id)] = row
    return rows


def _companies(session: OwnedSession, rows: Collection[Any]) -> dict[str, str]:
    ids = {row.application_id for row in rows if getattr(row, "application_id", None) is not None}
    wanted = select(Application.id, Application.company).where(col(Application.id).in_(ids))
    return dict(session.exec(wanted).all()) if ids else {}


def _texts(row: Any, kind: Searched) -> list[str]:  # noqa: ANN401  # a row of the kind's table
    return [text for field in kind.fields if (text := getattr(row, field))]


def _item(row: Stored, kind: Searched, query: Query, companies: dict[str, str]) -> SearchItem:
    is_application = isinstance(row, Application)
    application_id = row.id if is_application else getattr(row, "application_id", None)
    return SearchItem.model_validate(
        {
            "type": kind.noun,
            "id": row.id,
            "application_id": application_id,
            "title": _title(row, kind, companies.get(application_id or "")),
            "snippets": snippets(row, kind, query),
            "updated_at": row.updated_at,
            "href": f"/v1/{kind.address}/{row.id}",
        }
    )


def _title(row: Any, kind: Searched, company: str | None) -> str:  # noqa: ANN401  # a row of the kind's table
    """Return what to call an object: its name or subject, else the company of its application, else what it is."""
    own = [text for field in kind.title if (text := getattr(row, field))]
    return ", ".join(own) or company or getattr(row, "company", None) or kind.noun.replace("_", " ").capitalize()


def is_complete(session: OwnedSession) -> bool:
    """Tell whether all texts of the account are in the index."""
    return current_user(session).search_version >= TERMS_VERSION
