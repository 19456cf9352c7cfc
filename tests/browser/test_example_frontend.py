"""The example frontend, built and driven in Chromium from sign-up to the sent letter; and `make frontend`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.browser.chromium import CHROMIUM
from tests.browser.devtools import DrivenPage, driven
from tests.conftest import World
from tests.npm import PATH, ROOT, run
from tests.served import free_port, served

FRONTEND = ROOT / "examples" / "frontend"
PACKAGES = FRONTEND / "node_modules"
HELPERS = (Path(__file__).parent / "example_page.js").read_text(encoding="utf-8")
MOST_LINES = 1_500
PASSWORD = "a calm and long pass phrase"
in_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed: the example frontend was not driven"
)
pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(
        not (PACKAGES / "vite").exists(), reason="no packages of examples/frontend here: `.ci/run` installs them"
    ),
]

# What reaches beyond the content of the page, or makes it scroll sideways.
TOO_WIDE = """
const main = document.querySelector("main"), { paddingRight } = getComputedStyle(main);
const edge = Math.min(innerWidth, main.getBoundingClientRect().right - parseFloat(paddingRight)) + 1;
return [...document.querySelectorAll("main *")]
  .filter((one) => one.getBoundingClientRect().right > edge && !one.closest("svg, .hidden, option"))
  .map((one) => one.outerHTML.slice(0, 100))
  .concat(document.documentElement.scrollWidth > innerWidth ? ["the page scrolls sideways"] : []);
"""
SIGN_UP = """
await until("the page", () => document.querySelector("h1")); await press("Sign up"); await page("Sign up");
fill(["Your name", "Kim Roe"], ["E-mail", "kim@example.com"], ["Password", "password1234"],
     ["Time zone", "America/New_York"]);
await press("Sign up");
const wrong = await until("an error", () => document.querySelector("[aria-invalid=true]"));
await until("the focus", () => document.activeElement === wrong);
const described = wrong.getAttribute("aria-describedby").split(" ").map((id) => text(document.getElementById(id)));
return [text(wrong.labels[0]), described, text(document.querySelector("[role=alert]"))];
"""
# The heading with which each part of the story ends, and what the person does on the pages before.
STORY = (
    ("What to do next", f'fill(["Password", "{PASSWORD}"]); await press("Sign up");'),
    ("Add an application", 'await press("Add an application");'),
    (
        "Acme Books",
        """
        fill(["Company", "Acme Books"], ["Role", "Editor"], ["Why this company", "Your list is small and careful."],
             ["Why this job", "I like to bring a book from proof to print."]);
        await press("Add the application"); await told("The application is recorded");""",
    ),
    ("Add an interview", 'await press("Add an interview");'),
    (
        "Acme Books",
        """
        fill(["Start", "2026-06-01T06:00"], ["End", "2026-06-01T07:00"], ["Kind", "onsite"]);
        await press("Add the interview"); await told("The interview is recorded");""",
    ),
    ("Debrief", 'await press("Debrief of round 1");'),
    (
        "Acme Books",
        """
        fill([["Person 1", "Name"], "Ana Ruiz"], [["Person 1", "Job title"], "Head of production"],
             [["Person 1", "E-mail"], "ana@example.com"],
             [["Person 1", "Ask this person for the status of the application"], true],
             [["Went well 1", "In short"], "Asked twice about the glossary."],
             [["Went well 1", "How the letter can say it"], "I have written forty glossaries."],
             ["The next stage", "A talk with the team"], [["You may call from", "Day"], "2026-06-04"]);
        document.querySelectorAll(".rows .plain")[2].click();
        await until("its field", () => document.activeElement.name === "/concerns/1/text");
        fill([["Concern 2", "In short"], "Never led a team."],
             [["Concern 2", "Your answer, for the letter"], "I led three editors at Old Harbour."]);
        await press("Record the debrief"); await told("The debrief is recorded. Find out what comes next: done.");""",
    ),
    ("Add a contact", 'await press("Add a contact");'),
    (
        "Acme Books",
        """
        fill(["Name", "Jo Field"], ["Job title", "Recruiter"], ["Phone", "+1 212 555 0199"], ["Role", "recruiter"]);
        await press("Save the contact"); await told("The contact is recorded");
        await steps("Done", "Done", "Done", "Open");""",
    ),
    ("Compose a letter", 'await press("Compose the letter");'),
    ("Thank-you letter", 'await press("Compose the letter"); await told("The draft is composed");'),
    (
        "Acme Books",
        """
        fill(["Subject", "The glossary"]);
        await press("Save and check again"); await told("The letter is saved and checked");
        fill(["How", "email"]); await press("I have sent it"); await told("The letter is recorded as sent");
        await steps("Done", "Done", "Done", "Done");""",
    ),
    ("Thank-you letter", 'await press("The glossary");'),
    ("Search", 'await press("Search");'),
    (
        "Search",
        """
        fill(["All words, in any text", "glossary twice"]); document.querySelector("[role=search] button").click();
        await until("the note", () => document.querySelectorAll("main mark").length === 2);""",
    ),
    ("Calendar", 'await press("Calendar");'),
    (
        "Acme Books",
        """
        await press("Create the address"); await told("The calendar address is created");
        navigator.clipboard.writeText = async (copied) => { window.copied = copied; };
        await press("Copy"); await told("The address is copied");
        const file = await (await fetch(copied)).text();
        if (!file.startsWith("BEGIN:VCALENDAR") || !file.includes("Acme Books")) throw new Error(file);
        await press("Applications"); await page("Applications"); await press("Acme Books");""",
    ),
    ("Jo Field", 'await press("Jo Field");'),
    (
        "References",
        """
        history.back(); await page("Acme Books"); await press("Choose references"); await page("References");
        fill(["Name", "Robin Okafor"]); await press("Add the reference"); await told("Robin Okafor is a reference");
        await press("Message to send"); await press("I have told Robin Okafor");
        await told("Recorded: Robin Okafor");""",
    ),
    (
        "Record a search activity",
        """
        await press("Queue"); await page("What to do next"); await press("Record a search activity");""",
    ),
    ("What to do next", 'await press("Record it"); await told("The search activity is recorded");'),
    (
        "Ask for the status",
        """
        await press("Acme Books"); await page("Acme Books");
        const at = location.pathname; history.pushState({}, "", `${at}/call`); dispatchEvent(new Event("popstate"));""",
    ),
    (
        "Acme Books",
        """
        fill(["Result", "spoke"], ["In short", "They decide on Friday."]);
        await press("Record the result"); await told("The result is recorded");""",
    ),
    ("There is no such page", 'history.pushState({}, "", "/nowhere"); dispatchEvent(new Event("popstate"));'),
    ("Sign in", 'await press("Sign out"); await told("You are signed out");'),
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built page."""
    folder = tmp_path_factory.mktemp("frontend")
    run(str(PACKAGES / ".bin" / "vite"), "build", "--outDir", str(folder), "--logLevel", "error", cwd=FRONTEND)
    return folder


