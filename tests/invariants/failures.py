"""Collect failed assertions of a loop by name, so that one failure does not hide the others."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

LONGEST = 1_000


class Failures:
    """Collects failures inside `of`; the end of its block fails with all of them, or if nothing was tried."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}
        self.tried = 0

    @contextmanager
    def of(self, *names: object) -> Iterator[None]:
        """Keep an AssertionError of the block under a name; add the name to any other exception as a note."""
        name = " ".join(map(str, names))
        self.tried += 1
        try:
            yield
        except AssertionError as failure:
            self.found.setdefault(name, []).append(str(failure)[:LONGEST] or "an assertion without a message")
        except BaseException as error:
            error.add_note(f"It was raised for {name}.")
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: TracebackType | None) -> None:
        if error is not None:
            if self.found:
                error.add_note(f"Before it, {self}")
            return
        assert self.tried, "nothing was tried"
        assert not self.found, str(self)

    def __str__(self) -> str:
        lines = [f"{name}: {text}" for name, texts in self.found.items() for text in texts]
        return "\n".join([f"{len(self.found)} of {self.tried} failed:", *lines])
