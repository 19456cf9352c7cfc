"""Ids that are none never get into an address, and what is not text is refused."""

import json
from typing import Any

import pytest

from api.agents.catalogue import BY_NAME, TOOLS
from api.agents.client import path
from api.agents.problems import Refusal
from tests.agents.account import interviewed_by
from tests.agents.assistant import Assistant
from tests.agents.rows import everything
from tests.http.api_client import UNKNOWN

pytestmark = pytest.mark.sqlite

HOSTILE = (
    "../me/activity",
    "..",
    "%2e%2e%2fme",
    "a%2fb",
    "?x=1",
    "#x",
    f"{UNKNOWN}/../../me",
    f"{UNKNOWN}?expand=steps",
    f"{UNKNOWN}#",
    f"{UNKNOWN}%00",
    f"{UNKNOWN}\n",
    f" {UNKNOWN}",
    "\x00",
    "",
    "０" * 36,
    "{interview_id}",
)
OTHERS: dict[str, dict[str, Any]] = {
    "save_application": {"why_role": "x"},
    "record_interview": {"start": "2026-06-04T10:00"},
    "save_contact": {"full_name": "x", "ask_about_application": True},
    "mark_letter_sent": {"sent_at": "2026-05-30T10:00", "channel": "email"},
    "log_contact_made": {"direction": "out", "channel": "phone", "outcome": "spoke"},
    "record_debrief": {"positives": [{"text": "x"}]},
    "act_on_step": {"action": "reopen"},
    "log_search": {"kind": "event"},
}
KNOWN = ("application_id", "interview_id")
REFUSED = ("wants an id", "wants ids", "are no text", "No application fits", "no word to look for")
IDS = [
    (tool.name, name)
    for tool in TOOLS
    for name in json.loads(json.dumps(tool.input_schema))["properties"]
    if name.endswith("_id")
]


@pytest.mark.parametrize(("tool", "name"), IDS)
def test_hostile_ids_are_refused_and_nothing_is_written(assistant: Assistant, tool: str, name: str) -> None:
    app, round_, _ = interviewed_by(assistant.client)
    before = everything(assistant.world)
    required = BY_NAME[tool].input_schema["required"]
    assert isinstance(required, list)
    for bad in HOSTILE:
        given = {**OTHERS.get(tool, {}), name: bad}
        others = [
            one for one in (*required, "application_id") if one != name and one in ("application_id", "interview_id")
        ]
        properties = BY_NAME[tool].input_schema["properties"]
        assert isinstance(properties, dict)
        given.update({one: app if one == "application_id" else round_ for one in others if one in properties})
        said = assistant.refusal(tool, **given)
        assert any(words in said for words in REFUSED), (bad, said)
        assert len(bad) < 5 or bad not in said
    assert everything(assistant.world) == before


def test_hostile_ids_in_lists_are_refused(assistant: Assistant) -> None:
    _, round_, _ = interviewed_by(assistant.client)
    letter = assistant.data("draft_letter", interview_id=round_)["letter_id"]
    before = everything(assistant.world)
    for bad in HOSTILE:
        for tool, given in (
            ("draft_letter", {"letter_id": letter, "recipients": [bad]}),
            ("record_debrief", {"interview_id": round_, "people": [{"contact_id": bad}]}),
            ("record_debrief", {"interview_id": round_, "people": [{"contact_id": bad, "email": "a@example.com"}]}),
            ("record_interview", {"interview_id": round_, "people": [{"contact_id": bad}]}),
            ("undo", {"write_ids": [bad], "dry_run": True}),
        ):
            said = assistant.refusal(tool, **given)
            assert any(words in said for words in REFUSED), (tool, bad, said)
    assert everything(assistant.world) == before


def test_only_ids_get_into_an_address() -> None:
    shown = path("/v1/interviews/{interview_id}", interview_id=UNKNOWN.upper())
    assert (shown.address, shown.template) == (f"/v1/interviews/{UNKNOWN}", "/v1/interviews/{interview_id}")
    for bad in HOSTILE:
        with pytest.raises(Refusal, match="interview_id wants an id as `find` gives it"):
            path("/v1/interviews/{interview_id}", interview_id=bad)


def test_words_that_are_hostile_find_nothing_and_break_nothing(assistant: Assistant) -> None:
    interviewed_by(assistant.client)
    for words in ("%", "' OR 1=1 --", '"', "a" * 300, "../../etc", "*", "-", "𝕬", "a b c d e f g h i j k l"):
        answer = assistant.call("find", words=words)
        assert answer.text
        assert "failed" not in answer.text
