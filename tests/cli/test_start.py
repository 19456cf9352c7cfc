"""The start of the command: the garbage collector is off during imports and on afterwards."""

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


def test_garbage_collection_starts_after_the_imports() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "True"]


def test_the_installed_command_uses_the_same_entry_point() -> None:
    (script,) = entry_points(group="console_scripts", name="afterword")
    assert script.value == "api.__main__:main"
