"""One token's view of the REST API."""

import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import httpx2

from api.agents.problems import Document, Problem, Refusal
from api.protocol.scopes import missing_scopes

Method = Literal["POST", "PUT", "PATCH", "DELETE"]
UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}", re.ASCII)
REPLAYED = "idempotency-replayed"


def is_id(text: str) -> bool:
    """Tell whether a text has the form of an id."""
    return UUID.fullmatch(text) is not None


def checked_id(name: str, text: str) -> str:
    """Return an argument that is an id, as the API writes it. Raises Refusal for anything else."""
    if not is_id(text):
        raise Refusal(f"{name} wants an id as `find` gives it.")
    return text.lower()


@dataclass(frozen=True)
class Path:
    """An address of the API. `template`: the address without its ids, to say what was not found."""

    address: str
    template: str


def path(template: str, **ids: str) -> Path:
    """Return an address with ids in it. Raises Refusal for anything but an id.

    This is the only place where an argument gets into an address: a client folds `..` and cuts at `?` and `#`.
    """
    return Path(template.format_map({name: checked_id(name, value) for name, value in ids.items()}), template)


@dataclass(frozen=True)
class Current:
    """The token of a call, and the time: what `GET /v1/tokens/current` answers."""

    id: str
    name: str
    kind: str
    scopes: tuple[str, ...]
    agent: bool
    expires_at: str | None
    time_zone: str
    now: datetime

    @classmethod
    def of(cls, document: Document) -> "Current":
        """Read the document."""
        fields = {name: document[name] for name in ("id", "name", "kind", "agent", "expires_at", "time_zone")}
        now = datetime.fromisoformat(document["now"])
        return cls(**fields, scopes=tuple(document["scopes"]), now=now)

    def has(self, *scopes: str) -> bool:
        """Tell whether the token has scopes."""
        return not missing_scopes(scopes, self.scopes)


@dataclass(frozen=True)
class Written:
    """What a write has changed: the report of the API. `body`: the object as it is then, or would be.

    `more_effects`: how many steps change beside those in `effects`. `recomputing`: more change in the background.
    """

    dry_run: bool
    body: Document
    effects: list[Document]
    write: Document | None
    is_replay: bool
    more_effects: int = 0
    recomputing: bool = False


class Api:
    """Requests with one token. `secret`: of the token. `tool`: for whom they are made; the activity log shows it."""

    def __init__(self, http: httpx2.AsyncClient, secret: str, *, request_id: str, tool: str | None = None) -> None:
        self.http, self.secret, self.tool = http, secret, tool
        self.request_id, self._numbers = request_id, itertools.count(1)

    async def current(self) -> Current:
        """Read which token it is, and the time."""
        return Current.of(await self.get(path("/v1/tokens/current")))

    async def get(self, where: Path, **query: str | int | None) -> Document:
        """Read an object. Raises Problem."""
        return _document(await self._send("GET", where, query), where)

    async def get_text(self, where: Path, **query: str | int | None) -> str:
        """Read an object as text. Raises Problem."""
        return (await self._send("GET", where, query)).text

    async def write(
        self,
        method: Method,
        where: Path,
        body: Document | None = None,
        *,
        key: str | None = None,
        etag: str | None = None,
        dry_run: bool = False,
    ) -> Written:
        """Write, or try it only. `key`: of a request that is repeated; `etag`: of the version that is changed."""
        headers = {"Idempotency-Key": key if not dry_run else None, "If-Match": etag}
        query = {"dry_run": "true"} if dry_run else {"effects": "true"}
        answer = await self._send(method, where, query, body, headers)
        report = _document(answer, where)
        return Written(
            dry_run=bool(report["dry_run"]),
            body=report["body"] or {},
            effects=report["effects"] or [],
            write=report["write"],
            is_replay=answer.headers.get(REPLAYED) == "true",
            more_effects=int(report.get("more_effects") or 0),
            recomputing=bool(report.get("recomputing")),
        )

    async def _send(
        self,
        method: str,
        where: Path,
        query: Mapping[str, str | int | None],
        body: Document | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> httpx2.Response:
        sent: dict[str, str | None] = {
            "Authorization": f"Bearer {self.secret}",
            "X-Request-ID": f"{self.request_id}.{next(self._numbers)}",
            "X-Afterword-Tool": self.tool,
            "Content-Type": "application/json" if body is not None else None,
            "Accept": "application/json, text/plain;q=0.5",
            **(headers or {}),
        }
        try:
            answer = await self.http.request(
                method,
                where.address,
                params={name: value for name, value in query.items() if value is not None},
                content=None if body is None else json.dumps(body),
                headers={name: value for name, value in sent.items() if value is not None},
            )
        except httpx2.HTTPError as error:
            raise Problem(503, {"code": "unavailable"}, where.template) from error
        if answer.is_success:
            return answer
        raise Problem(answer.status_code, _problem(answer), where.template)


def _document(answer: httpx2.Response, where: Path) -> Document:
    try:
        document = answer.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise Problem(answer.status_code, {"code": "internal"}, where.template)
    return document


def _problem(answer: httpx2.Response) -> Document:
    """Return the problem document of an answer; a proxy in between may answer with something else."""
    try:
        document = answer.json()
    except ValueError:
        document = None
    unknown = {"code": "unavailable" if answer.status_code > 500 else "internal"}
    found = document if isinstance(document, dict) else unknown
    return {**found, "retry_after": answer.headers.get("retry-after")}
