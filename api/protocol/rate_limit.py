"""A rate limit for each account: a token bucket in the memory of the process, refilled at a constant rate."""

import math
from dataclasses import dataclass
from threading import Lock

PERIOD_SECONDS = 60.0
MAX_BUCKETS = 10_000
SHARED_BUCKET = ""
ROUNDING = 1e-6  # tolerance for rounding errors: a full bucket must not refuse its last call


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left: calls, seconds until the bucket is full, and if no call is left, seconds until the next one."""

    most: int
    left: int
    full_in: int
    wait: int | None

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The response headers of the IETF draft on rate limits."""
        policy = f'"account";q={self.most};w={PERIOD_SECONDS:.0f}'
        return [
            (b"ratelimit-policy", policy.encode()),
            (b"ratelimit", f'"account";r={self.left};t={self.full_in}'.encode()),
        ]


class RateLimiter:
    """The buckets of one process; each is stored as the time at which it will be full again.

    At most 10,000 buckets that are not full are stored, about a megabyte; further keys share one bucket.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._full_at: dict[str, float] = {}
        self._swept_at = 0.0
        self._lock = Lock()

    def take(self, key: str, now: float) -> Allowance:
        """Take one call from a bucket; any thread may. `now`: seconds of a monotonic clock."""
        with self._lock:
            return self._take(key, now)

    def _take(self, key: str, now: float) -> Allowance:
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
        """Delete the buckets that are full again, at most once a second; return whether there is room for a new one."""
        if now - self._swept_at >= 1:
            self._swept_at = now
            self._full_at = {known: at for known, at in self._full_at.items() if at > now}
        return len(self._full_at) < MAX_BUCKETS


def _whole_seconds(seconds: float) -> int:
    """Round up, after subtracting the tolerance for rounding errors."""
    return math.ceil(seconds - ROUNDING)
