"""The tools for letters, references, steps by hand and search activities."""

import pytest

from api.agents.handlers.writing import NOTHING_NEW
from tests.agents.account import interviewed_by, reference
from tests.agents.assistant import Assistant
from tests.http.api_client import add, alter, application, interview, items, read, step

pytestmark = pytest.mark.sqlite(profile="quick")


@pytest.mark.own_statements
def test_a_letter_is_composed_changed_checked_and_marked_as_sent(assistant: Assistant) -> None:
    app, round_, person = interviewed_by(assistant.client)
    add(assistant.client, f"/v1/applications/{app}/notes", interview_id=round_, kind="positive", text="We laughed.")
    data = assistant.data("draft_letter", interview_id=round_, tone="friendly")
    letter = data["letter_id"]
    assert data["body"].startswith("Dear Ana,") or "Ana" in data["body"]
    assert data["recipients"][0]["address"] == "ana@example.com"
    assert "why the user wants this role" in data["missing"]
    assert {one["code"] for one in data["findings"]} >= {"name_not_verified"}
    assert data["may_be_emailed"] is True
    text = assistant.text("draft_letter", letter_id=letter)
    assert f"To: ⟦Ana Ruiz⟧ ⟦ana@example.com⟧ contact_id {person}" in text
    assistant.data("draft_letter", letter_id=letter, body="Dear Ana, the [book] was lovely.")
    assert "Recorded already: body" in assistant.refusal("draft_letter", letter_id=letter, body="Other.")
    said = assistant.refusal("mark_letter_sent", letter_id=letter, sent_at="2026-05-30T20:00", channel="email")
    assert said.startswith("A blank was not filled in")
    assistant.data("draft_letter", letter_id=letter, body="Dear Ana, the book was lovely.", replace=True)
    assert "lies in the future" in assistant.refusal(
        "mark_letter_sent", letter_id=letter, sent_at="2026-06-02T20:00", channel="email"
    )
    sent = assistant.data("mark_letter_sent", letter_id=letter, sent_at="2026-05-30T20:00", channel="email")
    assert sent["what"] == "Marked as sent on Sat 30 May 2026, 20:00 EDT by email."
    assert [(one["step"], one["change"]) for one in sent["effects"]] == [(4, "done_late")]
    assert read(assistant.client, f"/v1/letters/{letter}")["sent_at"] == "2026-05-31T00:00:00Z"
    assert "is recorded as sent on Sat 30 May" in assistant.refusal("draft_letter", letter_id=letter, body="More.")
    again = {"letter_id": letter, "sent_at": "2026-05-29T20:00", "channel": "post"}
    assert assistant.refusal("mark_letter_sent", **again).endswith("by email: to correct that, send replace.")
    assert "Corrected" in assistant.data("mark_letter_sent", **again, replace=True)["what"]
    assert step(assistant.client, app, 4)["state"] == "done"


def test_a_recipient_without_an_address_is_named(assistant: Assistant) -> None:
    _, round_, person = interviewed_by(assistant.client)
    alter(assistant.client, f"/v1/contacts/{person}", email=None)
    letter = assistant.data("draft_letter", interview_id=round_)["letter_id"]
    said = assistant.refusal("mark_letter_sent", letter_id=letter, sent_at="2026-05-30T20:00", channel="email")
    assert said.startswith("⟦Ana Ruiz⟧ has no usable e-mail address here: ask the user and use save_contact")


def test_a_letter_needs_an_interview_or_a_letter(assistant: Assistant) -> None:
    _, round_, _ = interviewed_by(assistant.client)
    assert "Send interview_id to compose" in assistant.refusal("draft_letter", body="x")
    assert "Compose first" in assistant.refusal("draft_letter", interview_id=round_, body="x")
    ahead = interview(assistant.client, application(assistant.client), starts_at="2026-06-08T14:00:00Z")
    assert "has not begun" in assistant.refusal("draft_letter", interview_id=ahead)


