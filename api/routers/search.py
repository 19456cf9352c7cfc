"""Endpoint of the full-text search."""

from collections.abc import Collection
from typing import Annotated, get_args

from fastapi import Query
from pydantic import Field, StringConstraints

from api.errors import InvalidError
from api.http.deps import Caller, CallerDep, PageDep
from api.http.routes import Routes
from api.models.base import IN_QUERY
from api.models.search import SearchPage, SearchType
from api.protocol.scopes import missing_scopes
from api.services.facts.crud import id_filter
from api.services.search.results import is_complete, search

TYPES: tuple[SearchType, ...] = get_args(SearchType)
OTHER_AREAS = {"contact": "contacts:read", "reference": "contacts:read", "search_activity": "steps:read"}
ONE = "|".join(TYPES)
Types = Annotated[str, Field(json_schema_extra={"pattern": f"^({ONE})(,({ONE}))*$"})]
routes = Routes("search")


@routes.get("/v1/search", scopes="applications:read", etag=False, response_model=SearchPage)
def search_texts(
    caller: CallerDep,
    page: PageDep,
    q: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=200), IN_QUERY],
        Query(description='Words, `"a phrase"`, `word*` for words that begin with it, `-word` for texts without it.'),
    ],
    types: Annotated[
        Types | None, Query(max_length=200, description=f"A comma list of {', '.join(TYPES)}. Default: all of them.")
    ] = None,
    application_id: Annotated[
        str | None, Query(max_length=64, description="Only this application and what belongs to it.")
    ] = None,
) -> SearchPage:
    """Search your texts.

    Finds applications, contacts, references, notes, letters, interviews, follow-ups, offers and search activities that
    have all words of `q` in their texts. Case and accents make no difference; the last word may be a beginning; of a
    company's name a piece is enough; a telephone number may be written in any way. Nothing else in `q` has a meaning,
    and no `q` is an error but one without a word or with more than ten (422). What has all words in its title comes
    first, then what changed last. Contacts and references also need `contacts:read`, search activities `steps:read`:
    without `types`, a token searches the types that it may read. A search for a phrase can return short pages: follow
    `next_cursor`.
    """
    with caller.reading() as session:
        nouns = _nouns(caller, types)
        of = None if application_id is None else id_filter("application_id", application_id)
        items, cursor = search(session, page, q, nouns, of)
        caller.link_next_page(cursor)
        return SearchPage.model_construct(items=items, next_cursor=cursor, types=nouns, complete=is_complete(session))


def _nouns(caller: Caller, types: str | None) -> list[SearchType]:
    """Return the types to search. Raises InvalidError for unknown ones, ForbiddenError for those of another area."""
    if types is None:
        return [one for one in TYPES if not missing_scopes(_scopes([one]), caller.token.scopes)]
    named = set(types.split(","))
    if not named <= set(TYPES):
        raise InvalidError.parameter("types", "unknown_type", f"Use a comma list of {', '.join(TYPES)}.")
    caller.require_scopes(*_scopes(named))
    return [one for one in TYPES if one in named]


def _scopes(types: Collection[str]) -> list[str]:
    """Return the scopes that types need in addition to that of the operation."""
    return sorted({OTHER_AREAS[one] for one in types if one in OTHER_AREAS})
