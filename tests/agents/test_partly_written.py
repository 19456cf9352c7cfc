"""Calls of several requests: what is said when a later one is refused, and what a call says that has nothing to do."""

from collections.abc import Callable
from typing import Any

import pytest

from api.agents.effects import MOST as MOST_EFFECTS
from api.agents.effects import effect_lines
from api.agents.handlers.undo import MOST
from api.agents.handlers.writing import NOTHING_NEW
from tests.agents.account import interviewed_by
from tests.agents.assistant import Assistant
from tests.conftest import World
from tests.http.api_client import act, alter, application, contact, interview, items, put, read, step

pytestmark = pytest.mark.sqlite

Call = tuple[str, dict[str, Any]]


def new_stage(app: str, _round: str, _person: str) -> Call:
    return "save_application", {"application_id": app, "location": "Boston", "stage": "interviewing"}


def person_of_an_application(app: str, _round: str, _person: str) -> Call:
    return "save_contact", {"application_id": app, "full_name": "Jo Field"}


def changed_person_of_an_application(app: str, _round: str, person: str) -> Call:
    return "save_contact", {"application_id": app, "contact_id": person, "honorific": "Ms"}


def new_reference(app: str, _round: str, _person: str) -> Call:
    return "brief_reference", {"application_id": app, "name": "Robin Okafor"}


def more_people(_app: str, round_: str, _person: str) -> Call:
    return "record_interview", {"interview_id": round_, "location": "Room 7", "people": [{"full_name": "Li"}]}


@pytest.mark.parametrize(
    "call", [new_stage, person_of_an_application, changed_person_of_an_application, new_reference, more_people]
)
def test_what_was_recorded_is_told_when_the_next_write_is_refused(
    make_world: Callable[..., World], call: Callable[[str, str, str], Call]
) -> None:
    world = make_world(agent_writes_per_day=1)
    client = world.sign_up()
    assistant = Assistant.of(world, client)
    tool, given = call(*interviewed_by(client))
    said = assistant.refusal(tool, **given)
    assert said.startswith("A part was recorded, the rest was not: "), said
    (write,) = items(client, "/v1/writes")
    assert said.endswith(f" To take that back: undo write_ids=[{write['id']}]")
    assert write["tool"] == tool


@pytest.mark.parametrize("call", [new_stage, changed_person_of_an_application, more_people])
def test_a_trial_that_is_refused_says_only_why(
    make_world: Callable[..., World], call: Callable[[str, str, str], Call]
) -> None:
    world = make_world(agent_writes_per_day=1)
    client = world.sign_up()
    tool, given = call(*interviewed_by(client))
    said = Assistant.of(world, client).refusal(tool, **given, dry_run=True)
    assert "recorded" not in said
    assert items(client, "/v1/writes") == []


def test_a_trial_tells_what_it_could_not_try(assistant: Assistant) -> None:
    app, _, _ = interviewed_by(assistant.client)
    person = assistant.data("save_contact", full_name="Jo", application_id=app, dry_run=True)
    assert person["warnings"] == ["That the person is then linked to the application was not tried."]
    told = assistant.data("brief_reference", name="Robin", application_id=app, dry_run=True)
    assert told["what"] == "Tried only, nothing was written. Recorded a reference."
    assert told["warnings"] == ["What to tell them is written once they are recorded."]
    assert items(assistant.client, "/v1/references") == []


def test_showing_a_step_again_can_be_tried(assistant: Assistant) -> None:
    app, _, _ = interviewed_by(assistant.client)
    id_ = step(assistant.client, app, 6)["id"]
    show = {"step_id": id_, "action": "unsnooze"}
    assert assistant.data("act_on_step", **show)["what"] == NOTHING_NEW
    act(assistant.client, f"/v1/steps/{id_}/snooze", until="2026-06-03T09:00:00Z")
    tried = assistant.data("act_on_step", **show, dry_run=True)
    assert tried["what"].startswith("Tried only, nothing was written. Shown again in what is due")
    assert read(assistant.client, f"/v1/steps/{id_}")["snoozed_until"] is not None
    assistant.data("act_on_step", **show)
    assert read(assistant.client, f"/v1/steps/{id_}")["snoozed_until"] is None


