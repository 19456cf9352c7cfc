"""One interview, one step and one contact as a file."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.services.calendar import files as calendar_files
from tests.calendars import due_of, with_icalendar
from tests.http.api_client import (
    act,
    contact,
    fault,
    interviewed,
    items,
    problem,
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


def test_an_address_is_a_label_without_quotation_marks(client: TestClient) -> None:
    person = contact(client, full_name="Ana", postal_address='Haus "Nord"\n1 Main St')
    card = client.get(f"/v1/contacts/{person}", params={"format": "vcf", "vcard_version": "4.0"}).text
    assert ';LABEL="Haus \'Nord\', 1 Main St":;;Haus "Nord"\\n1 Main St;;;;' in card.replace("\r\n ", "")


def test_what_is_not_there_is_no_file(client: TestClient, stranger: TestClient) -> None:
    app, round_ = interviewed(client)
    for href in (f"/v1/interviews/{round_}", f"/v1/steps/{step(client, app, 4)['id']}"):
        problem(stranger.get(href, params={"format": "ics"}), 404, "not_found")
        problem(client.get(href[:-1] + "x", params={"format": "ics"}), 404, "not_found")


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


@pytest.mark.sqlite(profile="quick")
def test_all_interviews_and_the_queue_as_calendars(client: TestClient, stranger: TestClient) -> None:
    rounds = [interviewed(client, location="Canaryroom; 4")[1] for _ in range(3)]
    interviewed(stranger)
    gone, _ = interviewed(client)
    client.delete(f"/v1/applications/{gone}", headers={"If-Match": "*"})
    answer = client.get("/v1/exports/interviews", params={"format": "ics"})
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="afterword-interviews-2026-06-01.ics"'
    (found,) = with_icalendar([answer.text])
    assert set(found.by_uid()) == {f"interview-{id_}@afterword" for id_ in rounds}
    assert {item.get("location") for item in found.components} == {"Canaryroom; 4"}
    by_header = client.get("/v1/exports/interviews", headers={"Accept": "text/calendar"})
    assert by_header.content == answer.content
    wanted: list[dict[str, Any]] = [{"state": "overdue,open,upcoming"}, {"state": "open", "step": 4}, {"step": 6}]
    for filters in wanted:
        listed = {item["id"]: item for item in items(client, "/v1/queue", **filters, limit=200)}
        (calendar,) = with_icalendar([client.get("/v1/exports/queue", params={**filters, "format": "ics"}).text])
        assert {uid.removeprefix("step-").removesuffix("@afterword") for uid in calendar.by_uid()} == listed.keys()
        for uid, item in calendar.by_uid().items():
            assert due_of(item, "America/New_York") == datetime.fromisoformat(listed[uid[5:41]]["due_at"])


@pytest.mark.sqlite(profile="quick")
def test_all_contacts_as_cards(client: TestClient, stranger: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar_files, "AT_ONCE", 2)
    names = [f"Person {number}" for number in range(7)]  # more than are read at once
    people = [contact(client, full_name=name) for name in names]
    contact(stranger, full_name="Stranger")
    client.delete(f"/v1/contacts/{people[0]}", headers={"If-Match": "*"})
    act(client, f"/v1/contacts/{people[1]}/erase")
    answer = client.get("/v1/exports/contacts", params={"format": "vcf", "vcard_version": "4.0"})
    assert answer.headers["content-disposition"] == 'attachment; filename="afterword-contacts-2026-06-01.vcf"'
    assert answer.text.count("VERSION:4.0") == 5
    assert sorted(line[3:] for line in answer.text.split("\r\n") if line.startswith("FN:")) == sorted(names[2:])
    fault(client.get("/v1/exports/contacts", params={"format": "ics"}), "format")
    fault(client.get("/v1/exports/queue", params={"format": "vcf"}), "format")
