"""When a digest is due: once on a local date, at a time of day in the user's zone. The dates are our choice."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from api.rules.calendar import DAY, SEARCH_LIMIT_DAYS, Office, day_end, exists, local_date, resolve

MAX_LATENESS = timedelta(hours=6)  # later than that, a digest is of no use
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Timetable:
    """At which time of which dates a digest is due. `weekday`: only on that day of the week (0 is Monday).

    `workdays`: only on working days of that calendar. Its zone is that of the digests.
    """

    zone: str
    at: time
    weekday: int | None = None
    workdays: Office | None = None

    def has(self, day: date) -> bool:
        """Tell whether a digest is due on a date; on none that the zone skipped."""
        if self.workdays is not None and not self.workdays.is_business_day(day):
            return False
        return self.weekday in (None, day.weekday()) and exists(day, self.zone)

    def instant(self, day: date) -> datetime:
        """Return when a digest is due on a date, always on that date.

        A time that occurs twice is the first one; one in a gap is as long after it, but not on the next date.
        """
        return min(resolve(day, self.at, self.zone), day_end(day, self.zone) - MINUTE)

    def next_after(self, now: datetime, last: date | None) -> datetime | None:
        """Return the first instant after `now` on a date later than `last`; None if no date within ten years fits."""
        day = local_date(now, self.zone)
        if last is not None:
            day = max(day, last + DAY)
        for _ in range(SEARCH_LIMIT_DAYS):
            if self.has(day) and self.instant(day) > now:
                return self.instant(day)
            day += DAY
        return None

    def is_in_time(self, day: date, now: datetime) -> bool:
        """Tell whether the digest of a date is due and still of use at `now`."""
        return self.has(day) and self.instant(day) <= now < self.expiry(day)

    def expiry(self, day: date) -> datetime:
        """Return from when on the digest of a date is of no use: 6 hours after it was due, or at the date's end."""
        return min(self.instant(day) + MAX_LATENESS, day_end(day, self.zone))