@contextmanager
def previewed(built: Path, api: int) -> Iterator[str]:
    """Serve the built page with the proxy of its own configuration; yields its address."""
    port = free_port()
    command = [str(PACKAGES / ".bin" / "vite"), "preview", "--outDir", str(built), "--port", str(port)]
    environment = {"PATH": PATH, "AFTERWORD_URL": f"http://127.0.0.1:{api}"}
    server = subprocess.Popen(command, cwd=FRONTEND, env=environment, stdout=subprocess.DEVNULL)
    try:
        until_it_answers(port)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(10)


def until_it_answers(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with socket.create_connection(("localhost", port), timeout=1):
                return
        except OSError:
            assert time.monotonic() < deadline, f"nothing answers on port {port}"
            time.sleep(0.05)


def play(page: DrivenPage, script: str) -> Any:
    return page.run(f"{HELPERS}\n{script}")


def inspect(page: DrivenPage, name: str) -> None:
    """Look for violations of accessibility, light and wide, dark and narrow, and for horizontal scrolling."""
    for scheme, width in (("light", 1_300), ("dark", 390)):
        page.prefer(scheme)
        page.resize(width, 900)
        found = page.run(
            "const { violations } = await axe.run(document, { resultTypes: ['violations'] });"
            "return violations.map(({ id, nodes }) => [id, nodes.map((one) => one.html)]);"
        )
        assert found == [], f"{name}, {scheme}: {json.dumps(found, indent=1)}"
        assert page.run(TOO_WIDE) == [], f"{name} at {width} px"


@pytest.mark.browser
@in_chromium
def test_from_the_sign_up_to_a_sent_letter_in_a_browser(
    make_world: Callable[..., World], built: Path, tmp_path: Path
) -> None:
    axe = (PACKAGES / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    with served(make_world()) as (_, api), previewed(built, api) as url, driven(f"{url}/", tmp_path) as page:
        label, described, summary = play(page, SIGN_UP)
        assert (label, summary) == ("Password required", "Please change one field.")
        assert described[0] == "At least 12 characters."
        assert described[1].startswith("This password is among those that attackers try first")
        page.run(axe)
        inspect(page, "Sign up with an error")
        for heading, script in STORY:
            play(page, f"{script}\nawait page({json.dumps(heading)});")
            inspect(page, heading)
        complaints = [told for told in page.complaints() if "Failed to load resource" not in json.dumps(told)]
        assert complaints == []
        assert {one.partition("/v1/")[0] for one in page.requested() if "/v1/" in one} == {url}


@pytest.mark.browser
@in_chromium
def test_it_is_used_with_the_keyboard_alone_and_survives_a_reload(
    make_world: Callable[..., World], built: Path, tmp_path: Path
) -> None:
    world = make_world()
    body = {"full_name": "Kim Roe", "email": "kim@example.com", "password": PASSWORD, "time_zone": "Europe/Paris"}
    assert world.anonymous().post("/v1/users", json=body).status_code == 201
    with served(world) as (_, api), previewed(built, api) as url, driven(f"{url}/calendar", tmp_path) as page:
        play(page, 'await until("the page", () => document.querySelector("h1"));')
        for _ in range(3):  # the link to the content, the name of the page, the first field
            page.press("Tab")
        page.enter("kim@example.com")
        page.press("Tab")
        page.enter(PASSWORD)
        page.press("Enter")
        play(page, 'await page("Calendar");')
        page.visit(f"{url}/calendar")
        play(page, 'await until("the page", () => document.querySelector("h1")?.textContent === "Calendar");')
        seen = []
        for _ in range(10):
            page.press("Tab")
            seen.append(
                play(
                    page,
                    "const one = document.activeElement, { outlineStyle, outlineWidth } = getComputedStyle(one);"
                    "return [text(one.labels?.[0] ?? one), outlineStyle, outlineWidth];",
                )
            )
        names = ["Skip to the content", "Afterword", "Queue", "Applications", "Search", "Calendar", "Sign out"]
        assert [name for name, *_ in seen] == [*names, "Name required", "Steps", "Details"]
        assert {tuple(style) for _, *style in seen} == {("solid", "3px")}


def test_it_compiles_strictly() -> None:
    run(str(PACKAGES / ".bin" / "tsc"), cwd=FRONTEND)


def test_its_code_stays_small_and_its_lock_file_names_no_registry() -> None:
    files = [path for path in FRONTEND.rglob("*.*") if "node_modules" not in path.parts and "dist" not in path.parts]
    code = [path for path in files if path.suffix in {".ts", ".tsx", ".css", ".html", ".py"}]
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in code) <= MOST_LINES
    locked = json.loads((FRONTEND / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert [name for name, one in locked.items() if "resolved" in one] == []


def test_its_command_serves_the_demo_account_and_stops_with_control_c() -> None:
    port = free_port()
    command = [sys.executable, str(FRONTEND / "run.py"), "--port", str(port)]
    server = subprocess.Popen(command, env={**os.environ, "PATH": PATH}, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        assert server.stdout.readline() == f"Page:   http://localhost:{port}  (the demo account is filled in)\n"
        assert '<div id="app">' in httpx.get(f"http://localhost:{port}/").text
        signed_in = {"email": "demo@example.com", "password": "a demo pass phrase"}
        assert httpx.post(f"http://localhost:{port}/v1/sessions", json=signed_in).status_code == 201
        docs = server.stdout.readline().removeprefix("Docs:   ").strip()
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=30)
    assert server.returncode == 0
    for address in (f"http://localhost:{port}/", docs):
        with pytest.raises(httpx.ConnectError):
            httpx.get(address)


@pytest.mark.parametrize(
    ("path", "port", "said"),
    [
        (
            "/nowhere",
            5173,
            "The page needs Node 20.19 or newer, with npm. Install it, and call `make frontend` again.\n",
        ),
        (PATH, None, "Port {port} is taken. Choose another one: `make frontend PORT={next}`.\n"),
    ],
)
def test_its_command_says_in_one_line_what_to_do(path: str, port: int | None, said: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = port or taken.getsockname()[1]
        command = [sys.executable, str(FRONTEND / "run.py"), "--port", str(port)]
        done = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, said.format(port=port, next=port + 1))
