"""Switch a webhook off that has failed for days, or whose receiver is gone, and tell its owner."""

from datetime import datetime, timedelta

from sqlmodel import select

from api.models import Webhook
from api.models.event import EventType
from api.models.mail import MailKind
from api.models.webhook import DisabledReason
from api.rules.words import rfc3339
from api.services import listening
from api.services.accounts import mails
from api.services.current_user import current_user
from api.services.events.drafts import Draft, add_draft
from api.services.facts.crud import bump_version
from api.services.steps import judge
from api.services.webhooks.sending import Claim, Health, Outcome
from api.services.webhooks.webhooks import disable
from api.storage.database import Database

GONE = 410
FAILING_FOR = timedelta(days=5)
MIN_FAILURES = 10


def reason_to_disable(outcome: Outcome, health: Health, now: datetime) -> DisabledReason | None:
    """Return why a webhook is to be switched off after an attempt; None if it is not."""
    if outcome.status == GONE:
        return DisabledReason.GONE
    since = health.failing_since
    has_failed_long = since is not None and since + FAILING_FOR <= now and health.failures >= MIN_FAILURES
    return DisabledReason.FAILURES if has_failed_long else None


def switch_off(database: Database, mine: Claim, reason: DisabledReason, now: datetime, *, sends_mail: bool) -> None:
    """Switch a webhook off, unless its owner changed it meanwhile; its owner is told by other webhooks and by mail."""
    with database.write(now) as session:
        session.owner = mine.user_id
        judge.lock_user(session)
        wanted = select(Webhook).where(Webhook.id == mine.webhook_id, Webhook.claim == mine.number)
        webhook = session.exec(wanted).one_or_none()
        if webhook is None or not webhook.enabled:
            return
        disable(session, webhook, reason)
        bump_version(session, webhook)
        listening.refresh(session)
        shown = {
            "id": webhook.id,
            "description": webhook.description,
            "disabled_reason": reason.value,
            "disabled_at": rfc3339(now),
        }
        add_draft(session, Draft(EventType.WEBHOOK_DISABLED, now, {"webhook": shown}))
        user = current_user(session)
        if sends_mail and user.email_confirmed_at is not None:
            key = f"{webhook.id}:{int(now.timestamp())}"
            mails.queue_mail(session, MailKind.WEBHOOK_DISABLED, user.email, key=key)
