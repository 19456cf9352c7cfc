"""Every write can be tried, repeated and taken back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from api.agents.catalogue import TOOLS
from api.main import create_app
from api.settings import Settings
from tests.agents.account import interviewed_by
from tests.agents.assistant import Assistant
from tests.agents.rows import everything
from tests.agents.writes import KINDS, Call, account, done
from tests.conftest import Clock, World
from tests.http.api_client import add, alter, items, read
from tests.stores import Store

pytestmark = pytest.mark.sqlite

# What an undo leaves behind: versions go up, and the log, the activity and the counters of writes go on.
LEFT = {"version", "updated_at", "changed_seq", "changed_at", "incarnation", "digest", "number"}
NOT_AGAIN = ("recorded so already", "not written again", "othing was changed")
LOGS = {
    "agent_write",
    "activity",
    "idempotent_response",
    "usage",
    "user_account",
    "token",
    "event",
    "delivery",
    "search_entry",
}


def effects_of(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return effects without the ids of new objects."""
    return [{name: one[name] for name in one if name not in ("step_id", "application_id")} for one in data["effects"]]


@dataclass(frozen=True)
class Prepared:
    """A database with the account that the calls need, which each test copies, and tokens of the user and assistant."""

    url: str
    user: str
    secret: str
    calls: dict[str, Call]


@pytest.fixture(scope="module")
def prepared(store: Store) -> Iterator[Prepared]:
    url = store.copy()
    clock = Clock()
    world = World(create_app(Settings(database_url=url), clock=clock), clock)
    client = world.sign_up()
    assistant = Assistant.of(world, client)
    calls = account(assistant)
    world.database.dispose()
    yield Prepared(url, client.headers["Authorization"], assistant.secret, calls)
    store.drop(url)


@pytest.fixture
def recorded(prepared: Prepared, store: Store, make_world: Callable[..., World]) -> Assistant:
    """The assistant of an account with what the calls need."""
    world = make_world(database_url=store.copy(prepared.url))
    client = world.anonymous()
    client.headers["Authorization"] = prepared.user
    return Assistant(world, client, prepared.secret)


def test_the_calls_are_of_every_writing_tool(prepared: Prepared) -> None:
    calls = prepared.calls
    writing = {tool.name for tool in TOOLS if not tool.annotations["readOnlyHint"]}
    assert {call.tool for call in calls.values()} == writing - {"undo"}
    assert tuple(calls) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_dry_run_writes_nothing_and_tells_what_the_call_then_does(
    recorded: Assistant, prepared: Prepared, kind: str
) -> None:
    call = prepared.calls[kind]
    recorded.data("due")  # the token is used for the first time
    before = everything(recorded.world)
    tried = recorded.data(call.tool, **call.arguments, dry_run=True)
    assert everything(recorded.world) == before
    assert tried["done"] is False
    assert tried["what"].startswith("Tried only, nothing was written. ")
    assert "undo" not in tried
    assert "next" not in tried
    real = done(recorded, call)
    assert real["done"] is True
    assert effects_of(tried) == effects_of(real)
    assert everything(recorded.world) != before


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_call_again_writes_nothing_again(recorded: Assistant, prepared: Prepared, kind: str) -> None:
    call = prepared.calls[kind]
    first = done(recorded, call)
    before = {name: rows for name, rows in everything(recorded.world).items() if name not in LOGS}
    again = done(recorded, call)
    assert {name: rows for name, rows in everything(recorded.world).items() if name not in LOGS} == before
    assert again["done"] is True
    said = " ".join([again["what"], *again.get("warnings", [])])
    assert any(words in said for words in NOT_AGAIN), said
    assert again.get("ids", {}).items() <= first["ids"].items()


@pytest.mark.parametrize("kind", KINDS)
def test_every_write_can_be_taken_back(recorded: Assistant, prepared: Prepared, kind: str) -> None:
    call = prepared.calls[kind]
    before = facts(recorded.world)
    data = done(recorded, call)
    ids = data["undo"]["write_ids"]
    assert len(ids) == 1
    assert data["undo"]["until"] == "Tue 2 Jun 2026, 08:00 EDT"
    listed = recorded.data("undo")["writes"]
    assert [(one["write_id"], one["can_undo"]) for one in listed] == [(ids[0], True)]
    assert listed[0]["what"].startswith(f"{call.tool}: 1 ")
    tried = recorded.data("undo", write_ids=ids, dry_run=True)
    assert tried["done"] is False
    back = recorded.data("undo", write_ids=ids)
    assert back["done"] is True
    assert effects_of(back) == effects_of(tried)
    assert facts(recorded.world) == before


def facts(world: World) -> dict[str, list[dict[str, Any]]]:
    """Return the rows that an undo brings back."""
    return {
        name: [{key: row[key] for key in row if key not in LEFT} for row in rows]
        for name, rows in everything(world).items()
        if name not in LOGS
    }


