"""Settings of hypothesis for tests with drawn cases."""

from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, seed, settings

from tests.profiles import SEED, budget

Test = TypeVar("Test", bound=Callable[..., Any])


def limits(cases: int, **more: Any) -> settings:
    """Return the settings for a number of cases, without a deadline and without a database of earlier cases."""
    return settings(max_examples=cases, database=None, deadline=None, suppress_health_check=list(HealthCheck), **more)


def drawn(quick: int, long: int) -> Callable[[Test], Test]:
    """Decorate a property test with its numbers of cases in the profiles `quick` and `long`, and with the seed."""

    def decorated(test: Test) -> Test:
        marked: Test = pytest.mark.drawn(seed(SEED)(limits(budget(quick, long))(test)))
        return marked

    return decorated
