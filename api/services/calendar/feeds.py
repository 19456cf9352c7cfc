"""Calendar feeds: their secret addresses, the version of what they show, and what they show."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from icalendar import Component
from sqlmodel import col, update

from api.models import CalendarFeed, User
from api.models.calendar_feed import CalendarFeedCreate, CalendarFeedPublic, FetchedBy
from api.protocol.etags import hashed_etag
from api.rules.evaluate import RULES_VERSION
from api.security import FEED_PREFIX, hash_token, new_token
from api.services.calendar.entries import Window, load_entries
from api.services.facts.crud import NO_STEPS, FactKind, bump_version, create
from api.services.facts.dating import Change
from api.storage.codecs import from_db_id, from_db_instant_or_none
from api.storage.raw_sql import CompiledStatement, RawConnection, Row, param, select_as_text
from api.storage.session import OwnedSession
from api.words.calendar_entries import Look
from api.words.calendar_file import FEED_FORMAT, CalendarName, calendar_bytes, meeting_event, task_components

RECORDED_EVERY = timedelta(hours=1)
SHOWN_FOR = timedelta(weeks=13)
CLOSED_SHOWN_FOR = timedelta(weeks=5)
# The name of a calendar program, by a part of its User-Agent; the first one that is there counts.
PROGRAMS: Sequence[tuple[str, FetchedBy]] = (
    ("google-calendar", "google"),
    ("googlebot", "google"),
    ("icsx5", "icsx5"),
    ("nextcloud", "nextcloud"),
    ("thunderbird", "thunderbird"),
    ("outlook", "outlook"),
    ("microsoft", "outlook"),
    ("exchange", "outlook"),
    ("dataaccessd", "apple"),
    ("calendaragent", "apple"),
    ("mac os x", "apple"),
    ("macos", "apple"),
    ("ios/", "apple"),
)


class Subscription(NamedTuple):
    """A feed as its address finds it, with the version of the account's data. The instant is as the database has it."""

    user_id: str
    id: str
    incarnation: int
    version: int
    name: str
    interviews: bool
    steps: str
    details: str
    alarms: bool
    alarm_minutes: int
    last_fetched_at: str | None
    write_counter: int
    epoch: str

    def etag(self, now: datetime, app_url: str) -> str:
        """Return the entity tag: it changes with every write of the account, and when a week begins."""
        seen = (self.user_id, self.epoch, self.write_counter, self.id, self.incarnation, self.version)
        return hashed_etag(*seen, RULES_VERSION, FEED_FORMAT, app_url, monday(now).isoformat())

    def is_record_outdated(self, now: datetime) -> bool:
        """Tell whether the recorded last fetch is missing or at least an hour old."""
        at = from_db_instant_or_none(self.last_fetched_at)
        return at is None or at + RECORDED_EVERY <= now

    @property
    def look(self) -> Look:
        """What the feed shows of an entry."""
        return Look(
            is_full=self.details == "full",
            has_interviews=bool(self.interviews),
            has_events=self.steps in ("events", "both"),
            has_todos=self.steps in ("todos", "both"),
            has_alarms=bool(self.alarms),
            alarm_minutes=self.alarm_minutes,
        )


SUBSCRIPTION = CompiledStatement(
    select_as_text(*(getattr(CalendarFeed, name) for name in Subscription._fields[:-2]), User.write_counter, User.epoch)
    .join(User, col(User.id) == col(CalendarFeed.user_id))
    .where(col(CalendarFeed.hash) == param("hash"), col(User.disabled_at).is_(None), col(User.erased_at).is_(None)),
    owned=False,
)


def monday(now: datetime) -> datetime:
    """Return the beginning of the week of an instant, in UTC."""
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def subscription(row: Row | None) -> Subscription | None:
    """Return the feed of a row of SUBSCRIPTION."""
    if row is None:
        return None
    found = Subscription._make(row)
    return found._replace(user_id=from_db_id(found.user_id), id=from_db_id(found.id))


def render(session: OwnedSession, feed: Subscription, app_url: str) -> bytes:
    """Return the calendar of a feed, of the session's snapshot."""
    session.owner = feed.user_id
    begun = monday(session.now)
    window = Window(begun - SHOWN_FOR, begun - CLOSED_SHOWN_FOR)
    found = load_entries(RawConnection.of(session), feed.look, window, app_url)
    components: list[Component] = [meeting_event(one, feed.look) for one in found.meetings]
    components += [made for task in found.tasks for made in task_components(task, feed.look)]
    return calendar_bytes(CalendarName(feed.name, found.omitted), components)


def program_of(user_agent: str) -> FetchedBy:
    """Return the calendar program that a User-Agent names."""
    known = user_agent.lower()
    return next((name for piece, name in PROGRAMS if piece in known), "other")


def record_fetch(session: OwnedSession, feed: Subscription, program: FetchedBy) -> None:
    """Record that a feed was fetched. Neither its version nor its entity tag changes."""
    session.owner = feed.user_id
    fetched = update(CalendarFeed).where(col(CalendarFeed.id) == feed.id)
    values: dict[str, Any] = {"last_fetched_at": session.now, "last_fetched_by": program}
    session.change(fetched.values(**values))


def create_feed(session: OwnedSession, body: CalendarFeedCreate) -> tuple[CalendarFeed, str]:
    """Create a feed; return it with its secret."""
    feed = create(session, CALENDAR_FEED, body)
    return feed, _new_secret(feed)


def rotate(session: OwnedSession, feed: CalendarFeed) -> str:
    """Give a feed another secret, which is returned; the old address ends at once."""
    bump_version(session, feed)
    return _new_secret(feed)


def _new_secret(feed: CalendarFeed) -> str:
    secret = new_token(FEED_PREFIX)
    feed.hash = hash_token(secret)
    return secret


def _validate(_session: OwnedSession, row: CalendarFeed, change: Change) -> None:
    """Give a new feed a hash of which nobody knows the secret, until it gets its own."""
    if change.is_new:
        _new_secret(row)


def _extras(_session: OwnedSession, rows: Sequence[CalendarFeed]) -> list[dict[str, Any]]:
    unsaid = {"url": None, "webcal_url": None}
    return [{**unsaid, "last_fetched_at": row.last_fetched_at, "last_fetched_by": row.last_fetched_by} for row in rows]


CALENDAR_FEED = FactKind(
    table=CalendarFeed,
    create=CalendarFeedCreate,
    public=CalendarFeedPublic,
    affected_steps=NO_STEPS,
    affected_applications=lambda *_: [],
    validate=_validate,
    extras=_extras,
)
