"""Concurrent requests on the same data: one effect per key, one success per version, visible writes, consistent steps.

`python -m tests.trials.races` does the same for longer, against a real server with one and two processes.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import text
from sqlmodel import delete

from api import security
from api.models import Token, User
from api.services.accounts import users
from api.services.accounts.erasure import begin_erasure
from api.services.steps import judge
from api.services.steps.recheck import check_steps
from api.storage.session import UNSYNCED, OwnedSession
from tests.conftest import World
from tests.http.api_client import ENDED, STARTED, Request, application, interviewed, items, read
from tests.http.figures import LEAST, hashing_with
from tests.http.test_accounts import SIGN_UP, bearer, sign_up_cheaply
from tests.mails import sent_mails
from tests.served import wait_until

ALL = "/v1/applications"
AT_ONCE = 50
WRITERS, EACH = 10, 4
Write = Callable[[int], Response]
Change = Callable[[OwnedSession, User], None]
BLOCKED = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@pytest.fixture
def signed_up(world: World) -> Iterator[World]:
    """A world with Kim's account; hashing takes next to no time."""
    with hashing_with(*LEAST):
        sign_up_cheaply(world)
        yield world


def at_once(times: int, request: Write) -> list[Response]:
    """Send numbered requests at the same moment, each from its own thread."""
    start = Barrier(times)

    def send(number: int) -> Response:
        start.wait()
        return request(number)

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(send, range(times)))


def in_turn(write: Write) -> Write:
    """Return a function that writes several facts in turn and returns the first failure or the last answer."""

    def writer(number: int) -> Response:
        for turn in range(EACH):
            answer = write(number * EACH + turn)
            if answer.status_code >= 400:
                break
        return answer

    return writer


def assert_whole(world: World, client: TestClient) -> None:
    """Check that the stored steps equal a fresh evaluation."""
    me = read(client, "/v1/me")["id"]
    rows, different = check_steps(world.database, me, world.clock, repair=False)
    assert rows > 0
    assert different == 0


def overtaken(world: World, email: str, change: Change, request: Callable[[], Response]) -> Response:
    """Send a request while another transaction that changes the account holds its lock; return the answer."""
    with ThreadPoolExecutor(1) as thread, world.database.write(world.clock.now) as session:
        user = users.find_by_email(session, email)
        assert user is not None
        session.owner = user.id
        judge.lock_user(session)
        change(session, user)
        session.flush()
        waiting = thread.submit(request)
        wait_until_blocked(world, waiting)
    return waiting.result(timeout=10)


def wait_until_blocked(world: World, request: "Future[Any]") -> None:
    """Wait until a request or other work waits for a lock, or is done. On SQLite a write waits before it reads."""
    if world.database.is_sqlite:
        wait_until(lambda: request.done() or bool(world.database._write_lock._waiting))
    else:
        wait_until(lambda: request.done() or is_blocked(world))


def is_blocked(world: World) -> bool:
    """Tell whether a statement waits for a lock, on PostgreSQL, which shows it as it was when a transaction began."""
    with world.database.engine.connect() as connection:
        return bool(connection.execute(BLOCKED).scalar_one())


def new_password(session: OwnedSession, user: User) -> None:
    users.set_password(session, user, security.hash_password("another long pass phrase"))


def revoke_all(session: OwnedSession, _user: User) -> None:
    session.execute(delete(Token), execution_options=UNSYNCED)


def erase(session: OwnedSession, user: User) -> None:
    begin_erasure(session, user)


NOTES: Request = ("POST", "/v1/applications/{app}/notes", {"kind": "general", "text": "Late."})
SIGN_IN: Request = ("POST", "/v1/sessions", {"email": SIGN_UP["email"], "password": SIGN_UP["password"]})
PUBLIC = ("/v1/sessions", "/v1/password-resets")
OVERTAKEN = [
    pytest.param(new_password, ("POST", "/v1/tokens", {"name": "kept"}), 401, id="minting-with-an-ended-session"),
    pytest.param(revoke_all, NOTES, 401, id="writing-with-a-revoked-token"),
    pytest.param(erase, NOTES, 401, id="writing-to-an-erased-account"),
    pytest.param(new_password, SIGN_IN, 401, id="signing-in-with-the-old-password"),
    pytest.param(erase, SIGN_IN, 401, id="signing-in-to-an-erased-account"),
    pytest.param(erase, ("POST", "/v1/password-resets", {"email": SIGN_UP["email"]}), 202, id="asking-for-a-reset"),
]


@pytest.mark.parametrize(("change", "request_", "status"), OVERTAKEN)
def test_who_asks_is_checked_again_after_waiting_for_the_account(
    signed_up: World, change: Change, request_: Request, status: int
) -> None:
    method, href, body = request_
    client = bearer(signed_up, signed_up.anonymous().post("/v1/sessions", json=SIGN_IN[2]).json()["token"])
    href = href.format(app=application(client))
    asking = signed_up.anonymous() if href in PUBLIC else client
    answer = overtaken(signed_up, SIGN_UP["email"], change, lambda: asking.request(method, href, json=body))
    assert answer.status_code == status, answer.text
    with signed_up.database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM token")).scalar_one() == 0
        assert connection.execute(text("SELECT count(*) FROM note")).scalar_one() == 0


