"""Idempotency keys: the first response is stored in the transaction of its effect, and replayed to the same request."""

from datetime import timedelta

from sqlmodel import col, delete, or_

from api.errors import FieldError, InvalidError, ReplayedError
from api.models import IdempotentResponse
from api.protocol.idempotency import IdempotentRequest
from api.storage.session import UNSYNCED, OwnedSession

RETENTION = timedelta(hours=24)


def replay(session: OwnedSession, retry: IdempotentRequest) -> None:
    """Raise ReplayedError with the stored response, if there is one; InvalidError if the key had another body."""
    kept = session.get(IdempotentResponse, (session.user_id, retry.key))
    if kept is None:
        return
    if kept.created_at + RETENTION <= session.now:
        session.delete(kept)
        session.flush()
        return
    if kept.request != retry.request:
        detail = "This Idempotency-Key was used with another body: send a new key for a new request."
        field = FieldError("header", "Idempotency-Key", "idempotency_key_reused", detail)
        raise InvalidError(detail, errors=[field], code="idempotency_key_reused")
    raise ReplayedError(kept.status, kept.headers, kept.body)


def store(session: OwnedSession, retry: IdempotentRequest, status: int, headers: dict[str, str], body: str) -> None:
    """Store the response to a request, in the transaction of its effect."""
    session.add(
        IdempotentResponse(
            user_id=session.user_id,
            key=retry.key,
            request=retry.request,
            status=status,
            headers=headers,
            body=body,
            created_at=session.now,
        )
    )


def delete_containing(session: OwnedSession, *words: str | None) -> None:
    """Delete every response that contains one of these words: a retry must not return erased data."""
    told = [col(IdempotentResponse.body).contains(word, autoescape=True) for word in words if word]
    session.execute(delete(IdempotentResponse).where(or_(*told)), execution_options=UNSYNCED)
