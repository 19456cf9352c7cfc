"""A calendar feed is put into Radicale, a CalDAV server, and read from there: every entry, and none changed.

Radicale is installed from the package index into an environment of its own for the trial, or taken from `--radicale`,
the path of a Python interpreter that has it.
"""

import socket
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import httpx
from icalendar import Calendar, Component

from tests.trials.server_process import SkippedTrialError, Trial, answers, options, run, wait_until

VERSION = "radicale>=3.5,<4"
HOSTILE = ("Acme;\\nATTENDEE:x\\,", 'Beta "quoted" – 日本語 👩‍👩‍👧', "é" * 100, "END:VEVENT", "a\\\\;b,c")
QUERY = """<?xml version="1.0"?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
<D:prop><D:getetag/><C:calendar-data/></D:prop>
<C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>"""
DATA = "{urn:ietf:params:xml:ns:caldav}calendar-data"


def interpreter(given: str | None, folder: Path) -> str:
    """Return a Python that has Radicale."""
    if given is not None:
        return given
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv" / "bin" / "python")
    done = subprocess.run([python, "-m", "pip", "install", "-q", VERSION], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SkippedTrialError(f"Radicale could not be installed: {done.stderr[-300:]}")
    return python


@contextmanager
def radicale(python: str, folder: Path) -> Iterator[str]:
    """Run Radicale without authentication; yield its URL."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = [python, "-m", "radicale", "--hosts", f"127.0.0.1:{port}", "--auth-type", "none"]
    words += ["--storage-filesystem-folder", str(folder / "collections")]
    with (folder / "radicale.log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(f"{url}/.web/"), "Radicale starts")
        yield url
    finally:
        process.terminate()
        process.wait(10)


def fill(client: httpx.Client, most: int) -> None:
    """Record applications with hostile names, each with an interview, and close some steps."""
    now = datetime.now(UTC)
    for number in range(most):
        body = {"company": HOSTILE[number % len(HOSTILE)], "role": f"Editor {number}"}
        app = client.post("/v1/applications", json=body).raise_for_status().json()["id"]
        begin = now + timedelta(days=number % 40 - 20)
        times = {"starts_at": begin.isoformat(), "ends_at": (begin + timedelta(hours=1)).isoformat()}
        client.post(
            f"/v1/applications/{app}/interviews", json={**times, "location": body["company"]}
        ).raise_for_status()
        if number % 3 == 0:
            steps = client.get(f"/v1/applications/{app}/steps").raise_for_status().json()["steps"]
            client.post(f"/v1/steps/{steps[0]['id']}/skip").raise_for_status()


def components(text: str) -> dict[str, Component]:
    """Return events and to-dos by their UIDs."""
    return {str(one["uid"]): one for one in Calendar.from_ical(text).subcomponents if one.name in ("VEVENT", "VTODO")}


def lines(component: Component) -> list[str]:
    return sorted(component.to_ical().decode().replace("\r\n ", "").split("\r\n"))


def caldav(trial: Trial) -> None:
    """Hold the trial."""
    server, verdict = trial.here.server(), trial.verdict
    server.start()
    with tempfile.TemporaryDirectory(prefix="afterword-caldav-") as temporary, httpx.Client(timeout=120, auth=("somebody", "x")) as reader:
        folder = Path(temporary)
        headers = {"Authorization": f"Bearer {trial.here.account()}"}
        with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
            fill(client, 6 if trial.words.quick else 60)
            url = (
                client.post("/v1/calendar-feeds", json={"steps": "both", "alarms": True})
                .raise_for_status()
                .json()["url"]
            )
        fed = reader.get(url).raise_for_status().text
        with radicale(interpreter(trial.words.radicale, folder), folder) as address:
            here = f"{address}/somebody/afterword/"
            stored = reader.put(here, content=fed.encode(), headers={"Content-Type": "text/calendar; charset=utf-8"})
            found = reader.request("REPORT", here, content=QUERY, headers={"Depth": "1", "Content-Type": "text/xml"})
            texts = [node.text or "" for node in ElementTree.fromstring(found.content).iter(DATA)]
    server.stop()
    sent, back = components(fed), {uid: one for text in texts for uid, one in components(text).items()}
    verdict.promise("Radicale stores the calendar", stored.status_code, kept=stored.status_code == 201)
    verdict.promise("entries sent, read back", f"{len(sent)}, {len(back)}", kept=sent.keys() == back.keys() != set())
    changed = [uid for uid in sent.keys() & back.keys() if lines(sent[uid]) != lines(back[uid])]
    verdict.promise("entries that were changed", len(changed), kept=not changed)


if __name__ == "__main__":
    parser = options(__doc__)
    parser.add_argument("--radicale", help=f"a Python interpreter that has Radicale, such as {sys.executable}")
    run(parser, caldav)
