"""Undoing what assistants wrote: all rows are as before, or nothing changes."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import SQLModel, select

from api.models import AgentWrite, User
from api.services.accounts import tokens
from api.services.steps import judge
from api.services.write_log import log
from api.storage.session import ANY_OWNER
from api.workers.retention import apply_retention
from tests.conftest import World
from tests.http.api_client import (
    Answer,
    act,
    add,
    alter,
    application,
    contact,
    interviewed,
    items,
    problem,
    put,
    read,
    step,
)
from tests.http.kinds_of_write import KINDS, account
from tests.http.test_agent_tokens import assistant
from tests.invariants.statements import recorded
from tests.services.checks import check_rows, dump, rows_of, total_bytes

ALL = "/v1/applications"
WRITES = "/v1/writes"
TOLD = {"effects": "true"}
# What undoing does not bring back: versions, the times of changes, the counters of writes, and what was done.
# The number of an entry of the search is the one under which SQLite has its words.
VOLATILE = frozenset({"version", "incarnation", "updated_at", "changed_seq", "changed_at", "number"})
KEPT = frozenset({"activity", "agent_write", "kept_answer", "token"})


def signed_in(world: World, client: TestClient) -> TestClient:
    """Return the client of a new session of the same account."""
    me = read(client, "/v1/me")["id"]
    with world.database.write(world.clock.now) as session:
        session.owner = me
        judge.lock_user(session)
        user = session.get_one(User, me)
        _, secret = tokens.open_session(session, user, days=30, name="Firefox at home")
    made = world.anonymous()
    made.headers["Authorization"] = f"Bearer {secret}"
    return made


def facts(world: World, client: TestClient) -> dict[str, list[Answer]]:
    """Return what counts of all rows of an account."""
    owned = [name for name, table in SQLModel.metadata.tables.items() if "user_id" in table.c and name not in KEPT]
    found = rows_of(world.database, read(client, "/v1/me")["id"], *owned)
    return {name: [{n: v for n, v in row.items() if n not in VOLATILE} for row in rows] for name, rows in found.items()}


def written(client: TestClient, method: str, href: str, body: Answer | None = None) -> str:
    """Write something; return the id of the write."""
    report = client.request(method, href, json=body, params=TOLD)
    assert report.status_code == 200, report.text
    return str(report.json()["write"]["id"])


def undone(client: TestClient, write_id: str, **params: str) -> Answer:
    answer = client.post(f"{WRITES}/{write_id}/undo", params=params)
    assert answer.status_code == 200, answer.text
    document: Answer = answer.json()
    return document


def check_account(world: World, client: TestClient) -> None:
    """Check that the steps are those of a fresh evaluation, and the bytes of the account those of its rows."""
    with world.database.read(world.clock.now) as session:
        session.owner = read(client, "/v1/me")["id"]
        check_rows(session)
        assert session.get_one(User, session.owner).stored_bytes == total_bytes(session)


@pytest.mark.parametrize("kind", KINDS)
def test_an_undone_write_leaves_every_row_as_before(world: World, client: TestClient, kind: str) -> None:
    write, agent = account(client)[kind], assistant(world, client)
    before, world.clock.now = facts(world, client), world.clock.now + timedelta(minutes=5)
    id_ = written(agent, write.method, write.href, write.body)
    after = facts(world, client)
    assert after != before
    answer = undone(agent, id_)
    assert facts(world, client) == before
    check_account(world, client)
    redone = undone(agent, answer["undone_by"])
    assert redone["undoes"] == id_
    assert facts(world, client) == after
    assert read(agent, f"{WRITES}/{id_}")["undone_by"] is None
    check_account(world, client)
    undone(agent, id_)
    assert facts(world, client) == before


@pytest.mark.sqlite(profile="quick")
def test_versions_go_up(world: World, client: TestClient) -> None:
    app, agent = application(client), assistant(world, client)
    tags = [read(client, f"{ALL}/{app}")["etag"]]
    id_ = written(agent, "PATCH", f"{ALL}/{app}", {"location": "Paris"})
    tags.append(read(client, f"{ALL}/{app}")["etag"])
    undone(agent, id_)
    found = read(client, f"{ALL}/{app}")
    assert (found["location"], found["version"]) == (None, 3)
    assert found["etag"] not in tags


@pytest.mark.sqlite(profile="quick")
def test_a_dry_run_of_undoing_changes_nothing_and_tells_the_effects(world: World, client: TestClient) -> None:
    write, agent = account(client)["a rejection"], assistant(world, client)
    id_ = written(agent, write.method, write.href, write.body)
    before = dump(world.database, read(client, "/v1/me")["id"])
    tried = undone(agent, id_, dry_run="true")
    assert dump(world.database, read(client, "/v1/me")["id"]) == before
    done = undone(agent, id_, effects="true")
    assert done["effects"] == tried["effects"]
    assert {one["change"] for one in done["effects"]} <= {"reopened", "opened", "moved"}
    assert done["write"]["id"] == done["body"]["undone_by"]


def test_undoing_a_new_application_tells_that_its_steps_are_gone(world: World, client: TestClient) -> None:
    agent = assistant(world, client)
    id_ = written(agent, "POST", ALL, {"company": "Teal", "role": "Cook"})
    found = undone(agent, id_, effects="true")["effects"]
    assert {(one["company"], one["change"]) for one in found} <= {("Teal", "gone")}
    assert items(client, ALL) == []


def test_a_write_that_was_changed_since_is_not_undone(world: World, client: TestClient) -> None:
    app, agent, person = application(client), assistant(world, client), signed_in(world, client)
    id_ = written(agent, "POST", f"{ALL}/{app}/notes", {"kind": "general", "text": "Well."})
    note = items(client, f"{ALL}/{app}/notes")[0]["id"]
    world.clock.now += timedelta(hours=1)
    alter(person, f"/v1/notes/{note}", text="Very well.")
    before = dump(world.database, read(client, "/v1/me")["id"])
    refused = problem(agent.post(f"{WRITES}/{id_}/undo"), 409, "changed_since")
    assert refused["changed"] == {
        "type": "note",
        "id": note,
        "by": "Firefox at home",
        "at": "2026-06-01T13:00:00Z",
    }
    assert "Firefox at home" in refused["detail"]
    assert dump(world.database, read(client, "/v1/me")["id"]) == before
    alter(person, f"/v1/notes/{note}", text="Well.")
    undone(agent, id_)


def test_a_row_that_is_used_since_is_not_deleted(world: World, client: TestClient) -> None:
    app, agent = application(client), assistant(world, client)
    kim = written(agent, "POST", "/v1/contacts", {"full_name": "Kim"})
    person = items(client, "/v1/contacts")[0]["id"]
    talk = written(agent, "POST", f"{ALL}/{app}/interviews", {"starts_at": "2026-05-29T14:00:00Z"})
    interview = items(client, f"{ALL}/{app}/interviews")[0]["id"]
    letter = add(client, f"{ALL}/{app}/letters", recipients=[person])["id"]
    note = add(client, f"{ALL}/{app}/notes", kind="general", text="x", interview_id=interview)["id"]
    assert problem(agent.post(f"{WRITES}/{kim}/undo"), 409, "changed_since")["changed"]["id"] == letter
    assert problem(agent.post(f"{WRITES}/{talk}/undo"), 409, "changed_since")["changed"]["id"] == note
    for href in (f"/v1/letters/{letter}", f"/v1/notes/{note}"):
        assert client.delete(href).status_code == 204
    for id_ in (talk, kim):
        undone(agent, id_)
    assert items(client, "/v1/contacts") == items(client, f"{ALL}/{app}/interviews") == []


def test_the_last_stage_is_not_deleted(world: World, client: TestClient) -> None:
    app, agent = application(client), assistant(world, client)
    first = items(client, f"{ALL}/{app}/stages")[0]["id"]
    id_ = written(agent, "POST", f"{ALL}/{app}/stages", {"stage": "saved", "at": "2026-05-01T12:00:00Z"})
    assert client.delete(f"/v1/stages/{first}").status_code == 204
    problem(agent.post(f"{WRITES}/{id_}/undo"), 409, "changed_since")


def test_what_a_row_pointed_at_must_still_be_there(world: World, client: TestClient) -> None:
    app, agent = application(client), assistant(world, client)
    letter = add(client, f"{ALL}/{app}/letters")["id"]
    note = add(client, f"{ALL}/{app}/notes", kind="general", text="x", addressed_by_letter_id=letter)["id"]
    id_ = written(agent, "PATCH", f"/v1/notes/{note}", {"addressed_by_letter_id": None})
    assert client.delete(f"/v1/letters/{letter}").status_code == 204
    problem(agent.post(f"{WRITES}/{id_}/undo"), 409, "changed_since")


@pytest.mark.parametrize(
    "what", ["a contact", "an interview with people and notes", "a reference", "a letter", "a template"]
)
def test_a_deletion_is_undone(world: World, client: TestClient, what: str) -> None:
    app, talk = interviewed(client)
    kim, agent = contact(client, email="kim@example.com"), assistant(world, client)
    put(client, f"/v1/interviews/{talk}/interviewers/{kim}")
    letter = add(client, f"{ALL}/{app}/letters", interview_id=talk, recipients=[kim])["id"]
    note: Answer = {"kind": "positive", "text": "Well.", "interview_id": talk, "addressed_by_letter_id": letter}
    add(client, f"{ALL}/{app}/notes", **note)
    robin = add(client, "/v1/references", name="Robin Roe")["id"]
    put(client, f"{ALL}/{app}/references/{robin}")
    template = add(client, "/v1/letter-templates", name="Short", body="Thank you.")["id"]
    href = {
        "a contact": f"/v1/contacts/{kim}",
        "an interview with people and notes": f"/v1/interviews/{talk}",
        "a reference": f"/v1/references/{robin}",
        "a letter": f"/v1/letters/{letter}",
        "a template": f"/v1/letter-templates/{template}",
    }[what]
    before = facts(world, client)
    id_ = written(agent, "DELETE", href)
    assert facts(world, client) != before
    undone(agent, id_)
    assert facts(world, client) == before
    check_account(world, client)


def test_a_snooze_is_undone_and_one_that_a_write_ended_is_told(world: World, client: TestClient) -> None:
    app, _ = interviewed(client)
    agent, row = assistant(world, client), step(client, app, 4)
    snooze = f"/v1/steps/{row['id']}/snooze"
    id_ = written(agent, "POST", snooze, {"until": "2026-06-05T12:00:00Z"})
    assert step(client, app, 4)["snoozed_until"]
    assert undone(agent, id_)["not_restored"] == []
    assert step(client, app, 4)["snoozed_until"] is None
    act(client, snooze, until="2026-06-05T12:00:00Z")
    ended = undone(agent, written(agent, "POST", f"/v1/steps/{row['id']}/skip", {}))["not_restored"]
    assert [(one["code"], one["id"]) for one in ended] == [("snooze_ended", row["id"])]


def test_an_undone_send_makes_the_draft_again_and_says_what_it_cannot(world: World, client: TestClient) -> None:
    write, agent = account(client)["a sent letter"], assistant(world, client)
    answer = undone(agent, written(agent, write.method, write.href, write.body))
    letter = write.href.split("/")[3]
    assert read(client, f"/v1/letters/{letter}")["status"] == "draft"
    assert [(one["code"], one["id"]) for one in answer["not_restored"]] == [("letter_was_sent", letter)]


def test_the_stored_response_is_forgotten_so_that_the_write_can_be_repeated(world: World, client: TestClient) -> None:
    agent, key, body = assistant(world, client), {"Idempotency-Key": "once"}, {"company": "Acme", "role": "Cook"}
    for number in range(2):
        made = agent.post(ALL, json=body, headers=key, params=TOLD)
        assert "idempotency-replayed" not in made.headers
        assert len(items(client, ALL)) == 1
        undone(agent, made.json()["write"]["id"])
        assert items(client, ALL) == [], number


@pytest.mark.sqlite(profile="quick")
def test_who_sees_and_undoes_a_write(world: World, client: TestClient, stranger: TestClient) -> None:
    agent, other, person = assistant(world, client), assistant(world, client), signed_in(world, client)
    id_ = written(agent, "POST", ALL, {"company": "Acme", "role": "Cook"})
    for one in (other, stranger, signed_in(world, stranger)):
        assert items(one, WRITES) == []
        problem(one.get(f"{WRITES}/{id_}"), 404, "not_found")
        problem(one.post(f"{WRITES}/{id_}/undo"), 404, "not_found")
    for one in (agent, person, client):
        (listed,) = items(one, WRITES)
        assert listed == read(one, f"{WRITES}/{id_}")
    assert (listed["operation"], listed["token_name"]) == ("create_application", "assistant")
    assert listed["undo_until"] == "2026-06-02T12:00:00Z"
    assert {(one["type"], one["change"]) for one in listed["rows"]} == {
        ("application", "created"),
        ("stage", "created"),
    }
    by = undone(person, id_)["undone_by"]
    assert [one["id"] for one in items(person, WRITES)] == [by, id_]
    assert [one["undone_by"] for one in items(agent, WRITES)] == [by]
    assert undone(agent, id_)["undone_by"] == by
    assert [(one["operation"], one["write_id"]) for one in items(person, "/v1/me/activity")][:2] == [
        ("undo_write", None),
        ("undo_write", by),
    ]


def test_undoing_needs_the_scopes_of_the_write(world: World, client: TestClient) -> None:
    agent, reader = assistant(world, client), assistant(world, client, "agent_reader")
    id_ = written(agent, "POST", "/v1/search-activities", {"kind": "search"})
    with world.database.write(world.clock.now) as session:
        session.owner = read(client, "/v1/me")["id"]
        mine = read(reader, "/v1/tokens/current")["id"]
        session.exec(select(AgentWrite)).one().token_id = mine
    assert problem(reader.post(f"{WRITES}/{id_}/undo"), 403, "forbidden")["missing_scopes"] == ["steps:write"]


@pytest.mark.sqlite(profile="quick")
def test_writes_lapse_after_a_day(world: World, client: TestClient) -> None:
    agent = assistant(world, client)
    id_ = written(agent, "POST", ALL, {"company": "Acme", "role": "Cook"})
    world.clock.now += timedelta(hours=24) - timedelta(seconds=1)
    assert read(agent, f"{WRITES}/{id_}")["id"] == id_
    world.clock.now += timedelta(seconds=1)
    assert items(agent, WRITES) == []
    problem(agent.post(f"{WRITES}/{id_}/undo"), 404, "not_found")
    apply_retention(world.database, world.clock.now)
    assert entries(world) == 0


def entries(world: World) -> int:
    with world.database.read(world.clock.now) as session:
        return len(session.exec(select(AgentWrite), execution_options=ANY_OWNER).all())


def test_erasing_a_person_drops_the_writes_that_name_them(world: World, client: TestClient) -> None:
    agent, app = assistant(world, client), application(client)
    kim = contact(client, full_name="Kim Lee")
    note = add(client, f"{ALL}/{app}/notes", kind="general", text="Kim Lee was kind.")["id"]
    gone = [
        written(agent, "PATCH", f"/v1/contacts/{kim}", {"phone": "+1 555 0100"}),
        written(agent, "PATCH", f"/v1/notes/{note}", {"text": "They were kind."}),
    ]
    kept = written(agent, "PATCH", f"{ALL}/{app}", {"location": "Paris"})
    assert client.post(f"/v1/contacts/{kim}/erase").status_code == 200
    assert [one["id"] for one in items(agent, WRITES)] == [kept]
    for id_ in gone:
        problem(agent.post(f"{WRITES}/{id_}/undo"), 404, "not_found")
    with world.database.read(world.clock.now) as session:
        found = session.exec(select(AgentWrite), execution_options=ANY_OWNER).all()
        assert "Kim" not in str([one.images for one in found])
    check_account(world, client)


def test_deleting_a_reference_drops_the_writes_that_name_them(world: World, client: TestClient) -> None:
    agent = assistant(world, client)
    robin = add(client, "/v1/references", name="Robin Roe")["id"]
    written(agent, "PATCH", f"/v1/references/{robin}", {"title": "Director"})
    assert client.delete(f"/v1/references/{robin}").status_code == 204
    assert entries(world) == 0


def test_the_oldest_writes_make_room(world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    agent = assistant(world, client)
    monkeypatch.setattr(log, "MAX_ENTRIES", 3)
    ids = [written(agent, "POST", ALL, {"company": f"C{number}", "role": "Cook"}) for number in range(5)]
    assert [one["id"] for one in items(agent, WRITES)] == ids[:1:-1]
    monkeypatch.setattr(log, "MAX_BYTES", 3_000)
    app = items(client, ALL)[0]["id"]
    for number in range(3):
        written(agent, "PATCH", f"{ALL}/{app}", {"location": f"Paris {number}"})
    assert 0 < sum(sizes(world)) <= 3_000
    monkeypatch.setattr(log, "MAX_BYTES_OF_ONE", 100)
    report = agent.patch(f"{ALL}/{app}", json={"location": "Rome"}, params=TOLD).json()
    assert report["write"] is None
    check_account(world, client)


def sizes(world: World) -> list[int]:
    with world.database.read(world.clock.now) as session:
        return [one.size for one in session.exec(select(AgentWrite), execution_options=ANY_OWNER).all()]


@pytest.mark.sqlite(profile="quick")
def test_other_tokens_pay_nothing(world: World, client: TestClient) -> None:
    """The log costs statements; the writes of people and their apps take as many as without it."""
    agent, person, app = assistant(world, client), signed_in(world, client), application(client)
    found: list[list[str]] = []
    for one in (person, agent):
        read(one, "/v1/queue")  # the first use of a token is stored
    for one in (client, person, agent):
        with recorded(world.database) as statements:
            add(one, f"{ALL}/{app}/notes", kind="general", text="Well.")
        found.append([statement.text for statement in statements])
    assert found[0] == found[1]
    assert not [text for text in found[0] if "agent_write" in text]
    assert any("agent_write" in text for text in found[2])
    assert entries(world) == 1


@pytest.mark.sqlite(profile="quick")
def test_writes_of_people_are_not_logged(world: World, client: TestClient) -> None:
    person = signed_in(world, client)
    report = person.post(ALL, json={"company": "Acme", "role": "Cook"}, params=TOLD).json()
    assert report["write"] is None
    assert items(person, WRITES) == []


@pytest.mark.sqlite(profile="quick")
def test_an_account_that_was_deleted_has_no_writes(world: World, client: TestClient) -> None:
    written(assistant(world, client), "POST", ALL, {"company": "Acme", "role": "Cook"})
    asked: Answer = client.delete("/v1/me").json()
    assert client.delete("/v1/me", params={"confirmation": asked["confirmation"]}).status_code == 204
    assert entries(world) == 0


@pytest.mark.sqlite(profile="quick")
def test_webhooks_are_told_of_an_undone_application(world: World, client: TestClient) -> None:
    add(client, "/v1/webhooks", url="https://hooks.example.com/a")
    agent = assistant(world, client)
    id_ = written(agent, "POST", ALL, {"company": "Acme", "role": "Cook"})
    app = items(client, ALL)[0]["id"]
    undone(agent, id_)
    (event,) = items(client, "/v1/events", type="application.deleted")
    assert (event["data"]["application"]["id"], event["data"]["application"]["company"]) == (app, "Acme")
    redone = undone(agent, read(agent, f"{WRITES}/{id_}")["undone_by"])
    assert redone["undoes"] == id_
    assert items(client, ALL)[0]["id"] == app
