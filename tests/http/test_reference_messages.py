"""Texts for and about references: briefing, thanks and reference sheet, in every format."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import (
    NOW,
    UNKNOWN,
    Answer,
    add,
    alter,
    application,
    contact,
    interview,
    interviewed,
    problem,
    put,
    read,
    step,
)
from tests.invariants.statements import counted

pytestmark = pytest.mark.sqlite  # words and days; other files test the statements on both databases

AGREED = "2026-05-01T09:00:00Z"
HOSTILE = "<script>alert(1)</script>'\"& {{7*7}} {0}\r\nBcc: x@example.com\u202eevil\u2066"
KINDS = [("json", "application/json"), ("text", "text/plain"), ("html", "text/html")]


def person(client: TestClient, **fields: Any) -> str:
    return str(add(client, "/v1/references", **{"name": "Robin Okafor", "permission_at": AGREED, **fields})["id"])


def named(client: TestClient, app: str, who: str, **fields: Any) -> str:
    href = f"/v1/applications/{app}/references/{who}"
    put(client, href, **fields)
    return href


def note(client: TestClient, app: str, kind: str, text: str, **fields: Any) -> str:
    return str(add(client, f"/v1/applications/{app}/notes", kind=kind, text=text, **fields)["id"])


def papers(app: str, who: str) -> list[str]:
    link = f"/v1/applications/{app}/references/{who}"
    return [f"{link}/briefing", f"{link}/thanks", f"/v1/applications/{app}/reference-sheet"]


def paragraph_of(message: Answer, role: str) -> tuple[str, list[str]]:
    """Return the text of a paragraph and the ids of its notes."""
    (found,) = [one for one in message["paragraphs"] if one["role"] == role]
    return found["text"], found["source_note_ids"]


def sheet(client: TestClient, app: str, **params: Any) -> Answer:
    return read(client, f"/v1/applications/{app}/reference-sheet", **params)


def test_there_is_no_message_for_a_reference_who_is_not_named(client: TestClient) -> None:
    app, who = application(client), person(client)
    for href in papers(app, who)[:2] + papers(app, UNKNOWN)[:2] + papers(app, "x")[:2]:
        problem(client.get(href), 404, "not_found")


def fully_noted(client: TestClient) -> tuple[str, dict[str, str]]:
    """Record an application with every fact that a briefing uses; return the link's path and the note ids by name."""
    app, round_ = interviewed(client)
    alter(
        client,
        f"/v1/applications/{app}",
        location="Boston",
        posting_url="https://jobs.example.com/1",
        posting_text="Requirements:\n- Go\n- Patience",
        why_role="I like small programs.",
        reference_check={"date": "2026-06-02", "time": "14:30"},
    )
    ana = contact(client, full_name="Ana Ruiz", honorific="Ms", job_title="CTO")
    put(client, f"/v1/interviews/{round_}/interviewers/{ana}")
    notes = {
        "good": note(client, app, "positive", "x", wording="I halved the time to deploy.", interview_id=round_),
        "learned": note(client, app, "general", "They care about tests. Nice office."),
        "doubt": note(client, app, "concern", "Fired in 2019", wording="I left after a merger."),
        "unanswered": note(client, app, "concern", "Never led a team"),
    }
    return named(client, app, person(client, phone="+1 617 555 0188", best_times="mornings")), notes


def test_a_briefing_names_the_job_those_who_may_call_and_the_number_to_be_called(client: TestClient) -> None:
    href, _ = fully_noted(client)
    message = read(client, f"{href}/briefing")
    assert message["subject"] == "Reference for my application – Engineer at Acme"
    opening, _ = paragraph_of(message, "opening")
    assert opening.startswith("On Friday, 29 May 2026 I had an interview for the position of Engineer at Acme.")
    assert "Boston" in opening
    call, _ = paragraph_of(message, "call")
    assert "on Tuesday, 2 June 2026 at 14:30 (EDT, UTC-04)." in call
    assert "Ms Ana Ruiz (CTO)" in call
    assert paragraph_of(message, "posting_link")[0].endswith(" https://jobs.example.com/1")
    assert "+1 617 555 0188" in paragraph_of(message, "reach")[0]
    assert message["text"] == "\n\n".join(one["text"] for one in message["paragraphs"])
    assert message["to"] == {
        "name": "Robin Okafor",
        "phone": "+1 617 555 0188",
        "email": None,
        "best_times": "mornings",
    }


