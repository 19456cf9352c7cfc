"""Consent of references: when it ends to the second, how often a person was named, and the hints about both."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import NOW, Answer, add, alter, application, fault, items, put, read
from tests.invariants.statements import counted

pytestmark = pytest.mark.sqlite(profile="quick")

ALL = "/v1/references"
AGREED = "2026-05-01T09:00:00Z"


def person(client: TestClient, **fields: Any) -> str:
    return str(add(client, ALL, **{"name": "Ada May", **fields})["id"])


def named(client: TestClient, who: str, app: str | None = None, **fields: Any) -> str:
    """Name a reference for an application; return the path of the link."""
    href = f"/v1/applications/{app or application(client)}/references/{who}"
    put(client, href, **fields)
    return href


def codes(shown: Answer) -> list[str]:
    return [str(warning["code"]) for warning in shown["warnings"]]


@pytest.mark.parametrize(
    ("now", "consent"),
    [
        pytest.param("2026-07-01T03:59:59Z", "given", id="the-last-second"),
        pytest.param("2026-07-01T04:00:00Z", "lapsed", id="the-very-instant"),
        pytest.param("2026-07-01T04:00:01Z", "lapsed", id="a-second-later"),
    ],
)
def test_a_permission_holds_until_its_last_second(world: World, client: TestClient, now: str, consent: str) -> None:
    ada = person(client, permission_at=AGREED, permission_expires_at="2026-07-01T00:00:00-04:00")
    before = read(client, f"{ALL}/{ada}")
    assert (before["consent"], before["permission_expires_at"]) == ("given", "2026-07-01T04:00:00Z")
    href = named(client, ada)
    world.clock.now = datetime.fromisoformat(now).astimezone(UTC)
    after = read(client, f"{ALL}/{ada}")
    assert (after["consent"], after["version"]) == (consent, 1)
    expected = ["consent_lapsed"] if consent == "lapsed" else []
    assert codes(after) == codes(read(client, href)) == expected
    tag = {"If-None-Match": before["etag"]}
    assert client.get(f"{ALL}/{ada}", headers=tag).status_code == 200


def test_a_permission_without_an_end_does_not_expire(world: World, client: TestClient) -> None:
    ada = person(client, permission_at=AGREED)
    world.clock.now += timedelta(days=9_000)
    assert read(client, f"{ALL}/{ada}")["consent"] == "given"


@pytest.mark.own_statements
def test_an_end_needs_a_permission_and_does_not_come_before_it(client: TestClient) -> None:
    end = "2026-07-01T00:00:00Z"
    refused = client.post(ALL, json={"name": "Eve", "permission_expires_at": end})
    assert fault(refused, "/permission_expires_at") == "nothing_to_end"
    ada = person(client)
    assert fault(client.patch(f"{ALL}/{ada}", json={"permission_expires_at": end}), "/permission_expires_at")
    early = {"permission_at": AGREED, "permission_expires_at": "2026-05-01T08:59:59Z"}
    assert fault(client.patch(f"{ALL}/{ada}", json=early), "/permission_expires_at") == "before_permission_at"
    assert read(client, f"{ALL}/{ada}")["version"] == 1
    same = alter(client, f"{ALL}/{ada}", permission_at=AGREED, permission_expires_at=AGREED)
    assert same["consent"] == "lapsed"
    later = alter(client, f"{ALL}/{ada}", permission_expires_at="2199-12-31T23:59:59Z")
    assert later["consent"] == "given"
    gone = alter(client, f"{ALL}/{ada}", permission_at=None)
    assert (gone["consent"], gone["permission_expires_at"]) == ("not_given", None)


@pytest.mark.own_statements
def test_a_missing_consent_is_reported_on_the_link_and_on_the_person(client: TestClient) -> None:
    ada = person(client)
    assert (read(client, f"{ALL}/{ada}")["consent"], codes(read(client, f"{ALL}/{ada}"))) == ("not_given", [])
    href = named(client, ada)
    link = read(client, href)
    assert codes(link) == codes(read(client, f"{ALL}/{ada}")) == ["named_without_consent"]
    hint = link["warnings"][0]
    assert (hint["method"], hint["href"]) == ("PATCH", f"{ALL}/{ada}")
    assert "Ada May" in hint["text"]
    alter(client, hint["href"], permission_at=NOW)
    assert codes(read(client, href)) == codes(read(client, f"{ALL}/{ada}")) == []
    assert read(client, href)["etag"] != link["etag"]


def test_a_closed_application_does_not_ask_for_consent(client: TestClient) -> None:
    ada, app = person(client), application(client)
    href = named(client, ada, app)
    add(client, f"/v1/applications/{app}/stages", stage="rejected")
    assert codes(read(client, href)) == codes(read(client, f"{ALL}/{ada}")) == []


def test_uses_of_a_reference_are_counted_for_sixty_days_to_the_second(world: World, client: TestClient) -> None:
    ada = person(client, permission_at=AGREED)
    now = world.clock.now
    for ago in (timedelta(days=60), timedelta(days=60, seconds=-1), timedelta()):
        named(client, ada, linked_at=(now - ago).isoformat())
    shown = read(client, f"{ALL}/{ada}")
    assert (shown["uses"], shown["asked_within_60_days"]) == (3, 2)
    world.clock.now = now + timedelta(seconds=1)
    later = read(client, f"{ALL}/{ada}")
    assert (later["uses"], later["asked_within_60_days"]) == (3, 1)
    assert later["etag"] != shown["etag"]


def test_a_deleted_application_does_not_count_as_a_use_until_it_is_restored(client: TestClient) -> None:
    ada, app = person(client, permission_at=AGREED), application(client)
    named(client, ada, app)
    client.delete(f"/v1/applications/{app}")
    assert read(client, f"{ALL}/{ada}")["asked_within_60_days"] == 0
    client.post(f"/v1/applications/{app}/restore")
    assert read(client, f"{ALL}/{ada}")["asked_within_60_days"] == 1


def test_the_fourth_use_of_a_reference_is_too_many(client: TestClient) -> None:
    ada = person(client, permission_at=AGREED)
    hrefs = [named(client, ada) for _ in range(3)]
    assert codes(read(client, f"{ALL}/{ada}")) == codes(read(client, hrefs[0])) == []
    hrefs.append(named(client, ada))
    for href in (f"{ALL}/{ada}", *hrefs):
        warning = read(client, href)["warnings"][0]
        assert (warning["code"], warning["href"]) == ("asked_often", ALL)
        assert "4 times" in warning["text"]


@pytest.mark.own_statements
@pytest.mark.parametrize("outcome", ["accepted", "declined", "rejected", "withdrawn", "no_response"])
@pytest.mark.parametrize("fact", ["contacted_at", "briefed_at"])
def test_after_the_outcome_a_hint_says_to_thank_a_reference_who_helped(
    client: TestClient, outcome: str, fact: str
) -> None:
    ada, app = person(client, permission_at=AGREED), application(client)
    details = {"job_details_given": True, "company_details_given": True} if fact == "briefed_at" else {}
    href = named(client, ada, app, **{fact: NOW}, **details)
    assert codes(read(client, href)) == []
    add(client, f"/v1/applications/{app}/stages", stage=outcome)
    (hint,) = read(client, href)["warnings"]
    assert (hint["code"], hint["method"], hint["href"]) == ("thank_reference", "GET", f"{href}/thanks")
    assert items(client, f"/v1/applications/{app}/references")[0]["warnings"] == [hint]
    record = read(client, hint["href"])["record"]
    thanked = alter(client, record["href"], **record["body"])
    assert (thanked["thanked_at"], thanked["warnings"]) == (NOW, [])


def test_a_reference_who_was_neither_briefed_nor_called_needs_no_thanks(client: TestClient) -> None:
    ada, app = person(client, permission_at=AGREED), application(client)
    href = named(client, ada, app, alerted_at=NOW)
    add(client, f"/v1/applications/{app}/stages", stage="rejected")
    assert codes(read(client, href)) == []


def test_lists_take_as_many_statements_for_many_references_as_for_one(world: World, client: TestClient) -> None:
    app = application(client)
    hrefs = [ALL, f"/v1/applications/{app}/references", f"/v1/applications/{app}/reference-sheet"]
    named(client, person(client, permission_at=AGREED), app)

    def taken() -> list[int]:
        return [counted(world.database, lambda href=href: read(client, href)) for href in hrefs]  # type: ignore[misc]  # bound at once

    with_one = taken()
    for number in range(9):
        who = person(client, name=f"Lee {number}", permission_at=AGREED if number % 2 else None)
        named(client, who, app)
        named(client, who)
    assert taken() == with_one