@pytest.mark.own_statements
def test_a_reference_is_named_told_and_called(assistant: Assistant) -> None:
    app, _, _ = interviewed_by(assistant.client)
    robin = reference(assistant.client, permission_at="2026-05-01T10:00:00Z")
    said = assistant.refusal("brief_reference", application_id=app)
    assert f"⟦Robin Okafor⟧ · reference_id {robin}" in said
    told = {"application_id": app, "reference_id": robin}
    data = assistant.data("brief_reference", **told)
    assert data["what"] == "Named for this application."
    assert "Dear Robin Okafor" in data["text"]
    link = f"/v1/applications/{app}/references"
    assert items(assistant.client, link)[0]["alerted_at"] is None
    assert "told_at is missing" in assistant.refusal("brief_reference", **told, job_details_given=True)
    assistant.data("brief_reference", **told, told_at="2026-05-31T10:00", channel="phone")
    assert items(assistant.client, link)[0]["briefed_at"] is None
    both = {"job_details_given": True, "company_details_given": True}
    data = assistant.data("brief_reference", **told, told_at="2026-05-31T11:00", **both)
    assert (5, "done") in {(one["step"], one["change"]) for one in data["effects"]}
    shown = items(assistant.client, link)[0]
    assert (shown["alerted_at"], shown["briefed_at"]) == ("2026-05-31T14:00:00Z", "2026-05-31T15:00:00Z")
    assert (
        "Nothing was changed" in assistant.data("brief_reference", **told, told_at="2026-05-31T12:00", **both)["what"]
    )
    assistant.data("brief_reference", **told, called_at="2026-05-31T16:00")
    assert "called_at is recorded already" in assistant.refusal("brief_reference", **told, called_at="2026-05-31T17:00")


def test_a_new_reference(assistant: Assistant) -> None:
    app, _, _ = interviewed_by(assistant.client)
    given = {"application_id": app, "name": "Robin Okafor", "phone": "+1 617 555 0188", "agreed_at": "2026-05-01T10:00"}
    data = assistant.data("brief_reference", **given)
    robin = data["ids"]["reference_id"]
    assert read(assistant.client, f"/v1/references/{robin}")["permission_at"] == "2026-05-01T14:00:00Z"
    assert f"There is a reference of that name already:\n⟦Robin Okafor⟧ · reference_id {robin}" == assistant.refusal(
        "brief_reference", **{**given, "name": "robin okafor"}
    )


def test_steps_by_hand(assistant: Assistant) -> None:
    app, round_, _ = interviewed_by(assistant.client)
    notes, call_ = (step(assistant.client, app, number)["id"] for number in (3, 6))
    assert "wants the user's reason" in assistant.refusal("act_on_step", step_id=notes, action="skip")
    data = assistant.data("act_on_step", step_id=notes, action="skip", reason="An informal coffee.")
    assert data["what"] == "Skipped: step 3 Notes. It is skipped now."
    assert [(one["step"], one["change"]) for one in data["effects"]] == [(3, "skipped")]
    again = assistant.data("act_on_step", step_id=notes, action="skip", reason="An informal coffee.")
    assert again["what"] == NOTHING_NEW
    assert "reopen it first" in assistant.refusal(
        "act_on_step", step_id=notes, action="snooze", until="2026-06-03T09:00"
    )
    assert [one["change"] for one in assistant.data("act_on_step", step_id=notes, action="reopen")["effects"]] == [
        "reopened"
    ]
    assert assistant.refusal("act_on_step", step_id=call_, action="complete", reason="x").endswith("log_contact_made.")
    search = step(assistant.client, app, 7)["id"]
    assert assistant.refusal("act_on_step", step_id=search, action="complete", reason="x").endswith("log_search.")
    assert "until is missing" in assistant.refusal("act_on_step", step_id=call_, action="snooze")
    said = assistant.refusal("act_on_step", step_id=call_, action="snooze", until="2026-07-03T09:00")
    assert said == "until wants a time within the next 30 days (now: Mon 1 Jun 2026, 08:00 EDT)."
    data = assistant.data("act_on_step", step_id=call_, action="snooze", until="2026-06-03T09:00")
    assert "until Wed 3 Jun 2026, 09:00 EDT" in data["what"]
    assistant.data("act_on_step", step_id=call_, action="unsnooze")
    skipped = assistant.data("act_on_step", step_id=call_, action="skip", reason="No.")
    assert "No further call comes until the next round or contact." in skipped["warnings"]
    assert round_


def test_a_search_activity(assistant: Assistant) -> None:
    app, _, _ = interviewed_by(assistant.client)
    data = assistant.data("log_search", kind="networking", note="Lunch.", at="2026-05-31T12:00")
    assert data["what"] == "Recorded search activity (networking) of Sun 31 May 2026, 12:00 EDT."
    assert [(one["step"], one["change"]) for one in data["effects"]] in ([], [(7, "moved")])
    assert "lies in the future" in assistant.refusal("log_search", kind="event", at="2026-06-20T10:00")
    assistant.data("log_search", kind="applied", application_id=app)
    assert len(items(assistant.client, "/v1/search-activities")) == 2
