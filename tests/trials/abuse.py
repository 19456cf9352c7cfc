"""One hostile account at full speed beside a normal one: the normal one's writes are all served, and soon.

The hostile account comes from an address of its own (Linux: 127.0.0.2). It has many applications and several tokens,
and uses all its means at once: expensive writes and reads, bodies of unknown fields, tokens that do not exist, clients
that send a byte a second, and clients that read one. It shares the processors with the server.
"""

import asyncio
import multiprocessing
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, cycle

import httpx
import uvloop

from api.security import PERSONAL_PREFIX, new_token
from tests.trials import load
from tests.trials.load import BROKEN, Connection
from tests.trials.server_process import Server, Trial, forget_the_peak, memory, milliseconds, options, percentile, run

HOSTILE = ("127.0.0.2", 0)
# As by default; the other trials switch these limits off.
LIMITS = {"AFTERWORD_REQUESTS_PER_MINUTE": "6000", "AFTERWORD_MAX_CONNECTIONS_PER_ADDRESS": "200"}
WRITERS, READERS, SENDERS = 8, 8, 4
SLOW_READERS = SLOW_SENDERS = 50
WRITES_PER_SECOND = 5.0
TOKENS = 10
LARGE_PAGE = "/docs/files/swagger-ui-bundle.js"  # a megabyte, for everybody
UNKNOWN = {f"{number:05x}": 1 for number in range(19_200)}  # 212 kB
MB = 1_000_000


@dataclass(frozen=True)
class Hostile:
    """What the hostile account has: the server's port, its tokens, and the ids of its applications."""

    port: int
    tokens: tuple[str, ...]
    applications: tuple[str, ...]
    seconds: float

    def writes(self) -> Iterator[bytes]:
        """Yield the writes that cost most: they concern every application of the account."""
        began = datetime.now(UTC) - timedelta(days=3)
        times = {"starts_at": began.isoformat(), "ends_at": (began + timedelta(hours=1)).isoformat()}
        for number, token, app in zip(count(), cycle(self.tokens), cycle(self.applications), strict=False):
            here = f"/v1/applications/{app}"
            yield load.request("PATCH", "/v1/me/policy", token, {"thank_you_hours": 20 + number % 8})
            yield load.request("PATCH", "/v1/me", token, {"time_zone": ("Europe/Berlin", "Asia/Tokyo")[number % 2]})
            yield load.request("POST", "/v1/search-activities", token, {"kind": "search"})
            yield load.request("POST", f"{here}/interviews", token, times)
            yield load.request("POST", "/v1/applications", token, {"company": "Hostile", "role": "Load"})
            yield load.request("POST", f"{here}/notes", token, {"kind": "general", "text": "x" * 20_000})
            yield load.request("POST", "/v1/tokens", token, {"name": "more"})

    def reads(self) -> Iterator[bytes]:
        """Yield the reads that cost most."""
        for token, app in zip(cycle(self.tokens), cycle(self.applications), strict=False):
            expand = "expand=contacts,interviews,steps,next_action"
            yield load.request("GET", f"/v1/applications?limit=200&{expand}", token)
            yield load.request("GET", f"/v1/applications/{app}/steps?explain=true", token)
            yield load.request("GET", "/v1/queue?limit=200&explain=true&state=overdue,open,upcoming", token)
            yield load.request("GET", "/v1/queue/summary", token)
            yield load.request("GET", "/v1/me/export", token)

    def unknown_fields(self) -> Iterator[bytes]:
        """Yield large bodies of unknown fields: with a token, with one that does not exist, without any."""
        for token in cycle(self.tokens):
            yield load.request("POST", "/v1/applications", token, UNKNOWN)
            yield load.request("POST", "/v1/applications", new_token(PERSONAL_PREFIX), UNKNOWN)
            yield load.request("POST", "/v1/sessions", "", UNKNOWN)


@dataclass
class Damage:
    """The statuses of the hostile requests, and after how many seconds each slow reader was disconnected."""

    statuses: Counter[int] = field(default_factory=Counter)
    cut: list[float] = field(default_factory=list)
    connected: int = 0


