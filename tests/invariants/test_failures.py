"""The collector of failures: it reports each failed assertion by name and raises other exceptions."""

import pytest

from tests.invariants.failures import Failures


def fail_for(*names: str) -> None:
    """Run three blocks; those with the given names fail."""
    with Failures() as failures:
        for name in ("first", "second", "third"):
            with failures.of("the", name):
                if name in names:
                    raise AssertionError(f"{name} is wrong")
                if "unknown" in names:
                    raise LookupError(name)


def test_every_assertion_that_fails_is_named() -> None:
    with pytest.raises(AssertionError) as caught:
        fail_for("first", "third")
    assert str(caught.value) == "2 of 3 failed:\nthe first: first is wrong\nthe third: third is wrong"


def test_nothing_is_raised_where_nothing_fails() -> None:
    fail_for()


def test_another_exception_is_raised_with_the_name_and_what_failed_before() -> None:
    with pytest.raises(LookupError) as caught:
        fail_for("first", "unknown")
    before = "Before it, 1 of 2 failed:\nthe first: first is wrong"
    assert caught.value.__notes__ == ["It was raised for the second.", before]


def test_a_loop_over_nothing_fails() -> None:
    with pytest.raises(AssertionError, match="nothing was tried"), Failures():
        pass
