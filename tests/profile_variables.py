"""The environment variables by which a run of pytest passes its options on to `tests/profiles.py`, and to its workers.

`tests/conftest.py` sets them. It must not import `tests/profiles.py`, which reads them once, when it is imported.
"""

PROFILE, SEED_OF_RUN, DATABASE = "AFTERWORD_TEST_PROFILE", "AFTERWORD_TEST_SEED", "AFTERWORD_TEST_DATABASE"
