"""Calendars that were rendered, in the memory of the process, and the limits of fetching and rendering them."""

import time
from collections import OrderedDict
from datetime import timedelta
from threading import Lock

from api.errors import TooManyRequestsError
from api.protocol.rate_limit import RateLimiter

MAX_BYTES = 8_000_000
KEPT_SECONDS = 3_600
RENDERINGS_PER_MINUTE = 12


class RenderedCalendars:
    """The latest calendar of each feed, by its entity tag: at most 8 MB, and none for longer than an hour.

    Of one feed, `fetches_per_minute` fetches are answered (0: no limit), and of one account, 12 calendars are rendered
    in a minute. Fetches of unknown addresses are not counted: they would use up the buckets of the limit.
    """

    def __init__(self, fetches_per_minute: int) -> None:
        self._fetches = RateLimiter(fetches_per_minute) if fetches_per_minute else None
        self._renderings = RateLimiter(RENDERINGS_PER_MINUTE)
        self._kept: OrderedDict[str, tuple[str, float, bytes]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def count_fetch(self, feed_id: str) -> None:
        """Count a fetch of a feed. Raises TooManyRequestsError if none is left."""
        if self._fetches is not None:
            _take(self._fetches, feed_id)

    def count_rendering(self, user_id: str) -> None:
        """Count a rendering for an account. Raises TooManyRequestsError if none is left."""
        _take(self._renderings, user_id)

    def find(self, feed_id: str, tag: str) -> bytes | None:
        """Return the calendar of a feed if it has this entity tag."""
        with self._lock:
            self._drop_old()
            known, _, content = self._kept.get(feed_id, ("", 0.0, b""))
            return content if known == tag else None

    def keep(self, feed_id: str, tag: str, content: bytes) -> None:
        """Keep the calendar of a feed in the place of an older one."""
        with self._lock:
            self._drop(feed_id)
            self._drop_old()
            self._kept[feed_id] = (tag, time.monotonic(), content)
            self._bytes += len(content)
            while self._bytes > MAX_BYTES:
                self._drop(next(iter(self._kept)))

    def _drop_old(self) -> None:
        """Drop what is older than an hour; the oldest stands first."""
        until = time.monotonic() - KEPT_SECONDS
        while self._kept and next(iter(self._kept.values()))[1] < until:
            self._drop(next(iter(self._kept)))

    def _drop(self, feed_id: str) -> None:
        _, _, content = self._kept.pop(feed_id, ("", 0.0, b""))
        self._bytes -= len(content)


def _take(limiter: RateLimiter, key: str) -> None:
    wait = limiter.take(key, time.monotonic()).wait
    if wait is not None:
        raise TooManyRequestsError(timedelta(seconds=wait))
