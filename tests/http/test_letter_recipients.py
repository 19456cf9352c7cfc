"""Recipients of letters: their names once, whether they belong to the application, and their addresses."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from tests.conftest import World
from tests.http.api_client import Answer, add, alter, application, contact, fault, interview, interviewed, put, read

pytestmark = pytest.mark.sqlite

BERG = {"honorific": "Dr.", "full_name": "Dr. Anna Berg", "job_title": "Director", "email": "anna@example.com"}


def checked(client: TestClient, app: str, *recipients: str, body: str = "Thank you, Acme.", **more: str) -> Answer:
    """Record a draft, and return its check: the codes of its findings by what they are about."""
    draft = add(client, f"/v1/applications/{app}/letters", body=body, recipients=list(recipients), **more)
    found = read(client, f"/v1/letters/{draft['id']}/check")
    return {**found, "codes": {one["code"]: one["where"] for one in found["findings"]}}


def test_a_title_in_the_honorific_and_in_the_name_is_written_once_everywhere(client: TestClient) -> None:
    app, round_ = interviewed(client)
    berg = contact(client, **BERG)
    put(client, f"/v1/interviews/{round_}/interviewers/{berg}")
    alter(client, f"/v1/applications/{app}", status_contact_id=berg)
    draft = add(client, f"/v1/interviews/{round_}/letters/compose")
    href = f"/v1/letters/{draft['id']}"
    assert draft["body"].startswith("Dear Dr. Anna Berg,\n")
    assert draft["recipients"][0]["name"] == "Dr. Anna Berg"
    answers = [client.get(href, params={"format": kind}).text for kind in ("text", "markdown", "html", "eml")]
    answers += [client.get(f"/v1/applications/{app}/call-card", params={"format": "text"}).text]
    client.post(f"{href}/send", json={"channel": "email"})
    answers += [client.get(href).text, client.get(href, params={"format": "text"}).text]
    for answer in answers:
        assert "Anna" in answer
        assert "Dr. Dr" not in answer.replace("=2E_", ". ")


@pytest.mark.parametrize(
    ("person", "link", "is_found"),
    [
        pytest.param({}, None, False, id="of-no-application-and-no-company"),
        pytest.param({"company": "Other Ltd"}, None, True, id="of-another-company"),
        pytest.param({"company": "Acme Inc."}, None, False, id="of-this-company"),
        pytest.param({}, "contact", True, id="contact-of-another-application"),
        pytest.param({}, "status", True, id="person-to-ask-of-another-application"),
        pytest.param({}, "interviewer", True, id="interviewer-of-another-application"),
        pytest.param({}, "follow-up", True, id="called-about-another-application"),
        pytest.param({"company": "Acme"}, "contact", False, id="of-another-application-at-this-company"),
    ],
)
def test_a_recipient_who_belongs_only_elsewhere_is_a_warning(
    client: TestClient, person: Answer, link: str | None, *, is_found: bool
) -> None:
    app, other, here = application(client), application(client, company="Other Ltd"), interview
    kim = contact(client, **person)
    for where in (other, app):
        if link == "contact":
            put(client, f"/v1/applications/{where}/contacts/{kim}")
        elif link == "status":
            alter(client, f"/v1/applications/{where}", status_contact_id=kim)
        elif link == "interviewer":
            put(client, f"/v1/interviews/{here(client, where)}/interviewers/{kim}")
        elif link == "follow-up":
            body = {"direction": "out", "channel": "phone", "outcome": "spoke", "contact_id": kim}
            add(client, f"/v1/applications/{where}/follow-ups", **body)
        elif where == app:
            put(client, f"/v1/applications/{where}/contacts/{kim}")
        found = checked(client, app, kim)["codes"]
        is_linked_here = where == app
        assert found.get("recipient_of_another_application") == (kim if is_found and not is_linked_here else None)


def test_a_recipient_of_a_second_application_at_the_same_company_is_no_warning(client: TestClient) -> None:
    first, second = application(client), application(client, company="Acme")
    kim = contact(client)
    put(client, f"/v1/applications/{first}/contacts/{kim}")
    assert "recipient_of_another_application" not in checked(client, second, kim)["codes"]


@pytest.mark.parametrize(
    ("given", "written"),
    [
        pytest.param('"john.doe"@example.com', "<john.doe@example.com>", id="needless-quotes"),
        pytest.param('"john doe"@example.com', '<"john doe"@example.com>', id="quotes"),
        pytest.param("jürgen@example.com", "<jürgen@example.com>", id="beyond-ascii-before-the-at"),
        pytest.param("kim@faß.example", "<kim@xn--fa-hia.example>", id="beyond-ascii-after-it"),
    ],
)
def test_the_message_has_the_address_of_the_contact(client: TestClient, given: str, written: str) -> None:
    app, kim = application(client), contact(client, email=given)
    draft = add(client, f"/v1/applications/{app}/letters", body="Hello", recipients=[kim], channel="email")
    raw = client.get(f"/v1/letters/{draft['id']}", params={"format": "eml"}).content
    assert f"\r\nTo: Kim Lee {written}\r\n".encode() in raw
    found = read(client, f"/v1/letters/{draft['id']}/check")
    is_rare = "address_rarely_accepted" in {one["code"] for one in found["findings"]}
    assert (found["may_be_emailed"], is_rare) == (True, not given.partition("@")[0].isascii())


@pytest.mark.parametrize("address", ["a@b[c", "a..b@example.com"])
def test_an_address_of_an_older_version_that_no_message_can_carry_is_an_error(
    world: World, client: TestClient, address: str
) -> None:
    app, kim = application(client), contact(client, email="kim@example.com")
    with world.database.engine.begin() as connection:
        connection.execute(text("UPDATE contact SET email = :address"), {"address": address})
    found = checked(client, app, kim, channel="email")
    assert (found["codes"]["address_unusable"], found["may_be_emailed"]) == (kim, False)
    draft = add(client, f"/v1/applications/{app}/letters", body="Hello", recipients=[kim], channel="email")
    answer = client.post(f"/v1/letters/{draft['id']}/send", json={})
    assert fault(answer, "/channel") == "recipient_address_unusable"


def test_a_name_in_the_form_of_a_list_is_a_warning(client: TestClient) -> None:
    app, kim = application(client), contact(client, full_name="Berg, Anna")
    assert checked(client, app, kim)["codes"]["name_in_list_form"] == kim


def test_a_company_with_another_apostrophe_counts_as_named(client: TestClient) -> None:
    app = application(client, company="O'Neill & Daughters")
    other = application(client, company="Joe’s Café")
    body = {"interview_id": interview(client, app), "body": "Thank you, O’Neill & Daughters and Joe's Cafe\u0301."}
    draft = add(client, f"/v1/applications/{app}/letters", **body)
    found = {one["code"] for one in read(client, f"/v1/letters/{draft['id']}/check")["findings"]}
    assert other
    assert ("company_not_named" in found, "other_company" in found) == (False, True)
