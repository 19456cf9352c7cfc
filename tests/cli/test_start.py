"""The start of the command: garbage is not looked for while it imports, and is afterwards, in every process."""

import subprocess
import sys
from importlib.metadata import entry_points

IMPORTED = """
import gc
looked = []
gc.callbacks.append(lambda phase, info: looked.append(phase))
import api.__main__
print(len(looked) < 10, gc.isenabled(), gc.get_freeze_count() > 10_000)
"""


def test_garbage_is_looked_for_once_everything_is_imported() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "True"]


def test_the_installed_command_starts_there() -> None:
    (script,) = entry_points(group="console_scripts", name="afterword")
    assert script.value == "api.__main__:main"
