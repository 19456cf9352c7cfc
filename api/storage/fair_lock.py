"""One at a time, in the order of asking."""

import threading
from collections import deque


class Turns:
    """A lock that is handed on to who has waited longest.

    `threading.Lock` wakes anybody: with many writers somebody can wait in vain while others come and go.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._line: deque[threading.Event] = deque()
        self._is_taken = False

    def take(self, timeout: float) -> bool:
        """Wait for one's turn, at most so many seconds; tell whether it came."""
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            mine = threading.Event()
            self._line.append(mine)
        if mine.wait(timeout):
            return True
        with self._guard:
            if mine.is_set():  # it came in the last moment
                return True
            self._line.remove(mine)
            return False

    def give(self) -> None:
        """Hand the turn on."""
        with self._guard:
            if self._line:
                self._line.popleft().set()
            else:
                self._is_taken = False
