"""Deleting a fact restores every step row of the user."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel

from tests.conftest import World
from tests.services.checks import check_rows, dump
from tests.services.copies import Record, recorded_once
from tests.services.full_record import Answer, Entry, everything
from tests.stores import Store

pytestmark = pytest.mark.sqlite

Act = Callable[[Entry], Callable[[], Any]]
Base = Callable[[Entry], None]
TableRows = list[tuple[Any, ...]]
APP = "/v1/applications/{application}"


def posted(href: str, **fields: Any) -> Act:
    """Return an act that creates an object, and deletes it to undo. `{…}` in texts stands for ids of the record."""

    def act(entry: Entry) -> Callable[[], Any]:
        answer = entry.client.post(href.format(**entry.ids), json=filled(entry, fields))
        assert answer.status_code == 201, answer.text
        return lambda: entry.client.delete(answer.headers["location"])

    return act


def put(href: str, **fields: Any) -> Act:
    """Return an act that puts a link, and deletes it to undo."""

    def act(entry: Entry) -> Callable[[], Any]:
        answer = entry.client.put(href.format(**entry.ids), json=filled(entry, fields))
        assert answer.status_code == 201, answer.text
        return lambda: entry.client.delete(href.format(**entry.ids))

    return act


def patched(href: str, back: Answer, **fields: Any) -> Act:
    """Return an act that sets fields, and sends `back` to undo."""

    def act(entry: Entry) -> Callable[[], Any]:
        answer = entry.client.patch(href.format(**entry.ids), json=filled(entry, fields))
        assert answer.status_code == 200, answer.text
        return lambda: entry.client.patch(href.format(**entry.ids), json=back)

    return act


def filled(entry: Entry, fields: Answer) -> Answer:
    return {
        name: [one.format(**entry.ids) for one in value]
        if isinstance(value, list)
        else value.format(**entry.ids)
        if isinstance(value, str)
        else entry.before(hours=-value.total_seconds() / 3600)
        if isinstance(value, timedelta)
        else value
        for name, value in fields.items()
    }


def somebody_who_was_there(entry: Entry) -> Callable[[], Any]:
    contact = entry.send("POST", "/v1/contacts", {"full_name": "Kim Chair"})["id"]
    entry.send("PUT", f"/v1/interviews/{entry.ids['interview']}/interviewers/{contact}", {})
    return lambda: entry.client.delete(f"/v1/contacts/{contact}")


def somebody_who_speaks_for_the_user(entry: Entry) -> Callable[[], Any]:
    person = entry.send("POST", "/v1/references", {"name": "Lee Lecturer"})["id"]
    entry.send("PUT", f"/v1/applications/{entry.ids['application']}/references/{person}", {})
    return lambda: entry.client.delete(f"/v1/references/{person}")


def another_application_with_a_round_ahead(entry: Entry) -> Callable[[], Any]:
    made = entry.send("POST", "/v1/applications", {"company": "Blue", "role": "Baker", "applied_on": "2026-05-31"})
    href = f"/v1/applications/{made['id']}"
    entry.send("POST", f"{href}/interviews", {"starts_at": entry.before(days=-4)})
    return lambda: entry.client.delete(href)


def a_skip_of_what_was_skipped(entry: Entry) -> Callable[[], Any]:
    href = f"/v1/steps/{entry.ids['step']}"
    entry.send("POST", f"{href}/skip", {})
    return lambda: entry.client.post(f"{href}/reopen", json={})


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


KINDS: dict[str, Act] = {
    "a-positive": posted(f"{APP}/notes", kind="positive", text="x", interview_id="{interview}", noted_at=hours(-2)),
    "a-concern": posted(f"{APP}/notes", kind="concern", text="x", interview_id="{interview}"),
    "a-general-note": posted(f"{APP}/notes", kind="general", text="x"),
    "a-draft": posted(f"{APP}/letters", interview_id="{interview}", body="x"),
    "a-letter": posted(f"{APP}/letters", interview_id="{interview}", sent_at=hours(-3)),
    "a-letter-to-one": posted(f"{APP}/letters", interview_id="{interview}", sent_at=hours(0), recipients=["{contact}"]),
    "an-early-call-without-answer": posted(f"{APP}/follow-ups", direction="out", channel="phone", outcome="no_answer"),
    "a-call": posted(f"{APP}/follow-ups", direction="out", channel="phone", outcome="spoke", at=hours(-1)),
    "a-promise": posted(
        f"{APP}/follow-ups", direction="in", channel="email", outcome="status", hear_by={"date": "2026-06-09"}
    ),
    "a-decision": posted(f"{APP}/follow-ups", direction="in", channel="email", outcome="decision", at=hours(-60)),
    "a-round-ahead": posted(f"{APP}/interviews", starts_at=hours(50)),
    "a-round-in-between": posted(f"{APP}/interviews", starts_at=hours(-30), ends_at=hours(-29)),
    "a-cancelled-round": posted(f"{APP}/interviews", starts_at=hours(9), status="cancelled", cancelled_at=hours(-1)),
    "an-offer": posted(f"{APP}/offers", respond_by=hours(90)),
    "the-stage-of-an-offer": posted(f"{APP}/stages", stage="offered"),
    "a-rejection": posted(f"{APP}/stages", stage="rejected", at=hours(-1)),
    "a-template": posted("/v1/letter-templates", name="Short", body="Thank you."),
    "a-search": posted("/v1/search-activities", kind="search"),
    "a-search-for-another": posted("/v1/search-activities", kind="applied", application_id="{application}"),
    "a-contact-nobody-met": posted("/v1/contacts", full_name="Kim Chair"),
    "a-reference-not-named": posted("/v1/references", name="Lee Lecturer"),
    "an-interviewer": put("/v1/interviews/{interview}/interviewers/{spare}"),
    "a-contact-of-the-application": put(f"{APP}/contacts/{{spare}}", role="hr"),
    "a-named-reference": put(f"{APP}/references/{{spare_reference}}", alerted_at=hours(-1)),
    "who-was-there": somebody_who_was_there,
    "who-speaks-for-the-user": somebody_who_speaks_for_the_user,
    "another-application": another_application_with_a_round_ahead,
    "a-skip": a_skip_of_what_was_skipped,
    "no-positives": patched("/v1/interviews/{interview}", {"no_positives_at": None}, no_positives_at=hours(-1)),
    "the-next-stage": patched("/v1/interviews/{interview}", {"next_stage": None}, next_stage="A panel"),
    "the-timing": patched("/v1/interviews/{interview}", {"hear_by": None}, hear_by={"date": "2026-06-03"}),
    "a-longer-round": patched("/v1/interviews/{interview}", {"actual_end": None}, actual_end=hours(-94)),
    "no-references-wanted": patched(APP, {"references_not_needed_at": None}, references_not_needed_at=hours(-1)),
    "an-announced-check": patched(APP, {"reference_check": None}, reference_check={"date": "2026-05-29"}),
    "a-postal-address": patched("/v1/contacts/{spare}", {"postal_address": None}, postal_address="1 High Street"),
    "a-policy": patched("/v1/me/policy", {"search_days": None}, search_days=3),
    "a-policy-of-the-application": patched(f"{APP}/policy", {"thank_you_hours": None}, thank_you_hours=2),
}
SUGGESTS_TO_WRITE = (
    "an-early-call-without-answer"  # it changes the next action if the status contact has an e-mail address
)
CHANGES_NOTHING = {
    "an-early-call-without-answer",
    "a-general-note",
    "an-offer",
    "a-contact-nobody-met",
    "a-reference-not-named",
    "a-template",
    "a-contact-of-the-application",
    "a-postal-address",
}


def a_bare_round(entry: Entry) -> None:
    app = entry.make("application", "/v1/applications", {"company": "Acme", "role": "Engineer"})
    times = {"starts_at": entry.before(days=4), "ends_at": entry.before(days=4, hours=-1)}
    entry.make("interview", f"/v1/applications/{app}/interviews", times)
    entry.make("contact", "/v1/contacts", {"full_name": "Sam Desk"})
    steps = entry.client.get(f"/v1/applications/{app}/steps").json()["steps"]
    entry.ids["step"] = next(step["id"] for step in steps if step["number"] == 3)


@pytest.fixture(scope="module", params=[a_bare_round, everything], ids=["of-a-bare-round", "of-a-full-record"])
def base(request: pytest.FixtureRequest) -> Base:
    found: Base = request.param
    return found


@pytest.fixture(scope="module")
def record(base: Base, store: Store) -> Iterator[Record]:
    """The record that every case starts with; it also has unlinked people and another application."""

    def enter(entry: Entry) -> None:
        base(entry)
        entry.make("spare", "/v1/contacts", {"full_name": "Ann Door", "job_title": "Director"})
        entry.make("spare_reference", "/v1/references", {"name": "Lee Lecturer"})
        other = entry.send("POST", "/v1/applications", {"company": "Elsewhere", "role": "Engineer"})["id"]
        entry.send("POST", f"/v1/applications/{other}/interviews", {"starts_at": entry.before(days=6)})

    with recorded_once(store, enter) as made:
        yield made


def step_rows(world: World, user: str) -> TableRows:
    """Return the step rows of a user without the columns that are not restored when a fact is deleted."""
    names = SQLModel.metadata.tables["step_instance"].columns.keys()
    kept = [at for at, name in enumerate(names) if name not in ("snoozed_until", "changed_seq", "changed_at")]
    rows = dump(world.database, user, "step_instance")["step_instance"]
    return [tuple(row[at] for at in kept) for row in rows]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_deleting_a_fact_restores_every_step(kind: str, base: Base, record: Record) -> None:
    with record.copied() as (world, client):
        before = step_rows(world, record.user)
        take_back = KINDS[kind](Entry(client, world.clock.now, dict(record.ids)))
        if base is a_bare_round or kind in CHANGES_NOTHING - {SUGGESTS_TO_WRITE}:
            assert (step_rows(world, record.user) == before) == (kind in CHANGES_NOTHING)
        world.clock.now += timedelta(days=3)
        assert take_back().status_code in (200, 204)
        assert step_rows(world, record.user) == before
        with world.database.read(world.clock.now) as session:
            session.owner = record.user
            check_rows(session)
