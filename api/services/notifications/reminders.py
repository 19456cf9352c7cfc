"""Two reminders by mail: after an interview, and before a thank-you letter is due. Contents are made at sending."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlmodel import col, select

from api.errors import NotFoundError
from api.models import Contact, Interview, Letter, StepInstance, Webhook
from api.models.mail import MailKind
from api.models.webhook import DisabledReason
from api.protocol.app_links import app_link
from api.services.accounts import mails
from api.services.accounts.mails import NothingToSendError
from api.services.accounts.wanted_mails import is_refused, wanted_mails
from api.services.current_user import current_user
from api.services.documents.compose import conversation
from api.services.facts.crud import by_id, find
from api.services.notifications.preferences import is_wanted, shows_all
from api.storage.session import OwnedSession
from api.words import cards, reminders
from api.words.catalogue import catalogue
from api.words.mailing import Mailing
from api.words.names import printed_name
from api.words.reminders import DraftOf, Pages, Round

USABLE_AFTER_INTERVIEW = timedelta(hours=12)
NUMBERS = {MailKind.AFTER_INTERVIEW: 3, MailKind.LETTER_DUE: 4}
ID_LENGTH = 36


class ReminderKey(NamedTuple):
    """What a reminder is about: a step with its deadline, once."""

    step_id: str
    due_at: datetime

    def __str__(self) -> str:
        return f"{self.step_id}:{int(self.due_at.timestamp())}"

    @classmethod
    def parse(cls, key: str) -> "ReminderKey":
        """Return the key of a queued mail."""
        step_id, _, seconds = key.partition(":")
        return cls(step_id, datetime.fromtimestamp(int(seconds), UTC))


def queue_reminder(session: OwnedSession, kind: MailKind, step_id: str, due_at: datetime, *, sends_mails: bool) -> None:
    """Queue a reminder once for a step and its deadline, if the account wants it and it can be mailed.

    `after_interview`: when step 3 opens; `letter_due`: when step 4 becomes due soon. The session has the user's lock.
    `sends_mails`: as `Settings.sends_links`. Nothing is queued for a step that is closed, snoozed or was moved.
    """
    user, wanted = current_user(session), wanted_mails(session)
    can_be_mailed = sends_mails and user.disabled_at is None and user.email_confirmed_at and not is_refused(wanted)
    if not can_be_mailed or not is_wanted(wanted, kind):
        return
    step = _open_step(session, kind, ReminderKey(step_id, due_at))
    if step is None or (step.snoozed_until is not None and step.snoozed_until > session.now):
        return
    expires_at = due_at
    if kind == MailKind.AFTER_INTERVIEW:
        expires_at = step.opens_at + USABLE_AFTER_INTERVIEW
    if expires_at > session.now:
        key = str(ReminderKey(step_id, due_at))
        mails.queue_once(session, kind, user.email, key=key, expires_at=expires_at)


def _open_step(session: OwnedSession, kind: str, key: ReminderKey) -> StepInstance | None:
    """Return the step of a reminder if it is open and still has the same deadline."""
    step = session.get(StepInstance, (session.user_id, key.step_id))
    if step is None or step.closed_state is not None or step.number != NUMBERS[MailKind(kind)]:
        return None
    return step if step.due_at == key.due_at else None


def reminder(session: OwnedSession, kind: str, key: str, pages: Pages) -> Mailing:
    """Return a reminder. Raises NothingToSendError if its step was closed, moved or snoozed meanwhile."""
    step, wanted = _open_step(session, kind, ReminderKey.parse(key)), wanted_mails(session)
    if step is None or wanted is None or (step.snoozed_until is not None and step.snoozed_until > session.now):
        raise NothingToSendError
    try:
        interview = find(session, Interview, step.scope.partition(":")[2])
        talk = conversation(session, interview)
    except NotFoundError as error:  # the application was deleted
        raise NothingToSendError from error
    round_ = Round(
        id=interview.id,
        employer=f"{talk.company} – {talk.role}",
        ended_at=interview.effective_end_at,
        zone=interview.time_zone,
        due_at=step.due_at,
        due_zone=str(step.detail["zone"]),
        page=app_link(pages.app_url, "interview", interview.id),
        is_full=shows_all(wanted),
    )
    if kind == MailKind.AFTER_INTERVIEW:
        words = catalogue("formal")
        asked = cards.questions(talk, words)
        return reminders.after_interview(round_, step.missing, asked, talk.interviewers, words, pages)
    return reminders.letter_due(round_, _recipients(session, step.missing), _draft(session, interview, pages), pages)


def _recipients(session: OwnedSession, missing: Collection[str]) -> list[str]:
    """Return the names of the people to whom a letter is missing; empty if one letter is enough."""
    ids = [part.removeprefix("letter_to:") for part in missing if part.startswith("letter_to:")]
    found = by_id(session, Contact, ids) if ids else {}
    return [printed_name(one.honorific, one.full_name) or "an interviewer" for id_ in ids if (one := found.get(id_))]


def _draft(session: OwnedSession, interview: Interview, pages: Pages) -> DraftOf | None:
    """Return the newest draft of a thank-you letter for an interview."""
    drafts = select(Letter).where(
        Letter.interview_id == interview.id, Letter.kind == "thank_you", col(Letter.sent_at).is_(None)
    )
    draft = session.exec(drafts.order_by(col(Letter.updated_at).desc(), col(Letter.id).desc()).limit(1)).first()
    return None if draft is None else DraftOf(draft.id, bool(draft.body), app_link(pages.app_url, "letter", draft.id))


def webhook_disabled(session: OwnedSession, key: str) -> Mailing:
    """Return the mail that a webhook was switched off.

    Raises NothingToSendError if it is gone, or if its owner switched it on, or off again, meanwhile.
    """
    webhook = session.get(Webhook, (session.user_id, key[:ID_LENGTH]))
    if webhook is None or webhook.disabled_reason in (None, DisabledReason.USER):
        raise NothingToSendError
    return reminders.webhook_disabled(webhook.url, webhook.disabled_reason)