def test_fifty_requests_with_one_idempotency_key_take_effect_once(client: TestClient) -> None:
    body, key = {"company": "Acme", "role": "Editor"}, {"Idempotency-Key": "7f0c6c0e-1"}
    answers = at_once(AT_ONCE, lambda _: client.post(ALL, json=body, headers=key))
    assert {answer.status_code for answer in answers} <= {201, 409, 503}
    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.json()["id"] for answer in made}) == len(items(client, ALL)) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in made) == 1


def test_of_fifty_changes_of_one_version_one_succeeds(client: TestClient) -> None:
    here = f"{ALL}/{application(client)}"
    for _ in range(2):
        tag = client.get(here).headers["etag"]

        def change(number: int, tag: str = tag) -> Response:
            return client.patch(here, json={"role": f"Role {number} after {tag}"}, headers={"If-Match": tag})

        answers = at_once(AT_ONCE, change)
        assert Counter(answer.status_code for answer in answers) == {200: 1, 412: AT_ONCE - 1}
        assert [read(client, here)["role"]] == [one.json()["role"] for one in answers if one.status_code == 200]


def test_an_acknowledged_write_is_visible_at_once(client: TestClient) -> None:
    here = f"{ALL}/{application(client)}/notes"

    def seen(number: int) -> Response:
        made = client.post(here, json={"kind": "general", "text": f"Note {number}"})
        found = client.get(made.headers["location"])
        assert found.json() == made.json()
        return found

    answers = at_once(WRITERS, in_turn(seen))
    assert {answer.status_code for answer in answers} == {200}
    assert len(items(client, here, limit=200)) == EACH * WRITERS


def about(app: str, interview: str, number: int) -> Request:
    """Return a fact about one application; the kinds take turns."""
    here = f"{ALL}/{app}"
    facts: list[Request] = [
        ("POST", f"{here}/notes", {"kind": "positive", "text": "Well.", "interview_id": interview}),
        ("POST", f"{here}/follow-ups", {"direction": "out", "channel": "phone", "outcome": "no_answer"}),
        ("POST", f"{here}/interviews", {"starts_at": STARTED, "ends_at": ENDED}),
        ("POST", f"{here}/stages", {"stage": ["interviewing", "offered", "rejected"][number % 3]}),
        ("POST", "/v1/contacts", {"full_name": "Kim Lee", "phone": "+1 555 0100"}),
    ]
    return facts[number % len(facts)]


def beyond(app: str, spare: str, number: int) -> Request:
    """Return a write that also affects the steps of other applications; the kinds take turns."""
    changes: list[Request] = [
        ("PATCH", "/v1/me/policy", {"search_days": 1 + number % 5}),
        ("PATCH", f"{ALL}/{app}/policy", {"default_interview_minutes": 30 + number % 9}),
        ("PATCH", "/v1/me", {"time_zone": ["Europe/Berlin", "Asia/Tokyo"][number % 2]}),
        ("POST", "/v1/search-activities", {"kind": "search", "at": STARTED}),
        ("DELETE", f"{ALL}/{spare}", None),
    ]
    return changes[number // 2 % len(changes)]


def test_concurrent_writers_of_mixed_facts_leave_the_steps_of_one_application_consistent(
    world: World, client: TestClient
) -> None:
    app, interview = interviewed(client)

    def write(number: int) -> Response:
        method, href, body = about(app, interview, number)
        return client.request(method, href, json=body)

    answers = at_once(WRITERS, in_turn(write))
    assert {answer.status_code for answer in answers} <= {201, 503}
    assert_whole(world, client)


def test_concurrent_writers_whose_facts_affect_all_applications_leave_their_steps_consistent(
    world: World, client: TestClient
) -> None:
    known = [interviewed(client) for _ in range(4)]
    spares = [application(client) for _ in range(WRITERS * EACH // 10 + 1)]

    def write(number: int) -> Response:
        app, interview = known[number % len(known)]
        method, href, body = (beyond(app, spares[number // 10], number), about(app, interview, number))[number % 2]
        return client.request(method, href, json=body)

    def meet(number: int) -> Response:
        ended = world.clock.now - timedelta(minutes=number)
        body = {"starts_at": (ended - timedelta(hours=1)).isoformat(), "ends_at": ended.isoformat()}
        return client.post(f"{ALL}/{known[number % len(known)][0]}/interviews", json=body)

    answers = [*at_once(WRITERS, in_turn(write)), *at_once(WRITERS, meet)]
    assert {answer.status_code for answer in answers} <= {200, 201, 204, 503}
    assert_whole(world, client)


def test_of_several_that_use_a_reset_link_at_once_one_succeeds(signed_up: World) -> None:
    asked = {"email": SIGN_UP["email"]}
    for _ in range(2):
        assert signed_up.anonymous().post("/v1/password-resets", json=asked).status_code == 202
        (link,) = sent_mails(signed_up)
        answers = Counter(answer.status_code for answer in at_once(4, partial(use, signed_up, link.secret)))
        assert answers[204] == 1
        assert answers.keys() <= {204, 422, 429}  # an address has few places


def use(world: World, secret: str | None, number: int) -> Response:
    body = {"token": secret, "password": f"{number} quiet umbrellas"}
    answer: Response = world.anonymous().post("/v1/password-resets/confirm", json=body)
    return answer
