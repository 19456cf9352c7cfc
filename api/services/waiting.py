"""What waits for the background work, and since when: shown in `/readyz` and `/metrics`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from api.models import Mail, Notification, StepNotice, User, Webhook
from api.storage.session import ANY_OWNER, OwnedSession

QUEUES: Mapping[str, Any] = {
    "mails": Mail.due_at,
    "deliveries": Webhook.next_at,
    "ticks": StepNotice.notify_at,
    "digests": Notification.next_digest_at,
}


def oldest_waiting(session: OwnedSession) -> dict[str, datetime | None]:
    """Return for each queue, named as its task, since when its oldest entry is due; None if nothing is due.

    What belongs to disabled and ended accounts does not wait for anything.
    """
    found = session.execute(select(*map(_oldest, QUEUES.values())), execution_options=ANY_OWNER).one()
    return {name: at if at is not None and at <= session.now else None for name, at in zip(QUEUES, found, strict=True)}


def _oldest(column: Any) -> Any:  # noqa: ANN401  # a column, a subquery
    return (
        select(column)
        .join(User, col(User.id) == column.class_.user_id)
        .where(col(column).is_not(None), col(User.disabled_at).is_(None), col(User.erased_at).is_(None))
        .order_by(col(column))
        .limit(1)
        .scalar_subquery()
    )
