"""Webhooks: their addresses, their secrets, and when they are switched on and off."""

import secrets
from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlmodel import col, func, select, update

from api.errors import ConflictError
from api.models import Delivery, Webhook
from api.models.delivery import IS_PENDING
from api.models.event import EventType
from api.models.event_data import EXAMPLES
from api.models.webhook import DisabledReason, WebhookCreate, WebhookPublic
from api.services import listening
from api.services.events.journal import send_example
from api.services.facts.crud import NO_STEPS, FactKind, bump_version
from api.services.facts.dating import Change
from api.services.webhooks.deliveries import lock_webhook
from api.storage.session import OwnedSession

SECRET_BYTES = 32
OLD_SECRET_SIGNS_FOR = timedelta(hours=24)


def shown_secret(webhook: Webhook) -> str:
    """Return the secret as receivers need it."""
    return f"whsec_{b64encode(webhook.secret).decode()}"


def rotate(session: OwnedSession, webhook: Webhook, *, revoke_old: bool) -> None:
    """Give a webhook a new secret. The old one signs too for a day, unless it is revoked."""
    webhook.old_secret = None if revoke_old else webhook.secret
    webhook.old_secret_until = None if revoke_old else session.now + OLD_SECRET_SIGNS_FOR
    webhook.secret = secrets.token_bytes(SECRET_BYTES)
    bump_version(session, webhook)


def send_test(session: OwnedSession, webhook: Webhook, type_: EventType) -> str:
    """Queue the example of an event for a webhook; return the id of the delivery. Raises ConflictError if it is off."""
    if not webhook.enabled:
        raise ConflictError(
            "This webhook is switched off: send PATCH with enabled true before you test it.", code="webhook_disabled"
        )
    session.flush()
    return send_example(session, webhook.id, type_, EXAMPLES[type_])


def disable(session: OwnedSession, webhook: Webhook, reason: DisabledReason) -> None:
    """Switch a webhook off; what waits stays."""
    webhook.enabled, webhook.disabled_reason, webhook.disabled_at = False, reason.value, session.now
    webhook.next_at = None


def _validate(session: OwnedSession, row: Webhook, change: Change) -> None:
    row.event_types = sorted(set(row.event_types))
    if change.is_new:
        row.secret = secrets.token_bytes(SECRET_BYTES)
    was_enabled = change.before.get("enabled", True)
    if not row.enabled and was_enabled:
        disable(session, row, DisabledReason.USER)
    if row.enabled and (not was_enabled or "url" in change.sent):
        _enable(session, row)


def _enable(session: OwnedSession, row: Webhook) -> None:
    """Forget all failures, and have a worker send what waits now, oldest first."""
    lock_webhook(session, row.id)
    waiting = update(Delivery).where(col(Delivery.webhook_id) == row.id, IS_PENDING).values(next_at=session.now)
    session.change(waiting)
    row.disabled_reason = row.disabled_at = row.failing_since = row.resume_at = row.last_error = None
    row.failures, row.next_at = 0, session.now
    session.has_deliveries = True


def _extras(session: OwnedSession, rows: Sequence[Webhook]) -> list[dict[str, Any]]:
    pending = (
        select(Delivery.webhook_id, func.count())
        .where(col(Delivery.webhook_id).in_([row.id for row in rows]), IS_PENDING)
        .group_by(col(Delivery.webhook_id))
    )
    waiting = dict(session.exec(pending).all()) if rows else {}
    names = ("failing_since", "last_delivered_at", "last_error")
    return [
        {"secret": None, "pending": waiting.get(row.id, 0), **{name: getattr(row, name) for name in names}}
        for row in rows
    ]


WEBHOOK = FactKind(
    table=Webhook,
    create=WebhookCreate,
    public=WebhookPublic,
    affected_steps=NO_STEPS,
    affected_applications=lambda *_: [],
    validate=_validate,
    extras=_extras,
    after_write=lambda session, *_: listening.refresh(session),
)
