"""The log of what assistants wrote: its entries are added in the transaction of the write, and kept for a day.

It has the newest 500 entries of an account with at most 5 MB of images. A write with more than 1 MB of images has none.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel import col, delete, select

from api.errors import NotFoundError
from api.models.agent_write import AgentWrite, WritePublic, WrittenRow, type_of
from api.services.write_log.images import Image, finished_images
from api.services.write_log.recording import recording
from api.storage.codecs import is_id
from api.storage.session import OwnedSession
from api.words.names import contains_name

RETENTION = timedelta(hours=24)
MAX_ENTRIES = 500
MAX_BYTES = 5_000_000  # of the images of an account
MAX_BYTES_OF_ONE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who writes, with which operation, on which object. `retry_key`: the key of the stored response."""

    token_id: str
    token_name: str
    operation: str
    object: str
    scopes: list[str]
    tool: str | None = None
    retry_key: str | None = None


def add_entry(session: OwnedSession, writer: Writer) -> AgentWrite | None:
    """Add an entry of what the transaction wrote; None if it does not record, or wrote nothing or too much."""
    made = recording(session)
    if made is None:
        return None
    images = [image.to_json() for image in finished_images(session, made)]
    size = len(json.dumps(images))
    if size > MAX_BYTES_OF_ONE or not (images or made.undoes):
        return None
    entry = AgentWrite(
        user_id=session.user_id,
        id=made.id,
        at=session.now,
        token_id=writer.token_id,
        token_name=writer.token_name,
        operation=writer.operation,
        tool=writer.tool,
        object=writer.object,
        scopes=made.scopes or writer.scopes,
        images=images,
        size=size,
        ended_snoozes=made.ended_snoozes,
        retry_key=writer.retry_key,
        undoes=made.undoes,
    )
    _trim(session, size)
    session.add(entry)
    return entry


def _trim(session: OwnedSession, size: int) -> None:
    """Delete the oldest entries beyond the limits, so that one of this size fits."""
    newest = select(AgentWrite.id, AgentWrite.size).order_by(col(AgentWrite.id).desc())
    for number, (id_, bytes_) in enumerate(session.exec(newest).all(), start=1):
        size += bytes_
        if number >= MAX_ENTRIES or size > MAX_BYTES:
            session.change(delete(AgentWrite).where(col(AgentWrite.id) <= id_))
            return


def visible_entries(session: OwnedSession, token_id: str | None) -> Any:  # noqa: ANN401  # a statement
    """Return the statement of the entries that are kept. `token_id`: only those of this token."""
    kept = select(AgentWrite).where(col(AgentWrite.at) > session.now - RETENTION)
    return kept if token_id is None else kept.where(AgentWrite.token_id == token_id)


def find_entry(session: OwnedSession, id_: str, token_id: str | None) -> AgentWrite:
    """Return an entry. Raises NotFoundError for one that has lapsed, or that is not this token's."""
    wanted = visible_entries(session, token_id)
    entry: AgentWrite | None = session.exec(wanted.where(AgentWrite.id == id_.lower())).first() if is_id(id_) else None
    if entry is None:
        raise NotFoundError
    return entry


def entry_to_public(entry: AgentWrite) -> WritePublic:
    """Return an entry as the API shows it."""
    rows = [
        WrittenRow(type=type_of(one.table), id=one.key[-1], change=one.change)
        for one in map(Image.from_json, entry.images)
    ]
    names = WritePublic.model_fields.keys() - {"rows", "undo_until"}
    values = {name: getattr(entry, name) for name in names}
    return WritePublic(**values, undo_until=entry.at + RETENTION, rows=rows)


def delete_naming(session: OwnedSession, person_id: str, name: str | None) -> None:
    """Delete the entries whose images show a person, by id or by name: what was written then cannot be undone."""
    named = [
        entry.id
        for entry in session.exec(select(AgentWrite)).all()
        if any(person_id in text or contains_name(text, name) for text in _texts(entry.images))
    ]
    if named:
        session.change(delete(AgentWrite).where(col(AgentWrite.id).in_(named)))


def _texts(document: object) -> list[str]:
    """Return all texts of a JSON document."""
    if isinstance(document, str):
        return [document]
    inner = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    return [text for one in inner for text in _texts(one)]
