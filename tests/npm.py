"""Programs of Node for tests: where they are, how they run, and how tests are skipped without them."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ROOT / ".node" / "node_modules"
PATH = "/usr/local/bin:/usr/bin:/bin"
CHECKED = ROOT / "build" / "mypy"  # what mypy remembers of generated code, in a folder for each package of a name


def needs(*packages: str) -> pytest.MarkDecorator:
    """Skip a test, and say so, where Node or one of these packages is missing."""
    missing = [name for name in packages if not (PACKAGES / name).exists()]
    found = [] if shutil.which("node", path=PATH) else ["node"]
    return pytest.mark.skipif(
        bool(found + missing), reason=f"no {', '.join(found + missing)} here: `.ci/run` installs it"
    )


def run(*command: str, cwd: Path = ROOT, told: str | None = None, **environment: str) -> str:
    """Run a program that must succeed; return what it prints."""
    done = subprocess.run(
        command,
        cwd=cwd,
        input=told,
        capture_output=True,
        text=True,
        env={"PATH": PATH, **environment},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
