"""What an account wants to be mailed: its settings, whether mails can reach it, and how each kind is switched off."""

from collections.abc import Iterable
from typing import Any

from api.errors import ConflictError, InvalidError
from api.models import Notification, User
from api.models.mail import MailKind
from api.models.notification import (
    DUE_SOON_MINUTES,
    Digest,
    NotificationsPublic,
    NotificationsUpdate,
    Unavailable,
)
from api.services import listening
from api.services.accounts.wanted_mails import is_refused, plan_digest, wanted_mails
from api.services.current_user import current_user
from api.services.facts.crud import sent_values
from api.services.row_etags import row_etag
from api.settings import Settings
from api.storage.session import OwnedSession

TIMES = ("digest", "digest_at", "digest_weekday", "digest_workdays_only")
REMINDERS = ("after_interview", "letter_due")
REMEDIES = {
    Unavailable.MAIL_NOT_CONFIGURED: "This server sends no mails: ask its operator to set AFTERWORD_SMTP_URL.",
    Unavailable.NO_PUBLIC_URL: "This server does not know its own address, which each mail needs to be unsubscribed "
    "from: ask its operator to set AFTERWORD_PUBLIC_URL.",
    Unavailable.EMAIL_NOT_CONFIRMED: "Nothing is mailed to an address that is not confirmed: confirm yours first, with "
    "POST /v1/me/email-confirmation.",
    Unavailable.REFUSED_BY_MAIL_SERVER: "The mail server refused your address on three days: confirm it again with "
    "POST /v1/me/email-confirmation, or change it with PUT /v1/me/email.",
}


def preferences(session: OwnedSession) -> Notification:
    """Return what the session's owner wants; the defaults are a row that is not stored."""
    found = wanted_mails(session)
    if found is not None:
        return found
    user = current_user(session)
    return Notification(
        user_id=user.id, version=0, incarnation=0, created_at=user.created_at, updated_at=user.created_at
    )


def why_unavailable(settings: Settings, user: User, wanted: Notification | None) -> Unavailable | None:
    """Return why nothing can be mailed to an account, or None."""
    if not settings.smtp_url:
        return Unavailable.MAIL_NOT_CONFIGURED
    if not settings.public_url:
        return Unavailable.NO_PUBLIC_URL
    if user.email_confirmed_at is None:
        return Unavailable.EMAIL_NOT_CONFIRMED
    return Unavailable.REFUSED_BY_MAIL_SERVER if is_refused(wanted) else None


def to_public(session: OwnedSession, settings: Settings) -> tuple[NotificationsPublic, str]:
    """Return the settings as the API shows them, and their entity tag."""
    user, wanted = current_user(session), preferences(session)
    values: dict[str, Any] = {
        name: getattr(wanted, name, None) for name in NotificationsPublic.model_fields if name != "unavailable"
    }
    values["email_confirmed_at"] = user.email_confirmed_at
    values["unavailable"] = why_unavailable(settings, user, wanted)
    shown = NotificationsPublic.model_validate(values)
    derived = (shown.email_confirmed_at, shown.next_digest_at, shown.last_digest_on, shown.unavailable)
    return shown, row_etag(session, wanted, map(str, derived))


def change_preferences(session: OwnedSession, settings: Settings, body: NotificationsUpdate) -> None:
    """Apply a merge patch. Raises ConflictError if it turns something on that cannot be mailed, and InvalidError."""
    user, wanted = current_user(session), wanted_mails(session)
    row = wanted or _new_row(session)
    before = {name: getattr(row, name) for name in (*TIMES, *REMINDERS, "due_soon_minutes")}
    for name, value in _stored(sent_values(body)).items():
        setattr(row, name, value)
    if _turned_on(before, row) and (reason := why_unavailable(settings, user, wanted)) is not None:
        raise ConflictError(REMEDIES[reason], code=reason.value)
    if row.letter_due and row.due_soon_minutes is None:
        detail = (
            f"The reminder about a letter comes `due_soon_minutes` before its deadline: send for example "
            f"{DUE_SOON_MINUTES}, or switch `letter_due` off."
        )
        raise InvalidError.at("/due_soon_minutes", "letter_due_needs_minutes", detail)
    if any(getattr(row, name) != before[name] for name in TIMES):
        row.next_digest_at = None
        plan_digest(session, user, row)
    if wanted is not None:
        row.version += 1
    row.updated_at = session.now
    listening.refresh(session, lead_changed=row.due_soon_minutes != before["due_soon_minutes"])


def _new_row(session: OwnedSession) -> Notification:
    """Add the row of an account with the defaults: of a new row, the ORM would store the default in place of a null."""
    row = Notification(user_id=session.user_id, created_at=session.now, updated_at=session.now)
    session.add(row)
    session.flush()
    return row


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    if "digest_at" in values:
        values["digest_at"] = f"{values['digest_at']:%H:%M}"
    return values


def _turned_on(before: dict[str, Any], row: Notification) -> bool:
    is_new_digest = before["digest"] == Digest.OFF and row.digest != Digest.OFF
    return is_new_digest or any(getattr(row, name) and not before[name] for name in REMINDERS)


def switch_off(session: OwnedSession, kinds: Iterable[str]) -> None:
    """Switch mails off; one that is off stays off. The session has the user's lock."""
    wanted = wanted_mails(session)
    is_on = [kind for kind in kinds if is_wanted(wanted, kind)]
    if wanted is None or not is_on:
        return
    for kind in is_on:
        if kind == MailKind.DIGEST:
            wanted.digest, wanted.next_digest_at = Digest.OFF.value, None
        else:
            setattr(wanted, kind, False)
    wanted.version += 1
    wanted.updated_at = session.now
    listening.refresh(session)


def is_wanted(wanted: Notification | None, kind: str) -> bool:
    """Tell whether an account wants a kind of mail."""
    if wanted is None:
        return False
    return wanted.digest != Digest.OFF if kind == MailKind.DIGEST else bool(getattr(wanted, kind))


def shows_all(wanted: Notification) -> bool:
    """Tell whether mails name company, role and people."""
    return wanted.digest_details == "full"
