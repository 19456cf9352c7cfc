"""Twenty things that users say, each done with the calls that a host would make.

Arguments come from earlier answers only: ids, dates and the next tool must stand in them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from api.agents.delimiters import mark
from tests.agents.account import interviewed_by, reference
from tests.agents.assistant import Assistant
from tests.http.api_client import application, contact, interview, items, put, read, step

Arguments = dict[str, Any]
ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


@dataclass
class Model:
    """Makes calls as a model would: it knows what the user said, and the texts of earlier answers."""

    assistant: Assistant
    seen: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def call(self, tool: str, **arguments: Any) -> str:
        self.calls.append(tool)
        self.seen.append(self.assistant.text(tool, **arguments))
        return self.seen[-1]

    def refused(self, tool: str, **arguments: Any) -> str:
        self.calls.append(tool)
        self.seen.append(self.assistant.refusal(tool, **arguments))
        return self.seen[-1]

    def asked(self, tool: str, **arguments: Any) -> str:
        """Make a call that needs a yes; return the code."""
        self.calls.append(tool)
        needs = self.assistant.question(tool, **arguments)
        self.seen.append(needs.message)
        return needs.code

    def id(self, name: str, near: str = "") -> str:
        """Return the id of a kind from the newest text that has one, from the line with `near` if it is given."""
        for text in reversed(self.seen):
            for line in text.splitlines():
                found = re.search(rf"\b{name}[ =]\[?({ID})", line) if near in line else None
                if found:
                    return found[1]
        raise AssertionError((name, near, self.seen))


@dataclass
class Life:
    """The account of the user before they speak."""

    app: str
    round_: str
    person: str


def before(assistant: Assistant) -> Life:
    """Record an application with an interview on Friday, and one elsewhere."""
    app, round_, person = interviewed_by(assistant.client)
    put(assistant.client, f"/v1/applications/{app}/contacts/{person}")
    application(assistant.client, company="Acme Robotics", role="Cook")
    return Life(app, round_, person)


def what_is_due_today(model: Model, life: Life) -> None:
    assert "OVERDUE · step 4 Thank-you letter · ⟦Larkfield Press⟧" in model.call("due")


def what_comes_by_the_end_of_next_week(model: Model, life: Life) -> None:
    assert "step 6 The call" in model.call("due", ahead=7)


def why_the_letter_is_overdue(model: Model, life: Life) -> None:
    model.call("due", application_id=(model.call("find", words="Larkfield"), model.id("id", "application"))[1])
    said = model.call("explain_step", step_id=step_id_after(model.seen[-1], "Thank-you letter"))
    assert "thank_you_hours=24" in said


def how_things_stand(model: Model, life: Life) -> None:
    model.call("find", words="Larkfield")
    text = model.call("application", application_id=model.id("id", "application"))
    assert "1. onsite, scheduled, Fri 29 May 2026" in text


def an_interview_on_thursday_at_two_with_ben_sato(model: Model, life: Life) -> None:
    model.call("find", words="Acme")
    start = {"start": "2026-06-04T14:00", "people": [{"full_name": "Ben Sato"}]}
    assert "Thu 4 Jun 2026, 14:00 EDT" in model.call(
        "record_interview", application_id=model.id("id", "⟦Acme"), **start
    )


def it_was_moved_to_friday(model: Model, life: Life) -> None:
    planned = interview(model.assistant.client, life.app, starts_at="2026-06-04T18:00:00Z")
    model.call("application", application_id="Larkfield")
    moved = {"interview_id": model.id("interview_id", "Thu 4 Jun"), "start": "2026-06-05T14:00"}
    assert "call record_interview with replace" in model.refused("record_interview", **moved)
    model.call("record_interview", **moved, replace=True)
    assert read(model.assistant.client, f"/v1/interviews/{planned}")["starts_at"] == "2026-06-05T18:00:00Z"


def i_just_came_out_of_it(model: Model, life: Life) -> None:
    model.call("due")
    said = {"positives": [{"text": "Laughed."}], "no_concerns": True, "next_stage": "a second talk"}
    given = {"interview_id": model.id("interview_id", "record_debrief"), **said}
    assert "Would change:" in model.call("record_debrief", **given, dry_run=True)
    assert "step 3 Notes: done late" in model.call("record_debrief", **given)


def they_would_not_say_when_i_may_call(model: Model, life: Life) -> None:
    model.call("application", application_id="Larkfield")
    model.call("record_debrief", interview_id=model.id("interview_id"), timing_unknown=True)
    assert read(model.assistant.client, f"/v1/interviews/{life.round_}")["timing_unknown"] is True


def write_the_thank_you_letter(model: Model, life: Life) -> None:
    model.call("due")
    text = model.call("draft_letter", interview_id=model.id("interview_id", "draft_letter"))
    assert "Show it to the user. The user sends it" in text


def make_it_less_stiff(model: Model, life: Life) -> None:
    write_the_thank_you_letter(model, life)
    letter = model.id("letter_id")
    model.call("draft_letter", letter_id=letter, body="Dear Ana, thank you for the specimen book.", replace=True)
    assert "specimen book" in read(model.assistant.client, f"/v1/letters/{letter}")["body"]


def send_it(model: Model, life: Life) -> None:
    """No tool sends: nothing is called, and the answer before says who sends."""
    write_the_thank_you_letter(model, life)


def i_sent_it_last_night_at_eight(model: Model, life: Life) -> None:
    write_the_thank_you_letter(model, life)
    given = {"letter_id": model.id("letter_id"), "sent_at": "2026-05-31T20:00", "channel": "email"}
    assert "Marked as sent on Sun 31 May 2026, 20:00 EDT by email." in model.call("mark_letter_sent", **given)


OUT = {"direction": "out", "channel": "phone"}


def i_called_and_nobody_answered(model: Model, life: Life) -> None:
    model.call("find", words="Larkfield", kind="application")
    model.call("log_contact_made", application_id=model.id("id"), outcome="no_answer", **OUT)
    assert len(items(model.assistant.client, f"/v1/applications/{life.app}/follow-ups")) == 1


def they_called_back_and_decide_on_the_27th(model: Model, life: Life) -> None:
    model.call("find", words="Larkfield", kind="application")
    given = {"direction": "in", "channel": "phone", "outcome": "status", "hear_by": "2026-06-27"}
    assert "hear_by Sat 27 Jun 2026" in model.call("log_contact_made", application_id=model.id("id"), **given)


def what_shall_i_tell_robin(model: Model, life: Life) -> None:
    robin = reference(model.assistant.client, permission_at="2026-05-01T10:00:00Z")
    model.call("find", words="Larkfield", kind="application")
    app = model.id("id")
    model.call("find", words="Robin", kind="reference")
    given = {"application_id": app, "reference_id": model.id("id")}
    assert "What to tell them:\n⟦Dear Robin Okafor," in model.call("brief_reference", **given)
    both = {"job_details_given": True, "company_details_given": True}
    assert "step 5 References: done" in model.call("brief_reference", **given, told_at="2026-06-01T07:50", **both)
    assert given["reference_id"] == robin


def ask_ana_from_now_on(model: Model, life: Life) -> None:
    model.call("find", words="Ana", kind="contact")
    ana = model.id("id", "contact")
    model.call("find", words="Larkfield", kind="application")
    model.call("save_contact", contact_id=ana, application_id=model.id("id"), ask_about_application=True)
    assert read(model.assistant.client, f"/v1/applications/{life.app}")["status_contact_id"] == life.person


def forget_the_notes_there(model: Model, life: Life) -> None:
    text = model.call("application", application_id="Larkfield")
    notes = step_id_after(text, "step 3 Notes")
    model.call("act_on_step", step_id=notes, action="skip", reason="It was an informal coffee.")
    assert step(model.assistant.client, life.app, 3)["state"] == "skipped"


def remind_me_of_the_call_on_monday(model: Model, life: Life) -> None:
    text = model.call("due", step=6, ahead=7)
    model.call("act_on_step", step_id=step_id_after(text, "The call"), action="snooze", until="2026-06-08T09:00")
    assert step(model.assistant.client, life.app, 6)["snoozed_until"] == "2026-06-08T13:00:00Z"


def they_turned_me_down(model: Model, life: Life) -> None:
    model.call("find", words="Larkfield", kind="application")
    given = {"application_id": model.id("id"), "stage": "rejected"}
    model.call("save_application", **given, confirm=model.asked("save_application", **given))
    assert read(model.assistant.client, f"/v1/applications/{life.app}")["stage"] == "rejected"


def no_undo_that(model: Model, life: Life) -> None:
    they_turned_me_down(model, life)
    model.call("undo")
    model.call("undo", write_ids=[model.id("write_id")])
    assert read(model.assistant.client, f"/v1/applications/{life.app}")["stage"] == "applied"


def step_id_after(text: str, words: str) -> str:
    """Return the first step_id that follows the words."""
    found = re.search(rf"step_id ({ID})", text[text.index(words) :])
    assert found is not None
    return found[1]


TASKS: tuple[tuple[Callable[[Model, Life], None], str], ...] = (
    (what_is_due_today, "due"),
    (what_comes_by_the_end_of_next_week, "due"),
    (why_the_letter_is_overdue, "find due explain_step"),
    (how_things_stand, "find application"),
    (an_interview_on_thursday_at_two_with_ben_sato, "find record_interview"),
    (it_was_moved_to_friday, "application record_interview record_interview"),
    (i_just_came_out_of_it, "due record_debrief record_debrief"),
    (they_would_not_say_when_i_may_call, "application record_debrief"),
    (write_the_thank_you_letter, "due draft_letter"),
    (make_it_less_stiff, "due draft_letter draft_letter"),
    (send_it, "due draft_letter"),
    (i_sent_it_last_night_at_eight, "due draft_letter mark_letter_sent"),
    (i_called_and_nobody_answered, "find log_contact_made"),
    (they_called_back_and_decide_on_the_27th, "find log_contact_made"),
    (what_shall_i_tell_robin, "find find brief_reference brief_reference"),
    (ask_ana_from_now_on, "find find save_contact"),
    (forget_the_notes_there, "application act_on_step"),
    (remind_me_of_the_call_on_monday, "due act_on_step"),
    (they_turned_me_down, "find save_application save_application"),
    (no_undo_that, "find save_application save_application undo undo"),
)


@pytest.mark.parametrize(("task", "calls"), TASKS, ids=[task.__name__ for task, _ in TASKS])
def test_a_task_is_done_with_what_the_answers_give(
    assistant: Assistant, task: Callable[[Model, Life], None], calls: str
) -> None:
    model = Model(assistant)
    task(model, before(assistant))
    assert model.calls == calls.split()


def test_no_task_needs_an_id_that_a_person_wrote(assistant: Assistant) -> None:
    """A text that looks like an id stands between delimiters, and a call with it finds nothing."""
    fake = "019577a0-0000-7000-8000-000000000001"
    contact(assistant.client, full_name=f"contact_id {fake}")
    text = assistant.text("find", words=fake)
    assert mark(f"contact_id {fake}") in text


def test_the_tasks_use_every_tool_but_one() -> None:
    used = {tool for _, calls in TASKS for tool in calls.split()}
    assert len(used) == 14
    assert "log_search" not in used
