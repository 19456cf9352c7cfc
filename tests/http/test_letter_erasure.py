"""What is left of an erased contact in letters and briefings, and what the user is told about it."""

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import NOW, Answer, add, alter, contact, interviewed, put, read, step

BERG = {"honorific": "Ms", "full_name": "Xenia Bergmann", "job_title": "Director", "email": "x@example.com"}


@pytest.fixture
def told(client: TestClient) -> tuple[str, str, str]:
    """An application, its interview and the interviewer."""
    app, round_ = interviewed(client)
    berg = contact(client, **BERG)
    put(client, f"/v1/interviews/{round_}/interviewers/{berg}")
    return app, round_, berg


def composed(client: TestClient, round_: str, **body: object) -> str:
    return str(add(client, f"/v1/interviews/{round_}/letters/compose", **body)["id"])


def erase(client: TestClient, person: str) -> None:
    assert client.post(f"/v1/contacts/{person}/erase").status_code == 200


def findings(client: TestClient, letter: str) -> dict[str, str]:
    return {one["code"]: one["where"] for one in read(client, f"/v1/letters/{letter}/check")["findings"]}


def assert_emptied(client: TestClient, letter: str, before: Answer) -> None:
    """Check that a draft has no text, says so, and has another entity tag."""
    after = read(client, f"/v1/letters/{letter}")
    assert (after["subject"], after["body"], after["paragraphs"], after["text_erased_at"]) == (None, None, [], NOW)
    assert [one["code"] for one in after["warnings"]] == ["text_erased"]
    assert after["version"] > before["version"]
    assert "Bergmann" not in str(after)
    assert "text_erased" in findings(client, letter)


def test_a_composed_draft_that_was_not_edited_loses_its_text(client: TestClient, told: tuple[str, str, str]) -> None:
    app, round_, berg = told
    draft = composed(client, round_)
    before = alter(client, f"/v1/letters/{draft}", channel="email", checklist={"fits_one_page": True})
    state = step(client, app, 4)["state"]
    erase(client, berg)
    assert_emptied(client, draft, before)
    found = step(client, app, 4)
    assert (found["state"], found["next_action"]["code"]) == (state, "review_letter")
    assert findings(client, draft)["recipient_erased"] == berg
    for kind in ("text", "html", "eml", "markdown", "mailto", "pdf"):
        assert client.get(f"/v1/letters/{draft}", params={"format": kind}).status_code in (200, 406)
    again = alter(client, f"/v1/letters/{draft}", body="Dear hiring team,\n\nThank you.", recipients=[])
    assert (again["text_erased_at"], again["warnings"]) == (None, [])


def test_a_name_that_was_composed_is_found_after_other_changes(client: TestClient, told: tuple[str, str, str]) -> None:
    """The contact was renamed, and the draft has other recipients; or the recipients are others from the start."""
    _, round_, berg = told
    kim = contact(client, full_name="Kim Lee")
    readdressed = composed(client, round_)
    alter(client, f"/v1/letters/{readdressed}", recipients=[kim])
    body = "Dear {{ recipients }},\n\nI talked with {{ interviewers }}."
    template = add(client, "/v1/letter-templates", name="T", kind="thank_you", body=body)["id"]
    asked, key = {"template_id": template, "recipients": [kim]}, {"Idempotency-Key": "once"}
    href = f"/v1/interviews/{round_}/letters/compose"
    filled_in = client.post(href, json=asked, headers=key).json()
    assert "Bergmann" in filled_in["body"]
    alter(client, f"/v1/contacts/{berg}", full_name="Xenia Other")
    erase(client, berg)
    for draft in (readdressed, filled_in["id"]):
        assert read(client, f"/v1/letters/{draft}")["body"] is None
    assert client.post(href, json=asked, headers=key).status_code == 410


@pytest.mark.sqlite(profile="quick")
def test_a_draft_that_does_not_name_them_stays(client: TestClient, told: tuple[str, str, str]) -> None:
    _, round_, berg = told
    kim = contact(client, full_name="Kim Lee")
    draft = composed(client, round_, recipients=[kim])
    before = read(client, f"/v1/letters/{draft}")
    erase(client, berg)
    assert read(client, f"/v1/letters/{draft}") == before
    assert not {"text_erased", "recipient_erased", "erased_name_left"} & findings(client, draft).keys()