def test_what_happened_twice_is_recorded_twice_with_its_time(assistant: Assistant) -> None:
    app, _, _ = interviewed_by(assistant.client)
    given = {"application_id": app, "direction": "out", "channel": "phone", "outcome": "no_answer"}
    first = assistant.data("log_contact_made", **given)
    again = assistant.data("log_contact_made", **given)
    assert again["ids"] == first["ids"]
    assert again["warnings"] == [
        "Recorded before at Mon 1 Jun 2026, 08:00 EDT; not written again. If it happened twice, say when with `at`."
    ]
    assistant.data("log_contact_made", **given, at="2026-06-01T07:30")
    assistant.world.clock.now = assistant.world.clock.now.replace(minute=10)
    assistant.data("log_contact_made", **given)
    assert len(items(assistant.client, f"/v1/applications/{app}/follow-ups")) == 3


def test_a_call_with_its_own_time_is_the_same_for_a_day(assistant: Assistant) -> None:
    given = {"kind": "event", "at": "2026-05-30T10:00"}
    first = assistant.data("log_search", **given)
    assistant.world.clock.now = assistant.world.clock.now.replace(hour=20)
    assert assistant.data("log_search", **given)["ids"] == first["ids"]
    assert len(items(assistant.client, "/v1/search-activities")) == 1


def test_tokens_do_not_share_what_they_sent(assistant: Assistant) -> None:
    other = Assistant.of(assistant.world, assistant.client)
    assistant.data("log_search", kind="event")
    other.data("log_search", kind="event")
    assert len(items(assistant.client, "/v1/search-activities")) == 2


def test_recording_again_what_was_taken_back(assistant: Assistant) -> None:
    first = assistant.data("log_search", kind="event")
    assistant.data("undo", write_ids=first["undo"]["write_ids"])
    assert items(assistant.client, "/v1/search-activities") == []
    assert "warnings" not in assistant.data("log_search", kind="event")
    assert len(items(assistant.client, "/v1/search-activities")) == 1


def test_several_writes_are_taken_back_after_a_yes(assistant: Assistant) -> None:
    app, round_, _ = interviewed_by(assistant.client)
    debriefed = assistant.data("record_debrief", interview_id=round_, positives=[{"text": "Well."}])
    letter = assistant.data("draft_letter", interview_id=round_)
    ids = [*debriefed["undo"]["write_ids"], *letter["undo"]["write_ids"]]
    question = assistant.question("undo", write_ids=ids)
    head = "This takes back 2 writes, newest first:\n  Mon 1 Jun 2026, 08:00 EDT · draft_letter"
    assert question.message.startswith(head)
    assert len(items(assistant.client, f"/v1/applications/{app}/letters")) == 1
    data = assistant.data("undo", write_ids=ids, confirm=question.code)
    assert [one["write_id"] for one in data["writes"]] == ids[::-1]
    assert items(assistant.client, f"/v1/applications/{app}/letters") == []
    assert items(assistant.client, f"/v1/applications/{app}/notes") == []
    restored = assistant.data("undo", write_ids=data["undo"]["write_ids"], agreed=True)
    assert restored["done"]
    assert len(items(assistant.client, f"/v1/applications/{app}/notes")) == 1


def test_what_somebody_changed_since_is_not_taken_back(assistant: Assistant) -> None:
    app, round_, _ = interviewed_by(assistant.client)
    data = assistant.data("record_debrief", interview_id=round_, positives=[{"text": "Well."}])
    alter(assistant.client, f"/v1/notes/{data['ids']['note_ids'][0]}", text="Better.")
    said = assistant.refusal("undo", write_ids=data["undo"]["write_ids"])
    assert said.startswith("The note was changed")
    assert said.endswith("after this write: take it back by hand in the app.")
    tried = assistant.data("undo", write_ids=data["undo"]["write_ids"], dry_run=True)
    assert tried["writes"][0]["can_undo"] is False
    assert items(assistant.client, f"/v1/applications/{app}/notes")[0]["text"] == "Better."


def test_a_write_of_another_token_is_not_there(assistant: Assistant) -> None:
    other = Assistant.of(assistant.world, assistant.client)
    ids = assistant.data("log_search", kind="event")["undo"]["write_ids"]
    assert "no such write of this token" in other.refusal("undo", write_ids=ids)
    assert other.text("undo").endswith("This token wrote nothing in 24 hours that can be taken back.")


def test_a_letter_that_was_sent_stays_sent(assistant: Assistant) -> None:
    app, round_, person = interviewed_by(assistant.client)
    draft = {"interview_id": round_, "recipients": [person], "body": "Thank you."}
    letter = add(assistant.client, f"/v1/applications/{app}/letters", **draft)["id"]
    sent = assistant.data("mark_letter_sent", letter_id=letter, sent_at="2026-05-30T10:00", channel="email")
    data = assistant.data("undo", write_ids=sent["undo"]["write_ids"])
    assert data["not_restored"] == ["The letter is a draft here again; if it was sent, that is not taken back."]
    assert read(assistant.client, f"/v1/letters/{letter}")["status"] == "draft"


def test_after_a_day_nothing_is_listed(assistant: Assistant) -> None:
    ids = assistant.data("log_search", kind="event")["undo"]["write_ids"]
    assistant.world.clock.now = assistant.world.clock.now.replace(day=3)
    assert all(not one["can_undo"] for one in assistant.data("undo")["writes"])
    assert assistant.refusal("undo", write_ids=ids)
