"""The number of statements does not grow with the number of rows, and lists read their rows in index order."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.invariants.conftest import opened_world
from tests.invariants.failures import Failures
from tests.invariants.statements import counted, plan, recorded
from tests.services.full_record import Entry, lists, record_everything
from tests.stores import Store

EXPANSIONS = ("contacts", "interviews", "steps", "headline", "next_action")
EXPANDED = tuple(",".join(some) for n in (1, 2, len(EXPANSIONS)) for some in combinations(EXPANSIONS, n))
IN_ONE = ("interviewers", "notes", "letters", "references", "follow_ups", "offers")
ORDERED = {
    "/v1/queue": "ix_step_instance_queue",
    "/v1/queue?sort=-due_at": "ix_step_instance_queue",
    "/v1/queue?state=open": "ix_step_instance_queue",
    "/v1/queue?state=upcoming": "ix_step_instance_queue",
    "/v1/queue?state=open,upcoming": "ix_step_instance_queue",
    "/v1/queue?state=overdue,open,upcoming": "ix_step_instance_queue",
    "/v1/queue?step=4&due_before=2027-01-01T00:00:00Z": "ix_step_instance_queue",
    "/v1/queue?sort=urgency": "ix_step_instance_urgency",
    "/v1/queue?sort=urgency&stale=exclude&state=overdue,open,upcoming": "ix_step_instance_urgency",
    "/v1/queue?sort=urgency&stale=only": "ix_step_instance_urgency",
    "/v1/queue?sort=-due_at&stale=exclude": "ix_step_instance_urgency",
    "/v1/applications": "ix_application_created",
    "/v1/applications?sort=created_at": "ix_application_created",
    "/v1/applications?sort=updated_at": "ix_application_updated",
    "/v1/applications?sort=-updated_at": "ix_application_updated",
    "/v1/applications?sort=updated_at&updated_since=2026-01-01T00:00:00Z": "ix_application_updated",
    "/v1/applications?sort=company": "ix_application_company",
    "/v1/applications?sort=-company": "ix_application_company",
    "/v1/applications?company=acme": "ix_application_created",
    "/v1/applications?company=acme&sort=company": "ix_application_company",
    "/v1/contacts": "ix_contact_created",
    "/v1/contacts?search=kim": "ix_contact_created",
    "/v1/references": "ix_reference_person_created",
    "/v1/search-activities": "ix_search_activity_at",
    "/v1/search-activities?sort=at": "ix_search_activity_at",
    "/v1/letter-templates": "ix_letter_template_created",
    "/v1/applications/{app}/notes": "ix_note_noted",
    "/v1/applications/{app}/notes?sort=-noted_at": "ix_note_noted",
    "/v1/applications/{app}/follow-ups": "ix_follow_up_at",
    "/v1/applications/{app}/interviews": "ix_interview_start",
    "/v1/interviews": "ix_interview_by_start",
    "/v1/interviews?sort=-starts_at": "ix_interview_by_start",
    "/v1/interviews?from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z": "ix_interview_by_start",
    "/v1/applications/{app}/letters": "ix_letter_created",
    "/v1/applications/{app}/offers": "ix_offer_received",
    "/v1/applications/{app}/stages": "ix_stage_change_order",
    "/v1/tokens": "ix_token_kind",
    "/v1/me/activity": "ix_activity_at",
}
EXPORTS = (
    "/v1/exports/applications",
    "/v1/exports/contacts",
    "/v1/exports/contacts?format=vcf",
    "/v1/exports/interviews",
    "/v1/exports/interviews?format=ics",
    "/v1/exports/queue?state=overdue,open,upcoming",
    "/v1/exports/queue?state=overdue,open,upcoming&format=ics",
    "/v1/reports/job-search?from=2026-01-01&contacts=true&details=history",
)
SLOW = re.compile(r"TEMP B-TREE|^SCAN (?!page$)|Sort  \(|Seq Scan")  # `page`: at most as many rows as the page has


def record_more(client: TestClient, world: World, ids: dict[str, str], *, times: int) -> None:
    """Record `times` more facts of every kind under the application, and as many more applications."""
    entry = Entry(client, world.clock.now, dict(ids))
    app, interview = ids["application"], ids["interview"]
    for number in range(times):
        at = entry.before(days=2, minutes=number)
        contact = entry.make("contact", "/v1/contacts", {"full_name": f"Kim {number}", "email": "kim@example.com"})
        entry.send("PUT", f"/v1/applications/{app}/contacts/{contact}", {})
        entry.send("PUT", f"/v1/interviews/{interview}/interviewers/{contact}", {})
        reference = entry.make("reference", "/v1/references", {"name": f"Lee {number}"})
        entry.send("PUT", f"/v1/applications/{app}/references/{reference}", {})
        made: dict[str, dict[str, Any]] = {
            "interviews": {"starts_at": entry.before(days=3, minutes=number)},
            "notes": {"kind": "concern", "text": "A note.", "interview_id": interview},
            "letters": {"recipients": [contact], "kind": "other", "interview_id": interview},
            "follow-ups": {"direction": "out", "channel": "phone", "outcome": "spoke", "at": at},
            "offers": {"respond_by": entry.before(days=-3)},
            "stages": {"stage": "interviewing", "at": at},
        }
        for kind, fields in made.items():
            entry.make(kind, f"/v1/applications/{app}/{kind}", fields)
        entry.make("activity", "/v1/search-activities", {"kind": "search", "application_id": app})
        entry.make("general_activity", "/v1/search-activities", {"kind": "search"})
        entry.make("letter_template", "/v1/letter-templates", {"name": "Short", "body": "Thank you."})
        entry.make("token", "/v1/tokens", {"name": f"App {number}"})
        other = entry.make("other", "/v1/applications", {"company": f"Acme {number}", "role": "Engineer"})
        entry.make(
            "round", f"/v1/applications/{other}/interviews", {"starts_at": entry.before(days=9 if number % 2 else -9)}
        )
        entry.send("PUT", f"/v1/applications/{other}/contacts/{contact}", {})


@dataclass(frozen=True)
class Grown:
    """A user with six rows in every list, and the statements that each list took with one row."""

    world: World
    client: TestClient
    ids: dict[str, str]
    with_one: dict[str, int]


@pytest.fixture(scope="module")
def grown(store: Store) -> Iterator[Grown]:
    with opened_world(store, store.head) as world:
        world.database.open_inline_connection()
        client = world.sign_up()
        ids = record_everything(client, world.clock.now)
        assert client.get(EXPORTS[0]).status_code == 200  # the first one adds a row for its limit
        with_one = {href: count(world, client, href) for href in addresses(ids)}
        record_more(client, world, ids, times=5)
        yield Grown(world, client, ids, with_one)


def addresses(ids: dict[str, str]) -> list[str]:
    """Return the addresses of all lists, with every pair of values of `expand` and with `explain`."""
    app = ids["application"]
    return [
        *EXPORTS,
        "/v1/applications/summary",
        "/v1/me/digest",
        "/v1/me/digest?format=html&as_of=2100-01-01T00:00:00Z",
        "/v1/search?q=example&types=contact",
        *lists(ids),
        "/v1/queue?state=overdue,open,upcoming",
        "/v1/queue?state=overdue,open,upcoming&explain=true",
        "/v1/queue?sort=urgency&state=overdue,open,upcoming&limit=200",
        f"/v1/applications/{app}/steps?explain=true",
        f"/v1/applications/{app}/timeline",
        f"/v1/applications/{app}/timeline?as_of=2020-01-01T00:00:00Z",
        "/v1/stats/funnel?by=source",
        "/v1/stats/response-times?by=source",
        *(f"/v1/applications?expand={names}" for names in EXPANDED),
        *(f"/v1/applications/{app}?expand={names}" for names in EXPANDED),
        *(f"/v1/applications/{app}?expand={name}" for name in IN_ONE),
        f"/v1/applications/{app}?expand={','.join((*EXPANSIONS, *IN_ONE))}",
    ]


def test_every_list_takes_as_many_statements_for_six_rows_as_for_one(grown: Grown) -> None:
    with Failures() as failures:
        for href, with_one in grown.with_one.items():
            with failures.of(href):
                assert count(grown.world, grown.client, href) == with_one


def count(world: World, client: TestClient, href: str) -> int:
    return counted(world.database, lambda: read(client, href))


def read(client: TestClient, href: str) -> dict[str, Any]:
    answer = client.get(href)
    assert answer.status_code == 200, answer.text
    is_json = answer.headers["content-type"] == "application/json"
    document: dict[str, Any] = answer.json() if is_json else {}
    return document


def test_a_list_is_read_in_the_order_of_its_index_on_every_page(grown: Grown) -> None:
    with Failures() as failures:
        for href, index in ORDERED.items():
            address = href.format(app=grown.ids["application"])
            first = f"{address}{'&' if '?' in address else '?'}limit=1"
            cursor = read(grown.client, first)["next_cursor"]
            assert cursor is not None, first
            for page in (first, f"{first}&cursor={cursor}"):
                with failures.of(page):
                    steps = steps_of_list(grown.world, grown.client, page)
                    assert any(f"{index} " in step for step in steps), steps
                    assert not any(SLOW.search(step) for step in steps), steps


def steps_of_list(world: World, client: TestClient, href: str) -> list[str]:
    """Return the query plan of the statement that reads the rows of a page."""
    with recorded(world.database) as found:
        read(client, href)
    (statement,) = [one for one in found if "ORDER BY" in one.text and "offer.respond_by >" not in one.text]
    return plan(world.database, statement)
