"""Kill the server and the worker under load: every event of an acknowledged fact arrives, none of another fact.

Writers post facts of two accounts with two webhooks each. A process serves, another one works. At random moments one of
them, or both, are killed with SIGKILL and started again. At the end each event has arrived at each webhook, with the
bytes that the account has; the events are numbered without gaps; and each one tells of a fact that is there.
"""

import asyncio
import json
import random
import subprocess
import time
from collections import Counter
from typing import Any

import httpx

from tests.trials.crash import Crash, judge_rows
from tests.trials.facts import Writer, writers
from tests.trials.receivers import NETWORKS, Receivers, receiving
from tests.trials.server_process import ROOT, Server, Trial, answers, command, options, run, wait_until

ACCOUNTS, WRITERS_EACH, PAUSE_SECONDS = 2, 4, 0.1
PATHS = ("good1", "good2")
PATIENCE_SECONDS = 600
TOLD = {  # for each kind of fact, its event and the object in it
    "applications": ("application.created", "application"),
    "interviews": ("interview.scheduled", "interview"),
    "follow-ups": ("follow_up.recorded", "follow_up"),
}


class Worker(Server):
    """A real process that does the background work."""

    def start(self) -> None:
        """Start; it works as soon as it is up."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command("worker"), env=self.environment, stderr=log, cwd=ROOT, start_new_session=True
            )


class WebhookCrash(Crash):
    """The crash trial with a process that serves, one that works, and a receiver outside."""

    def __init__(self, trial: Trial, everybody: list[Writer], receivers: Receivers) -> None:
        super().__init__(trial, everybody)
        self.receivers = receivers
        self.server = self.here.server({**NETWORKS, "AFTERWORD_WORKER": "off"})
        self.worker = Worker({**self.here.environment, **NETWORKS}, self.here.logs / "worker.log")
        self.here.servers.append(self.worker)
        self.killed: Counter[str] = Counter()
        self.has_hooks = False

    def _start(self) -> None:
        if not self.server.url or not self._runs(self.server):
            super()._start()
        if not self._runs(self.worker):
            self.worker.start()

    def _runs(self, server: Server) -> bool:
        return server._process is not None and server._process.poll() is None

    async def _make_hooks(self) -> None:
        for number, writer in enumerate(self.everybody):
            # Restarts block this process's event loop, so a connection that is kept may be closed when it is used.
            writer.client.headers["Connection"] = "close"
            for path in PATHS:
                made = {"url": self.receivers.url(f"{path}-{number}")}
                (await writer.client.post("/v1/webhooks", json=made)).raise_for_status()
        self.has_hooks = True

    async def _cycle(self) -> None:
        """Write until a random moment, kill one of the processes or both, and restart."""
        if not self.has_hooks:
            await self._make_hooks()
        cut = asyncio.Event()
        load = [
            asyncio.create_task(self._write_on(writer, cut)) for writer in self.everybody for _ in range(WRITERS_EACH)
        ]
        await asyncio.sleep(random.uniform(0.05, 4))
        victims: list[Server] = random.choice([[self.server], [self.worker], [self.worker], [self.server, self.worker]])
        for victim in victims:
            victim.kill()
            self.killed["worker" if victim is self.worker else "server"] += 1
        cut.set()
        await asyncio.gather(*load)
        began = time.monotonic()
        self._start()
        wait_until(lambda: answers(f"{self.server.url}/readyz"), "the service is back", patience=120)
        self.back_after.append(time.monotonic() - began)

    async def _look(self, *, thorough: bool) -> None:
        """Read a sample back; a busy machine may lose a connection, so three times at most."""
        for left in (2, 1, 0):
            try:
                await super()._look(thorough=thorough)
            except httpx.TransportError:
                if not left:
                    raise
                await asyncio.sleep(1)
            else:
                return

    async def _write_on(self, writer: Writer, until: asyncio.Event) -> None:
        while not until.is_set():
            await writer.send(writer.mix.fact())
            await asyncio.sleep(PAUSE_SECONDS)

    async def judge_deliveries(self) -> None:
        """Wait until nothing waits any more, and compare what arrived with what there is."""
        verdict = self.trial.verdict
        waiting = await self._drain()
        verdict.promise("deliveries that still wait", waiting, kept=waiting == 0)
        gaps, untold, unfounded, missing, different, twice, total = 0, 0, 0, 0, 0, 0, 0
        for number, writer in enumerate(self.everybody):
            events = await writer._all("/v1/events")
            total += len(events)
            sequences = sorted(event["sequence"] for event in events)
            gaps += sequences != list(range(1, len(sequences) + 1))
            untold += self._untold(writer, events)
            unfounded += await self._unfounded(writer, events)
            known = {event["id"]: event for event in events}
            for path in (f"{one}-{number}" for one in PATHS):
                arrived = {id_: bodies for (to, id_), bodies in self.receivers.bodies.items() if to == path}
                missing += len(known.keys() - arrived.keys())
                unfounded += len(arrived.keys() - known.keys())
                twice += sum(len(bodies) > 1 for bodies in arrived.values())
                different += sum(
                    len(set(bodies)) > 1 or json.loads(bodies[0]) != known.get(id_) for id_, bodies in arrived.items()
                )
        verdict.note("kills", dict(self.killed))
        verdict.note("events, each for two webhooks", f"{total:,}")
        verdict.promise("accounts whose events have gaps in their numbers", gaps, kept=gaps == 0)
        verdict.promise("acknowledged facts without an event", untold, kept=untold == 0)
        verdict.promise("events of a fact that is not there", unfounded, kept=unfounded == 0)
        verdict.promise("events that did not arrive", missing, kept=missing == 0 < total)
        verdict.promise("events that arrived with different bytes", different, kept=different == 0)
        verdict.note("arrived more than once, with equal bytes", twice)

    async def _drain(self) -> int:
        """Wait until nothing is pending; return how much still is after a time."""
        left = 0
        for _ in range(PATIENCE_SECONDS):
            left = 0
            for writer in self.everybody:
                hooks = (await writer.client.get("/v1/webhooks")).raise_for_status().json()["items"]
                left += sum(hook["pending"] for hook in hooks)
            if not left:
                return 0
            await asyncio.sleep(1)
        return left

    def _untold(self, writer: Writer, events: list[dict[str, Any]]) -> int:
        told = {(event["type"], object_id(event)) for event in events}
        facts = [(TOLD[kept.fact.kind][0], kept.answer["id"]) for kept in writer.kept if kept.fact.kind in TOLD]
        return sum(fact not in told for fact in facts)

    async def _unfounded(self, writer: Writer, events: list[dict[str, Any]]) -> int:
        kinds = {type_: kind for kind, (type_, _) in TOLD.items()}
        found = 0
        for event in events:
            if event["type"] in kinds:
                href = f"/v1/{kinds[event['type']]}/{object_id(event)}"
                found += (await writer.client.get(href)).status_code != 200
        return found


def object_id(event: dict[str, Any]) -> str | None:
    """Return the id of the object that an event of a fact tells of."""
    name = event["type"].partition(".")[0]
    return (event["data"].get(name) or {}).get("id")


async def webhooks(trial: Trial) -> None:
    with receiving() as receivers:
        async with writers([trial.here.account() for _ in range(ACCOUNTS)]) as everybody:
            one = WebhookCrash(trial, everybody, receivers)
            await one.hold()
            await one.judge_deliveries()
            await one.judge()
            one.server.stop()
            one.worker.stop()
            judge_rows(trial.here, trial, one.differences)


if __name__ == "__main__":
    words = options(__doc__)
    words.set_defaults(kill="server")
    words.add_argument("--kills", type=int, default=30)
    words.add_argument("--writes", type=int, default=1_000, help="minimum number of acknowledged writes")
    run(words, lambda trial: asyncio.run(webhooks(trial)))
