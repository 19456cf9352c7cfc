"""Profiles for drawn cases: few in `quick` (`make test`), many in `long` (`make test-long`).

`pytest --profile long --seed 7` sets the profile and the seed; environment variables pass them on to the workers. With
the same profile, seed and database the same cases are drawn. `-m drawn` selects the tests with drawn cases.
"""

import os

from tests.profile_variables import DATABASE, PROFILE, SEED_OF_RUN

IS_LONG = os.environ.get(PROFILE) == "long"
ARE_FEW = not IS_LONG and os.environ.get(DATABASE) == "postgresql"  # because SQLite runs all of `quick`
SEED = int(os.environ.get(SEED_OF_RUN, "1"))


def budget(quick: int, long: int) -> int:
    """Return the number of cases in this run; PostgreSQL gets half of `quick`."""
    if IS_LONG:
        return long
    return (quick + 1) // 2 if ARE_FEW else quick
