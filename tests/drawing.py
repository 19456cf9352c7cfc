"""Settings of hypothesis for the tests whose cases are drawn."""

from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, seed, settings

from tests.profiles import SEED, budget

Test = TypeVar("Test", bound=Callable[..., Any])


def limits(cases: int, **more: Any) -> settings:
    """Return the settings for a number of cases: no deadline, and no cases kept from earlier runs."""
    return settings(max_examples=cases, database=None, deadline=None, suppress_health_check=list(HealthCheck), **more)


def drawn(quick: int, long: int) -> Callable[[Test], Test]:
    """Decorate a property: this many cases in each profile, the same ones for the same seed."""

    def decorated(test: Test) -> Test:
        marked: Test = pytest.mark.drawn(seed(SEED)(limits(budget(quick, long))(test)))
        return marked

    return decorated
