"""Writers of mixed facts: they keep the acknowledged answers and read the facts back."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx
from uuid_utils.compat import uuid7

Document = dict[str, Any]
MARKED = {  # for each kind, the field with a unique text
    "applications": "company",
    "contacts": "full_name",
    "interviews": "location",
    "notes": "text",
    "follow-ups": "summary",
    "stages": "note",
    "search-activities": "note",
}
BY_THEMSELVES = ("applications", "contacts", "search-activities")
WEIGHTS = {"notes": 45, "follow-ups": 20, "contacts": 14, "stages": 12, "interviews": 6, "applications": 3}
MOVES = {
    "possible_duplicate",
    "etag",
    "version",
    "updated_at",
    "stage",
    "offered_at",
    "closed_at",
    "closed_outcome",
}  # fields that later facts change
RECENT = 8


@dataclass(frozen=True)
class Fact:
    """A POST with a unique text, and with a client id, an Idempotency-Key or both."""

    kind: str
    body: Document
    within: str | None = None
    key: str | None = None

    @property
    def path(self) -> str:
        return f"/v1/applications/{self.within}/{self.kind}" if self.within else f"/v1/{self.kind}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Idempotency-Key": self.key} if self.key else {}

    @property
    def marker(self) -> str:
        return str(self.body[MARKED[self.kind]])


class Mix:
    """Generates facts of one account about its newest acknowledged applications."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.applications: list[str] = []
        self.interviews: dict[str, list[str]] = {}

    def fact(self, kind: str | None = None) -> Fact:
        random = self.random
        kind = kind or random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        within = None
        if kind not in BY_THEMSELVES:
            if not self.applications:
                return self.fact("applications")
            within = random.choice(self.applications[-RECENT:])
        body: Document = {MARKED[kind]: f"trial {uuid4().hex}", **self._rest(kind, within)}
        key = str(uuid4()) if random.random() < 0.3 else None
        if key is None or random.random() < 0.5:
            body["id"] = str(UUID(int=uuid7().int))
        return Fact(kind, body, within, key)

    def _rest(self, kind: str, within: str | None) -> Document:
        random = self.random
        now = datetime.now(UTC)
        began = now - timedelta(days=random.randint(1, 20), minutes=random.randint(0, 600))
        rounds = self.interviews.get(within or "", ())
        rest: dict[str, Document] = {
            "applications": {"role": "Editor", "applied_on": (now - timedelta(days=30)).date().isoformat()},
            "contacts": {"job_title": "Recruiter", "phone": "+1 555 0100"},
            "interviews": {"starts_at": began.isoformat(), "ends_at": (began + timedelta(hours=1)).isoformat()},
            "notes": {
                "kind": random.choice(["positive", "concern", "general"]),
                "interview_id": random.choice(rounds) if rounds else None,
            },
            "follow-ups": {
                "direction": "out",
                "channel": "phone",
                "outcome": random.choice(["spoke", "no_answer", "left_message"]),
            },
            "stages": {"stage": random.choice(["applied", "interviewing", "interviewing", "offered"])},
            "search-activities": {"kind": "search"},
        }
        return rest[kind]

    def learned(self, fact: Fact, answer: Document) -> None:
        """Remember an acknowledged application or interview, so that later facts can refer to it."""
        if fact.kind == "applications":
            self.applications.append(answer["id"])
        elif fact.kind == "interviews" and fact.within:
            self.interviews.setdefault(fact.within, []).append(answer["id"])

    def forget(self, facts: Iterable["Acknowledged"]) -> None:
        """Forget the ids of lost facts."""
        gone = {kept.answer["id"] for kept in facts}
        self.applications = [id_ for id_ in self.applications if id_ not in gone]
        self.interviews = {app: [id_ for id_ in ids if id_ not in gone] for app, ids in self.interviews.items()}


