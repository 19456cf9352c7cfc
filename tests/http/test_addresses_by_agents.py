"""Addresses that an assistant recorded: the check of a letter warns until a person has confirmed them."""

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import Answer, act, add, alter, contact, interviewed, items, read
from tests.http.composing import codes
from tests.http.test_agent_tokens import assistant
from tests.imports.test_restore import exported, facts, restored

CODE = "address_set_by_agent"
VERIFIED: Answer = {"full_name": "Kim Lee", "job_title": "HR", "email": "kim@example.com", "name_verified": True}


@pytest.fixture
def agent(world: World, client: TestClient) -> TestClient:
    return assistant(world, client)


def warned(client: TestClient, person: str) -> bool:
    """Tell whether the check of a letter to this person warns of its address."""
    app, interview = interviewed(client)
    add(client, f"/v1/interviews/{interview}/debrief", people=[{"contact_id": person}])
    letter = add(client, f"/v1/applications/{app}/letters", interview_id=interview, recipients=[person], body="Hello")
    found = codes(client, letter)
    assert found.get(CODE, "warning") == "warning"
    return CODE in found


@pytest.mark.parametrize(
    "fields",
    [{"email": "false@example.com"}, {"phone": "+1 555 0100"}, {"postal_address": "4 Pine Street"}],
    ids=lambda fields: str(*fields),
)
def test_an_address_that_an_assistant_recorded_is_a_warning(
    client: TestClient, agent: TestClient, fields: Answer
) -> None:
    assert warned(client, contact(agent, **fields))
    assert not warned(client, contact(client, **fields))
    known = contact(client, **VERIFIED)
    assert not warned(client, known)
    alter(agent, f"/v1/contacts/{known}", **fields)
    assert warned(client, known)


def test_without_an_address_there_is_nothing_to_warn_of(client: TestClient, agent: TestClient) -> None:
    made = contact(agent)
    assert not warned(client, made)
    alter(agent, f"/v1/contacts/{made}", email="kim@example.com")
    assert warned(client, made)
    alter(agent, f"/v1/contacts/{made}", email=None)
    assert not warned(client, made)


@pytest.mark.parametrize(
    ("fields", "verified"),
    [
        pytest.param({"email": "false@example.com"}, False, id="another-address"),
        pytest.param({"email": None}, False, id="no-address"),
        pytest.param({"full_name": "Kim Leigh"}, False, id="another-name"),
        pytest.param(
            {"full_name": "Kim Leigh", "name_verified": True}, False, id="another-name-that-it-calls-verified"
        ),
        pytest.param({"phone": "+1 555 0100"}, True, id="a-phone-number-where-there-was-none"),
        pytest.param({"email": "kim@example.com", "job_title": "CEO"}, True, id="the-same-address"),
    ],
)
def test_what_an_assistant_changes_is_not_verified(
    client: TestClient, agent: TestClient, fields: Answer, verified: bool
) -> None:
    known = contact(client, **VERIFIED)
    assert alter(agent, f"/v1/contacts/{known}", **fields)["name_verified"] is verified
    own = contact(client, **VERIFIED)
    assert alter(client, f"/v1/contacts/{own}", **fields)["name_verified"] is True


@pytest.mark.parametrize(
    "fields",
    [{"email": "kim@example.com"}, {"phone": "+1 555 0101"}, {"name_verified": True}],
    ids=["the-same-address", "another-way", "the-name-compared"],
)
def test_a_person_confirms_it_and_an_assistant_cannot(client: TestClient, agent: TestClient, fields: Answer) -> None:
    made = contact(agent, email="kim@example.com")
    alter(agent, f"/v1/contacts/{made}", **fields)
    assert warned(client, made)
    alter(client, f"/v1/contacts/{made}", job_title="HR")
    assert warned(client, made)
    alter(client, f"/v1/contacts/{made}", **fields)
    assert not warned(client, made)


def test_a_debrief_by_an_assistant_counts_too(client: TestClient, agent: TestClient) -> None:
    _, interview = interviewed(client)
    people = [{"full_name": "Ana Ruiz", "email": "ana@example.com"}]
    made = add(agent, f"/v1/interviews/{interview}/debrief", people=people)
    assert warned(client, made["contacts"][0]["id"])


def test_an_erased_person_has_no_address_to_warn_of(client: TestClient, agent: TestClient) -> None:
    made = contact(agent, email="kim@example.com")
    app, interview = interviewed(client)
    add(client, f"/v1/interviews/{interview}/debrief", people=[{"contact_id": made}])
    letter = add(client, f"/v1/applications/{app}/letters", interview_id=interview, recipients=[made], body="Hello")
    act(client, f"/v1/contacts/{made}/erase")
    assert set(codes(client, letter)) & {CODE, "recipient_erased"} == {"recipient_erased"}
    (row,) = facts(exported(client))["contact"]
    assert row["address_by_agent"] is False


def test_an_export_that_is_restored_still_warns(world: World, client: TestClient, agent: TestClient) -> None:
    made = contact(agent, email="kim@example.com")
    other = world.sign_up()
    content = exported(client)
    restored(world, other, content)
    assert facts(exported(other)) == facts(content)
    assert [one["id"] for one in items(other, "/v1/contacts")] == [made]
    assert warned(other, made)
    assert read(other, f"/v1/contacts/{made}")["email"] == "kim@example.com"
