"""The task that announces what time brings: a step opens, is due soon, is overdue."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from random import SystemRandom

from api.errors import UnauthorizedError
from api.models.event import Listens, Told
from api.models.mail import MailKind
from api.services.events import notices, ticks
from api.services.events.ticks import Reached
from api.services.notifications.reminders import queue_reminder
from api.services.steps import judge
from api.services.steps.recompute import is_recomputing
from api.settings import Settings
from api.storage.database import Database
from api.storage.raw_sql import RawConnection
from api.storage.session import OwnedSession
from api.workers.units import Units

TASK = "ticks"
EVERY_SECONDS = 2.0
REMINDERS = {(3, Told.OPENED): MailKind.AFTER_INTERVIEW, (4, Told.DUE_SOON): MailKind.LETTER_DUE}


def tick_pass(
    database: Database,
    clock: Callable[[], datetime],
    settings: Settings,
    is_stopping: Callable[[], bool] = lambda: False,
) -> bool:
    """Do one pass of the task: each account with something due in turn; return whether events were written.

    Raises IncompletePassError if an account failed.
    """
    now = clock().replace(microsecond=0)
    units = Units(TASK)
    with database.read(now) as session:
        due = list(ticks.accounts_due(session))
    SystemRandom().shuffle(due)  # so that an account that fails does not stop the ones behind it
    for user_id in due:
        if is_stopping():
            break
        units.run(partial(tick_account, database, user_id, now, sends_mails=settings.sends_links))
    units.check()
    return bool(due)


def tick_account(database: Database, user_id: str, now: datetime, *, sends_mails: bool) -> list[Reached]:
    """Announce what has come for an account, at most of 100 steps; nothing while it is being recomputed.

    The events and the reminders are written in the same transaction as the notices.
    """
    with suppress(UnauthorizedError), database.write(now) as session:
        session.owner = user_id
        judge.lock_user(session)
        if is_recomputing(session):
            return []
        if session.listens:
            reached = ticks.advance(session)
            _remind(session, reached, sends_mails=sends_mails)
            return reached
        notices.stop(RawConnection.of(session))  # left behind by an older version of the account
    return []


def _remind(session: OwnedSession, reached: Sequence[Reached], *, sends_mails: bool) -> None:
    for one in reached:
        kind = REMINDERS.get((one.step.number, one.told))
        if kind is not None and session.listens & Listens.REMINDERS:
            queue_reminder(session, kind, one.step_id, one.due_at, sends_mails=sends_mails)