def test_a_briefing_states_requirements_strengths_and_concerns_with_their_notes(client: TestClient) -> None:
    href, notes = fully_noted(client)
    message = read(client, f"{href}/briefing")
    assert paragraph_of(message, "posting")[0].split("\n")[1:] == ["– Go", "– Patience"]
    for role, end, source in (
        ("looks_for", "\n– They care about tests.", "learned"),
        ("strength", "\n– “I halved the time to deploy.”", "good"),
        ("concern", "\n– “I left after a merger.”", "doubt"),
    ):
        text, ids = paragraph_of(message, role)
        assert text.endswith(end)
        assert ids == [notes[source]]
    assert message["missing"] == [f"answer:{notes['unanswered']}", "why_company"]
    assert message["gaps"] == [
        {"code": "answer", "subject": {"type": "note", "id": notes["unanswered"]}},
        {"code": "why_company", "subject": None},
    ]
    assert "2019" not in message["text"]
    assert "led a team" not in message["text"]


def test_a_briefing_lists_the_facts_that_are_missing(client: TestClient) -> None:
    href = named(client, application(client), person(client))
    message = read(client, f"{href}/briefing")
    assert message["missing"] == [
        "check_date", "callers", "looks_for", "strength", "why_role", "why_company", "posting_link", "reach",
    ]  # fmt: skip
    assert "Which number may I give them" in message["text"]


def test_only_those_who_recruit_or_hire_are_named_as_callers(client: TestClient) -> None:
    app = application(client)
    round_, off = (interview(client, app) for _ in range(2))
    roles = {"Rita Recruiter": "recruiter", "Hal Hr": "hr", "Max Manager": "hiring_manager", "Ada Aide": "assistant"}
    for name, role in roles.items():
        put(client, f"/v1/applications/{app}/contacts/{contact(client, full_name=name)}", role=role)
    asked = contact(client, full_name="Stan Status", role="recruiter")
    alter(client, f"/v1/applications/{app}", status_contact_id=asked)
    for name, where in (("Ida Interviewer", round_), ("Carl Cancelled", off)):
        put(client, f"/v1/interviews/{where}/interviewers/{contact(client, full_name=name)}")
    alter(client, f"/v1/interviews/{off}", status="cancelled")
    gone = contact(client, full_name="Dora Deleted", role="hr")
    put(client, f"/v1/applications/{app}/contacts/{gone}", role="hr")
    client.delete(f"/v1/contacts/{gone}")
    href = named(client, app, person(client))
    call, _ = paragraph_of(read(client, f"{href}/briefing"), "call")
    assert "Rita Recruiter, Hal Hr, Max Manager, Stan Status and Ida Interviewer." in call
    alter(client, f"/v1/contacts/{asked}", role="other")
    assert "Stan" not in paragraph_of(read(client, f"{href}/briefing"), "call")[0]


@pytest.mark.parametrize(
    ("now", "line"),
    [
        pytest.param("2026-06-03T03:59:59Z", "call you on Tuesday, 2 June 2026.", id="until-the-day-ends"),
        pytest.param("2026-06-03T04:00:00Z", "from now on", id="after-the-day"),
    ],
)
def test_an_announced_check_is_mentioned_until_its_day_ends_in_the_employers_zone(
    world: World, client: TestClient, now: str, line: str
) -> None:
    app = application(client, reference_check={"date": "2026-06-02"})
    href = named(client, app, person(client))
    world.clock.now = datetime.fromisoformat(now).astimezone(UTC)
    assert line in paragraph_of(read(client, f"{href}/briefing"), "call")[0]


def test_recording_a_briefing_stores_its_text_and_completes_step_5(client: TestClient) -> None:
    app, _ = interviewed(client)
    href = named(client, app, person(client), linked_at=AGREED)
    message = read(client, f"{href}/briefing")
    record = message["record"]
    assert (record["code"], record["method"], record["href"]) == ("record_briefing", "PATCH", href)
    assert record["body"]["briefing_text"] == message["text"]
    told = alter(client, record["href"], **record["body"])
    assert (told["alerted_at"], told["briefed_at"], told["briefing_text"]) == (NOW, NOW, message["text"])
    assert step(client, app, 5)["state"] == "done"
    assert "alerted_at" not in read(client, f"{href}/briefing")["record"]["body"]


