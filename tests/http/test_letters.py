"""Letters: drafts, sending with a snapshot of the recipients, and what may be corrected afterwards."""

import pytest
from fastapi.testclient import TestClient

from tests.http.api_client import (
    NOW,
    UNKNOWN,
    Answer,
    act,
    add,
    alter,
    application,
    contact,
    fault,
    interviewed,
    items,
    problem,
    put,
    read,
    step,
)

pytestmark = pytest.mark.sqlite(profile="quick")

FRIDAY = "2026-05-29T20:00:00Z"
KIM = {"honorific": "Dr", "full_name": "Kim Lee", "job_title": "Director", "email": "kim@example.com"}


def at(app: str) -> str:
    return f"/v1/applications/{app}/letters"


@pytest.mark.own_statements
def test_a_new_draft_is_empty_and_shows_current_recipient_details(client: TestClient) -> None:
    app, kim = application(client), contact(client, **KIM)
    made = add(client, at(app), recipients=[kim, kim], checklist={"why_this_job": True})
    assert (made["kind"], made["status"], made["sent_at"], made["channel"]) == ("thank_you", "draft", None, None)
    assert (made["note_ids"], made["checklist"]) == ([], {"why_this_job": True})
    assert made["recipients"] == [
        {"contact_id": kim, "name": "Dr Kim Lee", "title": "Director", "company": "Acme", "address": "kim@example.com"}
    ]
    alter(client, f"/v1/contacts/{kim}", full_name="Kim Leigh", postal_address="1 Main St")
    again = client.get(f"/v1/letters/{made['id']}", headers={"If-None-Match": made["etag"]})
    assert again.json()["recipients"][0]["name"] == "Dr Kim Leigh"
    assert alter(client, f"/v1/letters/{made['id']}", channel="post")["recipients"][0]["address"] == "1 Main St"


@pytest.mark.own_statements
def test_sending_completes_step_4_and_stores_the_recipients(client: TestClient) -> None:
    app, round_ = interviewed(client)
    kim = contact(client, **KIM)
    draft = add(client, at(app), interview_id=round_, body="Thank you.", recipients=[kim], channel="post")
    assert step(client, app, 4)["state"] == "overdue"
    answer = client.post(f"/v1/letters/{draft['id']}/send", json={"sent_at": FRIDAY, "channel": "email"})
    sent = answer.json()
    assert (sent["status"], sent["sent_at"], sent["channel"], sent["version"]) == ("sent", FRIDAY, "email", 2)
    assert answer.headers["etag"] == sent["etag"] == client.get(f"/v1/letters/{draft['id']}").headers["etag"]
    alter(client, f"/v1/contacts/{kim}", full_name="Kim Leigh", email=None)
    assert (
        read(client, f"/v1/letters/{draft['id']}")["recipients"]
        == sent["recipients"]
        == [
            {
                "contact_id": kim,
                "name": "Dr Kim Lee",
                "title": "Director",
                "company": "Acme",
                "address": "kim@example.com",
            }
        ]
    )
    done = step(client, app, 4)
    assert (done["state"], done["completed_at"], done["evidence"][0]["id"]) == ("done", FRIDAY, draft["id"])


def test_a_letter_is_sent_now_without_a_body(client: TestClient) -> None:
    app = application(client)
    draft = add(client, at(app), body="Thank you.", channel="hand")
    answer = client.post(f"/v1/letters/{draft['id']}/send")
    assert (answer.json()["sent_at"], answer.json()["channel"]) == (NOW, "hand")


def test_a_letter_that_has_gone_out_already_is_recorded_as_sent(client: TestClient) -> None:
    app, round_ = interviewed(client)
    made = add(client, at(app), interview_id=round_, sent_at=FRIDAY, channel="hand")
    assert (made["status"], made["warnings"]) == ("sent", [])
    assert step(client, app, 4)["state"] == "done"