def test_an_edited_draft_stays_and_the_check_names_what_to_look_at(
    client: TestClient, told: tuple[str, str, str]
) -> None:
    _, round_, berg = told
    draft = composed(client, round_)
    href = f"/v1/letters/{draft}"
    body = read(client, href)["body"] + "\n\nMy regards to the Bergmann team.\n\nBergmannstown is far."
    edited = alter(client, href, body=body, subject="For Xenia Bergmann")
    last = len(edited["paragraphs"]) - 1
    erase(client, berg)
    after = read(client, href)
    assert (after["body"], after["subject"], after["text_erased_at"]) == (body, None, None)
    assert [one["code"] for one in after["warnings"]] == ["erased_name_left"]
    found = read(client, f"{href}/check")["findings"]
    places = [one["where"] for one in found if one["code"] == "erased_name_left"]
    assert places == ["paragraph:0", f"paragraph:{last - 1}"]
    parts = body.split("\n\n")
    cleaned = "\n\n".join(["Dear hiring team,", *parts[1:-2], parts[-1]])
    assert alter(client, href, body=cleaned, recipients=[])["warnings"] == []
    assert "erased_name_left" not in findings(client, draft)


@pytest.mark.sqlite(profile="quick")
def test_a_draft_by_hand_stays_and_is_marked_where_it_has_the_full_name(
    client: TestClient, told: tuple[str, str, str]
) -> None:
    app, _, berg = told
    body = "Dear Kim,\n\nXenia Bergmann asked about Bergmann bolts.\n\nMore on Bergmann bolts."
    draft = add(client, f"/v1/applications/{app}/letters", body=body, recipients=[contact(client)])["id"]
    erase(client, berg)
    assert read(client, f"/v1/letters/{draft}")["body"] == body
    assert findings(client, draft)["erased_name_left"] == "paragraph:1"


@pytest.mark.parametrize("is_addressed", [True, False], ids=["to-them", "to-every-interviewer"])
def test_a_sent_letter_keeps_only_that_it_was_sent(
    client: TestClient, told: tuple[str, str, str], *, is_addressed: bool
) -> None:
    app, round_, berg = told
    body = {"body": "Dear Ms Bergmann,\n\nThank you.", "subject": "Thanks", "interview_id": round_}
    people = [berg] if is_addressed else []
    draft = add(client, f"/v1/applications/{app}/letters", **body, recipients=people)["id"]
    client.post(f"/v1/letters/{draft}/send", json={"channel": "email"})
    before, done = read(client, f"/v1/letters/{draft}"), step(client, app, 4)["state"]
    erase(client, berg)
    after = read(client, f"/v1/letters/{draft}")
    kept = ("id", "kind", "status", "channel", "sent_at", "interview_id", "note_ids", "checklist", "warnings")
    assert [after[name] for name in kept] == [before[name] for name in kept]
    assert (after["subject"], after["body"], after["paragraphs"], after["text_erased_at"]) == (None, None, [], NOW)
    assert not any(value for one in after["recipients"] for name, value in one.items() if name != "contact_id")
    assert step(client, app, 4)["state"] == done


@pytest.mark.sqlite(profile="quick")
def test_a_sent_letter_to_others_stays(client: TestClient, told: tuple[str, str, str]) -> None:
    app, _, berg = told
    body = {"body": "Dear Kim,\n\nXenia Bergmann was kind.", "sent_at": NOW, "recipients": [contact(client)]}
    letter = add(client, f"/v1/applications/{app}/letters", **body)
    erase(client, berg)
    assert read(client, f"/v1/letters/{letter['id']}") == letter


def test_the_stored_briefing_that_names_them_is_deleted(client: TestClient, told: tuple[str, str, str]) -> None:
    app, _, berg = told
    robin = add(client, "/v1/references", name="Robin Okafor")["id"]
    href = f"/v1/applications/{app}/references/{robin}"
    put(client, href)
    record = read(client, f"{href}/briefing")["record"]["body"]
    assert "Xenia Bergmann" in record["briefing_text"]
    before = alter(client, href, **record)
    erase(client, berg)
    after = read(client, f"/v1/applications/{app}/references")["items"][0]
    assert (after["briefing_text"], after["briefed_at"]) == (None, before["briefed_at"])
    assert after["etag"] != before["etag"]


@pytest.mark.sqlite(profile="quick")
def test_letters_of_other_accounts_stay(world: World, told: tuple[str, str, str], client: TestClient) -> None:
    other = world.sign_up()
    app, round_ = interviewed(other)
    theirs = contact(other, **BERG)
    put(other, f"/v1/interviews/{round_}/interviewers/{theirs}")
    draft = composed(other, round_)
    erase(client, told[2])
    assert "Bergmann" in read(other, f"/v1/letters/{draft}")["body"]
    assert app
