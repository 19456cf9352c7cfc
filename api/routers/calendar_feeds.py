"""Endpoints of calendar feeds, and the open address from which calendar programs read one."""

from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.errors import NotFoundError, UnavailableError
from api.http.crud import ORDER, changed, etag_of, listed, matched, read, removed, updated
from api.http.deps import Caller, CallerDep, PageDep, RequestContext, RequestContextDep
from api.http.headers import preconditions, request_now
from api.http.rendered_calendars import RenderedCalendars
from api.http.routes import OPEN, Routes
from api.http.single_row import look_up_row
from api.models import CalendarFeed
from api.models.calendar_feed import CalendarFeedCreate, CalendarFeedPublic, CalendarFeedUpdate
from api.models.page import Page
from api.security import FEED_PREFIX, hash_token, looks_like_token
from api.services.calendar import feeds
from api.services.calendar.feeds import CALENDAR_FEED, SUBSCRIPTION, Subscription
from api.services.facts.crud import to_public_one
from api.storage.database import Database
from api.storage.keyset import sort_orders
from api.storage.raw_sql import RawConnection

FeedId = Annotated[str, Path(description="The calendar feed's id.", max_length=64)]
FeedOrder = Annotated[Literal["created_at", "-created_at"], Query(description=ORDER)]
Secret = Annotated[str, Path(description="The secret of the address.")]
ORDERS = sort_orders(CalendarFeed, "created_at")
FEEDS = "/v1/calendar-feeds"
SHOWN = ("account:write", "applications:read", "steps:read")  # a feed hands on what it shows, so the token must have it
CALENDAR = "text/calendar; charset=utf-8"
HEADERS = {"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex, nofollow"}
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The calendar.", "content": {"text/calendar": {"schema": {"type": "string"}}}},
    304: {"description": "Your copy is current."},
}
routes = Routes("calendar")


class CalendarFeedPage(Page[CalendarFeedPublic]):
    """A page of calendar feeds."""


@routes.get(FEEDS, scopes="account:read")
def list_calendar_feeds(caller: CallerDep, page: PageDep, sort: FeedOrder = "-created_at") -> CalendarFeedPage:
    """List your calendar feeds.

    Their addresses are not shown.
    """
    with caller.reading() as session:
        return CalendarFeedPage.model_construct(**listed(caller, session, CALENDAR_FEED, page, ORDERS[sort]))


@routes.post(FEEDS, status_code=201, scopes=SHOWN, errors=[409], idempotent=False)
def create_calendar_feed(caller: CallerDep, body: CalendarFeedCreate) -> CalendarFeedPublic:
    """Create a calendar feed.

    `url` is shown only once. Everybody who has it can read what the feed shows, without a token, until the feed is
    deleted or rotated. It does not end with your sessions, your tokens or your password. An Idempotency-Key is ignored
    here.
    """
    with caller.writing(returns_secret=True) as session:
        feed, secret = feeds.create_feed(session, body)
        session.flush()
        shown = to_public_one(session, CALENDAR_FEED, feed)
        caller.created(f"{FEEDS}/{feed.id}", etag_of(shown))
        return _with_address(caller, shown, secret)


@routes.get(f"{FEEDS}/{{calendar_feed_id}}", scopes="account:read")
def get_calendar_feed(caller: CallerDep, calendar_feed_id: FeedId) -> CalendarFeedPublic:
    """Read a calendar feed.

    `last_fetched_at` and `last_fetched_by` show whether a calendar program reads it.
    """
    with caller.reading() as session:
        return read(caller, session, CALENDAR_FEED, calendar_feed_id)


@routes.patch(f"{FEEDS}/{{calendar_feed_id}}", scopes=SHOWN)
def update_calendar_feed(caller: CallerDep, calendar_feed_id: FeedId, body: CalendarFeedUpdate) -> CalendarFeedPublic:
    """Change a calendar feed.

    A merge patch: an absent field stays as it is. The address stays the same.
    """
    with caller.writing() as session:
        return updated(caller, session, CALENDAR_FEED, calendar_feed_id, body)


@routes.delete(f"{FEEDS}/{{calendar_feed_id}}", scopes="account:write")
def delete_calendar_feed(caller: CallerDep, calendar_feed_id: FeedId) -> Response:
    """Delete a calendar feed.

    Its address ends at once. What calendar programs have read already stays with them.
    """
    with caller.writing() as session:
        return removed(caller, session, CALENDAR_FEED, calendar_feed_id, dry_run=False)


