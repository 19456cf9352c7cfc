"""Helpers of the tests of composed letters and cards."""

from fastapi.testclient import TestClient

from tests.http.api_client import Answer, add, read

KINDS = ("thank_you", "follow_up", "chase", "ask_next_stage", "ask_name", "missed_appointment", "withdrawal")


def composed(client: TestClient, round_: str, kind: str = "thank_you", **body: object) -> Answer:
    return add(client, f"/v1/interviews/{round_}/letters/compose", kind=kind, **body)


def opening(letter: Answer) -> str:
    """Return the second paragraph, which follows the salutation."""
    return str(letter["body"].split("\n\n")[1])


def codes(client: TestClient, letter: Answer) -> dict[str, str]:
    found = read(client, f"/v1/letters/{letter['id']}/check")["findings"]
    return {finding["code"]: finding["severity"] for finding in found}


def card_text(client: TestClient, href: str) -> str:
    answer = client.get(href, params={"format": "text"})
    assert answer.status_code == 200, answer.text
    return answer.text


def call_card(client: TestClient, app: str) -> Answer:
    return read(client, f"/v1/applications/{app}/call-card")
