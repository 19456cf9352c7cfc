"""Retries: the first answer to an Idempotency-Key is kept with its effect, and given again to the same request."""

from datetime import timedelta
from typing import Any

from sqlmodel import col, delete, or_

from api.errors import FieldError, InvalidError, ReplayedError
from api.models import KeptAnswer
from api.protocol.idempotency import Retry
from api.storage.session import UNSYNCED, OwnedSession

KEPT_FOR = timedelta(hours=24)


def replay(session: OwnedSession, retry: Retry) -> None:
    """Raise ReplayedError with the answer that was kept; InvalidError where the key came with another body."""
    kept = session.get(KeptAnswer, (session.user_id, retry.key))
    if kept is None:
        return
    if kept.created_at + KEPT_FOR <= session.now:
        session.delete(kept)
        session.flush()
        return
    if kept.request != retry.request:
        detail = "This Idempotency-Key came with another body before: send a new key for a new request."
        field = FieldError("header", "Idempotency-Key", "idempotency_key_reused", detail)
        raise InvalidError(detail, errors=[field], code="idempotency_key_reused")
    raise ReplayedError(kept.status, kept.headers, kept.body)


def keep(session: OwnedSession, retry: Retry, status: int, headers: dict[str, str], body: str) -> None:
    """Keep the answer of a request, in the transaction of its effect."""
    session.add(
        KeptAnswer(
            user_id=session.user_id,
            key=retry.key,
            request=retry.request,
            status=status,
            headers=headers,
            body=body,
            created_at=session.now,
        )
    )


def forget(session: OwnedSession, *words: str | None) -> None:
    """Forget every answer in which one of these words stands: whoever is erased must not come back by a retry."""
    told = [col(KeptAnswer.body).contains(word, autoescape=True) for word in words if word]
    session.execute(delete(KeptAnswer).where(or_(*told)), execution_options=UNSYNCED)


def expired(session: OwnedSession) -> Any:  # noqa: ANN401  # a condition
    """Return the condition of the answers that are kept no longer."""
    return col(KeptAnswer.created_at) <= session.now - KEPT_FOR
