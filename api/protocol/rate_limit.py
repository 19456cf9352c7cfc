"""How many calls a token may make, counted in the memory of the process: a bucket that fills up again steadily."""

import math
from dataclasses import dataclass

PERIOD_SECONDS = 60.0
MAX_BUCKETS = 10_000
SHARED_BUCKET = ""
ROUNDING = 1e-6  # of sums of seconds since the machine started: a full bucket must give its last call at any instant


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left: calls, the seconds until all are there again, and until the next one where none is left."""

    most: int
    left: int
    full_in: int
    wait: int | None

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers of the IETF draft on rate limits, as they go into an answer."""
        policy = f'"token";q={self.most};w={PERIOD_SECONDS:.0f}'
        return [
            (b"ratelimit-policy", policy.encode()),
            (b"ratelimit", f'"token";r={self.left};t={self.full_in}'.encode()),
        ]


class RateLimiter:
    """The buckets of one process. Of each only the time is kept when it will be full again.

    There are at most 10,000 that are not full, about a megabyte; whoever comes on top shares one.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._full_at: dict[str, float] = {}
        self._swept_at = 0.0

    def take(self, key: str, now: float) -> Allowance:
        """Take one call out of a bucket at an instant of a steady clock, in seconds."""
        if key not in self._full_at and len(self._full_at) >= MAX_BUCKETS and not self._sweep(now):
            key = SHARED_BUCKET
        interval = PERIOD_SECONDS / self.most
        full_at = max(self._full_at.get(key, now), now) + interval
        if full_at - now > PERIOD_SECONDS + ROUNDING:
            wait = _whole_seconds(full_at - now - PERIOD_SECONDS)
            return Allowance(self.most, 0, _whole_seconds(full_at - interval - now), wait)
        self._full_at[key] = full_at
        left = int((PERIOD_SECONDS - (full_at - now)) / interval + ROUNDING)
        return Allowance(self.most, left, _whole_seconds(full_at - now), None)

    def _sweep(self, now: float) -> bool:
        """Forget the buckets that are full again, once a second at the most; tell whether there is room for one."""
        if now - self._swept_at >= 1:
            self._swept_at = now
            self._full_at = {known: at for known, at in self._full_at.items() if at > now}
        return len(self._full_at) < MAX_BUCKETS


def _whole_seconds(seconds: float) -> int:
    """Round up, but for what only rounding has added."""
    return math.ceil(seconds - ROUNDING)
