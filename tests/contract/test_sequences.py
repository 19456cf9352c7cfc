"""Sequences of requests that use the ids of earlier answers: new objects exist, deleted ones do not.

A stranger sends each request with an id before the owner does. Links between operations are inferred from the document.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, ClassVar

import hypothesis
import pytest
from fastapi.testclient import TestClient
from schemathesis import CheckContext, CheckFunction, Response
from schemathesis.generation.stateful.state_machine import RecordingStateMachine
from sqlalchemy import insert, select, update
from sqlmodel import SQLModel

from api.capture import NOW, Node
from tests.conftest import World
from tests.contract.conftest import Numbers
from tests.contract.runs import (
    HASHING,
    LINKS,
    AnyCase,
    as_a_client_sends_it,
    choice,
    ids_of_record,
    linked,
    load,
    names_objects,
    only,
    tell,
)
from tests.drawing import limits
from tests.profiles import SEED, budget
from tests.services.full_record import record_everything

SEQUENCES = budget(quick=24, long=100)
STEPS = 8
# Hashing operations make accounts that the next sequence would find. A restored object exists after its deletion,
# which schemathesis reports as an error; tests/http tests restoring.
LEFT_OUT = (*HASHING, "restore_application", "restore_contact")
OFF: Node = {"stateful": {"enabled": False}}


@dataclass
class Template:
    """A user with an object of every kind, and a way to copy that user with the same ids."""

    world: World
    client: TestClient
    numbers: Numbers
    users: int = 0
    user: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ids = ids_of_record(record_everything(self.client, NOW))
        self.user = str(self.client.get("/v1/me").json()["id"])

    def copy(self) -> TestClient:
        """Open an account with the same objects; its next objects get the same ids as those of the other copies."""
        self.users += 1
        self.numbers.last = self.users << 32
        client = self.world.sign_up()
        user = client.get("/v1/me").json()["id"]
        with self.world.database.engine.begin() as connection:
            accounts = SQLModel.metadata.tables["user_account"]
            told = select(accounts.c.listens, accounts.c.event_count).where(accounts.c.id == self.user)
            counts = connection.execute(told).mappings().one()
            connection.execute(update(accounts).where(accounts.c.id == user).values(**counts))
            for table in SQLModel.metadata.sorted_tables:
                if "user_id" in table.c and table.name not in ("token", "mail_out", "search_entry"):
                    rows = connection.execute(select(table).where(table.c.user_id == self.user)).mappings().all()
                    new = {"user_id": user, **({"hash": user} if "hash" in table.c else {})}
                    copies = [{**row, **new} for row in rows]
                    if copies:
                        connection.execute(insert(table), copies)
        self.numbers.last = 1 << 24
        return client


class Sequences(RecordingStateMachine):
    """A state machine that starts each sequence with a new user, so that a sequence can be repeated."""

    template: ClassVar[Template]
    stranger: ClassVar[TestClient]
    counts: ClassVar[Counter[str]]

    def setup(self) -> None:
        self.counts["sequences"] += 1
        self.owner = self.template.copy()

    def get_call_kwargs(self, _case: AnyCase) -> dict[str, Any]:
        return {"headers": {"Authorization": self.owner.headers["Authorization"]}}

    def before_call(self, case: AnyCase) -> None:
        """Use existing ids wherever no link sets one; a random id hardly ever exists."""
        case.query.pop("dry_run", None)
        ids = self.template.ids
        if not self.follows(case):
            case.path_parameters.update({name: id_ for name, id_ in ids.items() if name in case.path_parameters})
        if isinstance(case.body, dict) and choice(case, 4):
            case.body.update({link: linked(link, ids) for link in LINKS if names_objects(case, link)})
        if case.path_parameters:
            self.strange = case.derive().call(headers={"Authorization": self.stranger.headers["Authorization"]})

    def validate_response(
        self, response: Response, case: AnyCase, additional_checks: list[CheckFunction] | None = None, **options: Any
    ) -> None:
        self.counts["requests"] += 1
        self.counts["with success"] += response.status_code < 300
        self.counts["followed with success"] += response.status_code < 300 and self.follows(case)
        checks = [*(additional_checks or ()), self.a_stranger_found_nothing]
        super().validate_response(response, case, checks, **options)

    def follows(self, case: AnyCase) -> bool:
        return self.recorder.cases[case.id].is_transition_applied

    def a_stranger_found_nothing(self, _context: CheckContext, response: Response, case: AnyCase) -> None:
        if case.path_parameters:
            assert self.strange.status_code >= 400
            assert response.status_code >= 300 or self.strange.status_code == 404


@pytest.mark.drawn
@pytest.mark.sqlite(profile="quick")
def test_only_the_owner_can_use_new_objects_and_nobody_finds_deleted_ones(world: World, numbers: Numbers) -> None:
    world.clock.now = NOW
    operations = [{"include-operation-id": name, "phases": OFF} for name in LEFT_OUT]
    schema = load(world, {"map_case": as_a_client_sends_it}, phases=only("stateful"), operations=operations)
    counts: Counter[str] = Counter()
    users = {"template": Template(world, world.sign_up(), numbers), "stranger": world.sign_up(), "counts": counts}
    machine: Any = type("Machine", (Sequences, schema.as_state_machine()), users)
    hypothesis.seed(SEED)(machine).run(
        settings=limits(SEQUENCES, stateful_step_count=STEPS, phases=[hypothesis.Phase.generate])
    )
    tell(f"{dict(counts)}")
    assert counts["followed with success"] >= counts["sequences"] / 5
