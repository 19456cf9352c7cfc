"""Applications are evaluated in batches, and the size of a batch does not change the result."""

import pytest
from fastapi.testclient import TestClient

from api.services.steps import judge
from tests.conftest import World
from tests.services.checks import check_rows


@pytest.mark.parametrize("at_once", [1, 2, 500])
def test_a_policy_change_updates_every_application_for_any_batch_size(
    at_once: int, world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "BATCH_SIZE", at_once)
    for start in ("2026-05-20T15:00Z", "2026-05-25T15:00Z", "2026-06-02T03:00Z"):
        made = client.post("/v1/applications", json={"company": "Acme", "role": "Engineer"}).json()
        client.post(f"/v1/applications/{made['id']}/interviews", json={"starts_at": start})
    assert client.patch("/v1/me/policy", json={"default_interview_minutes": 300}).status_code == 200
    with world.database.read(world.clock.now) as session:
        session.owner = client.get("/v1/me").json()["id"]
        check_rows(session)