def test_a_new_application_that_has_ended_needs_a_yes(assistant: Assistant) -> None:
    given = {"company": "Acme", "role": "Cook", "stage": "rejected", "stage_at": "2026-05-30T10:00"}
    question = assistant.question("save_application", **given)
    assert question.message == "This records an application that has ended: rejected."
    assert items(assistant.client, "/v1/applications") == []
    assistant.data("save_application", **given, confirm=question.code)
    (made,) = items(assistant.client, "/v1/applications")
    assert (made["stage"], made["closed_at"]) == ("rejected", "2026-05-30T14:00:00Z")


def test_a_person_who_is_linked_already_stays_linked(assistant: Assistant) -> None:
    app, person = application(assistant.client), contact(assistant.client)
    put(assistant.client, f"/v1/applications/{app}/contacts/{person}")
    assert assistant.data("save_contact", contact_id=person, application_id=app)["what"] == NOTHING_NEW


def test_the_zone_of_an_interview_is_changed_with_its_times(assistant: Assistant) -> None:
    round_ = interview(assistant.client, application(assistant.client))
    moved = {"interview_id": round_, "start": "2026-06-04T14:00", "end": "2026-06-04T15:00", "replace": True}
    assistant.data("record_interview", **moved, time_zone="Europe/Berlin")
    shown = read(assistant.client, f"/v1/interviews/{round_}")
    assert (shown["time_zone"], shown["starts_at"]) == ("Europe/Berlin", "2026-06-04T12:00:00Z")


def test_an_end_that_is_recorded_is_changed_by_the_user_only(assistant: Assistant) -> None:
    _, round_, _ = interviewed_by(assistant.client)
    alter(assistant.client, f"/v1/interviews/{round_}", actual_end="2026-05-29T15:10:00Z")
    said = assistant.refusal("record_debrief", interview_id=round_, actual_end="2026-05-29T11:30")
    when = "Fri 29 May 2026, 11:10 EDT"
    assert said == f"actual_end is recorded already: {when}. Leave it out; the user can change it in the app."


def test_missing_details_of_a_person_are_added_in_a_debrief(assistant: Assistant) -> None:
    _, round_, person = interviewed_by(assistant.client)
    ana = {"contact_id": person, "full_name": "Ana Ruiz", "phone": "+1 212 555 0199"}
    assistant.data("record_debrief", interview_id=round_, people=[ana])
    assert read(assistant.client, f"/v1/contacts/{person}")["phone"] == "+1 212 555 0199"


def test_the_recipients_of_a_letter_are_chosen(assistant: Assistant) -> None:
    _, round_, _ = interviewed_by(assistant.client)
    other = contact(assistant.client, full_name="Li Wu", email="li@example.com")
    data = assistant.data("draft_letter", interview_id=round_, recipients=[other.upper()])
    assert [one["contact_id"] for one in data["recipients"]] == [other]
    assert "wants ids of people" in assistant.refusal("draft_letter", interview_id=round_, recipients=["Li Wu"])


def test_writes_that_need_each_other_are_taken_back_together(assistant: Assistant) -> None:
    made = assistant.data("save_application", company="Acme", role="Cook")
    app = made["ids"]["application_id"]
    searched = assistant.data("log_search", kind="applied", application_id=app)
    ids = [*made["undo"]["write_ids"], *searched["undo"]["write_ids"]]
    question = assistant.question("undo", write_ids=ids)
    assert question.message.startswith("This takes back 2 writes, newest first:")
    assistant.data("undo", write_ids=ids, confirm=question.code)
    assert items(assistant.client, "/v1/applications") == []
    assert items(assistant.client, "/v1/search-activities") == []


def test_the_newest_writes_are_listed(assistant: Assistant) -> None:
    for minute in range(MOST + 1):
        assistant.data("log_search", kind="event", at=f"2026-05-30T10:{minute:02}")
    answer = assistant.call("undo")
    assert answer.text.count(" · log_search") == MOST
    assert answer.text.endswith(f"Older ones are left out: the newest {MOST} are shown.")


def test_many_effects_are_counted_after_the_first() -> None:
    effect = dict.fromkeys(("company", "due_at_was", "due_at"))
    effect |= {"application_id": "a", "number": 3, "step": "notes", "change": "gone"}
    lines = effect_lines([effect] * (MOST_EFFECTS + 2), "UTC", "a")
    assert len(lines) == MOST_EFFECTS + 1
    assert lines[-1] == "  … and 2 more steps"