def test_a_briefing_that_is_too_long_to_store_is_recorded_without_its_text(client: TestClient) -> None:
    app = application(client)
    for _ in range(3):
        note(client, app, "positive", "x", wording="word " * 1_999 + "end")
    href = named(client, app, person(client))
    record = read(client, f"{href}/briefing")["record"]
    assert "briefing_text" not in record["body"]
    assert alter(client, record["href"], **record["body"])["briefed_at"] == NOW


def test_a_briefing_acknowledges_that_a_reference_was_asked_often(client: TestClient) -> None:
    who = person(client)
    hrefs = [named(client, application(client), who) for _ in range(4)]
    message = read(client, f"{hrefs[0]}/briefing")
    assert (message["asked_within_60_days"], [one["code"] for one in message["warnings"]]) == (4, ["asked_often"])
    assert "several times lately" in message["text"]
    client.delete(hrefs[3])
    fewer = read(client, f"{hrefs[0]}/briefing")
    assert (fewer["asked_within_60_days"], fewer["warnings"]) == (3, [])
    assert "lately" not in fewer["text"]


@pytest.mark.parametrize(
    ("fields", "line", "codes"),
    [
        pytest.param({}, "I am naming you", [], id="agreed"),
        pytest.param({"permission_at": None}, "May I name you as", ["named_without_consent"], id="not-yet"),
        pytest.param({"permission_expires_at": AGREED}, "name you again", ["consent_lapsed"], id="no-longer"),
    ],
)
def test_a_briefing_asks_for_consent_where_it_is_missing(
    client: TestClient, fields: Answer, line: str, codes: list[str]
) -> None:
    href = named(client, application(client), person(client, **fields))
    message = read(client, f"{href}/briefing")
    assert line in paragraph_of(message, "opening")[0]
    assert [one["code"] for one in message["warnings"]] == codes
    assert [(one["action"], one["subject"]) for one in message["warnings"]] == [(code, None) for code in codes]


@pytest.mark.parametrize("was_called", [True, False])
@pytest.mark.parametrize(
    ("stage", "line", "missing"),
    [
        pytest.param("accepted", "I got the job", [], id="accepted"),
        pytest.param("declined", "I have declined it", [], id="declined"),
        pytest.param("rejected", "I did not get the job", [], id="rejected"),
        pytest.param("withdrawn", "I have since withdrawn", [], id="withdrawn"),
        pytest.param("no_response", "I have not heard from them again", [], id="no-response"),
        pytest.param("offered", "They have offered me the job", ["outcome"], id="offered"),
        pytest.param("interviewing", "I do not know yet", ["outcome"], id="open"),
    ],
)
def test_thanks_state_the_outcome_and_whether_the_reference_was_called(
    client: TestClient, stage: str, line: str, missing: list[str], *, was_called: bool
) -> None:
    app = application(client)
    href = named(client, app, person(client), contacted_at=NOW if was_called else None)
    add(client, f"/v1/applications/{app}/stages", stage=stage)
    message = read(client, f"{href}/thanks")
    assert line in paragraph_of(message, "outcome")[0]
    assert ("when Acme contacted you" in paragraph_of(message, "thanks")[0]) is was_called
    assert message["missing"] == missing
    assert message["record"]["body"] == {"thanked_at": NOW}
    assert alter(client, message["record"]["href"], **message["record"]["body"])["thanked_at"] == NOW


def test_the_sheet_lists_only_references_whose_consent_is_valid_now(world: World, client: TestClient) -> None:
    app = application(client)
    details = {"title": "Editor", "company": "Old Harbour", "relation": "My manager", "email": "r@example.com"}
    robin = person(client, phone="+1 617", best_times="mornings", **details)
    until = person(client, name="Uma Until", permission_expires_at="2026-06-01T12:00:01Z")
    never, past = person(client, name="Nora Never", permission_at=None), person(client, name="Pia Past")
    alter(client, f"/v1/references/{past}", permission_expires_at=NOW)
    for who in (robin, until, never, past):
        named(client, app, who)
    person(client, name="Eve Elsewhere")
    before = sheet(client, app)
    assert [one["reference_id"] for one in before["people"]] == [robin, until]
    assert before["people"][0] == {
        "reference_id": robin, "name": "Robin Okafor", "phone": "+1 617", "best_times": "mornings", **details,
    }  # fmt: skip
    left_out = [(one["reference_id"], one["name"], one["why"]) for one in before["left_out"]]
    assert left_out == [(never, "Nora Never", "not_given"), (past, "Pia Past", "lapsed")]
    world.clock.now += timedelta(seconds=1)
    after = sheet(client, app)
    assert [one["reference_id"] for one in after["people"]] == [robin]
    assert [one["name"] for one in after["left_out"]] == ["Uma Until", "Nora Never", "Pia Past"]


