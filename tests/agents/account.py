"""Facts that the tests of the tools start from, recorded by the user through the API."""

from typing import Any

from fastapi.testclient import TestClient

from tests.http.api_client import add, application, contact, interview, put

# The clock of the tests stands at Mon 1 Jun 2026, 08:00 in New York; the talk was on Friday, 10:00 to 11:00.
START, END = "2026-05-29T10:00", "2026-05-29T11:00"


def interviewed_by(client: TestClient, **fields: Any) -> tuple[str, str, str]:
    """Record an application, a round and its interviewer; return the ids."""
    app = application(client, company="Larkfield Press", role="Editor", **fields)
    round_ = interview(client, app)
    person = contact(client, full_name="Ana Ruiz", job_title="Head of production", email="ana@example.com")
    put(client, f"/v1/interviews/{round_}/interviewers/{person}")
    return app, round_, person


def reference(client: TestClient, **fields: Any) -> str:
    return str(add(client, "/v1/references", **{"name": "Robin Okafor", **fields})["id"])
