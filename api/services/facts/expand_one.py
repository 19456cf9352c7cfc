"""One application expanded with everything that is recorded in it, in a constant number of queries."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from pydantic import BaseModel
from sqlmodel import select

from api.models import Application, FollowUp, Letter, Note, Offer
from api.models.application import ApplicationPublic
from api.models.follow_up import FollowUpPublic
from api.models.interview import InterviewerPublic
from api.models.letter import LetterPublic
from api.models.note import NotePublic
from api.models.offer import OfferPublic
from api.models.reference import ApplicationReferencePublic
from api.services.facts.crud import FactKind, to_public
from api.services.facts.expand import MOST, ExpandedApplication, expand_applications
from api.services.facts.follow_ups import FOLLOW_UP
from api.services.facts.letters import LETTER
from api.services.facts.links import Paged, interviewers_of_application
from api.services.facts.notes import NOTE
from api.services.facts.offers import OFFER
from api.services.facts.references import references_page
from api.storage.keyset import PageQuery, sort_orders
from api.storage.session import OwnedSession

MAX_BYTES = 1_500_000  # of all lists of this module together
Load = Callable[[OwnedSession, Application, PageQuery], Paged[Any]]


class WholeApplication(ExpandedApplication):
    """An application. Its lists, `headline` and `next_action` are null unless `expand` names them."""

    interviewers: list[InterviewerPublic] | None
    notes: list[NotePublic] | None
    letters: list[LetterPublic] | None
    references: list[ApplicationReferencePublic] | None
    follow_ups: list[FollowUpPublic] | None
    offers: list[OfferPublic] | None


def _facts(kind: FactKind[Any, Any], table: type[Any], order: str) -> Load:
    def load(session: OwnedSession, row: Application, page: PageQuery) -> Paged[Any]:
        mine = select(table).where(table.application_id == row.id)
        keys = sort_orders(table, order)[order]
        found, cursor = page.read_cursor(session.user_id, keys, session.now).rows(session, mine)
        return to_public(session, kind, [one for (one,) in found]), cursor

    return load


LISTS: dict[str, Load] = {
    "interviewers": interviewers_of_application,
    "notes": _facts(NOTE, Note, "noted_at"),
    "letters": _facts(LETTER, Letter, "created_at"),
    "references": references_page,
    "follow_ups": _facts(FOLLOW_UP, FollowUp, "at"),
    "offers": _facts(OFFER, Offer, "received_at"),
}


def expand_application(
    session: OwnedSession, shown: ApplicationPublic, row: Application, wanted: Collection[str]
) -> WholeApplication:
    """Return an application with the `wanted` fields filled in.

    Each list has at most 50 entries, and fewer if all of them would be larger than 1.5 MB.
    """
    (one,) = expand_applications(session, [shown], [row], wanted)
    lists: dict[str, Sequence[Any] | None] = dict.fromkeys(LISTS)
    more, room = dict(one.more), MAX_BYTES
    for name in [name for name in LISTS if name in wanted]:
        found, cursor = LISTS[name](session, row, PageQuery(MOST, None, name))
        kept = list(_fitting(found, room))
        lists[name], room = kept, room - sum(map(_size, kept))
        if cursor is not None or len(kept) < len(found):
            more[name] = f"/v1/applications/{row.id}/{name.replace('_', '-')}"
    return WholeApplication.model_construct(**{**one.__dict__, **lists, "more": more})


def _fitting(entries: Sequence[BaseModel], room: int) -> Iterator[BaseModel]:
    """Yield the first entries that have room, measured in bytes."""
    for entry in entries:
        room -= _size(entry)
        if room < 0:
            return
        yield entry


def _size(entry: BaseModel) -> int:
    return len(entry.model_dump_json().encode())
