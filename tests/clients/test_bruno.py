"""The Bruno collection: generated as committed, and its seven steps run against a server by Bruno's command line."""

import json
import sys
from pathlib import Path

import pytest

from tests.conftest import World
from tests.npm import PACKAGES, ROOT, needs, run
from tests.served import served

COLLECTION = ROOT / "openapi" / "bruno"

pytestmark = [pytest.mark.node, needs("@usebruno/cli", "@usebruno/converters")]


def test_the_collection_is_that_of_the_document() -> None:
    run(sys.executable, "clients/generate.py", "--check", "--only", "bruno")


def test_the_seven_steps_run(world: World, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    bru = str(PACKAGES / ".bin" / "bru")
    with served(world) as (_, port):
        server = ("--env-var", f"baseUrl=http://localhost:{port}")
        run(bru, "run", "seven-steps", "--env", "local", *server, "--reporter-json", str(report), cwd=COLLECTION)
    [result] = json.loads(report.read_text(encoding="utf-8"))
    assert result["summary"]["totalRequests"] == result["summary"]["passedRequests"] == 19
    assert result["summary"]["passedAssertions"] == 32
