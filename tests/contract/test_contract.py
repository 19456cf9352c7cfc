"""Requests drawn from the published document: valid ones are answered as it says, invalid ones are refused."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from schemathesis.core.parameters import ParameterLocation

from api import demo
from api.capture import NOW, Node
from api.http import examples
from api.http.openapi.document import operations
from tests.conftest import World
from tests.contract.runs import AnyCase, Hooks, as_a_client_sends_it, choice, is_negative, load, only, run, secret_of
from tests.documented import published
from tests.profiles import ARE_FEW, IS_LONG, SEED, budget
from tests.services.full_record import record_everything

KNOWN = {name: str(id_) for name, id_ in examples.PARAMETERS.items() if name.endswith("_id")}
NEEDED = ["/v1/applications/{application_id}", "/v1/contacts/{contact_id}", "/v1/references/{reference_id}"]


@pytest.mark.drawn
def test_drawn_requests_are_answered_as_the_document_says(world: World, tmp_path: Path) -> None:
    world.clock.now = NOW
    owner, stranger = demo.build(world.database, NOW), world.sign_up()
    record_everything(stranger, NOW)
    users = two_users({"owner": owner, "stranger": secret_of(stranger)}, tmp_path)
    own = token_of(world, owner)
    hooks: Hooks = {
        "filter_case": lambda _, case: may_be_sent(case, own),
        "map_case": lambda context, case: about_known_objects(as_a_client_sends_it(context, case)),
    }
    phases = only("examples", "fuzzing") if IS_LONG else only("fuzzing")
    schema = load(world, hooks, budget(quick=3, long=10), auth={"wfc": users}, phases=phases)
    report = run(schema.exclude(method="DELETE", path=NEEDED))  # other tests delete them
    listed = load(world, hooks, auth={"wfc": users}, phases=only("coverage"))
    more = run(listed.include(operation_id=with_listed_cases()).exclude(method="DELETE", path=NEEDED))
    assert not (failures := report.failures + more.failures), "\n".join(failures[:20])
    # If nearly all requests were refused, the run would show nothing, so most operations must succeed at least once.
    # Operations with two ids in the path are left out: the ids are drawn separately and rarely name an existing link.
    # `quick` leaves out the examples: tests/invariants/test_rights.py sends each once and compares the whole answer.
    never = {label for label in report.never(200, 201, 202, 204) if label.count("{") < 2}
    assert len(never) < len(report.answers) / (7 if IS_LONG else 2 if ARE_FEW else 4), sorted(never)


def with_listed_cases() -> list[str]:
    """Return the operations that get the listed cases, which follow from bounds and enums: in `long` all of them.

    Making them takes longer than sending them. Most are refused before any statement, so PostgreSQL gets few.
    """
    share = 1 if IS_LONG else 48 if ARE_FEW else 12
    names = [operation["operationId"] for _, _, operation in operations(published())]
    return names[SEED % share :: share]


def two_users(secrets: Mapping[str, str], folder: Path) -> Node:
    """Write the users file of schemathesis: the first user sends the requests, and none may see another's objects."""
    headers = {name: [{"name": "Authorization", "value": f"Bearer {secret}"}] for name, secret in secrets.items()}
    path = folder / "users.json"
    users = [{"name": name, "fixedHeaders": sent} for name, sent in headers.items()]
    path.write_text(json.dumps({"auth": users}), encoding="utf-8")
    return {"path": str(path), "user": next(iter(secrets)), "peers": list(secrets)}


def token_of(world: World, secret: str) -> str:
    """Return the id of the token that the run uses."""
    client = world.anonymous()
    found = client.get("/v1/tokens", headers={"Authorization": f"Bearer {secret}"}).json()["items"]
    return next(str(token["id"]) for token in found if token["name"] == "demo")


def about_known_objects(case: AnyCase) -> AnyCase:
    """Put ids of the demo account into most paths: a random id hardly ever exists."""
    if not is_negative(case, ParameterLocation.PATH) and choice(case, 4):
        case.path_parameters.update({name: KNOWN[name] for name in case.path_parameters if name in KNOWN})
    return case


def may_be_sent(case: AnyCase, own_token: str) -> bool:
    """Leave out cases that would end the run, and cases whose right answer schemathesis cannot know.

    The run must not revoke its own token. White space around a text
    is stripped before its length is checked, which no schema can state.
    """
    if case.operation.path == "/v1/tokens/{token_id}" and case.path_parameters.get("token_id") == own_token:
        return False
    padded = any(text.strip() not in ("", text) for text in texts(case.body))
    return not (padded and is_negative(case, ParameterLocation.BODY))


def texts(value: Any) -> Iterator[str]:
    """Yield all texts of a body."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from texts(member)
