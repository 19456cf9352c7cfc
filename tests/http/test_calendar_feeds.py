"""Calendar feeds: the secret address, what it shows, when it changes, and its limits."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, text

from api.rules.calendar import day_end, local_date
from api.services.calendar import entries
from tests.calendars import HAS_ICAL_JS, NO_ICAL_JS, Item, with_ical_js, with_icalendar
from tests.conftest import World
from tests.http.api_client import (
    Answer,
    act,
    add,
    alter,
    application,
    contact,
    fault,
    interview,
    interviewed,
    problem,
    put,
    read,
    step,
    steps,
)
from tests.http.test_scenarios import Recorder
from tests.rules.vectors import SCENARIOS

FEEDS = "/v1/calendar-feeds"
OPEN_STATES = ("upcoming", "open", "overdue")
CLOSED_STATES = ("done", "done_late", "skipped", "not_applicable", "missed")
STATUS = {"done": "COMPLETED", "done_late": "COMPLETED"}
SECOND = timedelta(seconds=1)


def feed(client: TestClient, **fields: Any) -> str:
    """Create a feed; return the path of its address."""
    made = add(client, FEEDS, **fields)
    assert made["webcal_url"] == made["url"].replace("http:", "webcal:")
    return str(made["url"].partition("testserver")[2])


def fetched(world: World, path: str, tag: str | None = None, **headers: str) -> Any:
    return world.anonymous().get(path, headers={**({"If-None-Match": tag} if tag else {}), **headers})


def calendar(world: World, path: str) -> Item:
    answer = fetched(world, path)
    assert answer.status_code == 200, answer.text
    return with_icalendar([answer.text])[0]


def due_of(item: Item, zone: str) -> datetime:
    """Return the deadline of the event or to-do of a step."""
    if item.name == "vevent":
        if item.kind("dtend") == "date":
            return day_end(datetime.fromisoformat(item.get("dtend")).date() - timedelta(days=1), zone)
        return item.instant("dtend")
    due = item.instant("due")
    later = due + SECOND
    return later if day_end(local_date(due, zone), zone) == later else due


def check_step(shown: Answer, event_: Item | None, todo: Item | None) -> None:
    """Check that an event and a to-do give back deadline and state of a step."""
    due, zone, progress = datetime.fromisoformat(shown["due_at"]), shown["due_zone"], shown["progress"]
    is_open = shown["state"] in OPEN_STATES
    assert (event_ is not None) == is_open
    assert todo is not None
    if event_ is not None:
        assert due_of(event_, zone) == due
        assert event_.get("status") == "CONFIRMED"
    assert due_of(todo, zone) == due
    some = "IN-PROCESS" if 0 < progress["done"] < progress["total"] else "NEEDS-ACTION"
    assert todo.get("status") == (some if is_open else STATUS.get(shown["state"], "CANCELLED"))
    if todo.get("status") == "COMPLETED":
        assert todo.instant("completed") == datetime.fromisoformat(shown["completed_at"])


def test_every_case_comes_back_from_the_feed(world: World) -> None:
    """I15: deadlines and states of all cases come back from a calendar, for events and to-dos."""
    recorded: list[tuple[str, list[Answer]]] = []
    texts: list[str] = []
    for case in SCENARIOS:
        world.clock.now = datetime(2026, 12, 1, tzinfo=UTC)
        recorder = Recorder(world.sign_up(case["facts"]["user_tz"]))
        recorder.enter(case["facts"], case["policy"])
        path = feed(recorder.client, steps="both")
        world.clock.now = datetime.fromisoformat(case["now"])
        texts.append(fetched(world, path).text)
        recorded.append((case["id"], all_steps(recorder.client)))
    assert len(recorded) == 109
    readers = [with_icalendar, with_ical_js] if HAS_ICAL_JS else [with_icalendar]
    for reader in readers:
        seen: set[str] = set()
        for (name, shown), found in zip(recorded, reader(texts), strict=True):
            seen |= check_case(name, shown, found.by_uid())
        assert seen == {*OPEN_STATES, *CLOSED_STATES}
    if not HAS_ICAL_JS:
        pytest.skip(f"read with icalendar only: {NO_ICAL_JS}")


def all_steps(client: TestClient) -> list[Answer]:
    """Return the steps with dates of all applications."""
    apps = read(client, "/v1/applications")["items"]
    return [step for app in apps for step in steps(client, app["id"])["steps"] if step["due_at"] is not None]


def check_case(name: str, shown: list[Answer], items: dict[str, Item]) -> set[str]:
    """Check that a calendar has all steps, and step 7 as one entry; return the states that there were."""
    for one in shown:
        if one["number"] == 7:
            continue
        key = f"{one['id']}@afterword"
        try:
            check_step(one, items.pop(f"step-{key}", None), items.pop(f"todo-{key}", None))
        except AssertionError as error:
            raise AssertionError(f"{name}: {one['number']} {one['scope']}") from error
    search = [one for one in shown if one["number"] == 7 and one["state"] in OPEN_STATES]
    mine = {uid: item for uid, item in items.items() if uid.startswith(("step-7-", "todo-7-"))}
    assert len(mine) == (2 if search else 0), name
    if search:
        first = min(search, key=lambda one: str(one["due_at"]))
        dues = {due_of(item, first["due_zone"]) for item in mine.values()}
        assert dues == {datetime.fromisoformat(first["due_at"])}, name
    assert {item.name for item in items.values()} <= {"vevent"} | {item.name for item in mine.values()}
    return {one["state"] for one in shown if one["number"] != 7}


def test_the_address_is_shown_once_and_ends_when_it_is_rotated_or_deleted(world: World, client: TestClient) -> None:
    made = add(client, FEEDS, name="Mine")
    href, path = f"{FEEDS}/{made['id']}", made["url"].partition("testserver")[2]
    assert path.startswith("/calendar/awf_")
    for shown in (read(client, href), read(client, FEEDS)["items"][0], alter(client, href, steps="todos")):
        assert (shown["url"], shown["webcal_url"]) == (None, None)
        assert "hash" not in shown
    assert fetched(world, path).status_code == 200
    turned = act(client, f"{href}/rotate")["url"].partition("testserver")[2]
    assert (fetched(world, path).status_code, fetched(world, turned).status_code) == (404, 200)
    assert client.delete(href).status_code == 204
    assert fetched(world, turned).status_code == 404


def test_all_addresses_without_a_feed_get_the_same_answer(world: World, client: TestClient) -> None:
    path = feed(client)
    gone = feed(client)
    client.delete(f"{FEEDS}/{read(client, FEEDS)['items'][0]['id']}")
    other = world.sign_up()
    erased = feed(other)
    with world.database.engine.begin() as connection:
        email = other.get("/v1/me").json()["email"]
        connection.execute(text("UPDATE user_account SET disabled_at = created_at WHERE email = :it"), {"it": email})
    mistyped = path.replace("awf_", "awf_x")
    token = f"/calendar/{client.headers['authorization'].removeprefix('Bearer ')}.ics"
    answers = [fetched(world, one) for one in (gone, erased, mistyped, token, "/calendar/x.ics")]
    documents = [{**answer.json(), "request_id": ""} for answer in answers]
    assert {answer.status_code for answer in answers} == {404}
    assert [one for one in documents if one != documents[0]] == []


def test_the_headers_of_a_calendar(world: World, client: TestClient) -> None:
    path = feed(client)
    answer = fetched(world, path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["content-disposition"] == 'inline; filename="afterword.ics"'
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "content-encoding" not in fetched(world, path, **{"Accept-Encoding": "gzip, br"}).headers
    unchanged = fetched(world, path, answer.headers["etag"])
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["etag"] == answer.headers["etag"]
    assert unchanged.headers["cache-control"] == "private, no-cache"
    head = world.anonymous().head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", answer.headers["etag"])


def test_the_tag_changes_with_a_write_and_when_a_week_begins_and_with_nothing_else(
    world: World, client: TestClient, stranger: TestClient
) -> None:
    app, _ = interviewed(client)
    path = feed(client, steps="both")
    first = fetched(world, path)
    tag = first.headers["etag"]
    interviewed(stranger)
    world.clock.now += timedelta(days=6)  # Monday 1 June to Sunday
    again = fetched(world, path)
    assert (again.headers["etag"], again.content) == (tag, first.content)
    world.clock.now += timedelta(days=1)
    assert fetched(world, path, tag).status_code == 200
    tag = fetched(world, path).headers["etag"]
    add(client, f"/v1/applications/{app}/notes", kind="general", text="A note.")
    assert fetched(world, path, tag).status_code == 200


def sequences(world: World, path: str) -> dict[str, int]:
    return {uid: int(item.get("sequence")) for uid, item in calendar(world, path).by_uid().items()}


def stamps(world: World, path: str) -> dict[str, datetime]:
    return {uid: item.instant("dtstamp") for uid, item in calendar(world, path).by_uid().items()}


def test_sequences_grow_when_an_entry_changes_goes_and_comes_back(world: World, client: TestClient) -> None:
    app, round_ = interviewed(client)
    path = feed(client, steps="todos")
    before = sequences(world, path)
    href = f"/v1/applications/{app}/stages"
    closed = add(client, href, stage="rejected", at=world.clock.now.isoformat())
    ended = sequences(world, path)
    assert client.delete(f"/v1/stages/{closed['id']}").status_code == 204
    reinstated = sequences(world, path)
    assert client.delete(f"/v1/applications/{app}").status_code == 204
    assert calendar(world, path).components == []
    act(client, f"/v1/applications/{app}/restore")
    restored = sequences(world, path)
    key = f"interview-{round_}@afterword"
    for uid in before.keys() - {key}:
        assert before[uid] < reinstated[uid] < restored[uid], uid
        if uid in ended:
            assert before[uid] < ended[uid] < reinstated[uid], uid
    assert before[key] <= restored[key]


def test_what_changes_an_entry_raises_its_sequence_or_its_stamp(world: World, client: TestClient) -> None:
    app, round_ = interviewed(client, starts_at="2026-06-03T14:00:00Z", ends_at=None)
    person, key = contact(client), f"interview-{round_}@afterword"
    path = feed(client, steps="none")
    link = f"/v1/interviews/{round_}/interviewers/{person}"
    for name, change in (
        ("moved", lambda: alter(client, f"/v1/interviews/{round_}", starts_at="2026-06-04T14:00:00Z")),
        ("linked", lambda: put(client, link, optional=True)),
        ("unlinked", lambda: client.delete(link)),
        ("longer by the policy", lambda: client.patch("/v1/me/policy", json={"default_interview_minutes": 90})),
        (
            "longer by the application",
            lambda: alter(client, f"/v1/applications/{app}", policy={"default_interview_minutes": 45}),
        ),
    ):
        before = calendar(world, path)
        world.clock.now += timedelta(minutes=1)
        change()
        after = calendar(world, path)
        assert after.by_uid()[key].get("sequence") > before.by_uid()[key].get("sequence"), name
        assert after.by_uid()[key].instant("dtstamp") == world.clock.now, name
    put(client, link, optional=True)
    for name, change in (
        ("renamed", lambda: alter(client, f"/v1/applications/{app}", company="Bolt")),
        ("a person renamed", lambda: alter(client, f"/v1/contacts/{person}", full_name="Kim Lee-Ruiz")),
        ("a person deleted", lambda: client.delete(f"/v1/contacts/{person}")),
    ):
        world.clock.now += timedelta(minutes=1)
        change()
        assert stamps(world, path)[key] == world.clock.now, name
    assert "Kim" not in fetched(world, path).text


def test_step_7_moved_by_another_application_is_one_entry_with_a_higher_sequence(
    world: World, client: TestClient
) -> None:
    interviewed(client)
    interviewed(client)
    path = feed(client, interviews=False)
    before = {uid: item for uid, item in calendar(world, path).by_uid().items() if "-7-" in uid}
    (key,) = before
    assert before[key].get("summary") == "Continue your job search"
    world.clock.now += timedelta(minutes=1)
    add(client, "/v1/search-activities", kind="applied", at=world.clock.now.isoformat())
    after = calendar(world, path).by_uid()[key]
    assert after.get("sequence") > before[key].get("sequence")
    assert due_of(after, "America/New_York") > due_of(before[key], "America/New_York")
    assert after.instant("dtstamp") == world.clock.now
    assert after.get("last-modified") is None


def test_a_call_or_a_snooze_does_not_hide_and_a_closed_step_leaves_the_events(world: World, client: TestClient) -> None:
    app, _ = interviewed(client)
    thanks = step(client, app, 4)
    path = feed(client)
    key = f"step-{thanks['id']}@afterword"
    act(client, f"/v1/steps/{thanks['id']}/snooze", until="2026-06-02T12:00:00Z")
    assert key in calendar(world, path).by_uid()
    act(client, f"/v1/steps/{thanks['id']}/skip")
    assert key not in calendar(world, path).by_uid()


@pytest.mark.parametrize(("weeks", "days", "is_shown"), [(13, 0, True), (13, 1, False)])
def test_the_window_begins_13_weeks_before_this_week(
    weeks: int, days: int, is_shown: bool, world: World, client: TestClient
) -> None:
    end = world.clock.now.replace(hour=0) - timedelta(weeks=weeks, days=days) + timedelta(hours=1)
    app = application(client)
    begin = end - timedelta(hours=1)
    round_ = interview(client, app, starts_at=begin.isoformat(), ends_at=end.isoformat())
    shown = calendar(world, feed(client, steps="none")).by_uid()
    assert (f"interview-{round_}@afterword" in shown) == is_shown


def test_a_cancelled_interview_stays_for_five_weeks(world: World, client: TestClient) -> None:
    _, round_ = interviewed(client, starts_at="2026-06-03T14:00:00Z", ends_at="2026-06-03T15:00:00Z")
    path = feed(client, steps="none")
    alter(client, f"/v1/interviews/{round_}", status="cancelled")
    (item,) = calendar(world, path).components
    assert item.get("status") == "CANCELLED"
    world.clock.now += timedelta(weeks=5, days=6)
    assert len(calendar(world, path).components) == 1
    world.clock.now += timedelta(days=1)
    assert calendar(world, path).components == []


def test_at_most_so_many_entries_the_newest_first(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "MAX_COMPONENTS", 5)
    app = application(client)
    days = [10, 11, 12]
    rounds = [
        interview(client, app, starts_at=f"2026-06-{day}T14:00:00Z", ends_at=f"2026-06-{day}T15:00:00Z") for day in days
    ]
    events = calendar(world, feed(client))
    assert len(events.components) == 5
    assert [item.get("uid") for item in events.components[:3]] == [f"interview-{id_}@afterword" for id_ in rounds[::-1]]
    everything = sum(step["state"] in OPEN_STATES for step in steps(client, app)["steps"]) + 3
    assert events.get("x-afterword-omitted") == str(everything - 5)
    alone = calendar(world, feed(client, interviews=False, steps="both"))
    assert len(alone.components) == 5
    assert len({item.get("uid")[5:] for item in alone.components}) == 3


def test_a_feed_shows_no_word_of_an_application_without_details(world: World, client: TestClient) -> None:
    app = application(client, company="Canarycompany", role="Canaryrole")
    round_ = interview(client, app, location="Canaryroom", link="https://canarylink.example", next_stage="Canarystage")
    person = contact(client, full_name="Canaryname", phone="+1 555 canaryphone", email="canarymail@example.com")
    put(client, f"/v1/interviews/{round_}/interviewers/{person}", optional=False)
    add(client, f"/v1/applications/{app}/notes", kind="general", text="Canarynote")
    full = fetched(world, feed(client, steps="both")).text.replace("\r\n ", "").lower()
    for word in ("company", "role", "room", "link", "name"):
        assert f"canary{word}" in full, word
    for word in ("phone", "mail", "note", "stage"):
        assert f"canary{word}" not in full, word
    minimal = fetched(world, feed(client, steps="both", details="minimal", alarms=True)).text.replace("\r\n ", "")
    assert "canary" not in minimal.lower()
    assert minimal.count("SUMMARY:Interview\r\n") == 1


def test_a_hostile_company_adds_no_property(world: World, client: TestClient) -> None:
    name = "Acme;\\nATTENDEE:x\\,END:VEVENT"
    interview(client, application(client, company=name))
    found = calendar(world, feed(client, steps="none"))
    (item,) = found.components
    assert item.get("summary") == f"Interview: {name} – Engineer"


def test_a_fetch_is_recorded_once_an_hour_and_changes_no_tag(world: World, client: TestClient) -> None:
    made = add(client, FEEDS)
    href, path = f"{FEEDS}/{made['id']}", made["url"].partition("testserver")[2]
    assert read(client, href)["last_fetched_at"] is None
    tag = fetched(world, path, **{"User-Agent": "Mozilla/5.0 (X11) Thunderbird/140.0"}).headers["etag"]
    shown = read(client, href)
    assert (shown["last_fetched_by"], shown["version"]) == ("thunderbird", 1)
    first = shown["last_fetched_at"]
    world.clock.now += timedelta(minutes=59)
    assert fetched(world, path, tag, **{"User-Agent": "Google-Calendar-Importer"}).status_code == 304
    assert read(client, href)["last_fetched_at"] == first
    world.clock.now += timedelta(minutes=1)
    assert fetched(world, path, tag, **{"User-Agent": "Google-Calendar-Importer"}).status_code == 304
    assert read(client, href)["last_fetched_by"] == "google"


@pytest.mark.parametrize(
    ("agent", "program"),
    [
        ("Google-Calendar-Importer", "google"),
        ("macOS/15.1 (24B83) dataaccessd/1.0", "apple"),
        ("iOS/18.1 (22B83) dataaccessd/1.0", "apple"),
        ("Microsoft.Exchange/15.20", "outlook"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:128.0) Gecko/20100101 Thunderbird/128.0", "thunderbird"),
        ("Nextcloud Calendar Crawler 1.0", "nextcloud"),
        ("ICSx5/2.2 (ktor; okhttp)", "icsx5"),
        ("curl/8", "other"),
        ("", "other"),
    ],
)
def test_the_calendar_program_is_recognized(agent: str, program: str, world: World, client: TestClient) -> None:
    made = add(client, FEEDS)
    fetched(world, made["url"].partition("testserver")[2], **{"User-Agent": agent})
    assert read(client, f"{FEEDS}/{made['id']}")["last_fetched_by"] == program


def test_an_unchanged_calendar_costs_one_row(world: World, client: TestClient) -> None:
    interviewed(client)
    path = feed(client)
    tag = fetched(world, path).headers["etag"]
    world.database.close_inline_connection()  # so that its statement is seen
    seen: list[str] = []
    event.listen(world.database.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    assert fetched(world, path, tag).status_code == 304
    assert fetched(world, path).status_code == 200  # kept
    assert seen == []  # only the statement on the driver's connection
    act_ = add(client, "/v1/search-activities", kind="applied")
    assert act_["id"]


def test_fetches_and_renderings_are_limited(make_world: Any) -> None:
    world = make_world(feed_requests_per_minute=20)
    client = world.sign_up()
    path, other = feed(client), feed(client)
    for _ in range(12):
        add(client, "/v1/search-activities", kind="applied")
        assert fetched(world, path).status_code == 200
    tag = fetched(world, path).headers["etag"]
    add(client, "/v1/search-activities", kind="applied")
    refused = fetched(world, other)
    problem(refused, 429, "too_many_requests")
    assert int(refused.headers["retry-after"]) >= 1
    assert [fetched(world, path, tag).status_code for _ in range(7)] == [429] * 7
    assert fetched(world, feed(client)).status_code == 429
    stranger = world.sign_up()
    assert fetched(world, feed(stranger)).status_code == 200


def test_an_address_can_be_fetched_so_often_a_minute(make_world: Any) -> None:
    world = make_world(feed_requests_per_minute=3)
    client = world.sign_up()
    path = feed(client)
    tag = fetched(world, path).headers["etag"]
    assert [fetched(world, path, tag).status_code for _ in range(3)] == [304, 304, 429]
    unlimited = make_world(feed_requests_per_minute=0)
    path = feed(unlimited.sign_up())
    assert {fetched(unlimited, path).status_code for _ in range(70)} == {200}


def test_a_feed_needs_the_rights_to_what_it_shows(world: World) -> None:
    for missing in ("applications:read", "steps:read"):
        rest = [scope for scope in ("applications:read", "steps:read", "account:write") if scope != missing]
        client = world.sign_up(scopes=rest)
        assert problem(client.post(FEEDS, json={}), 403, "forbidden")["missing_scopes"] == [missing]


def test_ten_feeds_at_most(client: TestClient) -> None:
    for _ in range(10):
        add(client, FEEDS)
    assert problem(client.post(FEEDS, json={}), 409, "quota_exceeded")["quota"] == "calendar_feeds"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"steps": "all"}, "/steps"),
        ({"details": None}, "/details"),
        ({"alarm_minutes": 4}, "/alarm_minutes"),
        ({"alarm_minutes": 10_081}, "/alarm_minutes"),
        ({"name": "a\nb"}, "/name"),
        ({"url": "x"}, "/url"),
    ],
)
def test_bad_feeds_are_refused(body: Answer, pointer: str, client: TestClient) -> None:
    fault(client.post(FEEDS, json=body), pointer)


def test_no_log_line_has_the_secret(world: World, client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    path = feed(client)
    secret = path.removeprefix("/calendar/").removesuffix(".ics")
    with caplog.at_level(logging.DEBUG):
        fetched(world, path)
        fetched(world, path.replace("awf_", "awf_x"))
    ours = [
        record.__dict__ for record in caplog.records if not record.name.startswith("http")
    ]  # the client's own lines
    assert ours
    assert secret[4:30] not in str(ours)


def test_links_lead_to_the_frontend_and_the_address_to_the_public_server(make_world: Any) -> None:
    world = make_world(app_url="https://app.example.org/{kind}/{id}", public_url="https://afterword.example.org")
    client = world.sign_up()
    app, round_ = interviewed(client)
    made = add(client, FEEDS, steps="todos")
    assert made["url"].startswith("https://afterword.example.org/calendar/awf_")
    assert made["webcal_url"].startswith("webcal://afterword.example.org/calendar/awf_")
    items = calendar(world, made["url"].removeprefix("https://afterword.example.org")).by_uid()
    assert items[f"interview-{round_}@afterword"].get("url") == f"https://app.example.org/interview/{round_}"
    thanks = step(client, app, 4)["id"]
    assert items[f"todo-{thanks}@afterword"].get("url") == f"https://app.example.org/step/{thanks}"


def files(client: TestClient, hrefs: Sequence[str], kind: str) -> list[Any]:
    return [client.get(href, params={"format": kind}) for href in hrefs]


def test_one_interview_and_one_step_as_a_file(client: TestClient) -> None:
    app, round_ = interviewed(client)
    thanks, asked = step(client, app, 4), step(client, app, 1)
    act(client, f"/v1/steps/{asked['id']}/skip")
    hrefs = [f"/v1/interviews/{round_}", f"/v1/steps/{thanks['id']}", f"/v1/steps/{asked['id']}"]
    answers = files(client, hrefs, "ics")
    names = ["interview-2026-05-29.ics", "step.ics", "step.ics"]
    assert [answer.headers["content-disposition"] for answer in answers] == [
        f'attachment; filename="{n}"' for n in names
    ]
    found = [with_icalendar([answer.text])[0].components for answer in answers]
    assert [[item.name for item in one] for one in found] == [["vevent"], ["vevent"], ["vtodo"]]
    assert found[0][0].get("uid") == f"interview-{round_}@afterword"
    assert due_of(found[1][0], "America/New_York") == datetime.fromisoformat(thanks["due_at"])
    assert found[2][0].get("status") == "CANCELLED"
    for href, answer in zip(hrefs, answers, strict=True):
        by_header = client.get(href, headers={"Accept": "text/calendar"})
        assert (by_header.content, by_header.headers["vary"]) == (answer.content, "Accept")
        known = client.get(href, headers={"Accept": "text/calendar", "If-None-Match": answer.headers["etag"]})
        assert known.status_code == 304
        for accepted in ("*/*", "application/json", "text/html"):
            shown = client.get(href, headers={"Accept": accepted})
            assert shown.json()["id"] in href
            assert shown.headers["vary"] == "Accept"
            tagged = {"If-None-Match": shown.headers["etag"]}
            assert client.get(href, headers={**tagged, "Accept": accepted}).status_code == 304
            assert client.get(href, headers={**tagged, "Accept": "text/calendar"}).status_code == 200


def test_a_contact_as_a_card(client: TestClient, stranger: TestClient) -> None:
    person = contact(client, full_name="Ana Ruiz", email="ana@example.com", notes="Canary")
    href = f"/v1/contacts/{person}"
    card = client.get(href, params={"format": "vcf"})
    assert card.headers["content-type"] == "text/vcard; charset=utf-8"
    assert card.headers["content-disposition"] == 'attachment; filename="contact.vcf"'
    assert "FN:Ana Ruiz\r\nN:Ruiz;Ana;;;\r\n" in card.text
    assert "Canary" not in card.text
    assert "VERSION:4.0" in client.get(href, headers={"Accept": "text/vcard"}, params={"vcard_version": "4.0"}).text
    fault(client.get(href, params={"format": "ics"}), "format")
    fault(client.get(href, params={"vcard_version": "2.1"}), "vcard_version")
    assert client.get(href).json()["notes"] == "Canary"
    assert stranger.get(href, params={"format": "vcf"}).status_code == 404
    act(client, f"{href}/erase")
    assert client.get(href, params={"format": "vcf"}).status_code == 404
