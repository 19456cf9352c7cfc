"""The start of the command: garbage is not looked for while it imports, and is afterwards."""

import subprocess
import sys
from importlib.metadata import entry_points

STARTED = """
import gc
from api import __main__ as command
print(gc.isenabled())
command.main = lambda: print(gc.isenabled(), gc.get_freeze_count() > 10_000)
command.start()
"""


def test_garbage_is_looked_for_once_everything_is_imported() -> None:
    done = subprocess.run([sys.executable, "-c", STARTED], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "True"]


def test_the_installed_command_starts_there() -> None:
    (script,) = entry_points(group="console_scripts", name="afterword")
    assert script.value == "api.__main__:start"