def test_an_email_needs_an_address(client: TestClient) -> None:
    app, kim = application(client), contact(client)
    draft = add(client, at(app), recipients=[kim], channel="email")
    href = f"/v1/letters/{draft['id']}/send"
    assert fault(client.post(href, json={}), "/channel") == "recipient_without_address"
    fault(client.post(at(app), json={"recipients": [kim], "channel": "email", "sent_at": FRIDAY}), "/channel")
    assert items(client, at(app)) == [draft]
    assert act(client, href, channel="hand")["status"] == "sent"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"body": "Better."}, id="the-text"),
        pytest.param({"subject": None}, id="the-subject"),
        pytest.param({"recipients": []}, id="the-recipients"),
        pytest.param({"interview_id": None}, id="the-interview"),
        pytest.param({"sent_at": FRIDAY, "checklist": {}}, id="more-than-a-correction"),
    ],
)
def test_a_sent_letter_cannot_be_changed(client: TestClient, body: Answer) -> None:
    app = application(client)
    letter = add(client, at(app), body="As sent.", sent_at=FRIDAY)
    found = problem(client.patch(f"/v1/letters/{letter['id']}", json=body), 409, "letter_sent")
    assert [error["pointer"] for error in found["errors"]] == [f"/{name}" for name in body if name != "sent_at"]
    problem(client.post(f"/v1/letters/{letter['id']}/send", json={}), 409, "letter_sent")
    assert items(client, at(app)) == [letter]


@pytest.mark.own_statements
def test_when_and_how_it_went_out_can_be_corrected(client: TestClient) -> None:
    app, round_ = interviewed(client)
    letter = add(client, at(app), interview_id=round_, sent_at=FRIDAY)
    href = f"/v1/letters/{letter['id']}"
    after = alter(client, href, sent_at="2026-05-31T09:00:00Z", channel="post", delivered_at=NOW)
    assert (after["sent_at"], after["channel"], after["delivered_at"]) == ("2026-05-31T09:00:00Z", "post", NOW)
    assert step(client, app, 4)["state"] == "done_late"
    assert alter(client, href, delivered_at=None)["delivered_at"] is None
    for body in ({"sent_at": None}, {"sent_at": "2026-06-01T12:05:01Z"}, {"delivered_at": "2026-07-01T00:00:00Z"}):
        fault(client.patch(href, json=body), f"/{next(iter(body))}")


def test_a_draft_gets_its_date_only_by_sending(client: TestClient) -> None:
    draft = add(client, at(application(client)), body="Thank you.")
    for name in ("sent_at", "delivered_at"):
        answer = client.patch(f"/v1/letters/{draft['id']}", json={name: FRIDAY})
        assert fault(answer, f"/{name}") == "not_sent"
        assert f"/v1/letters/{draft['id']}/send" in answer.json()["detail"]
    assert read(client, f"/v1/letters/{draft['id']}") == draft


def test_a_letter_sent_before_its_interview_is_stored_with_a_warning_and_does_not_count(client: TestClient) -> None:
    app, round_ = interviewed(client)
    early = add(client, at(app), interview_id=round_, sent_at="2026-05-29T13:59:59Z")
    assert [(w["code"], w["href"]) for w in early["warnings"]] == [
        ("evidence_before_interview", f"/v1/letters/{early['id']}")
    ]
    found = step(client, app, 4)
    assert (found["state"], found["progress"]["missing"]) == ("overdue", ["letter"])
    assert [warning["code"] for warning in found["warnings"]] == ["evidence_before_interview"]
    fixed = alter(client, f"/v1/letters/{early['id']}", sent_at="2026-05-29T14:00:00Z")
    assert (fixed["warnings"], step(client, app, 4)["state"]) == ([], "done")
    round_href = f"/v1/interviews/{round_}"
    alter(client, round_href, starts_at="2026-05-29T14:30:00Z")
    again = client.get(f"/v1/letters/{early['id']}", headers={"If-None-Match": fixed["etag"]})
    assert [w["code"] for w in again.json()["warnings"]] == ["evidence_before_interview"]


