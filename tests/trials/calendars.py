"""Put a calendar feed into a CalDAV server that is not ours, and read it from there: every entry, none lost.

Radicale is installed into a virtual environment of its own, which is removed afterwards. It reads the feed with a
library that did not write it, stores each entry as a file, and writes it again.
"""

import socket
import subprocess
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from icalendar import Calendar, Component

from tests.trials.server_process import SkippedTrialError, Trial, answers, options, run, wait_until

RADICALE = "radicale==3.9.0"
COLLECTION = "/trial/feed/"
COMPARED = ("SUMMARY", "DESCRIPTION", "LOCATION", "STATUS", "SEQUENCE", "CATEGORIES", "RELATED-TO", "PERCENT-COMPLETE")
TIMES = ("DTSTART", "DTEND", "DUE", "COMPLETED", "DTSTAMP", "LAST-MODIFIED", "CREATED")
COMPANIES = ("Larkfield; Press, Ltd.", "Zürich 保険 👩‍🔬", 'A\\nATTENDEE:x "quoted"', "long " * 30)
STATUSES = ("held", "no_show", "cancelled")
PROPFIND = b'<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'


def fill(client: httpx.Client, applications: int) -> None:
    """Record applications with past and coming interviews, and skip or tick some of their steps."""
    now = datetime.now(UTC).replace(microsecond=0)
    for number in range(applications):
        company = COMPANIES[number % len(COMPANIES)]
        made = _post(client, "/v1/applications", company=f"{company} {number}".strip()[:200], role="Engineer")
        for days in (-20 + number % 15, 3 + number):
            start = (now + timedelta(days=days)).isoformat()
            place = f"Room {number}; floor, {days}"
            held = _post(client, f"/v1/applications/{made['id']}/interviews", starts_at=start, location=place)
            status = STATUSES[number % 3]
            if days < 0 or status == "cancelled":  # nobody can have held a coming one
                _sent(client.patch(f"/v1/interviews/{held['id']}", json={"status": status}, headers={"If-Match": "*"}))
        for step in _sent(client.get(f"/v1/applications/{made['id']}/steps"))["steps"][number % 5 :: 5]:
            client.post(f"/v1/steps/{step['id']}/{'skip' if number % 2 else 'complete'}", headers={"If-Match": "*"})


def _post(client: httpx.Client, path: str, **body: object) -> Any:
    return _sent(client.post(path, json=body))


def _sent(answer: httpx.Response) -> Any:
    if answer.is_error:
        raise RuntimeError(answer.text)
    return answer.json()


def installed(folder: Path) -> str:
    """Return a Python with the CalDAV server. Raises SkippedTrialError if that cannot be installed."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    done = subprocess.run([python, "-m", "pip", "install", "-q", RADICALE], capture_output=True, check=False)
    if done.returncode:
        raise SkippedTrialError(f"{RADICALE} could not be installed")
    return python


@contextmanager
def radicale(python: str, folder: Path) -> Iterator[httpx.Client]:
    """Run the CalDAV server; yield a client of it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    words = ["--server-hosts", address, "--auth-type", "none", "--storage-filesystem-folder", str(folder / "store")]
    with (
        (folder / "radicale.log").open("wb") as log,
        subprocess.Popen([python, "-m", "radicale", *words], stdout=log, stderr=log) as process,
        httpx.Client(base_url=f"http://{address}", auth=("trial", "x"), timeout=120) as client,
    ):
        try:
            wait_until(lambda: answers(f"http://{address}/.web/"), "the CalDAV server starts")
            yield client
        finally:
            process.terminate()


def by_uid(text: str) -> dict[str, Component]:
    """Return the components of a calendar by their UIDs. Raises RuntimeError if two have the same."""
    components = [one for one in Calendar.from_ical(text).subcomponents if one.name != "VTIMEZONE"]
    found = {str(one["UID"]): one for one in components}
    if len(found) != len(components):
        raise RuntimeError("two components have one UID")
    return found


def seen(component: Component) -> dict[str, object]:
    """Return what is compared of a component."""
    texts = {name: component[name].to_ical() for name in COMPARED if name in component}
    return {**texts, **{name: component.decoded(name) for name in TIMES if name in component}}


def calendars(trial: Trial) -> None:
    """Hold the trial."""
    server, verdict = trial.here.server(), trial.verdict
    server.start()
    headers = {"Authorization": f"Bearer {trial.here.account()}"}
    python = trial.words.radicale or installed(trial.here.logs / "venv")
    with (
        radicale(python, trial.here.logs) as dav,
        httpx.Client(base_url=server.url, headers=headers, timeout=30) as client,
    ):
        fill(client, 8 if trial.words.quick else 60)
        url = _post(client, "/v1/calendar-feeds", steps="both", alarms=True)["url"]
        for change in ("first", "after a change"):
            content = httpx.get(url).raise_for_status().text
            stored = dav.put(COLLECTION, content=content.encode(), headers={"Content-Type": "text/calendar"})
            sent, kept = by_uid(content), by_uid(dav.get(COLLECTION).text)
            listed = dav.request("PROPFIND", COLLECTION, content=PROPFIND, headers={"Depth": "1"}).text
            kinds = sorted({str(one.name) for one in sent.values()})
            verdict.promise(f"{change}: {len(sent)} {' and '.join(kinds)}", stored.status_code, kept=stored.is_success)
            lost = sent.keys() ^ kept.keys()
            verdict.promise("lost or invented", len(lost), kept=bool(sent) and not lost)
            verdict.promise("its list", (files := listed.count(".ics</")), kept=files == len(sent))
            differing = [uid for uid in sent.keys() & kept.keys() if seen(sent[uid]) != seen(kept[uid])]
            verdict.promise("with other contents", f"{len(differing)} {differing[:1] or ''}", kept=not differing)
            alarms = [sum(len(one.subcomponents) for one in found.values()) for found in (sent, kept)]
            verdict.promise("reminders", f"{alarms[1]} of {alarms[0]}", kept=alarms[0] == alarms[1] > 0)
            _post(client, "/v1/search-activities", kind="applied")
            fill(client, 2)
    server.stop()


if __name__ == "__main__":
    parser = options(__doc__)
    parser.add_argument("--radicale", metavar="PYTHON", help="a Python that has Radicale, instead of installing it")
    run(parser, calendars)
