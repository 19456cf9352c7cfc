"""The TypeScript client: generated as committed, packed, compiled strictly, and run against a server."""

import json
import shutil
import sys
import tarfile
from pathlib import Path

import pytest

from tests.conftest import World
from tests.docs.shown import blocks
from tests.http.test_accounts import SIGN_UP, sign_up_cheaply
from tests.npm import PACKAGES, ROOT, needs, run
from tests.served import http_client, served

CLIENT = ROOT / "clients" / "typescript"
OWN = [CLIENT / "src" / "index.ts", CLIENT / "src" / "send.ts"]
TSC = str(PACKAGES / ".bin" / "tsc")
COMMENTS = ("//", "/*", "*")

pytestmark = [pytest.mark.node, needs("openapi-typescript", "openapi-fetch", "typescript")]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has installed the packed client, with the client's tests and the code of its README."""
    base = tmp_path_factory.mktemp("typescript")
    package, project = base / "package", base / "project"
    shutil.copytree(CLIENT, package, ignore=shutil.ignore_patterns("dist", "node_modules"))
    (package / "node_modules").symlink_to(PACKAGES)
    [packed] = json.loads(run("npm", "pack", "--json", cwd=package, HOME=str(base)))
    assert packed["size"] < 100_000, packed["size"]
    (project / "node_modules").mkdir(parents=True)
    for name in ("openapi-fetch", "openapi-typescript-helpers"):
        (project / "node_modules" / name).symlink_to(PACKAGES / name)
    with tarfile.open(package / packed["filename"]) as archive:
        archive.extractall(base / "unpacked", filter="data")
    (base / "unpacked" / "package").rename(project / "node_modules" / "afterword-client")
    shutil.copy(CLIENT / "test" / "client.test.js", project / "client.test.mjs")
    shutil.copy(CLIENT / "test" / "types.mts", project)
    return project


def test_the_generated_files_are_those_of_the_document() -> None:
    run(sys.executable, "clients/generate.py", "--check", "--only", "typescript")


def test_at_most_100_lines_are_our_own() -> None:
    lines = [line.strip() for path in OWN for line in path.read_text(encoding="utf-8").splitlines()]
    assert len([line for line in lines if line and not line.startswith(COMMENTS)]) <= 100
    assert sorted(OWN) == sorted((CLIENT / "src").glob("*.ts"))


def test_the_packed_client_works_with_a_server(world: World, project: Path) -> None:
    with served(world) as (_, port):
        run("node", "--test", "client.test.mjs", cwd=project, AFTERWORD_URL=f"http://localhost:{port}")


def test_the_examples_of_its_readme_compile_strictly_and_run(world: World, project: Path) -> None:
    sign_up_cheaply(world)
    with served(world) as address, http_client(address) as http:
        session = http.post("/v1/sessions", json={"email": SIGN_UP["email"], "password": SIGN_UP["password"]})
        code = "".join(text for _, text in blocks((CLIENT / "README.md").read_text(encoding="utf-8"), "ts"))
        code = code.replace("http://localhost:8000", f"http://localhost:{address[1]}")
        (project / "readme.mts").write_text(code.replace("awp_…", session.json()["token"]), encoding="utf-8")
        options = ("--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess")
        run(TSC, *options, "--module", "nodenext", "--target", "es2022", "readme.mts", "types.mts", cwd=project)
        printed = run("node", "readme.mjs", cwd=project).splitlines()
    assert printed[-5:-3] == ["Albany, NY", "Larkfield Press applied"]
    assert printed[-3].startswith("422 invalid Send a text on one line")
    assert printed[-2:] == ["true", "false"]
