"""A FIFO lock for threads: waiters acquire it in the order in which they asked."""

import threading
from collections import deque


class FairLock:
    """A lock that goes to the thread that has waited longest.

    `threading.Lock` wakes any waiter: with many writers a thread can starve.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_taken = False

    def acquire(self, timeout: float) -> bool:
        """Wait for the lock, at most `timeout` seconds; return whether it was acquired."""
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            mine = threading.Event()
            self._waiting.append(mine)
        if mine.wait(timeout):
            return True
        with self._guard:
            if mine.is_set():  # it was released to this thread just after the timeout
                return True
            self._waiting.remove(mine)
            return False

    def release(self) -> None:
        """Pass the lock to the thread that has waited longest, or free it."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False