@routes.post(f"{FEEDS}/{{calendar_feed_id}}/rotate", scopes=SHOWN, if_match=True, idempotent=False)
def rotate_calendar_feed(caller: CallerDep, calendar_feed_id: FeedId) -> CalendarFeedPublic:
    """Give a calendar feed a new address.

    For an address that others may know: the old one ends at once, the new one is shown only once. An Idempotency-Key is
    ignored here.
    """
    with caller.writing(returns_secret=True) as session:
        feed = matched(caller, session, CALENDAR_FEED, calendar_feed_id)
        secret = feeds.rotate(session, feed)
        return _with_address(caller, changed(caller, session, CALENDAR_FEED, feed), secret)


def _with_address(caller: Caller, shown: CalendarFeedPublic, secret: str) -> CalendarFeedPublic:
    """Return a feed with its address: at the public address of the server, else at the one that the caller used."""
    base = caller.settings.public_url or str(caller.request.base_url).rstrip("/")
    url = f"{base}/calendar/{secret}.ics"
    return shown.model_copy(update={"url": url, "webcal_url": f"webcal:{url.partition(':')[2]}"})


async def _unless_known(request: Request) -> Response | None:
    """Look a feed up and count the fetch, before anything else costs time; return a 304 if the client has the calendar.

    Raises NotFoundError, which is the same for all addresses without a feed, and TooManyRequestsError.
    """
    state, now, secret = request.app.state, request_now(request), request.path_params["secret"]
    if not (secret.startswith(FEED_PREFIX) and looks_like_token(secret)):
        raise NotFoundError
    hashed = hash_token(secret)
    feed = feeds.subscription(await look_up_row(request, SUBSCRIPTION, hash=hashed))
    if feed is None:
        raise NotFoundError
    state.calendars.count_fetch(feed.id)
    if feed.is_record_outdated(now):
        await run_in_threadpool(_record_fetch, state.database, feed, now, request.headers.get("user-agent", ""))
    tag = feed.etag(now, state.settings.app_url)
    if preconditions(request).is_not_modified(tag):
        return Response(status_code=304, headers={**HEADERS, "ETag": tag})
    request.scope["calendar"] = (feed.id, hashed, tag)
    return None


def _record_fetch(database: Database, feed: Subscription, now: datetime, user_agent: str) -> None:
    """Record a fetch; if the write lock is taken, leave that to a later one."""
    with suppress(UnavailableError), database.write(now, timeout=0) as session:
        feeds.record_fetch(session, feed, feeds.program_of(user_agent))


@routes.get(
    "/calendar/{secret}.ics",
    scopes=OPEN,
    errors=[429, 503],
    unless_known=_unless_known,
    response_class=Response,
    responses=ANSWERS,
)
def read_calendar(context: RequestContextDep, secret: Secret) -> Response:  # noqa: ARG001  # see _unless_known
    """Read a calendar feed.

    For calendar programs: the secret in the address is the only proof, and unknown ones get 404. A matching
    If-None-Match gets 304. The calendar changes with your data, and when a week begins. It has at most 1,000 entries:
    interviews and open steps that end or are due at most 13 weeks ago, and as to-dos also steps that were closed within
    five weeks. Step 7 is one entry for all applications. At most 60 fetches of one address a minute, and 12 of changed
    calendars of one account (429).
    """
    feed_id, hashed, tag = context.request.scope["calendar"]
    calendars: RenderedCalendars = context.request.app.state.calendars
    content = calendars.find(feed_id, tag)
    if content is None:
        tag, content = _rendered(context, calendars, hashed)
    headers = {**HEADERS, "ETag": tag, "Content-Disposition": 'inline; filename="afterword.ics"'}
    return Response(content, media_type=CALENDAR, headers=headers)


def _rendered(context: RequestContext, calendars: RenderedCalendars, hashed: str) -> tuple[str, bytes]:
    """Return a calendar and its entity tag, both of one snapshot. Raises TooManyRequestsError."""
    with context.database.read(context.now) as session:
        feed = feeds.subscription(RawConnection.of(session).first(SUBSCRIPTION, hash=hashed))
        if feed is None:
            raise NotFoundError
        calendars.count_rendering(feed.user_id)
        tag = feed.etag(context.now, context.settings.app_url)
        content = feeds.render(session, feed, context.settings.app_url)
    calendars.keep(feed.id, tag, content)
    return tag, content
