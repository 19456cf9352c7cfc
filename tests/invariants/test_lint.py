"""The OpenAPI linter reports nothing for the published document."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINTER = ROOT / ".node" / "node_modules" / ".bin" / "redocly"


@pytest.mark.node
@pytest.mark.skipif(not LINTER.exists(), reason="no Node linter here: `.ci/run` installs it")
def test_the_linter_finds_no_error_and_no_warning() -> None:
    command = [str(LINTER), "lint", "--format=json", "openapi/openapi.json"]
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "REDOCLY_TELEMETRY": "off",
        "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
    }
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, timeout=120, check=False)
    found = json.loads(done.stdout[done.stdout.index("{") :])["problems"]
    assert [(problem["ruleId"], problem["location"][0].get("pointer")) for problem in found] == []
