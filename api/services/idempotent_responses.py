"""Idempotency keys: the first response is stored in the transaction of its effect, and replayed to the same request."""

import re
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Text, cast
from sqlmodel import col, update

from api.errors import FieldError, InvalidError, ReplayedError, ResponseErasedError
from api.models import IdempotentResponse
from api.protocol.idempotency import IdempotentRequest
from api.storage.session import OwnedSession

RETENTION = timedelta(hours=24)
ERASED = 410
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def replay(session: OwnedSession, retry: IdempotentRequest) -> None:
    """Raise ReplayedError with the stored response, or ResponseErasedError if it showed a person who was erased.

    Does nothing if there is none. Raises InvalidError if the key had another body.
    """
    kept = session.get(IdempotentResponse, (session.user_id, retry.key))
    if kept is None:
        return
    if kept.created_at + RETENTION <= session.now:
        session.delete(kept)
        session.flush()
        return
    if kept.request != retry.request:
        detail = "This Idempotency-Key was used with another request: send a new key for a new one."
        field = FieldError("header", "Idempotency-Key", "idempotency_key_reused", detail)
        raise InvalidError(detail, errors=[field], code="idempotency_key_reused")
    if kept.status == ERASED:
        raise ResponseErasedError(kept.headers.get("Location"))
    raise ReplayedError(kept.status, kept.headers, kept.body)


def store(
    session: OwnedSession,
    retry: IdempotentRequest,
    status: int,
    headers: dict[str, str],
    body: str,
    *,
    people: Iterable[str] = (),
) -> None:
    """Store the response to a request, in the transaction of its effect.

    `people`: the ids of people whom its texts name; ids in the body are found here.
    """
    session.add(
        IdempotentResponse(
            user_id=session.user_id,
            key=retry.key,
            request=retry.request,
            status=status,
            headers=headers,
            body=body,
            shows=sorted({*ID.findall(body), *people}),
            created_at=session.now,
        )
    )


def erase_showing(session: OwnedSession, person_id: str) -> None:
    """Empty every stored response that shows a person; the keys stay, so that a retry has no second effect.

    Ids decide: a name may have been another one when the response was made, or be part of another word.
    """
    shows = cast(col(IdempotentResponse.shows), Text).contains(person_id)
    emptied = update(IdempotentResponse).where(shows).values(status=ERASED, body="", shows=[])
    session.change(emptied)
