"""Pages: the response of every list."""

from typing import Generic, TypeVar

from pydantic import BaseModel

Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """A page of a list. `next_cursor` is null on the last page."""

    items: list[Item]
    next_cursor: str | None
