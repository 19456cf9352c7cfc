"""The deadline of a request: after it, statements are interrupted and no new ones begin.

The deadline is a context variable, so the thread that works for a request finds it. Work without a request has none.
"""

import math
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar

from api.errors import UnavailableError


class Deadline:
    """The time by which a request must be answered, and how to interrupt its statements after that.

    `at`: seconds of `time.monotonic`.
    """

    def __init__(self, at: float) -> None:
        self.at = at
        self._guard = threading.Lock()
        self._interrupts: dict[object, Callable[[], None]] = {}

    @property
    def is_past(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() > self.at

    def lift(self) -> None:
        """Remove the limit: the response has begun, and its body may take longer."""
        self.at = math.inf

    def watch(self, connection: object, interrupt: Callable[[], None]) -> None:
        """Have `expire` call `interrupt` while the request uses a connection."""
        with self._guard:
            self._interrupts[connection] = interrupt

    def unwatch(self, connection: object) -> None:
        """End `watch`. Waits for an interrupt that runs, so that it cannot hit the next user of the connection."""
        with self._guard:
            self._interrupts.pop(connection, None)

    def expire(self) -> None:
        """Interrupt the running statements, in a thread of its own: an interrupt is sent over a new connection."""
        if self._interrupts:
            threading.Thread(target=self._interrupt, name="interrupt", daemon=True).start()

    def _interrupt(self) -> None:
        with self._guard:
            for interrupt in self._interrupts.values():
                interrupt()


DEADLINE: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


def is_past_deadline() -> bool:
    """Tell whether the deadline of the current request has passed."""
    deadline = DEADLINE.get()
    return deadline is not None and deadline.is_past


def check_deadline() -> None:
    """Raise UnavailableError if the deadline of the current request has passed. Call it between pieces of long work."""
    if is_past_deadline():
        raise UnavailableError


def within_deadline(seconds: float) -> float:
    """Return how long the current request may wait: `seconds`, or the time that it has left if that is less."""
    deadline = DEADLINE.get()
    return seconds if deadline is None else max(0.0, min(seconds, deadline.at - time.monotonic()))
