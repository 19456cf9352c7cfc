"""Search: the index entry of each text, and what a search returns."""

import re
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import BigInteger, Index
from sqlalchemy import Column as SchemaColumn
from sqlmodel import Field as Column

from api.models.base import AN_ID, id_column, owned_by_user, points_at
from api.storage.session import Owned

SearchType = Literal[
    "application", "contact", "reference", "note", "letter", "interview", "follow_up", "offer", "search_activity"
]


NOT_IN_MODELS = re.compile(r"search_text|search_entry\.words|ix_search_entry_words")


def is_in_models(thing: object, name: str | None, *_: object) -> bool:
    """Tell Alembic whether models describe a part of a schema: where each database has the terms, they do not."""
    place = f"{thing.table.name}.{name}" if isinstance(thing, SchemaColumn) else name or ""
    return not NOT_IN_MODELS.match(place)


class SearchEntry(Owned, table=True):
    """The index entry of the texts of one object. `digest`: of its terms; the same terms are not written again.

    The terms themselves are where each database can search them: on SQLite in the FTS5 table `search_text`, in the row
    `number`; on PostgreSQL in the column `words` of this table. The migration makes both; whatever deletes an entry
    deletes its terms.
    """

    __tablename__ = "search_entry"
    __table_args__ = (
        owned_by_user(),
        points_at("application", "application_id"),
        Index("ix_search_entry_application", "user_id", "application_id"),
        Index("ix_search_entry_number", "number", unique=True),
    )

    object_id: str = id_column(primary_key=True)
    noun: str = Column(primary_key=True, max_length=16)
    application_id: str | None = id_column(nullable=True)
    updated_at: datetime
    digest: str = Column(max_length=32)
    number: int | None = Column(default=None, sa_type=BigInteger)


class SnippetPart(BaseModel):
    """A piece of the text. `hit`: it was searched for."""

    text: str
    hit: bool


class Snippet(BaseModel):
    """A piece of at most 160 characters of one field: the texts of its parts, joined, are in the field."""

    field: str = Field(description="The name of the field, such as `text` of a note.")
    parts: list[SnippetPart]


class SearchItem(BaseModel):
    """An object that was found."""

    type: SearchType
    id: str = Field(examples=[AN_ID])
    application_id: str | None
    title: str = Field(description="What to call it: its own name or subject, or the company of its application.")
    snippets: list[Snippet] = Field(description="At most two pieces of its texts.")
    updated_at: AwareDatetime
    href: str


class SearchPage(BaseModel):
    """A page of what was found. `types`: the types that were searched."""

    items: list[SearchItem]
    next_cursor: str | None
    types: list[SearchType]
    complete: bool = Field(
        description="False while the texts of an account of an older version are still being indexed."
    )