@pytest.mark.parametrize("kind", ["text", "html"])
def test_a_reference_who_is_left_out_is_not_printed(client: TestClient, kind: str) -> None:
    app = application(client)
    for who in (person(client, phone="+1 617 555"), person(client, name="Nora Never", permission_at=None)):
        named(client, app, who)
    printed = client.get(f"/v1/applications/{app}/reference-sheet", params={"format": kind}).text
    assert "Robin Okafor" in printed
    assert "+1 617 555" in printed
    for word in ("Nora", "left", "lapsed", "given", "permission"):
        assert word not in printed


def test_handing_over_the_sheet_is_recorded(client: TestClient) -> None:
    app = application(client)
    assert sheet(client, app)["people"] == []
    text = client.get(f"/v1/applications/{app}/reference-sheet", params={"format": "text"}).text
    nobody = "There are no references to name at present."
    assert text == f"References for Alex Doe\n\nFor the position of Engineer at Acme\n\n{nobody}\n"
    record = sheet(client, app)["record"]
    assert alter(client, record["href"], **record["body"])["references_given_at"] == NOW


@pytest.mark.parametrize(("wanted", "kind"), KINDS)
def test_a_message_or_sheet_comes_in_the_requested_format(client: TestClient, wanted: str, kind: str) -> None:
    app, who = application(client), person(client)
    named(client, app, who)
    for href in papers(app, who):
        for asked in ({"params": {"format": wanted}}, {"headers": {"Accept": kind}}):
            answer = client.get(href, **asked)  # type: ignore[arg-type]  # either of the two
            assert answer.status_code == 200
            assert answer.headers["content-type"].partition(";")[0] == kind
        problem(client.get(href, headers={"Accept": "image/png"}), 406, "not_acceptable")


def test_a_message_as_text_is_its_subject_and_its_body(client: TestClient) -> None:
    href = named(client, application(client), person(client))
    for name in ("briefing", "thanks"):
        message = read(client, f"{href}/{name}")
        text = client.get(f"{href}/{name}", params={"format": "text"}).text
        assert text == f"{message['subject']}\n\n{message['text']}\n"


@pytest.mark.parametrize("long", [False, True])
def test_text_of_the_user_is_escaped_and_cannot_inject_header_lines(client: TestClient, *, long: bool) -> None:
    text = HOSTILE + (" long" * 2_000 if long else "")
    line = "<b>'\"& {{7*7}} {0}"
    app = application(client, company=line, role=line, location=line, why_role=text, posting_text=f"Skills:\n{text}")
    who = person(client, name=line, title=line, company=line, relation=line, phone=line, best_times=line)
    named(client, app, who)
    for kind in ("positive", "concern", "general"):
        note(client, app, kind, f"They need {text}", wording=text)
    for href in papers(app, who):
        page = client.get(href, params={"format": "html"})
        assert "<script" not in page.text
        assert "<b>" not in page.text
        assert "\r" not in page.text
        assert "{{7*7}} {0}" in page.text
        assert "script-src" not in page.headers["content-security-policy"]
        assert "default-src 'none'" in page.headers["content-security-policy"]
        text_only = client.get(href, params={"format": "text"}).text
        assert "\nBcc:" not in text_only
        assert "\r" not in text_only
    assert len(read(client, papers(app, who)[0])["text"]) > (20_000 if long else 0)


def test_a_message_takes_the_same_number_of_statements_however_many_facts_it_uses(
    world: World, client: TestClient
) -> None:
    app, round_ = interviewed(client)
    href = named(client, app, person(client))

    def taken() -> list[int]:
        hrefs = (f"{href}/briefing", f"{href}/thanks")
        return [counted(world.database, lambda one=one: read(client, one)) for one in hrefs]  # type: ignore[misc]  # bound at once

    little = taken()
    for number in range(9):
        kim = contact(client, full_name=f"Kim {number}")
        put(client, f"/v1/interviews/{round_}/interviewers/{kim}")
        put(client, f"/v1/applications/{app}/contacts/{kim}", role="hr")
        note(client, app, "positive", "It went well today indeed", interview_id=round_)
        named(client, application(client), href.rpartition("/")[2])
    assert taken() == little
