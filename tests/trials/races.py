"""Concurrent requests on the same data: one effect per key, one success per version, consistent steps, no lock errors.

On PostgreSQL all races run twice, the second time with two processes on one database.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar
from uuid import uuid4

import httpx

from tests.trials.facts import Document, Writer, point_at, writers
from tests.trials.server_process import Server, Trial, options, run

T = TypeVar("T")
AT_ONCE = 50
WRITERS = 32
APPLICATIONS = 6
BODY = {"company": "Race", "role": "Editor"}
LOCKS = re.compile(r"database is locked|deadlock|could not serialize|Traceback", re.IGNORECASE)
ALLOWED = {200, 201, 204, 409, 503}


class Races:
    """The races on one server; `fresh` is a second client, whose reads use another connection."""

    def __init__(self, trial: Trial, server: Server, writer: Writer, fresh: Writer) -> None:
        self.trial, self.server = trial, server
        self.writer, self.client, self.fresh = writer, writer.client, fresh.client
        self.processes = f" ({server.workers} processes)" if server.workers > 1 else ""

    def promise(self, what: str, seen: object, *, kept: bool) -> None:
        self.trial.verdict.promise(f"{what}{self.processes}", seen, kept=kept)

    async def hold(self) -> None:
        quick = self.trial.words.quick
        races: dict[Callable[[int], Awaitable[None]], int] = {
            self.one_key: 2 if quick else 5,
            self.one_version: 3 if quick else 20,
            self.read_own_write: 50 if quick else 500,
            self.one_application: 5 if quick else 20,
            self.everything: 5 if quick else 20,
            self.old_password: 2 if quick else 15,
            self.erased_account: 2 if quick else 15,
        }
        for race, times in self.trial.progress.track(races.items(), description=f"races{self.processes}"):
            await race(times)
        words = self.server.words()
        found = Counter(match.lower() for match in LOCKS.findall(words))
        self.promise("lock errors and tracebacks in the log", dict(found) or "none", kept=not found)

    async def one_key(self, rounds: int) -> None:
        """Send fifty requests with one Idempotency-Key."""
        seen: Counter[str] = Counter()
        made = 0
        for _ in range(rounds):
            company, headers = f"Once {uuid4().hex}", {"Idempotency-Key": str(uuid4())}
            body = {"company": company, "role": "Editor"}
            answers = await at_once(self.client.post("/v1/applications", json=body, headers=headers) for _ in fifty())
            for answer in answers:
                replayed = "idempotency-replayed" in answer.headers
                seen["replayed" if replayed else str(answer.status_code)] += 1
            page = await self.client.get("/v1/applications", params={"company": company})
            made += len(page.raise_for_status().json()["items"])
        first = seen["201"] == made == rounds
        others = seen["replayed"] + seen["409"] + seen["503"] == rounds * (AT_ONCE - 1)
        self.promise(f"one key {AT_ONCE} times, {rounds} rounds", f"{made} made, {dict(seen)}", kept=first and others)

    async def one_version(self, rounds: int) -> None:
        """Send fifty changes of the same version."""
        seen: Counter[int] = Counter()
        right = 0
        application = await self.application()
        address = f"/v1/applications/{application['id']}"
        for _ in range(rounds):
            tag = (await self.client.get(address)).headers["etag"]
            answers = await at_once(
                self.client.patch(address, json={"role": f"Role {number}"}, headers={"If-Match": tag})
                for number in fifty()
            )
            statuses = Counter(answer.status_code for answer in answers)
            right += statuses == {200: 1, 412: AT_ONCE - 1}
            seen += statuses
        self.promise(f"one version {AT_ONCE} times, {rounds} rounds", dict(seen), kept=right == rounds)

    async def read_own_write(self, times: int) -> None:
        """Read over another connection right after the 201."""
        application = await self.application()
        turn = asyncio.Semaphore(8)

        async def is_seen() -> bool:
            async with turn:
                body = {"kind": "general", "text": "Seen at once?"}
                made = await self.client.post(f"/v1/applications/{application['id']}/notes", json=body)
                if made.status_code != 201:
                    return False
                found = await self.fresh.get(made.headers["location"])
                return found.status_code == 200 and found.json() == made.json()

        seen = sum(await at_once(is_seen() for _ in range(times)))
        self.promise("read right after 201", f"{seen} of {times}", kept=seen == times)

    async def one_application(self, each: int) -> None:
        """Run writers of mixed facts on one application."""
        self.writer.mix.applications = [(await self.application())["id"]]
        kinds = ["notes", "follow-ups", "contacts", "stages", "interviews"]

        async def write(number: int) -> None:
            for turn in range(each):
                await self.writer.send(self.writer.mix.fact(kinds[(number + turn) % len(kinds)]))

        await at_once(write(number) for number in range(WRITERS))
        self._judge(f"{WRITERS} writers on one application", self.writer.statuses)

    async def everything(self, each: int) -> None:
        """Run writers on several applications, with facts that affect the steps of all of them."""
        applications = [await self.application() for _ in range(APPLICATIONS)]
        self.writer.mix.applications = [application["id"] for application in applications]
        seen: Counter[int] = Counter()

        async def write(number: int) -> None:
            for turn in range(each):
                seen[await self._reach(applications[turn % APPLICATIONS]["id"], number + turn)] += 1

        await at_once(write(number) for number in range(WRITERS))
        self._judge(f"{WRITERS} writers on {APPLICATIONS} applications", seen)

    async def _reach(self, application: str, number: int) -> int:
        """Write a fact that may affect the steps of other applications; return the status."""
        mix, client, here = self.writer.mix, self.client, f"/v1/applications/{application}"
        turn, kind = divmod(number, 8)
        match kind:
            case 0:
                policy = {"search_days": 1 + turn % 5, "default_interview_minutes": 30 + turn % 3}
                answer = await client.patch("/v1/me/policy", json=policy)
            case 1:
                answer = await client.patch(f"{here}/policy", json={"search_days": 1 + turn % 4})
            case 2:
                zones = ["America/New_York", "Europe/Berlin"]
                answer = await client.patch("/v1/me", json={"time_zone": zones[turn % 2]})
            case 3:
                answer = await client.post("/v1/applications", json=BODY)
                if answer.status_code == 201:
                    answer = await client.delete(answer.headers["location"])
            case 4:
                stage = ["rejected", "interviewing"][turn % 2]
                answer = await client.post(f"{here}/stages", json={"stage": stage})
            case _:
                fact = mix.fact(["search-activities", "interviews", "follow-ups"][number % 3])
                answer = await client.post(fact.path, json=fact.body, headers=fact.headers)
        return answer.status_code

    async def old_password(self, rounds: int) -> None:
        """Sign in with the old password while it is changed: no session of it may work afterwards."""
        seen: Counter[int] = Counter()
        alive = 0
        for number in range(rounds):
            me, old = await self._signed_up()

            async def sign_in(delay: float, body: Document = old) -> httpx.Response:
                await asyncio.sleep(delay)
                return await self.client.post("/v1/sessions", json=body)

            wanted = {"current_password": old["password"], "password": f"another pass phrase {number}"}
            changing = self.client.put("/v1/me/password", json=wanted, headers=me)
            changed, *answers = await at_once([changing, *(sign_in(number / 50 + turn / 10) for turn in range(6))])
            seen.update([changed.status_code, *(answer.status_code for answer in answers)])
            for answer in (one for one in answers if one.status_code == 201):
                session = {"Authorization": f"Bearer {answer.json()['token']}"}
                alive += (await self.client.get("/v1/me", headers=session)).status_code != 401
        kept = not alive and seen[204] == rounds and set(seen) <= {201, 204, 401, 503}
        self.promise(f"a new password beside sign-ins, {rounds} rounds", f"{alive} alive, {dict(seen)}", kept=kept)

    async def erased_account(self, rounds: int) -> None:
        """Write to an account while it is erased: a clear refusal, never a fault of the server."""
        seen: Counter[int] = Counter()
        for _ in range(rounds):
            me, account = await self._signed_up()
            made = await self.client.post("/v1/applications", json=BODY, headers=me)
            notes = f"/v1/applications/{made.json()['id']}/notes"
            asked = await self.client.delete("/v1/me", headers=me)
            code = {"confirmation": asked.json()["confirmation"]}
            password = {"password": account["password"]}

            async def write(_number: int, href: str = notes, who: dict[str, str] = me) -> None:
                status = 201
                while status in (201, 503):  # until the account is gone
                    note = {"kind": "general", "text": "Too late?"}
                    status = (await self.client.post(href, json=note, headers=who)).status_code
                    seen[status] += 1

            writing = asyncio.gather(*map(write, range(WRITERS // 4)))
            erased = await self.client.request("DELETE", "/v1/me", params=code, json=password, headers=me)
            await writing
            seen[erased.status_code] += 1
        kept = seen[204] == rounds and set(seen) <= {201, 204, 401, 404, 503}
        self.promise(f"{WRITERS // 4} writers on an account that is erased, {rounds} rounds", dict(seen), kept=kept)

    async def _signed_up(self) -> tuple[dict[str, str], Document]:
        """Open an account; return the header of a session and the body of a sign-in."""
        body = {"email": f"race-{uuid4().hex}@example.com", "password": f"pass phrase {uuid4().hex}"}
        profile = {"full_name": "Race", "time_zone": "Europe/Berlin"}
        (await self.client.post("/v1/users", json={**body, **profile})).raise_for_status()
        session = (await self.client.post("/v1/sessions", json=body)).raise_for_status().json()
        return {"Authorization": f"Bearer {session['token']}"}, body

    def _judge(self, what: str, statuses: Counter[int]) -> None:
        self.promise(what, dict(statuses), kept=set(statuses) <= ALLOWED)
        difference = self.trial.here.differences()
        self.promise("  their steps against a fresh evaluation", difference or "0 differences", kept=not difference)

    async def application(self) -> Document:
        document: Document = (await self.client.post("/v1/applications", json=BODY)).raise_for_status().json()
        return document


def fifty() -> range:
    return range(AT_ONCE)


async def at_once(requests: Iterable[Awaitable[T]]) -> list[T]:
    return list(await asyncio.gather(*requests))


async def races(trial: Trial, workers: int) -> None:
    server = trial.here.server(workers=workers)
    server.start()
    token = trial.here.account()
    async with writers([token, token]) as both:
        point_at(both, server.url)
        await Races(trial, server, *both).hold()
    server.stop()


def everywhere(trial: Trial) -> None:
    for workers in (1,) if trial.here.is_sqlite else (1, 2):
        asyncio.run(races(trial, workers))


if __name__ == "__main__":
    run(options(__doc__), everywhere)