@pytest.mark.parametrize("kind", ["follow_up", "other"])
def test_only_a_thank_you_letter_completes_step_4(client: TestClient, kind: str) -> None:
    app, round_ = interviewed(client)
    add(client, at(app), interview_id=round_, kind=kind, sent_at=FRIDAY)
    assert step(client, app, 4)["state"] == "overdue"


def test_each_interviewer_is_thanked_where_the_policy_says_so(client: TestClient) -> None:
    app, round_ = interviewed(client)
    people = sorted([contact(client, **KIM), contact(client, full_name="Al Roe")])
    for person in people:
        put(client, f"/v1/interviews/{round_}/interviewers/{person}")
    add(client, at(app), interview_id=round_, sent_at=FRIDAY, recipients=[people[0]])
    assert step(client, app, 4)["state"] == "done"
    alter(client, f"/v1/applications/{app}/policy", thank_each_interviewer=True)
    gap = {"code": "letter_to", "subject": {"type": "contact", "id": people[1]}}
    missing = [f"letter_to:{people[1]}"]
    assert step(client, app, 4)["progress"] == {"done": 1, "total": 2, "missing": missing, "gaps": [gap]}
    add(client, at(app), interview_id=round_, sent_at=FRIDAY)
    assert step(client, app, 4)["state"] == "done"


def test_a_deleted_letter_reopens_step_4_and_frees_its_notes(client: TestClient) -> None:
    app, round_ = interviewed(client)
    letter = add(client, at(app), interview_id=round_, sent_at=FRIDAY)["id"]
    note = {"kind": "concern", "text": "x", "addressed_by_letter_id": letter}
    made = add(client, f"/v1/applications/{app}/notes", **note)
    done = step(client, app, 4)
    told = client.delete(f"/v1/letters/{letter}", params={"dry_run": "true"}).json()["reopened_steps"]
    assert [(s["id"], s["state"], s["due_at"]) for s in told] == [(done["id"], "overdue", done["due_at"])]
    assert client.delete(f"/v1/letters/{letter}").status_code == 204
    assert step(client, app, 4)["state"] == "overdue"
    freed = client.get(f"/v1/notes/{made['id']}", headers={"If-None-Match": made["etag"]})
    assert freed.json()["addressed_by_letter_id"] is None


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"kind": "poem"}, "/kind", id="an-unknown-kind"),
        pytest.param({"channel": "pigeon"}, "/channel", id="an-unknown-channel"),
        pytest.param({"subject": "x" * 201}, "/subject", id="a-subject-that-is-too-long"),
        pytest.param({"recipients": ["x"] * 21}, "/recipients", id="too-many-recipients"),
        pytest.param({"recipients": None}, "/recipients", id="null-for-a-list"),
        pytest.param({"checklist": {"perfect": True}}, "/checklist/perfect", id="an-unknown-tick"),
        pytest.param({"status": "sent"}, "/status", id="a-derived-field"),
    ],
)
def test_an_invalid_letter_is_neither_recorded_nor_changed(client: TestClient, body: Answer, pointer: str) -> None:
    app = application(client)
    draft = add(client, at(app), body="As it was.")
    assert client.post(at(app), json=body).status_code == 422
    answer = client.patch(f"/v1/letters/{draft['id']}", json=body)
    assert any(error["pointer"].startswith(pointer) for error in answer.json()["errors"]), answer.text
    assert items(client, at(app)) == [draft]


def test_a_letter_links_only_the_users_own_objects_of_this_application(
    client: TestClient, stranger: TestClient
) -> None:
    app, kim = application(client), contact(client)
    _, other = interviewed(client)
    theirs = contact(stranger)
    problem(client.post(at(app), json={"recipients": [kim, theirs]}), 404, "not_found", "/recipients/1")
    problem(client.post(at(app), json={"note_ids": [UNKNOWN]}), 404, "not_found", "/note_ids/0")
    fault(client.post(at(app), json={"interview_id": other}), "/interview_id")
    assert items(client, at(app)) == []
