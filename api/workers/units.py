"""The units of one pass of a background task: each fails alone."""

import logging
from collections.abc import Callable
from typing import TypeVar

from api.errors import ProblemError

Result = TypeVar("Result")
log = logging.getLogger("afterword.tasks")


class IncompletePassError(Exception):
    """Some units of a pass failed; each of them was logged."""


class Units:
    """Runs the units of one pass and counts those that failed.

    A failure is logged by the types of its exceptions and their stack frames, because messages can repeat data.
    """

    def __init__(self, task: str) -> None:
        self.task = task
        self.done = self.failed = 0

    def run(self, unit: Callable[[], Result]) -> Result | None:
        """Run one unit; return None if it failed."""
        try:
            result = unit()
        except ProblemError as error:
            self.failed += 1
            log.warning("a unit of the task %s failed and is tried again: %s", self.task, error.detail)
            return None
        except Exception:  # outermost handler of a unit
            self.failed += 1
            log.exception("a unit of the task %s failed and is tried again", self.task)
            return None
        self.done += 1
        return result

    def check(self) -> None:
        """Raise IncompletePassError if a unit failed, so that the pass is tried again after the back-off."""
        if self.failed:
            raise IncompletePassError(f"{self.failed} of {self.failed + self.done} units failed")
