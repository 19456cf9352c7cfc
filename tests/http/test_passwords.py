"""Passwords: which are accepted, how one is changed, and how a forgotten one is reset by mail."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import text

from api.security import COOKIE_PREFIX, PasswordMatch, hash_password, is_common, verify_password
from api.services.accounts.mails import OutgoingMail
from api.settings import Settings
from api.workers.mailer import message_of
from api.workers.smtp import post_office
from tests.conftest import NOW, World
from tests.http.api_client import fault, items, problem, read
from tests.http.test_accounts import SIGN_UP, bearer, sign_up_cheaply
from tests.mails import secret_of, sent_mails

pytestmark = pytest.mark.sqlite(profile="quick")

LINK = OutgoingMail("019577a0-0000-7000-8000-000000000001", "reset", "kim@example.com", secret="awr_secret")
RIGHT = {"email": SIGN_UP["email"], "password": SIGN_UP["password"]}
NEW = "seven quiet umbrellas"


@pytest.fixture
def kim(world: World) -> TestClient:
    """The client of Kim, with a session."""
    sign_up_cheaply(world)
    return session(world)


def session(world: World, **body: Any) -> TestClient:
    return bearer(world, world.anonymous().post("/v1/sessions", json={**RIGHT, **body}).json()["token"])


def change(client: TestClient, **body: str) -> Any:
    return client.put("/v1/me/password", json={"current_password": SIGN_UP["password"], "password": NEW, **body})


def asked(world: World, email: str = SIGN_UP["email"]) -> list[OutgoingMail]:
    """Ask for a reset link; return the mails that are sent."""
    answer = world.anonymous().post("/v1/password-resets", json={"email": email})
    assert (answer.status_code, answer.content) == (202, b"")
    return sent_mails(world)


def confirm(world: World, secret: str | None, password: str = NEW, **body: Any) -> Any:
    return world.anonymous().post("/v1/password-resets/confirm", json={"token": secret, "password": password, **body})


def test_an_account_that_is_full_can_change_its_password(world: World, kim: TestClient) -> None:
    world.app.state.settings.account_megabytes = 0.000_001
    problem(kim.patch("/v1/me", json={"full_name": "Kim B."}), 409, "quota_exceeded")
    assert change(kim).status_code == 204


@pytest.mark.parametrize(
    "password",
    [
        "qwerty123456",
        "QWERTY123456",
        "password1234",
        "Password!!!!!",
        "1234567890123",
        "aaaaaaaaaaaa",
        "abababababab",
        "2024-11-23 12:00",
        "   letmein   ",
        "football2024",
    ],
)
def test_a_common_password_is_refused(world: World, kim: TestClient, password: str) -> None:
    assert is_common(password)
    (link,) = asked(world)
    answers = [
        world.anonymous().post("/v1/users", json={**SIGN_UP, "password": password}),
        change(kim, password=password),
        confirm(world, link.secret, password),
    ]
    assert [fault(answer, "/password") for answer in answers] == ["common_password"] * 3


@pytest.mark.parametrize("password", [NEW, SIGN_UP["password"], "Vx9!kq#2Lmw0", "päßwört für alle", "x1y2z3q4w5e6r7t8"])
def test_an_uncommon_password_is_accepted(password: str) -> None:
    assert not is_common(password)


@pytest.mark.usefixtures("real_figures")
def test_a_password_is_hashed_with_the_current_parameters_and_verified() -> None:
    hashed = hash_password(NEW)
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert verify_password(NEW, hashed) is PasswordMatch.CURRENT
    assert verify_password(NEW + "x", hashed) is PasswordMatch.NONE
    assert verify_password(NEW, None) is PasswordMatch.NONE


@pytest.mark.own_statements
@pytest.mark.usefixtures("real_figures")
def test_a_hash_with_outdated_parameters_is_renewed_at_the_next_sign_in(world: World) -> None:
    sign_up_cheaply(world)
    weak = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1).hash(SIGN_UP["password"])
    assert verify_password(SIGN_UP["password"], weak) is PasswordMatch.OUTDATED
    with world.database.engine.begin() as connection:
        connection.execute(text("UPDATE user_account SET password_hash = :hash"), {"hash": weak})
    session(world)
    with world.database.engine.connect() as connection:
        stored = connection.execute(text("SELECT password_hash FROM user_account")).scalar_one()
    assert verify_password(SIGN_UP["password"], stored) is PasswordMatch.CURRENT
    session(world)


def test_a_changed_password_ends_the_other_sessions_and_nothing_else(world: World, kim: TestClient) -> None:
    other = session(world)
    token = bearer(world, kim.post("/v1/tokens", json={"name": "app"}).json()["token"])
    assert change(kim).status_code == 204
    assert len(items(kim, "/v1/sessions")) == 1
    problem(other.get("/v1/me"), 401, "unauthorized")
    read(token, "/v1/me")
    problem(world.anonymous().post("/v1/sessions", json=RIGHT), 401, "unauthorized")
    session(world, password=NEW)


def test_without_the_current_password_nothing_changes(world: World, kim: TestClient) -> None:
    other = session(world)
    assert fault(change(kim, current_password="not the one"), "/current_password") == "wrong_password"
    read(other, "/v1/me")
    session(world)


def test_guesses_at_the_current_password_are_limited(make_world: Callable[..., World]) -> None:
    world = make_world(sign_ins_per_hour=3)
    sign_up_cheaply(world)
    thief = session(world)
    answers = [change(thief, current_password=f"guess number {n}").status_code for n in range(3)]
    assert answers == [422, 422, 429]
    problem(change(thief), 429, "too_many_requests")


def test_a_link_sets_a_new_password_once(world: World, kim: TestClient) -> None:
    (link,) = asked(world)
    assert link.address == "kim@example.com"
    assert confirm(world, link.secret).status_code == 204
    problem(kim.get("/v1/me"), 401, "unauthorized")
    session(world, password=NEW)
    assert fault(confirm(world, link.secret, "another quiet umbrella"), "/token") == "unusable_link"
    session(world, password=NEW)


def test_an_address_without_an_account_gets_the_same_answer_and_no_mail(world: World, kim: TestClient) -> None:
    assert asked(world, "nobody@example.com") == []


def test_a_reset_link_expires_after_one_hour(world: World, kim: TestClient) -> None:
    (link,) = asked(world)
    world.clock.now += timedelta(hours=1) - timedelta(seconds=1)
    (later,) = asked(world)
    world.clock.now += timedelta(seconds=1)
    fault(confirm(world, link.secret), "/token")
    assert confirm(world, later.secret).status_code == 204


def test_using_one_reset_link_invalidates_the_others(world: World, kim: TestClient) -> None:
    (first,), (second,) = asked(world), asked(world)
    assert confirm(world, first.secret).status_code == 204
    fault(confirm(world, second.secret), "/token")


def test_changing_the_password_invalidates_all_reset_links(world: World, kim: TestClient) -> None:
    (link,) = asked(world)
    change(kim)
    fault(confirm(world, link.secret), "/token")


@pytest.mark.parametrize("secret", ["", "awr_" + "x" * 49, COOKIE_PREFIX + "0" * 49, "ä"])
def test_an_invalid_reset_link_changes_nothing(world: World, kim: TestClient, secret: str) -> None:
    fault(confirm(world, secret), "/token")
    session(world)


def test_a_reset_link_is_not_accepted_as_a_token_nor_the_reverse(world: World, kim: TestClient) -> None:
    (link,) = asked(world)
    problem(bearer(world, secret_of(link)).get("/v1/me"), 401, "unauthorized")
    fault(confirm(world, str(kim.headers["Authorization"]).partition(" ")[2]), "/token")


@pytest.mark.own_statements
def test_the_database_stores_no_usable_reset_link(world: World, kim: TestClient) -> None:
    world.anonymous().post("/v1/password-resets", json={"email": SIGN_UP["email"]})
    (link,) = asked(world)[:1]
    with world.database.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM mail_out")).all()
    assert len(rows) == 2
    assert secret_of(link) not in str(rows)


def test_the_mail_links_to_the_configured_page_with_the_secret_in_the_fragment() -> None:
    settings = Settings(reset_url="https://app.example.com/new-password", mail_from="a@example.com")
    written = message_of(LINK, settings, NOW)
    assert (written["To"], written["From"]) == ("kim@example.com", "a@example.com")
    assert "\nhttps://app.example.com/new-password#awr_secret\n" in written.get_content()
    for url, page in (("", "http://localhost:8000"), ("https://example.org", "https://example.org")):
        written = message_of(LINK, Settings(public_url=url), NOW)
        assert f"\n{page}/password-reset#awr_secret\n" in written.get_content()


def test_without_a_mail_server_the_mail_is_printed_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with post_office(Settings()) as send:
        send(message_of(LINK, Settings(), NOW))
    told = capsys.readouterr().err
    assert "AFTERWORD_SMTP_URL" in told
    assert "#awr_secret" in told


def test_the_service_has_its_own_page_for_reset_links(world: World) -> None:
    client = world.app_client()
    page = client.get("/password-reset")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "<script>" not in page.text
    assert client.get("/password-reset/script.js").headers["content-type"].startswith("text/javascript")
    assert client.get("/password-reset/style.css").headers["content-type"].startswith("text/css")
