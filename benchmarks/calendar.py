"""A calendar feed of 1,000 entries: its first fetch, the next one, and its 304 compared with `/livez`.

python -m benchmarks.calendar [--database postgresql] [--quick]
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import httpx

from benchmarks.report import milliseconds
from benchmarks.servers import QUICK, WHOLE, Load, needed, side_by_side, wire
from tests.trials.server_process import Trial, memory, options, run

APPLICATIONS = 170
FETCHES = 5
MEBIBYTE = 1 << 20
AIM = 0.6


def fill(client: httpx.Client, most: int) -> None:
    """Record applications, each with an interview in the next weeks."""
    now = datetime.now(UTC)
    for number in range(most):
        body = {"company": f"Company {number}", "role": "Editor"}
        app = client.post("/v1/applications", json=body).raise_for_status().json()["id"]
        begin = now + timedelta(days=1 + number % 60)
        times = {"starts_at": begin.isoformat(), "ends_at": (begin + timedelta(hours=1)).isoformat()}
        client.post(f"/v1/applications/{app}/interviews", json=times).raise_for_status()


def timed(send: Callable[[], httpx.Response]) -> tuple[float, httpx.Response]:
    began = time.perf_counter()
    answer = send().raise_for_status()
    return time.perf_counter() - began, answer


def calendar(trial: Trial) -> None:
    """Measure one feed."""
    needed()
    server, verdict = trial.here.server({"AFTERWORD_FEED_REQUESTS_PER_MINUTE": "0"}), trial.verdict
    server.start()
    with httpx.Client(
        base_url=server.url, headers={"Authorization": f"Bearer {trial.here.account()}"}, timeout=60
    ) as client:
        fill(client, 5 if trial.words.quick else APPLICATIONS)
        path = client.post("/v1/calendar-feeds", json={}).raise_for_status().json()["url"].removeprefix(server.url)
        before = memory(server.pid, "VmRSS")
        changed, kept = [], []
        for _ in range(FETCHES):
            client.post("/v1/search-activities", json={"kind": "event"}).raise_for_status()
            changed.append(timed(lambda: client.get(path))[0])
            seconds, answer = timed(lambda: client.get(path))
            kept.append(seconds)
        after = memory(server.pid, "VmRSS")
    entries = answer.text.count("BEGIN:VEVENT")
    verdict.note("entries, size", f"{entries:,}, {len(answer.content) / 1000:,.0f} kB")
    verdict.note("a fetch after a change", milliseconds(median(changed)))
    verdict.note("the next fetch", milliseconds(median(kept)))
    verdict.note("memory of the process before and after", f"{before / MEBIBYTE:.0f} MiB, {after / MEBIBYTE:.0f} MiB")
    unchanged = wire("GET", path, "", None, f"If-None-Match: {answer.headers['etag']}")
    loads = [Load("livez", server.url, [wire("GET", "/livez", "")]), Load("unchanged", server.url, [unchanged])]
    seen = side_by_side(loads, Path(trial.here.logs), QUICK if trial.words.quick else WHOLE)
    server.stop()
    one, other = seen["unchanged"], seen["livez"]
    for width, ratio, figures in (
        (8, one.rate / other.rate, f"{one.rate:,.0f}/s, {other.rate:,.0f}/s"),
        (1, other.latency / one.latency, f"{milliseconds(one.latency)}, {milliseconds(other.latency)}"),
    ):
        what = f"304 against livez, connections: {width}"
        text = f"{ratio:.2f} ({figures})"
        if trial.here.is_sqlite:
            verdict.promise(f"{what}, at least {AIM}", text, kept=ratio >= AIM)
        else:
            verdict.note(what, text)
    verdict.promise("other answers than 200 and 304", one.failed + other.failed, kept=one.failed + other.failed == 0)


if __name__ == "__main__":
    run(options(__doc__), calendar)
