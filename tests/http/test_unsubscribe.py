"""One-click unsubscribe: the page changes nothing, a POST ends exactly one kind of mails, from any mail program."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.security import UNSUBSCRIBE_PREFIX, new_token
from api.services.accounts import retention
from tests.conftest import World
from tests.http.api_client import interviewed, read
from tests.wanted_mails import NOTIFICATIONS, WANTS, passed, secret_of, subscriber

pytestmark = pytest.mark.sqlite

Worlds = Callable[..., World]
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def world(make_world: Worlds) -> World:
    return make_world(**WANTS)


@pytest.fixture
def client(world: World) -> TestClient:
    return subscriber(world, digest="daily", after_interview=True, letter_due=True)


@pytest.fixture
def href(world: World, client: TestClient) -> str:
    interviewed(client)
    world.clock.now += timedelta(days=1)
    (message,) = passed(world)
    return f"/mail/unsubscribe/{secret_of(message)}"


def wants(client: TestClient) -> tuple[str, bool, bool]:
    shown = read(client, NOTIFICATIONS)
    return shown["digest"], shown["after_interview"], shown["letter_due"]


def test_scanners_that_open_every_link_change_nothing(world: World, client: TestClient, href: str) -> None:
    scanner = world.app_client()
    for method in ("GET", "HEAD", "OPTIONS"):
        for address in (href, f"{href}?utm_source=mail&x=1"):
            answer = scanner.request(method, address)
            assert answer.status_code == (405 if method == "OPTIONS" else 200)
    assert wants(client) == ("daily", True, True)
    page = scanner.get(href)
    assert page.text.count("<button>") == 1
    assert '<form method="post">' in page.text
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"data": ONE_CLICK}, id="one-click"),
        pytest.param({"files": {"List-Unsubscribe": (None, "One-Click")}}, id="multipart"),
        pytest.param({"json": ONE_CLICK}, id="json"),
        pytest.param({}, id="no-body"),
        pytest.param({"content": b"x" * 1024, "headers": {"Content-Type": "text/strange"}}, id="a-kibibyte"),
    ],
)
def test_a_post_ends_exactly_this_kind_of_mails(world: World, client: TestClient, href: str, body: Any) -> None:
    program = world.app_client()
    for _ in range(2):
        answer = program.post(href, follow_redirects=False, **body)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert wants(client) == ("off", True, True)
    assert read(client, NOTIFICATIONS)["next_digest_at"] is None


def test_a_longer_body_is_refused(world: World, client: TestClient, href: str) -> None:
    assert world.app_client().post(href, content=b"x" * 1025).status_code == 413
    assert wants(client) == ("daily", True, True)


def test_every_wrong_secret_gets_the_same_answer(world: World, client: TestClient, href: str) -> None:
    program = world.app_client()
    wrong = [new_token(UNSUBSCRIBE_PREFIX), new_token("awe_"), "awm_x", "x", href[-10:]]
    answers = {
        (method, answer.status_code, answer.text)
        for method in ("GET", "POST")
        for secret in wrong
        for answer in [program.request(method, f"/mail/unsubscribe/{secret}")]
    }
    assert {(method, status) for method, status, _ in answers} == {("GET", 404), ("POST", 404)}
    assert len(answers) == 2
    assert wants(client) == ("daily", True, True)


def test_it_ends_the_mails_of_its_account_alone(world: World, client: TestClient, href: str) -> None:
    other = subscriber(world)
    assert world.app_client().post(href).status_code == 200
    assert (wants(client)[0], wants(other)[0]) == ("off", "daily")


def test_a_link_works_for_90_days(world: World, client: TestClient, href: str) -> None:
    with world.database.engine.connect() as connection:
        user_id = str(connection.execute(text("SELECT user_id FROM mail_out")).scalar_one())
    program = world.app_client()
    for days, status in ((89, 200), (2, 404)):
        world.clock.now += timedelta(days=days)
        retention.apply_retention_to_account(world.database, user_id, world.clock.now)
        assert program.get(href).status_code == status


def test_the_link_of_an_erased_account_does_not_work(world: World, client: TestClient, href: str) -> None:
    with world.database.engine.begin() as connection:
        connection.execute(text("DELETE FROM mail_out"))
    assert world.app_client().post(href).status_code == 404


def test_the_secret_is_in_no_log(world: World, href: str, caplog: pytest.LogCaptureFixture) -> None:
    secret = href.rpartition("/")[2]
    world.app_client().get(href)
    world.app_client().post(href)
    assert secret not in caplog.text