@dataclass(frozen=True)
class Acknowledged:
    """An acknowledged fact with its answer."""

    fact: Fact
    answer: Document

    def stands(self, now: Document) -> bool:
        """Tell whether an object still equals its acknowledged answer, except for fields that later facts change."""
        return all(now[name] == value for name, value in self.answer.items() if name not in MOVES)


@dataclass
class Writer:
    """A writer of one account: its client, its facts and their answers."""

    client: httpx.AsyncClient
    mix: Mix
    kept: list[Acknowledged] = field(default_factory=list)
    unanswered: list[Fact] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    retried: Counter[str] = field(default_factory=Counter)

    async def write_on(self, until: asyncio.Event) -> None:
        """Send facts one after another until the event is set."""
        while not until.is_set():
            if await self.send(self.mix.fact()) is None:
                await asyncio.sleep(0.1)

    async def send(self, fact: Fact) -> Document | None:
        """Send a fact; add it to `kept` after a complete 201, or to `unanswered` if the outcome is unknown."""
        try:
            answer = await self.client.post(fact.path, json=fact.body, headers=fact.headers)
        except httpx.TransportError:
            self.unanswered.append(fact)
            return None
        self.statuses[answer.status_code] += 1
        if answer.status_code == 201:
            document: Document = answer.json()
            self.kept.append(Acknowledged(fact, document))
            self.mix.learned(fact, document)
            return document
        if answer.status_code >= 500:
            self.unanswered.append(fact)
        return None

    async def retry(self) -> None:
        """Repeat the unanswered facts that have an Idempotency-Key."""
        again, self.unanswered = self.unanswered, []
        for fact in again:
            if fact.key is None:
                self.unanswered.append(fact)
            elif await self.send(fact) is not None:
                self.retried[fact.marker] += 1

    async def lost(self, kept: Sequence[Acknowledged]) -> list[Acknowledged]:
        """Read facts by their addresses; return those that are missing or differ from the acknowledged answer."""
        turn = asyncio.Semaphore(8)

        async def is_there(one: Acknowledged) -> bool:
            async with turn:
                answer = await self.client.get(f"/v1/{one.fact.kind}/{one.answer['id']}")
                return answer.status_code == 200 and one.stands(answer.json())

        found = await asyncio.gather(*map(is_there, kept))
        return [one for one, there in zip(kept, found, strict=True) if not there]

    async def inventory(self) -> tuple[Counter[str], int]:
        """Count all markers in all lists, and the applications without a stage or without just one search activity."""
        found: Counter[str] = Counter()
        ids = []
        for kind in BY_THEMSELVES:
            rows = await self._all(f"/v1/{kind}")
            found.update(str(row[MARKED[kind]]) for row in rows)
            if kind == "applications":
                ids = [row["id"] for row in rows]
            elif kind == "search-activities":
                begun = Counter(row["application_id"] for row in rows)
        halves = 0
        for id_ in ids:
            for kind in MARKED.keys() - set(BY_THEMSELVES):
                rows = await self._all(f"/v1/applications/{id_}/{kind}")
                found.update(str(row[MARKED[kind]]) for row in rows)
                halves += kind == "stages" and (not rows or begun[id_] != 1)
        return found, halves

    async def _all(self, path: str) -> list[Document]:
        rows: list[Document] = []
        cursor: str | None = None
        while True:
            answer = await self.client.get(path, params={"limit": 200, **({"cursor": cursor} if cursor else {})})
            page = answer.raise_for_status().json()
            rows, cursor = rows + page["items"], page["next_cursor"]
            if cursor is None:
                return rows


@asynccontextmanager
async def writers(tokens: Sequence[str]) -> AsyncIterator[list[Writer]]:
    """Open a client for each account. `point_at` sets their base URL after each start of a server."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with AsyncExitStack() as stack:
        yield [
            Writer(
                await stack.enter_async_context(
                    httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, limits=limits, timeout=30)
                ),
                Mix(seed),
            )
            for seed, token in enumerate(tokens)
        ]


def point_at(everybody: Iterable[Writer], url: str) -> None:
    for writer in everybody:
        writer.client.base_url = httpx.URL(url)