def attack(hostile: Hostile) -> Damage:
    """Use all means for a time; runs in a process of its own."""
    return uvloop.run(_attack(hostile))


async def _attack(hostile: Hostile) -> Damage:
    damage, end = Damage(), time.monotonic() + hostile.seconds
    means: list[tuple[Callable[[], Iterator[bytes]], int]] = [
        (hostile.writes, WRITERS),
        (hostile.reads, READERS),
        (hostile.unknown_fields, SENDERS),
    ]
    clients = [_client(hostile.port, requests(), end, damage) for requests, times in means for _ in range(times)]
    large = load.request("GET", LARGE_PAGE, "") + next(hostile.reads())
    clients += [_slow_reader(hostile.port, large * 5, end, damage) for _ in range(SLOW_READERS)]
    slow = load.head("POST", "/v1/applications", hostile.tokens[0], "Content-Length: 100000")
    clients += [_slow_sender(hostile.port, slow, end) for _ in range(SLOW_SENDERS)]
    await asyncio.gather(*clients)
    return damage


async def _connect(port: int) -> Connection:
    return Connection(*await asyncio.open_connection("127.0.0.1", port, local_addr=HOSTILE))


async def _client(port: int, requests: Iterator[bytes], end: float, damage: Damage) -> None:
    """Send requests one after the other."""
    while time.monotonic() < end:
        connection, status = None, load.NO_ANSWER
        with suppress(*BROKEN, TimeoutError, asyncio.LimitOverrunError):  # the last one: an answer of unknown length
            connection = await _connect(port)
            while time.monotonic() < end and connection.is_open:
                status = load.NO_ANSWER
                async with asyncio.timeout(20):
                    status = await connection.ask(next(requests))
                damage.statuses[status] += 1
        if status == load.NO_ANSWER:
            damage.statuses[status] += 1
            await asyncio.sleep(0.05)
        if connection is not None:
            connection.close()


async def _slow_reader(port: int, requests: bytes, end: float, damage: Damage) -> None:
    """Ask for large answers again and again, and read a byte a second, with a buffer as small as possible."""
    loop = asyncio.get_running_loop()
    while time.monotonic() < end:
        with socket.socket() as client, suppress(OSError):
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            client.setblocking(False)
            client.bind(HOSTILE)
            await loop.sock_connect(client, ("127.0.0.1", port))
            began = time.monotonic()
            damage.connected += 1
            try:
                await loop.sock_sendall(client, requests)
                while time.monotonic() < end and await loop.sock_recv(client, 1):
                    await asyncio.sleep(1)
                    if client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):  # a reset; received bytes are still there
                        break
            finally:
                if time.monotonic() < end:
                    damage.cut.append(time.monotonic() - began)
        await asyncio.sleep(0.5)


async def _slow_sender(port: int, start: bytes, end: float) -> None:
    while time.monotonic() < end:
        with suppress(*BROKEN):
            connection = await _connect(port)
            connection.writer.write(start)
            while time.monotonic() < end and not connection.writer.transport.is_closing():
                connection.writer.write(b" ")
                await asyncio.sleep(1)
            connection.close()
        await asyncio.sleep(0.5)


