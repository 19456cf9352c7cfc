"""Requests with the ids of another user are answered like requests with unknown ids, and change nothing."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from schemathesis import CheckContext, Response
from schemathesis.checks import CHECKS
from sqlalchemy import Row, Uuid, bindparam, text
from sqlmodel import SQLModel

from api import demo
from api.capture import NOW, Node
from api.http import examples
from api.http.openapi.document import operations
from api.security import hash_password
from tests.conftest import World
from tests.contract.runs import (
    LINKS,
    AnyCase,
    Hooks,
    choice,
    ids_of_record,
    is_beyond_a_schema,
    linked,
    load,
    only,
    run,
    write_readably,
)
from tests.documented import published
from tests.profiles import IS_LONG
from tests.services.checks import rows_of
from tests.services.full_record import record_everything

DOCUMENT: Node = published()
OWNED = {table.name: "user_id" for table in SQLModel.metadata.sorted_tables if "user_id" in table.c}
# Rows as the driver returns them, because converting them takes longer than all else.
ROWS = [
    text(f"SELECT * FROM {table} WHERE {column} = :owner").bindparams(bindparam("owner", type_=Uuid(as_uuid=False)))
    for table, column in {**OWNED, "user_account": "id"}.items()
    if table != "mail_out"
]
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
THEIRS = {name: str(id_) for name, id_ in examples.PARAMETERS.items() if name.endswith("_id")}


def links_of(operation: Node) -> list[str]:
    """Return the fields of an operation's body that hold ids of other objects."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    names = re.findall(r"#/components/schemas/(\w+)", json.dumps(content))
    return [link for name in names for link in DOCUMENT["components"]["schemas"][name]["properties"] if link in LINKS]


BODY_LINKS = {f"{method.upper()} {path}": links_of(operation) for path, method, operation in operations(DOCUMENT)}


@dataclass
class Stranger:
    """A user who has as much as the owner, and whose requests name the owner's objects."""

    world: World
    client: TestClient
    owner: str
    mine: dict[str, str]
    owned: list[Sequence[Row[Any]]] = field(init=False)
    theirs: frozenset[str] = field(init=False)
    tried: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.owned = self.of_the_owner()
        assert sum(map(len, self.owned)) > 50  # otherwise a comparison would show nothing
        self.theirs = frozenset(ID.findall(json.dumps(rows_of(self.world.database, self.owner), default=str)))

    def aim(self, case: AnyCase) -> AnyCase:
        """Put the owner's ids into a case: into its path, or into its body below one of the stranger's own objects."""
        case.headers.pop("Idempotency-Key", None)
        write_readably(case)
        names = [name for name in case.path_parameters if name in THEIRS]
        links = BODY_LINKS[case.operation.label]
        if isinstance(case.body, dict) and links and choice(case, 2 if names else 1) == 0:
            case.path_parameters.update({name: self.mine[name] for name in names})
            link = links[choice(case, len(links))]
            case.body[link] = linked(link, THEIRS)
        elif names:
            whose = list(product((THEIRS, self.mine), repeat=len(names)))[:-1]
            chosen = whose[choice(case, len(whose))]
            case.path_parameters.update({name: ids[name] for name, ids in zip(names, chosen, strict=True)})
        case.query.update({name: linked(name, THEIRS) for name in case.query if name in LINKS})
        return case

    def of_the_owner(self) -> list[Sequence[Row[Any]]]:
        """Return the owner's rows, without password resets: anybody may ask for one, which adds a row."""
        with self.world.database.engine.connect() as connection:
            return [connection.execute(rows, {"owner": self.owner}).all() for rows in ROWS]

    def compare(self, response: Response, case: AnyCase) -> None:
        """Compare an answer with the answer to the same request with ids that nobody has."""
        request = response.request
        body = request.body.encode() if isinstance(request.body, str) else request.body
        address, content = str(request.path_url), body.decode("latin-1") if isinstance(body, bytes) else ""
        named = self.theirs & set(ID.findall(address + content))
        if not named:
            assert response.status_code >= 300 or not self.theirs & set(ID.findall(response.text))
            return
        self.tried[case.operation.label] += 1
        sent = [(name, str(value)) for name, value in request.headers.items() if name.lower() != "content-length"]
        kept = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent]  # drawn values are not ASCII
        twin = self.client.request(
            str(request.method),
            self.nobodys(address),
            content=self.nobodys(content).encode("latin-1"),
            headers=kept,
        )
        assert response.status_code == twin.status_code
        assert without_id(self.nobodys(response.text)) == without_id(twin.text)
        assert self.of_the_owner() == self.owned
        path, _, _ = address.partition("?")
        if named & set(ID.findall(path)) and case.meta is not None and case.meta.generation.mode.is_positive:
            assert response.status_code == 404 or is_beyond_a_schema(response)
        elif named & set(ID.findall(path + content)):
            assert response.status_code >= 400

    def nobodys(self, text: str) -> str:
        """Replace the owner's ids in a text by ids that nobody has."""
        return ID.sub(lambda id_: f"01f00000{id_[0][8:]}" if id_[0] in self.theirs else id_[0], text)


def without_id(text: str) -> object:
    """Return an answer without its request id, which differs in every answer; a file as it is."""
    if not text.startswith("{"):
        return text
    answer = json.loads(text)
    return {name: value for name, value in answer.items() if name != "request_id"}


@pytest.fixture
def stranger(world: World) -> Stranger:
    world.clock.now = NOW
    secret = demo.build(world.database, NOW, hasher=lambda _: hash_password("not the one of the examples"))
    owner = world.anonymous().get("/v1/me", headers={"Authorization": f"Bearer {secret}"}).json()["id"]
    client = world.sign_up()
    return Stranger(world, client, owner, ids_of_record(record_everything(client, NOW)))


@pytest.mark.drawn
@pytest.mark.sqlite(profile="quick")
def test_a_stranger_neither_reads_nor_changes_the_owners_objects(stranger: Stranger) -> None:
    def reveals_nothing(context: CheckContext, response: Response, case: AnyCase) -> None:
        stranger.compare(response, case)

    schemathesis.check(reveals_nothing)
    hooks: Hooks = {"map_case": lambda _, case: stranger.aim(case)}
    headers = {"Authorization": stranger.client.headers["Authorization"]}
    checks = {"enabled": False, "not_a_server_error": {"enabled": True}, "reveals_nothing": {"enabled": True}}
    try:
        phases = only("examples", "fuzzing") if IS_LONG else only("fuzzing")
        schema = load(stranger.world, hooks, headers=headers, checks=checks, phases=phases)
        report = run(schema)
    finally:
        CHECKS.unregister(reveals_nothing.__name__)
    assert not report.failures, "\n".join(report.failures[:20])
    can_name = {label for label, links in BODY_LINKS.items() if links or "_id}" in label}
    assert can_name <= set(stranger.tried)
