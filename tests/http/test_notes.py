"""Notes: positives, concerns and others, and how they complete step 3."""

import pytest
from fastapi.testclient import TestClient

from tests.http.api_client import (
    NOW,
    UNKNOWN,
    Answer,
    add,
    alter,
    application,
    fault,
    interviewed,
    items,
    problem,
    read,
    step,
)

pytestmark = pytest.mark.sqlite(profile="quick")

AT_ONCE = "2026-05-29T15:10:00Z"


def at(app: str) -> str:
    return f"/v1/applications/{app}/notes"


@pytest.mark.parametrize(
    ("kind", "addressed"),
    [
        pytest.param("concern", True, id="a-concern-is-for-the-letter"),
        pytest.param("positive", False, id="a-positive-is-not"),
        pytest.param("question", False, id="nor-a-question"),
        pytest.param("general", False, id="nor-anything-else"),
    ],
)
def test_a_note_is_dated_now_and_a_concern_is_marked_for_the_letter(
    client: TestClient, kind: str, addressed: bool
) -> None:
    app = application(client)
    made = add(client, at(app), kind=kind, text="A note.\nTwo lines, “quoted” – 😀.")
    assert (made["noted_at"], made["address_in_letter"], made["interview_id"]) == (NOW, addressed, None)
    other = add(client, at(app), kind=kind, text="x", address_in_letter=not addressed, noted_at=AT_ONCE)
    assert (other["noted_at"], other["address_in_letter"]) == (AT_ONCE, not addressed)
    assert [note["id"] for note in items(client, at(app))] == [other["id"], made["id"]]
    assert read(client, f"/v1/notes/{made['id']}") == made


@pytest.mark.own_statements
def test_both_sides_of_an_interview_complete_step_3_at_the_later_one(client: TestClient) -> None:
    app, round_ = interviewed(client)
    positive = add(client, at(app), interview_id=round_, kind="positive", text="Calm.", noted_at=AT_ONCE)
    assert step(client, app, 3)["progress"] == {
        "done": 1,
        "total": 2,
        "missing": ["concerns"],
        "gaps": [{"code": "concerns", "subject": None}],
    }
    concern = add(client, at(app), interview_id=round_, kind="concern", text="Salary.", noted_at="2026-05-29T20:00:00Z")
    done = step(client, app, 3)
    assert (done["state"], done["completed_at"]) == ("done", "2026-05-29T20:00:00Z")
    assert [e["id"] for e in done["evidence"]] == [positive["id"], concern["id"]]
    alter(client, f"/v1/notes/{concern['id']}", noted_at="2026-05-30T20:00:00Z")
    assert step(client, app, 3)["state"] == "done_late"
    alter(client, f"/v1/notes/{concern['id']}", kind="question")
    assert step(client, app, 3)["state"] == "overdue"


def test_a_deleted_note_reopens_step_3_with_its_old_deadline(client: TestClient) -> None:
    app, round_ = interviewed(client, no_concerns_at="2026-05-29T16:00:00Z")
    note = add(client, at(app), interview_id=round_, kind="positive", text="Calm.", noted_at=AT_ONCE)["id"]
    done = step(client, app, 3)
    told = client.delete(f"/v1/notes/{note}", params={"dry_run": "1"}).json()["reopened_steps"]
    assert [(s["id"], s["state"], s["due_at"]) for s in told] == [(done["id"], "overdue", done["due_at"])]
    assert step(client, app, 3) == done
    assert client.delete(f"/v1/notes/{note}").status_code == 204
    assert (step(client, app, 3)["state"], items(client, at(app))) == ("overdue", [])


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"kind": "positive", "noted_at": "2026-05-29T13:59:59Z"}, id="from-before-the-interview"),
        pytest.param({"kind": "general"}, id="neither-positive-nor-concern"),
    ],
)
def test_a_note_that_cannot_count_is_stored_but_completes_nothing(client: TestClient, body: Answer) -> None:
    app, round_ = interviewed(client)
    note = add(client, at(app), interview_id=round_, text="x", **body)
    found = step(client, app, 3)
    assert found["progress"]["done"] == 0
    early = [("evidence_before_interview", f"/v1/notes/{note['id']}")] if "noted_at" in body else []
    assert [(warning["code"], warning["href"]) for warning in found["warnings"]] == early


@pytest.mark.own_statements
def test_a_note_links_only_the_users_own_objects_of_this_application(client: TestClient, stranger: TestClient) -> None:
    app, round_ = interviewed(client)
    (_, other), (_, theirs) = interviewed(client), interviewed(stranger)
    note = {"kind": "positive", "text": "x"}
    for id_ in (theirs, UNKNOWN, "nothing"):
        problem(client.post(at(app), json={**note, "interview_id": id_}), 404, "not_found", "/interview_id")
    fault(client.post(at(app), json={**note, "interview_id": other}), "/interview_id")
    letter = {"addressed_by_letter_id": UNKNOWN}
    problem(client.post(at(app), json={**note, **letter}), 404, "not_found", "/addressed_by_letter_id")
    assert items(client, at(app)) == []
    made = add(client, at(app), **note, interview_id=round_)
    assert alter(client, f"/v1/notes/{made['id']}", interview_id=None)["interview_id"] is None


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"kind": "worry"}, "/kind", id="an-unknown-kind"),
        pytest.param({"text": ""}, "/text", id="no-text"),
        pytest.param({"text": " \n\t"}, "/text", id="a-blank-text"),
        pytest.param({"text": None}, "/text", id="null-for-the-text"),
        pytest.param({"text": "x" * 20_001}, "/text", id="a-text-that-is-too-long"),
        pytest.param({"text": "bell\x07"}, "/text", id="a-control-character"),
        pytest.param({"noted_at": "2026-06-01T12:05:01Z"}, "/noted_at", id="noted-in-the-future"),
        pytest.param({"noted_at": "yesterday"}, "/noted_at", id="a-word-for-an-instant"),
    ],
)
def test_an_invalid_note_is_neither_recorded_nor_changed(client: TestClient, body: Answer, pointer: str) -> None:
    app = application(client)
    note = add(client, at(app), kind="general", text="As it was.")
    fault(client.post(at(app), json={"kind": "general", "text": "x", **body}), pointer)
    fault(client.patch(f"/v1/notes/{note['id']}", json=body), pointer)
    assert items(client, at(app)) == [note]


def test_date_mark_and_kind_of_a_note_cannot_be_cleared(client: TestClient) -> None:
    app = application(client)
    note = add(client, at(app), kind="concern", text="x")
    for field in ("noted_at", "address_in_letter", "kind"):
        fault(client.patch(f"/v1/notes/{note['id']}", json={field: None}), f"/{field}")
    assert items(client, at(app)) == [note]


@pytest.mark.own_statements
def test_a_round_that_is_moved_to_a_later_time_asks_for_notes_again(client: TestClient) -> None:
    app, round_ = interviewed(client)
    here, ticks = f"/v1/interviews/{round_}", ("no_positives_at", "no_concerns_at")
    alter(client, here, **dict.fromkeys(ticks, "2026-05-29T15:00:00Z"))
    assert step(client, app, 3)["state"] == "done"
    alter(client, here, starts_at="2026-05-31T14:00:00Z", ends_at="2026-05-31T15:00:00Z")
    again = step(client, app, 3)
    assert (again["state"], again["progress"]["missing"]) == ("overdue", ["positives", "concerns"])
    assert [hint["href"] for hint in again["warnings"]] == [here]
    alter(client, here, **dict.fromkeys(ticks, "2026-05-31T15:00:00Z"))
    assert step(client, app, 3)["state"] == "done"
