"""What docs/testing.md says about generated cases."""

import subprocess
import sys

READ_ONCE = "import sys, tests.conftest; sys.exit('tests.profiles' in sys.modules)"


def test_a_profile_is_chosen_before_it_is_read() -> None:
    """Otherwise `pytest --profile long` in one process would generate as few cases as `quick`."""
    subprocess.run([sys.executable, "-c", READ_ONCE], check=True)
