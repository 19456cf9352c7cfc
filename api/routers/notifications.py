"""Endpoints of the mails that people want: the settings, and the digest as it would be."""

from typing import Annotated, Any

from fastapi import Query

from api.http.deps import CallerDep
from api.http.filters import check_as_of
from api.http.negotiation import CARD, INLINE_STYLES, CardWanted, format_response, json_response
from api.http.routes import Routes
from api.models.base import Instant
from api.models.digest import DigestPublic
from api.models.notification import NotificationsPublic, NotificationsUpdate
from api.protocol.etags import hashed_etag
from api.services.notifications import preferences
from api.services.notifications.digests import digest_now
from api.words import digest, mailing

AsOf = Annotated[
    Instant | None, Query(description="The digest as it will be at this instant if nothing is recorded until then.")
]
SCOPES = ("account:read", "applications:read", "steps:read")
routes = Routes("account")


@routes.get("/v1/me/notifications", scopes="account:read")
def get_notifications(caller: CallerDep) -> NotificationsPublic:
    """Read which mails you want.

    A digest of what is due, daily or weekly, and two reminders. All are off until you turn them on.
    """
    with caller.reading() as session:
        shown, tag = preferences.to_public(session, caller.settings)
        caller.set_etag(tag)
        return shown


@routes.patch("/v1/me/notifications", scopes="account:write", errors=[409])
def update_notifications(caller: CallerDep, body: NotificationsUpdate) -> NotificationsPublic:
    """Change which mails you want.

    A merge patch. A digest or a reminder can be turned on if mails can reach you; otherwise the response is 409, and
    its `code` says why, as `unavailable` does. A digest comes once for a local date, and only if something is due. Each
    mail has a link that switches its kind off.
    """
    with caller.writing() as session:
        caller.check_if_match(*preferences.to_public(session, caller.settings))
        preferences.change_preferences(session, caller.settings, body)
        shown, caller.headers["ETag"] = preferences.to_public(session, caller.settings)
        return shown


@routes.get("/v1/me/digest", scopes=SCOPES, response_model=DigestPublic, responses=CARD.content)
def get_digest(caller: CallerDep, wanted: CardWanted = None, as_of: AsOf = None) -> Any:  # noqa: ANN401
    """Read the digest as it would be now.

    What is overdue, what is due until the next digest, and the interviews until then, at most ten of each; in a weekly
    digest also the live applications for which nothing is scheduled. Step 7 is one line for all applications. Nothing
    is mailed. `Accept` or `format` selects JSON, text, or HTML as it is mailed.
    """
    check_as_of(as_of, caller.now)
    kind = CARD.negotiate(caller.request, wanted)
    with caller.reading() as session:
        found = digest_now(session, as_of or caller.now, caller.settings.app_url)
    if kind == "json":
        shown = DigestPublic.model_validate({**_fields(found), "as_of": as_of})
        return json_response(caller, shown, hashed_etag(kind, shown.model_dump_json()))
    said = digest.mailing(found)
    content = mailing.text(said) if kind == "text" else mailing.page(said)
    return format_response(caller, kind, content, policy=INLINE_STYLES)


def _fields(found: digest.Digest) -> dict[str, Any]:
    return {name: getattr(found, name) for name in DigestPublic.model_fields if name != "as_of"}
