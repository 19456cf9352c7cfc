"""How many cases are drawn at random: few in the profile `quick` (`make test`), many in `long` (`make test-long`).

`pytest --profile long --seed 7` sets the profile and the seed; the environment hands them on to the workers. With the
same profile, seed and database the same cases are drawn. `-m drawn` selects the tests whose cases are drawn.
"""

import os

PROFILE, SEED_OF_RUN, DATABASE = "AFTERWORD_TEST_PROFILE", "AFTERWORD_TEST_SEED", "AFTERWORD_TEST_DATABASE"
IS_LONG = os.environ.get(PROFILE) == "long"
SEED = int(os.environ.get(SEED_OF_RUN, "1"))


def budget(quick: int, long: int) -> int:
    """Return how many cases this run draws: of the quick ones half on PostgreSQL, where all come again."""
    if IS_LONG:
        return long
    return (quick + 1) // 2 if os.environ.get(DATABASE) == "postgresql" else quick
