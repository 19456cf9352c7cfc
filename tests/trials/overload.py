"""Send more than the service can do: accepted requests stay fast, the rest is refused, and the service recovers.

The trial measures the capacity, sends five times as much, then runs clients that send a byte a second beside a normal
load, then sends bodies of 300 MB. The load comes from separate processes, but shares the processors with the server.
"""

import multiprocessing
import statistics
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random

import httpx

from tests.trials import load
from tests.trials.server_process import Server, Trial, forget_the_peak, memory, milliseconds, options, percentile, run

ACCOUNTS, APPLICATIONS_EACH = 4, 15
QUEUE = "/v1/queue?limit=50"
ALLOWED = {200, 201, 429, 503}
TIMES = 5
NORMAL = 0.3
PATIENCE = 35
MB = 1_000_000


class Overload:
    """A trial on one server with a few accounts, and the processes that load it."""

    def __init__(self, trial: Trial, server: Server, pool: ProcessPoolExecutor) -> None:
        self.trial, self.server, self.pool, self.verdict = trial, server, pool, trial.verdict
        self.quick = trial.words.quick
        self.tokens = [trial.here.account() for _ in range(1 if self.quick else ACCOUNTS)]
        self.notes: list[tuple[str, str]] = []
        self.capacity = self.idle = 0.0

    def hold(self) -> None:
        phases = [self._fill, self._measure, self._offer_too_much, self._creep, self._pour]
        for phase in self.trial.progress.track(phases, description="overload"):
            phase()

    @property
    def target(self) -> load.Target:
        """The load: four reads of the queue for each new note."""
        random = Random(1)
        body = {"kind": "general", "text": "A note under load."}
        requests = [
            load.request("POST", path, token, body) if random.random() < 0.2 else load.request("GET", QUEUE, token)
            for token, path in self.notes * 10
        ]
        random.shuffle(requests)
        return load.Target(int(self.server.url.rpartition(":")[2]), tuple(requests))

    def _fill(self) -> None:
        """Give each account applications with past rounds, so that the queue has a full page."""
        began = datetime.now(UTC) - timedelta(days=20)
        times = {"starts_at": began.isoformat(), "ends_at": (began + timedelta(hours=1)).isoformat()}
        for token in self.tokens:
            with self._client(token) as client:
                for number in range(APPLICATIONS_EACH):
                    body = {"company": f"Company {number}", "role": "Editor"}
                    made = client.post("/v1/applications", json=body).raise_for_status().json()
                    here = f"/v1/applications/{made['id']}"
                    client.post(f"{here}/interviews", json=times).raise_for_status()
                    self.notes.append((token, f"{here}/notes"))

    def _client(self, token: str) -> httpx.Client:
        return httpx.Client(base_url=self.server.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)

    def _measure(self) -> None:
        with self._client(self.tokens[0]) as client:
            self.idle = statistics.median(self._probe(client) for _ in range(60))
        seconds = 3 if self.quick else 8
        seen = self.pool.submit(load.closed_loop, self.target, 8, seconds).result()
        self.capacity = len(seen.accepted) / seconds
        self.verdict.note("a single request, median", milliseconds(self.idle))
        self.verdict.note("capacity, 8 clients", f"{self.capacity:,.0f}/s, {_figures(seen)}")

    def _probe(self, client: httpx.Client) -> float:
        """Return the seconds of one read; infinity if it is refused."""
        began = time.monotonic()
        try:
            status = client.get(QUEUE).status_code
        except httpx.TransportError:
            status = load.NO_ANSWER
        return time.monotonic() - began if status == 200 else float("inf")

    def _offer_too_much(self) -> None:
        rate, seconds = TIMES * self.capacity, 5 if self.quick else 15
        begin = time.monotonic() + 0.5
        under_way = self.pool.submit(load.open_loop, self.target, rate, begin, seconds)
        time.sleep(max(0.0, begin + seconds - time.monotonic()))
        back = self._back_after()
        seen = under_way.result()
        self.verdict.note(f"{rate:,.0f}/s offered for {seconds} s", _figures(seen))
        self.verdict.note("  served; the generator's own lag", f"{seen.share:.0%}; {milliseconds(seen.lag)}")
        p99 = percentile(seen.accepted, 0.99)
        self.verdict.promise("  accepted p99 at most 1 s", milliseconds(p99), kept=p99 <= 1)
        self.verdict.promise(
            "  only 200, 201, 429 and 503", _summary(seen.statuses), kept=set(seen.statuses) <= ALLOWED
        )
        self.verdict.promise("  recovered within 2 s", f"after {back:.1f} s", kept=back <= 2)

    def _back_after(self) -> float:
        """Return the seconds until the median of nine reads is at most twice the idle one; at most 60."""
        began, latest = time.monotonic(), [float("inf")] * 9
        with self._client(self.tokens[0]) as client:
            while statistics.median(latest) > 2 * self.idle and time.monotonic() - began < 60:
                latest = [*latest[1:], self._probe(client)]
        return time.monotonic() - began

    def _creep(self) -> None:
        each = 50 if self.quick else 200
        token, path = self.notes[0]
        slow = self.pool.submit(load.slow_clients, self.target, token, path, each, PATIENCE)
        rate, begin = NORMAL * self.capacity, time.monotonic() + 0.5
        normal = self.pool.submit(load.open_loop, self.target, rate, begin, PATIENCE).result()
        cut = slow.result()
        after = [seconds for seconds in cut.after if seconds is not None]
        words = f"{len(after)} of {len(cut.after)}, {_seconds(after)}, {_summary(cut.statuses)}"
        in_time = sum(seconds <= 30 for seconds in after) == len(cut.after)
        self.verdict.promise("slow clients disconnected within 30 s", words, kept=in_time)
        self.verdict.note(f"  {rate:,.0f}/s beside them", _figures(normal))
        self.verdict.promise("  of these at least 90 % served", f"{normal.share:.1%}", kept=normal.share >= 0.9)

    def _pour(self) -> None:
        token, path = self.notes[0]
        each, size = (2, 50 * MB) if self.quick else (10, 300 * MB)
        before = forget_the_peak(self.server.pid)
        statuses = self.pool.submit(load.large_bodies, self.target, token, path, each, size).result()
        growth = memory(self.server.pid, "VmHWM") - before
        self.verdict.promise(f"{2 * each} bodies of {size // MB} MB", _summary(statuses), kept=set(statuses) <= {413})
        grown = f"{growth / MB:,.0f} MB, from {before / MB:,.0f}"
        self.verdict.promise("  memory grows by less than 100 MB", grown, kept=growth < 100 * MB)


def _figures(seen: load.Seen) -> str:
    p50, p99 = (milliseconds(percentile(seen.accepted, share)) for share in (0.5, 0.99))
    return f"accepted p50 {p50}, p99 {p99}; {_summary(seen.statuses)}"


def _summary(statuses: Counter[int]) -> str:
    names = {load.NO_ANSWER: "no answer"}
    return ", ".join(f"{names.get(status, status)}: {times:,}" for status, times in sorted(statuses.items())) or "none"


def _seconds(values: list[float]) -> str:
    return f"after {min(values):.1f} to {max(values):.1f} s" if values else "never"


def overload(trial: Trial) -> None:
    server = trial.here.server()
    server.start()
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        Overload(trial, server, pool).hold()
    server.stop()


if __name__ == "__main__":
    run(options(__doc__), overload)
