"""Whether anybody is told about an account, and the notices of its steps, which exist only as long."""

from sqlmodel import col, exists, or_, select

from api.models import Notification, Webhook
from api.models.event import Listens
from api.models.webhook import DisabledReason
from api.services.current_user import current_user
from api.services.events import notices
from api.services.steps import judge
from api.storage.raw_sql import RawConnection
from api.storage.session import OwnedSession

# Of a webhook that was switched off because it failed, the events are stored, so that nothing is missed.
IS_SERVED = or_(col(Webhook.enabled), col(Webhook.disabled_reason) != DisabledReason.USER.value)
MAX_AT_ONCE = 2_000  # open steps; the notices of more are made in the background


def refresh(session: OwnedSession, *, lead_changed: bool = False) -> None:
    """Set who is told about the account after its webhooks or its notifications were changed.

    The first listener begins with what is true now: nothing of the past is announced. `lead_changed`: steps are due
    soon at another time before their deadlines.
    """
    session.flush()
    user, raw = current_user(session), RawConnection.of(session)
    before, after = user.listens, _listens(session)
    user.listens = session.listens = after
    if after & Listens.WEBHOOKS and not before & Listens.WEBHOOKS:
        user.recomputed_steps = 0  # what a recomputation changed before anybody listened is not told
    session.flush()
    if after and not before and not notices.start(raw, most=MAX_AT_ONCE):
        judge.defer(session)
    if after and before and lead_changed:
        notices.change_lead(raw)
    if before and not after:
        notices.stop(raw)


def _listens(session: OwnedSession) -> int:
    hooked = select(exists().where(col(Webhook.user_id) == session.user_id, IS_SERVED))
    wanted = select(Notification).where(col(Notification.after_interview) | col(Notification.letter_due))
    found = Listens(0)
    if session.exec(hooked).one():
        found |= Listens.WEBHOOKS
    if session.exec(wanted).first() is not None:
        found |= Listens.REMINDERS
    return found.value