class Abuse:
    """A trial on one server with a hostile account and a normal one."""

    def __init__(self, trial: Trial, server: Server) -> None:
        self.trial, self.server, self.verdict = trial, server, trial.verdict
        self.seconds = 8.0 if trial.words.quick else trial.words.seconds
        self.normal, self.hostile = trial.here.account(), trial.here.account()
        self.writes, self.reads, self.alive = load.Seen(), load.Seen(), load.Seen()

    def hold(self) -> None:
        hostile = self._fill(40 if self.trial.words.quick else self.trial.words.applications)
        before = forget_the_peak(self.server.pid)
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            under_way = pool.submit(attack, hostile)
            time.sleep(1)
            self._work()
            damage = under_way.result()
        self._report(damage, memory(self.server.pid, "VmHWM") - before)

    def _client(self, token: str) -> httpx.Client:
        return httpx.Client(base_url=self.server.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)

    def _fill(self, applications: int) -> Hostile:
        """Give the hostile account applications with two rounds each, and several tokens."""
        began = datetime.now(UTC) - timedelta(days=20)
        times = {"starts_at": began.isoformat(), "ends_at": (began + timedelta(hours=1)).isoformat()}
        ids: list[str] = []
        with self._client(self.hostile) as client:
            for number in self.trial.progress.track(range(applications), description="the hostile account"):
                body = {"company": f"Company {number}", "role": "Editor"}
                ids.append(client.post("/v1/applications", json=body).raise_for_status().json()["id"])
                for _ in range(2):
                    client.post(f"/v1/applications/{ids[-1]}/interviews", json=times).raise_for_status()
            tokens = [client.post("/v1/tokens", json={"name": str(number)}).json()["token"] for number in range(TOKENS)]
        port = int(self.server.url.rpartition(":")[2])
        return Hostile(port, tuple(tokens), tuple(ids), self.seconds + 2)

    def _work(self) -> None:
        """Be the normal account: a few writes a second, each followed by a read of the queue."""
        began = time.monotonic()
        with self._client(self.normal) as client:
            app = None
            steps = self.trial.progress.track(range(int(self.seconds * WRITES_PER_SECOND)), description="both accounts")
            for number in steps:
                time.sleep(max(0.0, began + number / WRITES_PER_SECOND - time.monotonic()))
                path, body = "/v1/applications", {"company": "Acme", "role": "Editor"}
                if app is not None and number % 25:
                    path, body = f"/v1/applications/{app}/notes", {"kind": "general", "text": "A note."}
                answer = self._ask(self.writes, client, "POST", path, body)
                if path == "/v1/applications" and answer is not None and answer.status_code == 201:
                    app = answer.json()["id"]
                self._ask(self.reads, client, "GET", "/v1/queue")
                self._ask(self.alive, client, "GET", "/livez")

    def _ask(
        self, seen: load.Seen, client: httpx.Client, method: str, path: str, body: object = None
    ) -> httpx.Response | None:
        began, answer = time.monotonic(), None
        with suppress(httpx.TransportError):
            answer = client.request(method, path, json=body)
        seen.add(answer.status_code if answer is not None else load.NO_ANSWER, time.monotonic() - began)
        return answer

    def _report(self, damage: Damage, growth: int) -> None:
        verdict, writes = self.verdict, self.writes
        p99 = percentile(writes.accepted, 0.99)
        verdict.promise(
            "writes of the normal account: all served", _summary(writes), kept=set(writes.statuses) == {201}
        )
        verdict.note("  of these 503", writes.statuses[503])
        verdict.promise("  p99 at most 0.5 s", _times(writes), kept=p99 <= 0.5)
        verdict.note("its reads of the queue", f"{_summary(self.reads)}; {_times(self.reads)}")
        verdict.note("/livez", f"{_summary(self.alive)}; {_times(self.alive)}")
        verdict.note("requests of the hostile account", _statuses(damage.statuses))
        slowest = f"{len(damage.cut)} of {damage.connected} within {max(damage.cut, default=float('nan')):.0f} s"
        verdict.note("its readers of a byte a second: disconnected", slowest)
        verdict.note("memory of the server grows by", f"{growth / MB:,.0f} MB")
        self.verdict.promise(
            "no fault of the server", self.server.words().count('"fault"'), kept=not damage.statuses[500]
        )


def _times(seen: load.Seen) -> str:
    p50, p99 = (milliseconds(percentile(seen.accepted, share)) for share in (0.5, 0.99))
    return f"p50 {p50}, p99 {p99}, max {milliseconds(max(seen.accepted, default=float('nan')))}"


def _summary(seen: load.Seen) -> str:
    return _statuses(seen.statuses)


def _statuses(statuses: Counter[int]) -> str:
    names = {load.NO_ANSWER: "no answer"}
    return ", ".join(f"{names.get(status, status)}: {times:,}" for status, times in sorted(statuses.items())) or "none"


def abuse(trial: Trial) -> None:
    server = trial.here.server(LIMITS)
    server.start()
    Abuse(trial, server).hold()
    server.stop()


if __name__ == "__main__":
    parser = options(__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the hostile account works")
    parser.add_argument("--applications", type=int, default=200, help="how many applications it has")
    run(parser, abuse)
