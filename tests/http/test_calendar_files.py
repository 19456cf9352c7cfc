"""One interview, one step and one contact as a file."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fastapi.testclient import TestClient

from tests.calendars import due_of, with_icalendar
from tests.http.api_client import (
    act,
    contact,
    fault,
    interviewed,
    step,
)


def files(client: TestClient, hrefs: Sequence[str], kind: str) -> list[Any]:
    return [client.get(href, params={"format": kind}) for href in hrefs]


def test_one_interview_and_one_step_as_a_file(client: TestClient) -> None:
    app, round_ = interviewed(client)
    thanks, asked = step(client, app, 4), step(client, app, 1)
    act(client, f"/v1/steps/{asked['id']}/skip")
    hrefs = [f"/v1/interviews/{round_}", f"/v1/steps/{thanks['id']}", f"/v1/steps/{asked['id']}"]
    answers = files(client, hrefs, "ics")
    names = ["interview-2026-05-29.ics", "step.ics", "step.ics"]
    assert [answer.headers["content-disposition"] for answer in answers] == [
        f'attachment; filename="{n}"' for n in names
    ]
    found = [with_icalendar([answer.text])[0].components for answer in answers]
    assert [[item.name for item in one] for one in found] == [["vevent"], ["vevent"], ["vtodo"]]
    assert found[0][0].get("uid") == f"interview-{round_}@afterword"
    assert due_of(found[1][0], "America/New_York") == datetime.fromisoformat(thanks["due_at"])
    assert found[2][0].get("status") == "CANCELLED"
    for href, answer in zip(hrefs, answers, strict=True):
        by_header = client.get(href, headers={"Accept": "text/calendar"})
        assert (by_header.content, by_header.headers["vary"]) == (answer.content, "Accept")
        known = client.get(href, headers={"Accept": "text/calendar", "If-None-Match": answer.headers["etag"]})
        assert known.status_code == 304
        for accepted in ("*/*", "application/json", "text/html"):
            shown = client.get(href, headers={"Accept": accepted})
            assert shown.json()["id"] in href
            assert shown.headers["vary"] == "Accept"
            tagged = {"If-None-Match": shown.headers["etag"]}
            assert client.get(href, headers={**tagged, "Accept": accepted}).status_code == 304
            assert client.get(href, headers={**tagged, "Accept": "text/calendar"}).status_code == 200


def test_a_contact_as_a_card(client: TestClient, stranger: TestClient) -> None:
    person = contact(client, full_name="Ana Ruiz", email="ana@example.com", notes="Canary")
    href = f"/v1/contacts/{person}"
    card = client.get(href, params={"format": "vcf"})
    assert card.headers["content-type"] == "text/vcard; charset=utf-8"
    assert card.headers["content-disposition"] == 'attachment; filename="contact.vcf"'
    assert "FN:Ana Ruiz\r\nN:Ruiz;Ana;;;\r\n" in card.text
    assert "Canary" not in card.text
    assert "VERSION:4.0" in client.get(href, headers={"Accept": "text/vcard"}, params={"vcard_version": "4.0"}).text
    fault(client.get(href, params={"format": "ics"}), "format")
    fault(client.get(href, params={"vcard_version": "2.1"}), "vcard_version")
    assert client.get(href).json()["notes"] == "Canary"
    assert stranger.get(href, params={"format": "vcf"}).status_code == 404
    act(client, f"{href}/erase")
    assert client.get(href, params={"format": "vcf"}).status_code == 404
