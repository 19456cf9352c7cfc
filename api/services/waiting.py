"""What waits for the background work, and since when: shown in `/readyz` and `/metrics`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import col, func, select

from api.models import Mail, Notification, StepNotice, Webhook
from api.storage.session import ANY_OWNER, OwnedSession

QUEUES: Mapping[str, Any] = {
    "mails": Mail.due_at,
    "deliveries": Webhook.next_at,
    "ticks": StepNotice.notify_at,
    "digests": Notification.next_digest_at,
}


def oldest_waiting(session: OwnedSession) -> dict[str, datetime | None]:
    """Return for each queue, named as its task, since when its oldest entry is due; None if nothing is due."""
    oldest = [select(func.min(column)).where(col(column).is_not(None)).scalar_subquery() for column in QUEUES.values()]
    found = session.execute(select(*oldest), execution_options=ANY_OWNER).one()
    return {name: at if at is not None and at <= session.now else None for name, at in zip(QUEUES, found, strict=True)}
